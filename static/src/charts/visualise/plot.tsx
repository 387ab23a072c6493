import { type KeyboardEvent, type PointerEvent, type ReactNode, useState } from "react";
import { bucketLabel, placeOn, type Scale, timeLabels } from "../prepare/axis";
import type { Timeline } from "../prepare/series";
import { colourOf } from "./marks";
import { useWidth } from "./use-width";

const MARGIN = { top: 8, right: 8, bottom: 22, left: 52 };

/** Where things stand on the drawing, in pixels. */
export interface Frame {
  x: (index: number) => number;
  /** The width of a bucket. */
  band: number;
  y: (value: number) => number;
  width: number;
  height: number;
}

export interface Reading {
  series: number;
  name: string;
  value: string;
}

interface PlotProps {
  label: string;
  timeline: Timeline;
  timeZone: string;
  scale: Scale;
  format: (value: number) => string;
  /** What is said of a bucket. */
  read: (index: number) => Reading[];
  height?: number;
  children: (frame: Frame) => ReactNode;
}

/** Buckets of time from left to right, a scale upwards, and what is under the pointer or the arrow keys. */
export function Plot({ label, timeline, timeZone, scale, format, read, height = 220, children }: PlotProps) {
  const [ref, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const { buckets } = timeline;
  const inner = { width: Math.max(0, width - MARGIN.left - MARGIN.right), height: height - MARGIN.top - MARGIN.bottom };
  const band = inner.width / Math.max(1, buckets.length);
  const frame: Frame = {
    x: (index) => MARGIN.left + index * band,
    band,
    y: (value) => MARGIN.top + inner.height * (1 - placeOn(scale, value)),
    width,
    height,
  };
  const point = (event: PointerEvent) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left - MARGIN.left;
    setAt(left < 0 || left > inner.width ? null : Math.min(buckets.length - 1, Math.floor(left / band)));
  };
  const press = (event: KeyboardEvent) => {
    const to = { ArrowLeft: (at ?? buckets.length) - 1, ArrowRight: (at ?? -1) + 1, Home: 0, End: buckets.length - 1 }[event.key];
    if (event.key === "Escape" && at !== null) setAt(null);
    else if (to === undefined) return;
    else setAt(Math.min(Math.max(to, 0), buckets.length - 1));
    event.preventDefault();
  };
  return (
    <div
      ref={ref}
      tabIndex={0}
      role="slider"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, buckets.length - 1)}
      aria-valuenow={at ?? Math.max(0, buckets.length - 1)}
      aria-valuetext={at === null ? "Arrow keys go through the values." : inWords(titleOf(timeline, at, timeZone), read(at))}
      className="relative"
      style={{ height }}
      onPointerMove={point}
      onPointerLeave={() => setAt(null)}
      onKeyDown={press}
      onBlur={() => setAt(null)}
    >
      {width > 0 && (
        <svg aria-hidden width={width} height={height} className="block overflow-visible">
          {scale.ticks.map((tick) => (
            <g key={tick}>
              <line x1={MARGIN.left} x2={width - MARGIN.right} y1={frame.y(tick)} y2={frame.y(tick)} stroke="var(--line)" />
              <text x={MARGIN.left - 8} y={frame.y(tick)} dy="0.32em" textAnchor="end" className="tabular fill-(--muted) text-xs">
                {format(tick)}
              </text>
            </g>
          ))}
          <TimeAxis frame={frame} buckets={buckets} timeZone={timeZone} inner={inner.width} />
          {at !== null && <rect x={frame.x(at)} y={MARGIN.top} width={band} height={inner.height} fill="var(--hover)" />}
          {children(frame)}
        </svg>
      )}
      {at !== null && width > 0 && <Readout frame={frame} at={at} readings={read(at)} title={titleOf(timeline, at, timeZone)} />}
    </div>
  );
}

function TimeAxis({ frame, buckets, timeZone, inner }: { frame: Frame; buckets: number[]; timeZone: string; inner: number }) {
  return timeLabels(buckets, timeZone, Math.max(2, Math.floor(inner / 76))).map(({ index, label, day }) => {
    const x = frame.x(index);
    const anchor = x + 24 > frame.width ? "end" : "start";
    return (
      <g key={index}>
        <line x1={x} x2={x} y1={frame.height - MARGIN.bottom} y2={frame.height - MARGIN.bottom + 4} stroke="var(--edge)" />
        <text x={x} y={frame.height - 4} textAnchor={anchor} className={`tabular text-xs ${day ? "fill-(--ink)" : "fill-(--muted)"}`}>
          {label}
        </text>
      </g>
    );
  });
}

function titleOf({ buckets, end, unfinishedFrom }: Timeline, at: number, timeZone: string): string {
  const start = buckets[at] ?? end;
  return bucketLabel(start, buckets[at + 1] ?? end, timeZone) + (at >= unfinishedFrom ? " · not over yet" : "");
}

const inWords = (title: string, readings: Reading[]): string => `${title}: ${readings.map(({ name, value }) => `${name} ${value}`).join(", ") || "nothing"}`;

function Readout({ frame, at, readings, title }: { frame: Frame; at: number; readings: Reading[]; title: string }) {
  const x = frame.x(at) + frame.band / 2;
  const side = x > frame.width / 2 ? { right: frame.width - x + frame.band / 2 + 8 } : { left: x + frame.band / 2 + 8 };
  return (
    <div aria-hidden className="pointer-events-none absolute top-1 z-10 max-w-64 min-w-36 rounded-md border border-line bg-raised px-2.5 py-1.5 text-sm shadow-raised" style={side}>
      <p className="font-medium whitespace-nowrap">{title}</p>
      {readings.length === 0 && <p className="text-muted">Nothing</p>}
      {readings.map(({ series, name, value }) => (
        <p key={name} className="flex items-center gap-2">
          <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: colourOf(series) }} />
          <span dir="auto" className="min-w-0 truncate text-muted">
            {name}
          </span>
          <span className="tabular ms-auto ps-2">{value}</span>
        </p>
      ))}
    </div>
  );
}
