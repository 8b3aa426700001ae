// A passkey answers only to the site it was made for. So the agent's own browser asks it, on WhatsApp's page, and the
// answer is carried over by hand.

/** What is run on WhatsApp's own page: asks the passkey what WhatsApp wants to know, and copies what it says. */
export function passkeyScript(options: unknown): string {
  // "<" would end a script element wherever this text is put into a page.
  const asked = JSON.stringify(options).replaceAll("<", "\\u003c");
  return `(async () => {
  const asked = ${asked};
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
  const options = asked.publicKey ?? asked;
  const said = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: (options.allowCredentials ?? []).map((one) => ({ ...one, id: bytes(one.id) })) } });
  const { response } = said;
  const answer = JSON.stringify({ id: said.id, rawId: text(said.rawId), type: said.type, authenticatorAttachment: said.authenticatorAttachment, clientExtensionResults: said.getClientExtensionResults(), response: { clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData), signature: text(response.signature), userHandle: response.userHandle ? text(response.userHandle) : null } });
  prompt("Copy this and paste it into Ownline:", answer);
})();`;
}

/** What was pasted, where it can be a passkey's answer. */
export function readAssertion(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text.trim());
    if (typeof value !== "object" || value === null) return null;
    const { id, response } = value as { id?: unknown; response?: unknown };
    if (typeof id !== "string" || typeof response !== "object" || response === null) return null;
    return "signature" in response && "authenticatorData" in response && "clientDataJSON" in response ? value : null;
  } catch {
    return null;
  }
}
