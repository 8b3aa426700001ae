import type { Problem, ProblemCode } from "./model";

/** `unreachable` is the screen's own: no host answered at all. */
export type AnyCode = ProblemCode | "unreachable";
type AnyProblem = Omit<Problem, "code"> & { code: AnyCode };

/** An answer that is not what was asked for: the host's problem, or no answer at all. */
export class ProblemError extends Error {
  constructor(readonly problem: AnyProblem) {
    super(problem.title);
    this.name = "ProblemError";
  }

  get code(): AnyCode {
    return this.problem.code;
  }

  /** Nobody answered, so the same request may succeed later. */
  get isUnreachable(): boolean {
    return this.code === "unreachable";
  }

  static unreachable(): ProblemError {
    return new ProblemError({
      type: "about:blank",
      title: "No answer",
      status: 0,
      code: "unreachable",
    });
  }

  static from(error: unknown): ProblemError {
    if (error instanceof ProblemError) return error;
    // The desktop shell refuses with a bare problem.
    if (isProblem(error)) return new ProblemError(error);
    return new ProblemError({ type: "about:blank", title: "Unexpected", status: 500, code: "internal" });
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && typeof value.code === "string";
}

/** The problem in a bad answer; `read` is its body where that was read already. */
export async function problemOf(answer: Response, read?: unknown): Promise<ProblemError> {
  const body: unknown = read ?? (await answer.json().catch(() => null));
  if (isProblem(body)) return new ProblemError(body);
  const code: AnyCode = answer.status === 401 ? "unauthenticated" : answer.status === 404 ? "not_found" : "internal";
  return new ProblemError({ type: "about:blank", title: answer.statusText, status: answer.status, code });
}
