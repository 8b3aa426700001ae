import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Gauge, Inbox, type LucideIcon, Settings, ShieldCheck, Ticket, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { host } from "../api/access";
import { useSocketState } from "../api/live";
import type { Agent, ServerLink } from "../api/model";
import { useMe } from "../api/people";
import { countsQuery, statusQuery } from "../api/queries";
import { Avatar } from "../components/avatar";
import { Logo } from "../components/logo";
import { Name } from "../components/name";
import { sessionTone } from "../components/session-text";
import { Dot } from "../components/tag";
import { wholeNumber } from "../i18n/format";

export interface Place {
  to: "/inbox" | "/tickets" | "/contacts" | "/desk/safety" | "/desk/settings" | "/admin/agents";
  name: "inbox" | "tickets" | "contacts" | "safety" | "settings" | "admin";
  icon: LucideIcon;
}

/** The pages that this person may use. */
export function places(me: Agent | undefined): Place[] {
  const all: Place[] = [
    { to: "/inbox", name: "inbox", icon: Inbox },
    { to: "/tickets", name: "tickets", icon: Ticket },
    { to: "/contacts", name: "contacts", icon: UserRound },
    // The rules belong to the number that this machine holds.
    ...(host() === "bridge" ? [{ to: "/desk/safety", name: "safety", icon: Gauge } as const] : []),
    { to: "/desk/settings", name: "settings", icon: Settings },
  ];
  return me?.role === "admin" ? [...all, { to: "/admin/agents", name: "admin", icon: ShieldCheck }] : all;
}

export function Rail() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <nav
      aria-label={t("nav.main")}
      className="flex w-[208px] shrink-0 flex-col gap-0.5 border-line border-e bg-bg px-2 py-3 max-xl:w-[60px]"
    >
      <div className="flex items-center gap-2 px-2 pt-1 pb-4 font-[650] text-16 tracking-[-0.01em] max-xl:justify-center max-xl:px-0">
        <Logo className="size-6" />
        <span className="max-xl:sr-only">Ownline</span>
      </div>
      {places(me).map((place) => (
        <RailLink key={place.name} place={place} />
      ))}
      <div className="mt-auto grid gap-2 border-line border-t pt-3">
        <States />
        {me && (
          <Link
            to="/desk/settings"
            className="tap flex items-center gap-2 rounded-s px-2 py-1 hover:bg-hover max-xl:justify-center max-xl:px-0"
            title={me.name}
          >
            <Avatar name={me.name} size="s" />
            <Name className="truncate max-xl:sr-only">{me.name}</Name>
          </Link>
        )}
      </div>
    </nav>
  );
}

function RailLink({ place }: { place: Place }) {
  const { t } = useTranslation();
  const unread = useQuery(countsQuery).data?.unread ?? 0;
  const Icon = place.icon;
  const label = t(`nav.${place.name}`);
  const badge = place.name === "inbox" && unread > 0;
  return (
    <Link
      to={place.to}
      title={label}
      className="tap relative flex items-center gap-3 rounded-s px-2 py-[7px] font-medium text-text-2 transition-colors duration-(--motion) hover:bg-hover hover:text-text aria-[current=page]:bg-selected aria-[current=page]:text-text max-xl:justify-center"
    >
      <Icon aria-hidden className="size-[18px] shrink-0" strokeWidth={1.8} />
      <span className="max-xl:sr-only">{label}</span>
      {badge && (
        <b className="ms-auto font-semibold text-12 text-text-2 max-xl:absolute max-xl:end-0.5 max-xl:top-0.5 max-xl:rounded-full max-xl:bg-accent max-xl:px-1 max-xl:text-11 max-xl:text-accent-ink">
          <span aria-hidden>{unread > 99 ? "99+" : wholeNumber(unread)}</span>
          <span className="sr-only">{t("nav.unread", { count: unread })}</span>
        </b>
      )}
    </Link>
  );
}

function serverTone(state: ServerLink["state"]): "ok" | "warn" | "bad" {
  return state === "in_sync" ? "ok" : state === "connecting" || state === "offline" ? "warn" : "bad";
}

/** The two links everything hangs on, each as a dot and a word. */
function States() {
  const { t } = useTranslation();
  const socket = useSocketState();
  const { data: status, error } = useQuery(statusQuery);
  if (host() === "server") {
    return (
      <State tone={socket === "live" ? "ok" : "warn"} text={socket === "live" ? t("server.live") : t("server.away")} />
    );
  }
  if (error || !status) return <State tone="bad" text={t("server.away")} />;
  return (
    <>
      <State tone={sessionTone(status.session.state)} text={t(`session.${status.session.state}`)} />
      <State tone={serverTone(status.server.state)} text={t(`server.${status.server.state}`)} />
    </>
  );
}

function State({ tone, text }: { tone: "ok" | "warn" | "bad" | "off"; text: string }) {
  return (
    <p title={text} className="flex items-center gap-2 px-2 text-12 text-text-2 max-xl:justify-center max-xl:px-0">
      <Dot tone={tone} />
      <span className="max-xl:sr-only">{text}</span>
    </p>
  );
}

/** On a phone's width the rail lies at the foot. */
export function FootBar() {
  const { t } = useTranslation();
  const me = useMe();
  const unread = useQuery(countsQuery).data?.unread ?? 0;
  return (
    <nav aria-label={t("nav.main")} className="flex border-line border-t bg-surface pb-[env(safe-area-inset-bottom)]">
      {places(me).map((place) => {
        const Icon = place.icon;
        return (
          <Link
            key={place.name}
            to={place.to}
            className="focus-inset relative grid min-h-14 min-w-11 flex-1 place-content-center justify-items-center gap-0.5 font-medium text-11 text-text-2 aria-[current=page]:text-accent"
          >
            <Icon aria-hidden className="size-5" strokeWidth={1.8} />
            {t(`nav.${place.name}`)}
            {place.name === "inbox" && unread > 0 && (
              <span className="absolute start-1/2 top-1.5 ms-1.5 rounded-full bg-accent px-1 text-11 text-accent-ink">
                <span aria-hidden>{unread > 99 ? "99+" : unread}</span>
                <span className="sr-only">{t("nav.unread", { count: unread })}</span>
              </span>
            )}
          </Link>
        );
      })}
    </nav>
  );
}
