import createClient from "openapi-fetch";
import { authorizedFetch, baseUrl } from "./access";
import type { paths as BridgePaths } from "./bridge.schema";
import { ProblemError, problemOf } from "./problem";
import type { paths as ServerPaths } from "./server.schema";

// One typed client for each host's routes. The desk's routes are the same on both.

const options = () => ({ baseUrl: baseUrl() || window.location.origin });

/** Routes of the server, which a bridge forwards where it does not answer itself. */
export const server = () => createClient<ServerPaths>({ ...options(), fetch: authorizedFetch });
export const bridge = () => createClient<BridgePaths>({ ...options(), fetch: authorizedFetch });
/** Routes that are open to all. */
export const open = () => createClient<ServerPaths>({ ...options(), fetch: plainFetch });

function plainFetch(request: Request): Promise<Response> {
  return fetch(request).catch(() => {
    throw ProblemError.unreachable();
  });
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; anything else is thrown as a problem. */
export async function body<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw await problemOf(response, error);
  return data as T;
}
