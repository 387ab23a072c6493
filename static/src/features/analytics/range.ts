/** Ranges of time as the address holds them. */

export const PRESETS = [
  { value: "1h", title: "1 hour", ms: 3_600_000 },
  { value: "24h", title: "24 hours", ms: 86_400_000 },
  { value: "7d", title: "7 days", ms: 7 * 86_400_000 },
  { value: "30d", title: "30 days", ms: 30 * 86_400_000 },
  { value: "90d", title: "90 days", ms: 90 * 86_400_000 },
] as const;

/** The reader's own. */
export const LOCAL_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface RangeState {
  range: string;
  /** Of a range of one's own: local times without a zone, as the fields have them. */
  from: string;
  to: string;
  /** Empty is the reader's own. */
  zone: string;
}

export const RANGE_DEFAULTS: RangeState = { range: "7d", from: "", to: "", zone: "" };

export interface Span {
  from: string;
  to: string;
}

/** What to ask for at a time; null if a range of one's own is not one. */
export function spanOf({ range, from, to, zone }: RangeState, now: number): Span | null {
  if (range === "custom") {
    const [start, end] = [instant(from, zone || LOCAL_ZONE), instant(to, zone || LOCAL_ZONE)];
    return start === null || end === null || start >= end ? null : { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
  }
  const preset = PRESETS.find(({ value }) => value === range) ?? PRESETS[2];
  return { from: new Date(now - preset.ms).toISOString(), to: new Date(now).toISOString() };
}

/** When a clock in a time zone shows a local time: "2026-11-21T09:00". */
export function instant(local: string, timeZone: string): number | null {
  const guess = Date.parse(`${local}Z`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(local) || Number.isNaN(guess)) return null;
  // The offset depends on the instant that is sought: the second step corrects the first around changes of the clock.
  const first = guess - offset(guess, timeZone);
  return guess - offset(first, timeZone);
}

/** The local time that a clock in a time zone shows, as fields have it. */
export function localTime(at: number, timeZone: string): string {
  return new Date(at + offset(at, timeZone)).toISOString().slice(0, 16);
}

/** How far a time zone's clocks are ahead of UTC at an instant, in milliseconds. */
function offset(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(at);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")) - Math.floor(at / 1000) * 1000;
}

/** Zones to choose from: the reader's, UTC, and every other. */
export const zones = (): string[] => [...new Set([LOCAL_ZONE, "UTC", ...Intl.supportedValuesOf("timeZone")])];
