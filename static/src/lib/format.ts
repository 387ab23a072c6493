/** Numbers, times and money as people read them. */

/** Each with its length in seconds. */
const UNITS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { style: "short" });
/** "yesterday" is what people say; "next mo." could be any day of two. */
const relativeDays = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const day = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const absolute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** "3 hr. ago", "just now", to the nearest. Both in milliseconds since 1970. */
export function relativeTime(then: number, now: number): string {
  const seconds = (then - now) / 1000;
  for (const [index, [unit, size]] of UNITS.entries()) {
    // What would be rounded up to one of this unit in the next smaller one is one of this.
    const [, smaller] = UNITS[index + 1] ?? ["second", 0];
    if (Math.abs(seconds) >= size - smaller / 2) return (unit === "day" ? relativeDays : relative).format(Math.round(seconds / size), unit);
  }
  // The reader's clock may be a little behind the server's.
  return seconds > 45 ? "in a moment" : "just now";
}

/** "Nov 21, 2026", in the reader's time zone. */
export const date = (time: string | number): string => day.format(new Date(time));

/** "Nov 21, 2026, 9:30 AM", in the reader's time zone. */
export const dateTime = (time: string | number): string => absolute.format(new Date(time));

/** "12,345". */
export const count = (value: number): string => whole.format(value);

/** "12.3K". */
export const shortCount = (value: number): string => compact.format(value);

/** "850 ms", "1.2 s". */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${whole.format(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 60 ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : `${Math.floor(seconds / 60)} min ${whole.format(seconds % 60)} s`;
}

/** "$0.0012", "$12.30": two significant digits below a cent. */
export function usd(value: number): string {
  if (value === 0) return "$0";
  if (Math.abs(value) < 0.01) return `$${value.toLocaleString("en", { maximumSignificantDigits: 2 })}`;
  return `$${value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** "12.3 %" of a share between 0 and 1. */
export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;

/** "1 version", "3 versions". */
export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;
