import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import { setFlow } from "../../api/flow";
import type { BridgeStatus } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { statusQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { useNow } from "../../components/clock";
import { Dialog, DialogActions } from "../../components/dialog";
import { problemText } from "../../components/problem-text";
import { sessionHint, sessionTone } from "../../components/session-text";
import { Dot } from "../../components/tag";
import { toast } from "../../components/toast";
import { prettyPhone } from "../../text/phone";
import { Facts, Section } from "./section";

/** The number's link to WhatsApp: how it stands, and what can be done about it. */
export function WhatsAppSection({ status }: { status: BridgeStatus }) {
  const { t } = useTranslation();
  const now = useNow();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { session, number } = status;
  const told = (words: string) => ({
    onSuccess: () => toast.good(words),
    onError: (error: Error) => toast.bad(problemText(ProblemError.from(error))),
    onSettled: () => client.invalidateQueries({ queryKey: statusQuery.queryKey }),
  });
  const restart = useMutation({ mutationFn: bridge.restart, ...told(t("settings.restarted")) });
  const unlink = useMutation({ mutationFn: bridge.unlink, ...told(t("settings.unlinked")) });
  const linkable = session.state === "unlinked" || session.state === "logged_out";
  // Before a ban ends nothing is gained by connecting again.
  const waitsOut = session.state === "banned" && (session.until == null || session.until > now);
  return (
    <Section title={t("settings.whatsapp")}>
      <div className="flex items-start gap-2">
        <span className="flex pt-1.5">
          <Dot tone={sessionTone(session.state)} />
        </span>
        <div role="status" data-testid="session-state" data-state={session.state}>
          <p className="font-medium">{t(`session.${session.state}`)}</p>
          <p className="text-13 text-text-2">{sessionHint(session, now)}</p>
          {status.sending > 0 && (
            <p className="text-13 text-text-2">{t("settings.waiting", { count: status.sending })}</p>
          )}
        </div>
      </div>
      {number && (
        <Facts facts={[{ label: t("settings.number"), value: <bdi dir="ltr">{prettyPhone(number.number)}</bdi> }]} />
      )}
      <div className="flex flex-wrap gap-2">
        {linkable ? (
          <Button look="primary" onClick={() => setFlow({ linking: true, linkLater: false })}>
            {t("settings.link")}
          </Button>
        ) : (
          <>
            {!waitsOut && (
              <Button
                look={session.state === "replaced" ? "primary" : "plain"}
                busy={restart.isPending}
                onClick={() => restart.mutate()}
              >
                {session.state === "replaced" ? t("settings.takeBack") : t("settings.restart")}
              </Button>
            )}
            <Button look="danger" busy={unlink.isPending} onClick={() => setAsking(true)}>
              {t("settings.unlink")}
            </Button>
          </>
        )}
      </div>
      {asking && (
        <Dialog open onOpenChange={setAsking} title={t("settings.unlinkTitle")} description={t("settings.unlinkHint")}>
          <DialogActions>
            <Button onClick={() => setAsking(false)}>{t("common.cancel")}</Button>
            <Button
              look="danger"
              onClick={() => {
                setAsking(false);
                // The linking page must not jump up right after someone chose to be without.
                setFlow({ linkLater: true, linking: false });
                unlink.mutate();
              }}
            >
              {t("settings.unlink")}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </Section>
  );
}
