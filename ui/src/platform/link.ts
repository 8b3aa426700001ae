/** The address as http(s), or null for anything else: `javascript:`, `file:`, network shares, plain words. */
export function webAddress(address: string): URL | null {
  try {
    const url = new URL(address);
    return (url.protocol === "https:" || url.protocol === "http:") && url.hostname !== "" && url.username === ""
      ? url
      : null;
  } catch {
    return null;
  }
}
