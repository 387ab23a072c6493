import { ticksWithin } from "../prepare/axis";

type Domain = readonly [number, number];

const place = ([low, high]: Domain, value: number): number => Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100));

/** The marks of a shared axis of intervals, above its rows. */
export function IntervalAxis({ domain, format }: { domain: Domain; format: (value: number) => string }) {
  const ticks = ticksWithin(domain);
  const zero = ticks.indexOf(0);
  return (
    <div aria-hidden className="tabular relative h-4 text-xs font-normal text-muted">
      {ticks.map((tick, index) => (
        <span key={tick} className={`absolute whitespace-nowrap ${shiftAt(place(domain, tick))} ${tick === 0 ? "font-medium text-ink" : roomFor(domain, ticks, index, zero)}`} style={{ left: `${place(domain, tick)}%` }}>
          {format(tick)}
        </span>
      ))}
    </div>
  );
}

/** A mark's name is in the middle below it; at the ends it stays within the axis. */
const shiftAt = (at: number): string => (at > 92 ? "-translate-x-full" : at < 8 ? "" : "-translate-x-1/2");

/** Where there is little room, every other mark is named; where there is hardly any, only the ends are, if zero is far enough. */
function roomFor(domain: Domain, ticks: number[], index: number, zero: number): string {
  const isEnd = index === 0 || index === ticks.length - 1;
  const isFar = Math.abs(place(domain, ticks[index] ?? 0) - place(domain, 0)) > 30;
  return `${ticks.length > 5 && (index - zero) % 2 !== 0 ? "md:max-lg:hidden" : ""} ${isEnd && isFar ? "" : "max-md:hidden"}`;
}

const COLOURS = { better: "var(--good)", worse: "var(--bad)", undecided: "var(--edge)" };

interface IntervalProps {
  domain: Domain;
  interval: Domain | null;
  value: number | null;
  /** Grey while undecided. What is decided is filled, and points up or down. */
  standing: keyof typeof COLOURS;
  label: string;
}

/** One interval on the shared axis: faint lines at its marks, a clear one at zero. */
export function Interval({ domain, interval, value, standing, label }: IntervalProps) {
  const colour = COLOURS[standing];
  const left = interval && place(domain, interval[0]);
  const right = interval && place(domain, interval[1]);
  return (
    <div role="img" aria-label={label} className="relative h-7 min-w-24">
      {ticksWithin(domain).map((tick) => (
        <span key={tick} className={`absolute inset-y-0 w-px ${tick === 0 ? "bg-edge" : "bg-line"}`} style={{ left: `${place(domain, tick)}%` }} />
      ))}
      {left !== null && right !== null && (
        <span className="absolute top-1/2 h-2 -translate-y-1/2 rounded-full" style={{ left: `${left}%`, width: `${Math.max(1, right - left)}%`, background: colour, opacity: standing === "undecided" ? 0.45 : 0.35 }} />
      )}
      {interval && interval[0] < domain[0] && <End side="left" colour={colour} />}
      {interval && interval[1] > domain[1] && <End side="right" colour={colour} />}
      {value !== null && value >= domain[0] && value <= domain[1] && (
        <svg aria-hidden className="absolute top-1/2 size-3 -translate-x-1/2 -translate-y-1/2" viewBox="-6 -6 12 12" style={{ left: `${place(domain, value)}%` }}>
          {standing === "undecided" ? <circle r="4" fill="var(--ground)" stroke={colour} strokeWidth="2" /> : <path d={standing === "better" ? "M0 -5L5 4H-5Z" : "M0 5L5 -4H-5Z"} fill={colour} />}
        </svg>
      )}
    </div>
  );
}

/** The interval goes on where the axis ends. */
function End({ side, colour }: { side: "left" | "right"; colour: string }) {
  return (
    <svg aria-hidden viewBox="0 0 6 10" className={`absolute top-1/2 h-2.5 w-1.5 -translate-y-1/2 ${side === "left" ? "left-0" : "right-0 rotate-180"}`}>
      <path d="M5 1L1 5L5 9" fill="none" stroke={colour} strokeWidth="1.8" />
    </svg>
  );
}
