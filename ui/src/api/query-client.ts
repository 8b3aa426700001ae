import { QueryClient } from "@tanstack/react-query";
import { ProblemError } from "./problem";

/** Problems are answers, not accidents: only silence and trouble on the other side are worth asking again. */
function worthAsking(failures: number, error: Error): boolean {
  const problem = ProblemError.from(error);
  return failures < 3 && (problem.isUnreachable || problem.problem.status >= 500);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      gcTime: 10 * 60_000,
      retry: worthAsking,
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      refetchOnWindowFocus: false,
      // The bridge answers without any network, so the browser's idea of being online does not count.
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});
