import type { Problem } from "./model";

/** Codes the screen makes itself, where no host answered. */
type LocalCode = "unreachable";

/** An answer that is not what was asked for: the host's problem, or no answer at all. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
    this.name = "ProblemError";
  }

  get code(): string {
    return this.problem.code;
  }

  /** Nobody answered, so the same request may succeed later. */
  get isUnreachable(): boolean {
    return this.code === ("unreachable" satisfies LocalCode);
  }

  static unreachable(): ProblemError {
    return new ProblemError({
      type: "about:blank",
      title: "No answer",
      status: 0,
      code: "unreachable" satisfies LocalCode,
    });
  }

  static from(error: unknown): ProblemError {
    if (error instanceof ProblemError) return error;
    return new ProblemError({ type: "about:blank", title: "Unexpected", status: 500, code: "internal" });
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && typeof value.code === "string";
}

export async function problemOf(answer: Response): Promise<ProblemError> {
  const body: unknown = await answer.json().catch(() => null);
  if (isProblem(body)) return new ProblemError(body);
  const code = answer.status === 401 ? "unauthenticated" : answer.status === 404 ? "not_found" : "internal";
  return new ProblemError({ type: "about:blank", title: answer.statusText, status: answer.status, code });
}
