import i18next from "i18next";
import type { AnyCode, ProblemError } from "../api/problem";
import en from "../i18n/en.json";

/** One plain sentence and the next step for each code: a code without one does not compile. */
const sentences: Record<AnyCode, string> = en.problem;

export function problemText(error: ProblemError): string {
  // A newer host may know codes that this screen does not.
  const known = Object.hasOwn(sentences, error.code);
  return known ? i18next.t(`problem.${error.code}`) : (error.problem.detail ?? error.problem.title);
}
