import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import type { BridgeStatus } from "../../api/model";
import { noticesOf } from "../../api/notices";
import { ProblemError } from "../../api/problem";
import { pairingCodeQuery, statusQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { useNow } from "../../components/clock";
import { cx } from "../../components/cx";
import { History } from "../../components/history";
import { problemText } from "../../components/problem-text";
import { linkProblem, sessionHint } from "../../components/session-text";
import { prettyPhone } from "../../text/phone";
import { safeName } from "../../text/untrusted";
import { Choices } from "./choices";
import { Offer } from "./offer";
import { OtherNumber } from "./other-number";
import { PasskeySteps } from "./passkey-steps";
import { Step, type StepState } from "./steps";

interface LinkScreenProps {
  status: BridgeStatus;
  onLeave: () => void;
  onSignOut: () => void;
}

/** Linking, step by step: signed in, what kind of number, scan, chats arrive. */
export function LinkScreen({ status, onLeave, onSignOut }: LinkScreenProps) {
  const { t } = useTranslation();
  const now = useNow();
  const client = useQueryClient();
  const [choice, setChoice] = useState<bridge.LinkChoice | null>(null);
  const settle = () => client.invalidateQueries({ queryKey: statusQuery.queryKey });
  const link = useMutation({
    mutationFn: (chosen: bridge.LinkChoice) => bridge.link(chosen),
    onMutate: setChoice,
    onSettled: settle,
  });
  const stop = useMutation({ mutationFn: bridge.cancelLink, onSuccess: () => setChoice(null), onSettled: settle });
  const unlink = useMutation({ mutationFn: bridge.unlink, onSuccess: () => setChoice(null), onSettled: settle });

  const { session } = status;
  const linked = session.state === "syncing" || session.state === "online";
  const questions = session.state === "passkey_needed" || session.state === "confirm_number";
  const scanning = session.state === "waiting_for_scan" || session.state === "pairing" || questions;
  const ended = session.state === "unlinked" && session.problem ? session.problem : null;
  const asked = scanning || linked || (choice !== null && (link.isSuccess || ended !== null) && !link.error);
  const taken = noticesOf(status).some((notice) => notice.code === "number_already_linked");
  const step = (at: number): StepState => {
    const current = linked ? 4 : asked ? 3 : 2;
    return at < current ? "done" : at === current ? "now" : "later";
  };
  const use = choice?.number_use ?? (status.number?.default_scope === "private" ? "personal" : "work");
  const chosen = choice ? choice.phone !== undefined : null;
  // After a reload only the host knows which kind of code is on offer.
  const attempt = session.state === "waiting_for_scan" ? session.attempt_expires_at : 0;
  const offered = useQuery({ ...pairingCodeQuery(attempt), enabled: attempt > 0 && chosen === null }).data;
  const typed = asked && (chosen ?? offered !== undefined);
  const refused = link.error ? ProblemError.from(link.error) : null;
  const wrongPhone = refused?.code === "invalid_phone_number" ? problemText(refused) : undefined;
  const server = "url" in status.server ? status.server.url.replace(/^https?:\/\//, "") : "";

  return (
    <main className="scroll-quiet h-full p-4 md:p-6">
      <div className="mx-auto grid min-h-full max-w-[860px] content-center">
        <div
          className={cx(
            "grid gap-8 rounded-l border border-line bg-surface p-5 md:p-8",
            questions ? "mx-auto max-w-[600px]" : "md:grid-cols-[minmax(0,1fr)_320px]",
          )}
        >
          <div>
            <h1 className="text-20">{t("link.title")}</h1>
            <p className="mt-1 text-text-2">
              {asked ? t(use === "work" ? "link.subtitleWork" : "link.subtitlePersonal") : t("link.subtitle")}
            </p>
            {session.state !== "unlinked" && !scanning && !linked && (
              <p role="alert" className="mt-4 rounded-m bg-warn-soft p-3 text-13">
                {sessionHint(session, now)}
              </p>
            )}
            {ended && !asked && (
              <p role="alert" className="mt-4 rounded-m bg-warn-soft p-3 text-13">
                {linkProblem(ended)}
              </p>
            )}
            {noticesOf(status).map((notice) => (
              <p key={notice.code} role="alert" className="mt-4 rounded-m bg-bad-soft p-3 text-13">
                {problemText(new ProblemError(notice))}
              </p>
            ))}
            {session.state === "passkey_needed" && (
              <div className="my-6">
                <PasskeySteps session={session} />
              </div>
            )}
            {session.state === "confirm_number" && (
              <div className="my-6">
                <OtherNumber session={session} />
              </div>
            )}
            <ol className={cx("my-6 grid gap-4", questions && "hidden")}>
              <Step
                number={1}
                state={step(1)}
                title={t("link.signedInAs", { name: safeName(status.agent?.name ?? "") })}
              >
                <bdi>{server}</bdi>
              </Step>
              <Step number={2} state={step(2)} title={asked ? t(`link.${use}`) : t("link.useTitle")}>
                {asked ? (
                  t(`link.${use}Hint`)
                ) : (
                  <Choices busy={link.isPending} phoneProblem={wrongPhone} onBegin={(chosen) => link.mutate(chosen)} />
                )}
              </Step>
              <Step number={3} state={step(3)} title={typed ? t("link.typeTitle") : t("link.scanTitle")}>
                {typed ? t("link.typeHint") : t("link.scanHint")}
              </Step>
              <Step number={4} state={step(4)} title={t("link.arriveTitle")}>
                {status.history && linked ? (
                  <History history={status.history} />
                ) : session.state === "syncing" && session.messages_waiting ? (
                  t("link.arriveWaiting", { count: session.messages_waiting })
                ) : (
                  t("link.arriveHint")
                )}
              </Step>
            </ol>
            {refused && !wrongPhone && (
              <p role="alert" className="mb-4 rounded-m bg-bad-soft p-3 text-13">
                {problemText(refused)}
              </p>
            )}
            {asked && !linked && !questions && (
              <p className="rounded-m bg-warn-soft p-3 text-13 text-text">{t("link.warning")}</p>
            )}
            <div className="mt-4 flex flex-wrap gap-2">
              {linked ? (
                <>
                  {status.number && (
                    <p className="basis-full font-medium">
                      {t("link.linkedAs", { number: prettyPhone(status.number.number) })}
                    </p>
                  )}
                  {taken && (
                    <Button
                      look="primary"
                      className="h-10 px-4"
                      busy={unlink.isPending}
                      onClick={() => unlink.mutate()}
                    >
                      {t("link.another")}
                    </Button>
                  )}
                  <Button look={taken ? "plain" : "primary"} className="h-10 px-4" onClick={onLeave}>
                    {t("link.startWorking")}
                  </Button>
                </>
              ) : (
                <>
                  {session.state === "confirm_number" ? null : scanning ? (
                    <Button onClick={() => stop.mutate()} busy={stop.isPending}>
                      {t("link.cancel")}
                    </Button>
                  ) : (
                    <Button onClick={onLeave}>{t("link.notNow")}</Button>
                  )}
                  <Button look="quiet" onClick={onSignOut}>
                    {t("link.signOut")}
                  </Button>
                </>
              )}
            </div>
          </div>
          {/* Where there is no room beside the questions, an empty frame would only push them down. */}
          <div
            className={cx(
              "max-md:order-first max-md:mx-auto max-md:w-full max-md:max-w-[320px]",
              !asked && "max-md:hidden",
              questions && "hidden",
            )}
          >
            <Offer
              session={session}
              busy={link.isPending}
              typed={typed}
              onAgain={choice ? () => link.mutate(choice) : null}
            />
          </div>
        </div>
      </div>
    </main>
  );
}
