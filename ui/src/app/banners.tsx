import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CloudOff, type LucideIcon, PlugZap, TriangleAlert } from "lucide-react";
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { host } from "../api/access";
import { setFlow } from "../api/flow";
import { useSocketState } from "../api/live";
import type { BridgeStatus } from "../api/model";
import { noticesOf } from "../api/notices";
import { ProblemError } from "../api/problem";
import { profileQuery, statusQuery } from "../api/queries";
import { useNow } from "../components/clock";
import { cx } from "../components/cx";
import { problemText } from "../components/problem-text";
import { sessionHint } from "../components/session-text";
import { countdown, secondsUntil } from "../i18n/format";
import { HistoryLine } from "./history-line";

const SKEW_WORTH_SAYING_MS = 2 * 60_000;

/** What stands above the desk while something is not as it should be. */
export function Banners() {
  const stack = useRef<HTMLDivElement>(null);
  // What floats above the page (notices) keeps below the banners and the page's header.
  useLayoutEffect(() => {
    const box = stack.current;
    if (!box) return;
    const root = document.documentElement.style;
    const observer = new ResizeObserver(() => root.setProperty("--banners", `${box.offsetHeight}px`));
    observer.observe(box);
    return () => {
      observer.disconnect();
      root.removeProperty("--banners");
    };
  }, []);
  return <div ref={stack}>{host() === "bridge" ? <BridgeBanners /> : <ServerBanner />}</div>;
}

function ServerBanner() {
  const { t } = useTranslation();
  const socket = useSocketState();
  const profile = useQuery(profileQuery);
  if (socket === "live" || (socket === "connecting" && !profile.error)) return null;
  return (
    <Banner icon={CloudOff} tone="warn">
      {t("banner.serverAwayBrowser")}
    </Banner>
  );
}

function BridgeBanners() {
  const { t } = useTranslation();
  const { data: status, error } = useQuery(statusQuery);
  if (error) {
    return (
      <Banner icon={PlugZap} tone="bad">
        {t("banner.bridgeAway")}
      </Banner>
    );
  }
  if (!status) return null;
  return (
    <>
      {noticesOf(status).map((notice) => (
        <Banner key={notice.code} icon={TriangleAlert} tone="bad">
          {problemText(new ProblemError(notice))}
        </Banner>
      ))}
      <ServerLinkBanner status={status} />
      <SessionBanner status={status} />
      <HistoryLine />
      {Math.abs(status.clock_skew_ms ?? 0) > SKEW_WORTH_SAYING_MS && (
        <Banner icon={TriangleAlert} tone="warn">
          {t("banner.skew", { time: countdown(Math.abs(status.clock_skew_ms ?? 0) / 1000) })}
        </Banner>
      )}
    </>
  );
}

function ServerLinkBanner({ status }: { status: BridgeStatus }) {
  const { t } = useTranslation();
  const now = useNow();
  const { server, outbox } = status;
  if (server.state === "offline") {
    const left = secondsUntil(server.next_try_at, now);
    return (
      <Banner icon={CloudOff} tone="warn">
        {left > 0 ? t("banner.serverAwayNext", { time: countdown(left) }) : t("banner.serverAway")}{" "}
        {outbox > 0 && t("banner.outbox", { count: outbox })}
      </Banner>
    );
  }
  if (server.state === "sign_in_needed") {
    return (
      <Banner
        icon={TriangleAlert}
        tone="bad"
        action={{ label: t("banner.signIn"), run: () => setFlow({ signingIn: true }) }}
      >
        {t("banner.signInNeeded")}
      </Banner>
    );
  }
  if (server.state === "update_needed") {
    return (
      <Banner icon={TriangleAlert} tone="bad">
        {t("banner.updateNeeded")}
      </Banner>
    );
  }
  return null;
}

function SessionBanner({ status }: { status: BridgeStatus }) {
  const { t } = useTranslation();
  const now = useNow();
  const { session } = status;
  if (session.state === "online" || session.state === "syncing") return null;
  const linkable = session.state === "unlinked" || session.state === "logged_out";
  const action = linkable
    ? { label: t("banner.linkNow"), run: () => setFlow({ linking: true, linkLater: false }) }
    : undefined;
  const limited = session.state === "restricted" || session.state === "banned";
  return (
    <Banner
      icon={TriangleAlert}
      tone={session.state === "reconnecting" || session.state === "unlinked" ? "warn" : "bad"}
      action={action}
    >
      <strong className="font-semibold">{t(`session.${session.state}`)}.</strong> {sessionHint(session, now)}{" "}
      {session.state === "replaced" && (
        <Link to="/desk/settings" className="font-semibold underline">
          {t("banner.openWhatsapp")}
        </Link>
      )}
      {limited && (
        <Link to="/desk/safety" className="font-semibold underline">
          {t("banner.openSafety")}
        </Link>
      )}
    </Banner>
  );
}

interface BannerProps {
  icon: LucideIcon;
  tone: "warn" | "bad";
  action?: { label: string; run: () => void } | undefined;
  children: ReactNode;
}

function Banner({ icon: Icon, tone, action, children }: BannerProps) {
  return (
    <div
      role="status"
      data-testid="banner"
      className={cx(
        "flex items-start gap-2 border-line border-b px-4 py-2 text-13",
        tone === "warn" ? "bg-warn-soft" : "bg-bad-soft",
      )}
    >
      <Icon aria-hidden className={cx("mt-0.5 size-4 shrink-0", tone === "warn" ? "text-warn" : "text-bad")} />
      <p className="min-w-0 flex-1">{children}</p>
      {action && (
        <button type="button" onClick={action.run} className="tap shrink-0 rounded-s px-2 font-semibold underline">
          {action.label}
        </button>
      )}
    </div>
  );
}
