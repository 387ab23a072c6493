import { useSyncExternalStore } from "react";
import { date, dateTime, relativeTime } from "@/lib/format";

let now = Date.now();
const listeners = new Set<() => void>();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, 30_000);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The time now, renewed every 30 seconds. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** How long ago, with the exact time on hover. */
export function RelativeTime({ time, className }: { time: string; className?: string }) {
  return (
    <time dateTime={time} title={dateTime(time)} className={`whitespace-nowrap ${className ?? ""}`}>
      {relativeTime(Date.parse(time), useNow())}
    </time>
  );
}

/** A day that matters as such, as when something ends, with how far away it is on hover. */
export function DateOf({ time, className }: { time: string; className?: string }) {
  return (
    <time dateTime={time} title={`${dateTime(time)}, ${relativeTime(Date.parse(time), useNow())}`} className={`whitespace-nowrap ${className ?? ""}`}>
      {date(time)}
    </time>
  );
}
