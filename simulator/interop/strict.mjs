// Imported before Baileys. This release calls libsignal's `verifySignature` for its exceptions only, while libsignal
// answers a wrong signature with `false`: nothing would be verified at all. Here a wrong signature throws.
import { createRequire } from "node:module";

const curve = createRequire(import.meta.url)("libsignal/src/curve.js");
const verify = curve.verifySignature;

export const verified = { count: 0 };

curve.verifySignature = (...words) => {
  if (verify(...words) !== true) throw new Error("wrong signature");
  verified.count += 1;
  return true;
};
