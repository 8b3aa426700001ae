import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as bridge from "../../api/bridge";
import { setFlow } from "../../api/flow";
import type { BridgeStatus } from "../../api/model";
import { ProblemError } from "../../api/problem";
import { Button } from "../../components/button";
import { problemText } from "../../components/problem-text";
import { Dot } from "../../components/tag";
import { toast } from "../../components/toast";
import { wholeNumber } from "../../i18n/format";
import { platform } from "../../platform";
import { Facts, Section } from "./section";

/** This machine's link to the team's server. */
export function ServerSection({ status }: { status: BridgeStatus }) {
  const { t } = useTranslation();
  const { server } = status;
  return (
    <Section title={t("settings.server")}>
      <p className="flex items-center gap-2 font-medium" role="status">
        <Dot tone={server.state === "in_sync" ? "ok" : "warn"} />
        {t(`server.${server.state}`)}
      </p>
      <Facts
        facts={[
          {
            label: t("settings.address"),
            value: <bdi dir="ltr">{"url" in server ? server.url : t("common.none")}</bdi>,
          },
          { label: t("settings.outbox"), value: wholeNumber(status.outbox) },
        ]}
      />
      {server.state === "sign_in_needed" && (
        <Button look="primary" className="justify-self-start" onClick={() => setFlow({ signingIn: true })}>
          {t("banner.signIn")}
        </Button>
      )}
    </Section>
  );
}

export function BrowserLinkSection() {
  const { t } = useTranslation();
  const failed = (error: Error) => toast.bad(problemText(ProblemError.from(error)));
  const open = useMutation({
    mutationFn: async () => platform.openExternal((await bridge.browserLink()).url),
    onError: failed,
  });
  const copy = useMutation({
    mutationFn: async () => navigator.clipboard.writeText((await bridge.browserLink()).url),
    onSuccess: () => toast.good(t("common.copied")),
    onError: failed,
  });
  return (
    <Section title={t("settings.browser")}>
      <p className="text-13 text-text-2">{t("settings.browserHint")}</p>
      <div className="flex flex-wrap gap-2">
        <Button busy={open.isPending} onClick={() => open.mutate()}>
          {t("settings.openInBrowser")}
        </Button>
        <Button busy={copy.isPending} onClick={() => copy.mutate()}>
          {t("settings.copyLink")}
        </Button>
      </div>
    </Section>
  );
}
