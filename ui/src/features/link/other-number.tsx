import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import type { SessionState } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { statusQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { problemText } from "../../components/problem-text";
import { prettyPhone } from "../../text/phone";

type Asked = Extract<SessionState, { state: "confirm_number" }>;

/** The phone that scanned holds another number than the chats here: the agent decides before anything is kept. */
export function OtherNumber({ session }: { session: Asked }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const decide = useMutation({
    mutationFn: (goOn: boolean) => bridge.confirmNumber(goOn),
    onSettled: () => client.invalidateQueries({ queryKey: statusQuery.queryKey }),
  });
  const number = prettyPhone(session.number);
  const previous = prettyPhone(session.previous);
  return (
    <div className="grid gap-4" data-testid="other-number">
      <h2 className="text-16">{t("otherNumber.title")}</h2>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
        <dt className="text-text-2">{t("otherNumber.scanned")}</dt>
        <dd className="font-semibold">
          <bdi dir="ltr">{number}</bdi>
        </dd>
        <dt className="text-text-2">{t("otherNumber.before")}</dt>
        <dd className="font-semibold">
          <bdi dir="ltr">{previous}</bdi>
        </dd>
      </dl>
      <p className="text-13 text-text-2">{t("otherNumber.what")}</p>
      {decide.error && (
        <p role="alert" className="rounded-m bg-bad-soft p-3 text-13">
          {problemText(ProblemError.from(decide.error))}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" className="h-10 px-4" busy={decide.isPending} onClick={() => decide.mutate(false)}>
          {t("otherNumber.keep")}
        </Button>
        <Button className="h-10 px-4" disabled={decide.isPending} onClick={() => decide.mutate(true)}>
          <bdi>{t("otherNumber.goOn", { number })}</bdi>
        </Button>
      </div>
    </div>
  );
}
