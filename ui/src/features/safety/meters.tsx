import { useTranslation } from "react-i18next";
import type { Meter } from "../../api/model";
import { useNow } from "../../components/clock";
import { cx } from "../../components/cx";
import en from "../../i18n/en.json";
import { clockTime, countdown, daysAgo, fullTime, secondsUntil } from "../../i18n/format";

type KnownMeter = keyof typeof en.safety.meter;

/** How full each budget is. A full one says when the next place is free. */
export function Meters({ meters }: { meters: readonly Meter[] }) {
  return (
    <ul className="grid gap-x-6 gap-y-4 md:grid-cols-2">
      {meters.map((meter) => (
        <li key={meter.code}>
          <Bar meter={meter} />
        </li>
      ))}
    </ul>
  );
}

export function fullness({ used, limit }: Pick<Meter, "used" | "limit">): {
  share: number;
  tone: "ok" | "near" | "full";
} {
  const share = limit === 0 ? 1 : Math.min(1, used / limit);
  return { share, tone: share >= 1 ? "full" : share >= 0.8 ? "near" : "ok" };
}

function Bar({ meter }: { meter: Meter }) {
  const { t } = useTranslation();
  const now = useNow();
  const { share, tone } = fullness(meter);
  const label = Object.hasOwn(en.safety.meter, meter.code) ? t(`safety.meter.${meter.code as KnownMeter}`) : meter.code;
  const free = meter.free_at ?? null;
  return (
    <div data-testid="meter" data-code={meter.code}>
      <p className="flex items-baseline justify-between gap-2 text-13">
        <span className="min-w-0 truncate">{label}</span>
        <span className="shrink-0 text-text-2">{t("safety.of", { used: meter.used, limit: meter.limit })}</span>
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers draw a meter element in colours of their own */}
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={meter.limit}
        aria-valuenow={Math.min(meter.used, meter.limit)}
        className="mt-1.5 h-2 overflow-hidden rounded-full bg-surface-2"
      >
        <div
          className={cx("h-full rounded-full", tone === "full" ? "bg-bad" : tone === "near" ? "bg-warn" : "bg-accent")}
          style={{ width: `${share * 100}%` }}
        />
      </div>
      {tone === "full" && free !== null && free > now && (
        <p className="mt-1 text-12 text-text-2">
          {t("safety.free", {
            time: daysAgo(free, now) === 0 ? clockTime(free) : fullTime(free),
            left: countdown(secondsUntil(free, now)),
          })}
        </p>
      )}
    </div>
  );
}
