import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, Hourglass, OctagonX, ShieldAlert, Snowflake } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { HeldMessage, SafetyReport, SendingMode } from "../../api/model";
import { safetyQuery } from "../../api/queries";
import { useNow } from "../../components/clock";
import { cx } from "../../components/cx";
import { holdReason } from "../../components/hold-text";
import { Name } from "../../components/name";
import { PageFrame } from "../../components/page";
import { Bone, Failed } from "../../components/states";
import { clockTime, countdown, daysAgo, fullTime, secondsUntil } from "../../i18n/format";
import { Meters } from "./meters";
import { OptOuts } from "./opt-outs";

/** What the number may send now, how much is left, what waits because of it, and who must not be written to. */
export function Safety() {
  const { t } = useTranslation();
  const query = useQuery(safetyQuery);
  return (
    <PageFrame title={t("safety.title")}>
      {/* Where there is nothing to press, the keyboard must still be able to scroll. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section aria-label={t("safety.title")} tabIndex={0} className="scroll-quiet focus-inset min-h-0 flex-1 bg-bg">
        <div className="mx-auto grid max-w-[760px] gap-4 p-6 max-md:p-4">
          {query.data ? (
            <Report report={query.data} />
          ) : query.error ? (
            <Failed error={query.error} onRetry={() => query.refetch()} />
          ) : (
            <>
              <Bone className="h-24 rounded-l" />
              <Bone className="h-48 rounded-l" />
            </>
          )}
        </div>
      </section>
    </PageFrame>
  );
}

const MODES: Record<SendingMode, { icon: ReactNode; tone: string }> = {
  normal: { icon: <CircleCheck />, tone: "text-ok" },
  replies_only: { icon: <ShieldAlert />, tone: "text-warn" },
  new_chats_frozen: { icon: <Snowflake />, tone: "text-warn" },
  stopped: { icon: <OctagonX />, tone: "text-bad" },
};

function Report({ report }: { report: SafetyReport }) {
  const { t } = useTranslation();
  const now = useNow();
  const mode = MODES[report.mode];
  return (
    <>
      <Section title={t("safety.now")}>
        <div className="flex items-start gap-3" role="status" data-testid="sending-mode" data-mode={report.mode}>
          <span aria-hidden className={cx("mt-0.5 [&_svg]:size-6", mode.tone)}>
            {mode.icon}
          </span>
          <div className="min-w-0">
            <p className="font-semibold text-16">{t(`safety.mode.${report.mode}`)}</p>
            <p className="text-13 text-text-2">{t(`safety.modeHint.${report.mode}`)}</p>
            {report.mode !== "normal" && report.reason && <p className="mt-1 text-13">{report.reason}</p>}
            {report.until != null && (
              <p className="mt-1 text-13">
                {t("safety.until", {
                  time: fullTime(report.until),
                  left: countdown(secondsUntil(report.until, now)),
                })}
              </p>
            )}
          </div>
        </div>
      </Section>
      <Section title={t("safety.budgets")} hint={t("safety.budgetsHint")}>
        <Meters meters={report.meters} />
      </Section>
      <Section title={t("safety.held")} count={report.held.length}>
        <Held held={report.held} />
      </Section>
      <Section title={t("safety.optOuts")} hint={t("safety.optOutsHint")} count={report.opted_out}>
        <OptOuts count={report.opted_out} />
      </Section>
    </>
  );
}

interface SectionProps {
  title: string;
  hint?: string;
  count?: number;
  children: ReactNode;
}

function Section({ title, hint, count = 0, children }: SectionProps) {
  return (
    <section aria-label={title} className="grid gap-4 rounded-l border border-line bg-surface p-5">
      <div>
        <h2 className="text-14">
          {title}
          {count > 0 && <span className="ms-2 font-normal text-text-2">{count}</span>}
        </h2>
        {hint && <p className="text-13 text-text-2">{hint}</p>}
      </div>
      {children}
    </section>
  );
}

function Held({ held }: { held: readonly HeldMessage[] }) {
  const { t } = useTranslation();
  const now = useNow();
  if (held.length === 0) return <p className="text-13 text-text-2">{t("safety.nothingHeld")}</p>;
  return (
    <ul className="-mx-2 grid">
      {held.map(({ message_id, conversation_id, name, hold }) => (
        <li key={message_id}>
          <Link
            to="/inbox/$conversationId"
            params={{ conversationId: conversation_id }}
            search={{ view: "all" }}
            data-testid="held"
            className="tap focus-inset flex items-start gap-3 rounded-s px-2 py-2 hover:bg-hover"
          >
            <Hourglass aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">
                <Name>{name}</Name>
              </span>
              <span className="block text-13 text-text-2 first-letter:uppercase">{holdReason(hold)}</span>
            </span>
            <span className="shrink-0 text-13 text-text-2">
              {hold.until == null
                ? t("safety.decide")
                : t("safety.leaves", {
                    time: daysAgo(hold.until, now) === 0 ? clockTime(hold.until) : fullTime(hold.until),
                  })}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
