import i18next from "i18next";

// Dates and numbers in the reader's own form.

const cache = new Map<string, Intl.DateTimeFormat>();
function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify(options);
  let made = cache.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(undefined, options);
    cache.set(key, made);
  }
  return made;
}

export function clockTime(at: number): string {
  return formatter({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Calendar days from `at` to `now`; 0 is today. */
export function daysAgo(at: number, now = Date.now()): number {
  return Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
}

export function dayName(at: number, now = Date.now()): string {
  const days = daysAgo(at, now);
  if (days === 0) return i18next.t("time.today");
  if (days === 1) return i18next.t("time.yesterday");
  if (days > 1 && days < 7) return formatter({ weekday: "long" }).format(at);
  return formatter({ day: "numeric", month: "long", year: "numeric" }).format(at);
}

/** For lists: the hour today, else the day. */
export function shortTime(at: number, now = Date.now()): string {
  const days = daysAgo(at, now);
  if (days <= 0) return clockTime(at);
  if (days === 1) return i18next.t("time.yesterday");
  if (days < 7) return formatter({ weekday: "short" }).format(at);
  return formatter({ day: "numeric", month: "short", ...(days > 300 ? { year: "numeric" } : {}) }).format(at);
}

export function fullTime(at: number): string {
  return formatter({ dateStyle: "medium", timeStyle: "short" }).format(at);
}

export function calendarDate(at: number): string {
  return formatter({ dateStyle: "medium" }).format(at);
}

export function wholeNumber(value: number): string {
  return new Intl.NumberFormat().format(value);
}

/** Seconds left until a moment, never negative. */
export function secondsUntil(at: number, now = Date.now()): number {
  return Math.max(0, Math.ceil((at - now) / 1000));
}

export function countdown(seconds: number): string {
  if (seconds < 60) return i18next.t("time.seconds", { count: seconds });
  if (seconds < 3600) return i18next.t("time.minutes", { count: Math.ceil(seconds / 60) });
  return i18next.t("time.hours", { count: Math.ceil(seconds / 3600) });
}
