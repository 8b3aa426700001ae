// The control API. A refusal is thrown as its own words.
async function call(method, path, body) {
  const init = { method, headers: {} };
  if (body !== undefined) {
    init.headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Error("The simulator does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(sentence(answer?.detail ?? `The simulator answered ${response.status}.`));
  return answer;
}

function sentence(text) {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

export const api = {
  state: () => call("GET", "/state"),
  createPhone: (phone) => call("POST", "/phones", phone),
  scan: (number, qr) => call("POST", `/phones/${number}/scan`, { qr }),
  phoneSend: (number, to, text) => call("POST", `/phones/${number}/messages`, { to, text }),
  logout: (number, device) => call("POST", `/phones/${number}/logout`, device === undefined ? {} : { device }),
  setOffline: (number, offline) => call("POST", `/phones/${number}/offline`, { offline }),
  createCustomer: (customer) => call("POST", "/customers", customer),
  messages: (number) => call("GET", `/customers/${number}/messages`),
  send: (number, message) => call("POST", `/customers/${number}/messages`, message),
  typing: (number, to, state) => call("POST", `/customers/${number}/typing`, { to, state }),
  read: (number, to, ids) => call("POST", `/customers/${number}/read`, { to, ids }),
  createGroup: (group) => call("POST", "/groups", group),
  load: (load) => call("POST", "/load", load),
  addFault: (fault) => call("POST", "/faults", fault),
  clearFaults: () => call("DELETE", "/faults"),
};
