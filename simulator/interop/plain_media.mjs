// Imported before Baileys, which speaks to media hosts by https only. Those of a simulator are on this machine and speak http:
// requests to them, and to nothing else, lose the `s`. What they carry is encrypted and verified as ever.
import http from "node:http";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";

const isHere = (hostname) => hostname === "127.0.0.1" || hostname === "localhost";

/** Where only a path is known, Baileys asks WhatsApp's own host: the simulator's stands for it. */
const WHATSAPP = "mmg.whatsapp.net";
let host = null;
export function mediaHost(name) {
  host = name;
}

const { fetch: webFetch } = globalThis;
globalThis.fetch = (address, init) => {
  const url = new URL(address);
  if (url.hostname === WHATSAPP && host !== null) url.host = host;
  if (url.protocol === "https:" && isHere(url.hostname)) url.protocol = "http:";
  return webFetch(url, init);
};

const { request } = https;
https.request = (options, ...rest) => (isHere(options.hostname) ? http.request({ ...options, agent: undefined }, ...rest) : request(options, ...rest));
syncBuiltinESMExports();
