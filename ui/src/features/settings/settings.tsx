import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { host } from "../../api/access";
import * as account from "../../api/account";
import * as bridge from "../../api/bridge";
import { useMe } from "../../api/people";
import { statusQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { cx } from "../../components/cx";
import { Dialog, DialogActions } from "../../components/dialog";
import { PageFrame } from "../../components/page";
import { Bone } from "../../components/states";
import { setTheme, type Theme, useTheme } from "../../components/theme";
import { platform } from "../../platform";
import { LineSection } from "./line";
import { BrowserLinkSection, ServerSection } from "./machine";
import { ProfileSection } from "./profile";
import { Section } from "./section";
import { WhatsAppSection } from "./whatsapp";

export function Settings() {
  const { t } = useTranslation();
  const me = useMe();
  const status = useQuery(statusQuery).data;
  const onBridge = host() === "bridge";
  return (
    <PageFrame title={t("settings.title")}>
      <div className="scroll-quiet min-h-0 flex-1 bg-bg">
        <div className="mx-auto grid max-w-[680px] gap-4 p-6 max-md:p-4">
          {me ? <ProfileSection me={me} /> : <Bone className="h-40 rounded-l" />}
          {onBridge && status && <WhatsAppSection status={status} />}
          {onBridge && status?.number && <LineSection />}
          {onBridge && status && <ServerSection status={status} />}
          <Appearance />
          {platform.kind === "browser" && <Notifications />}
          {onBridge && platform.kind === "tauri" && <BrowserLinkSection />}
          <SignOut />
        </div>
      </div>
    </PageFrame>
  );
}

function Appearance() {
  const { t } = useTranslation();
  const chosen = useTheme();
  return (
    <Section title={t("settings.appearance")}>
      <div>
        <fieldset className="inline-flex overflow-hidden rounded-s border border-line">
          <legend className="sr-only">{t("settings.appearance")}</legend>
          {(["light", "dark", "system"] satisfies Theme[]).map((value) => (
            <button
              key={value}
              type="button"
              aria-pressed={chosen === value}
              onClick={() => setTheme(value)}
              className={cx(
                "tap focus-inset px-4 py-1.5 font-medium text-13",
                chosen === value ? "bg-accent-soft text-accent" : "text-text-2 hover:bg-hover",
              )}
            >
              {t(`settings.theme.${value}`)}
            </button>
          ))}
        </fieldset>
        <p className="mt-1.5 text-12 text-text-2">{t("settings.themeHint")}</p>
      </div>
    </Section>
  );
}

function Notifications() {
  const { t } = useTranslation();
  const [state, setState] = useState(() => ("Notification" in window ? Notification.permission : "denied"));
  return (
    <Section title={t("settings.notifications")}>
      <p className="text-13 text-text-2">
        {state === "granted"
          ? t("settings.allowed")
          : state === "denied"
            ? t("settings.blocked")
            : t("settings.notificationsHint")}
      </p>
      {state === "default" && (
        <Button
          className="justify-self-start"
          onClick={() => void platform.askToNotify().then(() => setState(Notification.permission))}
        >
          {t("settings.allow")}
        </Button>
      )}
    </Section>
  );
}

function SignOut() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const onBridge = host() === "bridge";
  const leave = async () => {
    setAsking(false);
    if (!onBridge) await account.logout();
    else {
      await bridge.signOut();
      await client.invalidateQueries({ queryKey: statusQuery.queryKey });
    }
  };
  return (
    <>
      <Button look="danger" className="justify-self-start" onClick={() => setAsking(true)}>
        {t("settings.signOut")}
      </Button>
      {asking && (
        <Dialog
          open
          onOpenChange={setAsking}
          title={t("settings.signOutTitle")}
          description={onBridge ? t("settings.signOutHint") : t("settings.signOutHintServer")}
        >
          <DialogActions>
            <Button onClick={() => setAsking(false)}>{t("common.cancel")}</Button>
            <Button look="danger" onClick={() => void leave()}>
              {t("settings.signOut")}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </>
  );
}
