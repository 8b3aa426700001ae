import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemError } from "../api/problem";
import { Button } from "../components/button";
import { Logo } from "../components/logo";
import { problemText } from "../components/problem-text";

/** In place of everything else where the app's own background part did not start: why, and one more try. */
export function NotStarted({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const problem = ProblemError.from(error);
  const detail = problem.problem.detail;
  return (
    <main className="grid h-full place-content-center justify-items-center gap-2 p-6 text-center">
      <Logo className="mb-2 size-10" />
      <h1 className="text-16">{t("gate.notStarted")}</h1>
      <p role="alert" className="max-w-[420px] text-13 text-text-2">
        {problemText(problem)}
      </p>
      {detail && <p className="max-w-[420px] text-12 text-text-3 wrap-anywhere">{detail}</p>}
      <Button
        look="primary"
        className="mt-3"
        busy={busy}
        onClick={() => {
          setBusy(true);
          onRetry();
        }}
      >
        {t("common.tryAgain")}
      </Button>
    </main>
  );
}
