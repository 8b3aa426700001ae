import { authorizedFetch, baseUrl } from "./access";
import { ProblemError, problemOf } from "./problem";

type Query = Record<string, string | number | null | undefined>;

interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH";
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
  /** False for the few routes that are open to all. */
  authorized?: boolean;
}

export async function request<T>(path: string, options: Options = {}): Promise<T> {
  const url = new URL(baseUrl() + path, window.location.origin);
  for (const [key, value] of Object.entries(options.query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(key, String(value));
  }
  const init: RequestInit = { method: options.method ?? "GET" };
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
    init.headers = { "content-type": "application/json" };
  }
  if (options.signal) init.signal = options.signal;
  const sent = new Request(url, init);
  const answer =
    options.authorized === false
      ? await fetch(sent).catch(() => {
          throw ProblemError.unreachable();
        })
      : await authorizedFetch(sent);
  if (!answer.ok) throw await problemOf(answer);
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
