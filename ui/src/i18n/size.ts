const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** A file's size as people say it: `240 kB`, `1.4 MB`. */
export function fileSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // In steps of 1024, as WhatsApp and most file managers count.
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return new Intl.NumberFormat(undefined, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: unit > 1 && value < 10 ? 1 : 0,
  }).format(value);
}

/** A length of sound or film: `0:07`, `12:30`, `1:02:03`. */
export function playTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
