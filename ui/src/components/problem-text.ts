import i18next from "i18next";
import type { ProblemError } from "../api/problem";
import en from "../i18n/en.json";

export type KnownProblem = keyof typeof en.problem;

function isKnown(code: string): code is KnownProblem {
  return Object.hasOwn(en.problem, code);
}

/** One plain sentence and the next step, for a code of any host. */
export function problemSentence(code: string): string | null {
  return isKnown(code) ? i18next.t(`problem.${code}`) : null;
}

export function problemText(error: ProblemError): string {
  return problemSentence(error.code) ?? error.problem.detail ?? error.problem.title;
}
