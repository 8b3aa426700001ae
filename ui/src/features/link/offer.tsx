import { useQuery } from "@tanstack/react-query";
import { CircleCheck, Smartphone, TimerOff } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { SessionState } from "../../api/model";
import { qrQuery } from "../../api/queries";
import { Button } from "../../components/button";
import { useNow } from "../../components/clock";
import { linkProblem } from "../../components/session-text";
import { Bone } from "../../components/states";
import { countdown, secondsUntil } from "../../i18n/format";
import { QrPicture } from "./qr-picture";
import { TypedCode } from "./typed-code";

interface OfferProps {
  session: SessionState;
  busy: boolean;
  /** Whether the code on offer is one to type. */
  typed: boolean;
  onAgain: (() => void) | null;
}

/** The right half of the page: the code, or what has become of it. */
export function Offer({ session, busy, typed, onAgain }: OfferProps) {
  const { t } = useTranslation();
  switch (session.state) {
    case "waiting_for_scan":
      return typed ? <TypedCode attempt={session.attempt_expires_at} /> : <Code session={session} />;
    case "pairing":
      return <Panel icon={<Smartphone />} text={t("link.pairing")} live />;
    case "syncing":
    case "online":
      return <Panel icon={<CircleCheck />} text={t("link.linked")} live />;
    default: {
      const problem = session.state === "unlinked" ? session.problem : null;
      if (!problem || !onAgain) return <Panel icon={<Smartphone />} text={t("link.qrHidden")} />;
      const expired = problem === "qr_expired";
      return (
        <Panel icon={<TimerOff />} text={expired ? t("link.expired") : linkProblem(problem)} live>
          {expired && <p className="text-13 text-text-2">{t("link.expiredHint")}</p>}
          <Button look="primary" className="mt-2 h-10" busy={busy} onClick={onAgain}>
            {t("link.newCode")}
          </Button>
        </Panel>
      );
    }
  }
}

type Waiting = Extract<SessionState, { state: "waiting_for_scan" }>;

function Panel({
  icon,
  text,
  live,
  children,
}: {
  icon: ReactNode;
  text: string;
  live?: boolean;
  children?: ReactNode;
}) {
  return (
    <div
      {...(live ? { role: "status" } : {})}
      className="grid aspect-square place-content-center justify-items-center gap-2 rounded-m border border-line bg-surface-2 p-6 text-center"
    >
      <span aria-hidden className="text-text-3 [&_svg]:size-8">
        {icon}
      </span>
      <p className="font-semibold">{text}</p>
      {children}
    </div>
  );
}

/** How long a code lives in all: the first one longer than those after it, so each is measured when it is first seen. */
function useLifetime(expiresAt: number, left: number): number {
  const seen = useRef({ expiresAt: 0, whole: 1 });
  if (seen.current.expiresAt !== expiresAt) seen.current = { expiresAt, whole: Math.max(left, 1) };
  return Math.max(seen.current.whole, left);
}

function Code({ session }: { session: Waiting }) {
  const { t } = useTranslation();
  const now = useNow();
  const qr = useQuery({ ...qrQuery(session.code_expires_at), retry: 5, retryDelay: 300 });
  const left = secondsUntil(session.code_expires_at, now);
  const share = left / useLifetime(session.code_expires_at, left);
  return (
    <div>
      <div className="grid aspect-square place-items-center rounded-m border border-line bg-white p-5">
        {qr.data ? <QrPicture code={qr.data.code} /> : <Bone className="size-full bg-[#e8ebea]" />}
      </div>
      <div className="mt-3 flex justify-between text-12 text-text-2">
        <span role="status">{qr.data ? t("link.waiting") : t("link.qrComing")}</span>
        <span>{t("link.newCodeIn", { time: countdown(left) })}</span>
      </div>
      <div aria-hidden className="mt-1.5 h-1 overflow-hidden rounded-full bg-surface-2">
        <div
          className="h-full bg-accent transition-[width] duration-1000 ease-linear"
          style={{ width: `${share * 100}%` }}
        />
      </div>
    </div>
  );
}
