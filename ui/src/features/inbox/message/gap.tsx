import { History } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Id } from "../../../api/model";
import { ProblemError } from "../../../api/problem";
import { Button } from "../../../components/button";
import { problemText } from "../../../components/problem-text";
import { useChat } from "../chat-context";

type Asked = { state: "no" | "asking" } | { state: "come"; count: number } | { state: "refused"; why: string };

/** Here the phone has more than this computer. `before`: the gap's own id; null: before the oldest message. */
export function Gap({ before }: { before: Id | null }) {
  const { t } = useTranslation();
  const { askPhone } = useChat();
  const [asked, setAsked] = useState<Asked>({ state: "no" });
  const ask = () => {
    setAsked({ state: "asking" });
    askPhone?.(before).then(
      (count) => setAsked({ state: "come", count }),
      (error: unknown) => setAsked({ state: "refused", why: problemText(ProblemError.from(error)) }),
    );
  };
  const waits = asked.state === "asking";
  return (
    <div
      data-testid="gap"
      {...(before ? { "data-id": before } : {})}
      className="my-2 flex max-w-[480px] flex-col items-center gap-2 self-center rounded-m border border-line border-dashed px-4 py-3 text-center text-13"
    >
      <p className="flex items-center gap-2 text-text-2">
        <History aria-hidden className="size-4 shrink-0" />
        {before ? t("gap.here") : t("gap.before")}
      </p>
      {asked.state === "come" ? (
        <p role="status" className="text-12 text-text-2">
          {t("gap.come", { count: asked.count })}
        </p>
      ) : (
        askPhone && (
          <Button onClick={ask} busy={waits}>
            {t("gap.ask")}
          </Button>
        )
      )}
      {waits && (
        <p role="status" className="text-12 text-text-2">
          {t("gap.asking")}
        </p>
      )}
      {asked.state === "refused" && (
        <p role="alert" className="text-12 text-bad">
          {asked.why}
        </p>
      )}
    </div>
  );
}
