import { logTicks, niceScale } from "../prepare/axis";
import { useWidth } from "./use-width";

export interface Bar {
  from: number;
  to: number;
  count: number;
}

const MARGIN = { top: 44, right: 8, bottom: 22, left: 44 };
const HEIGHT = 250;
/** Of a character, roughly. */
const CHARACTER = 6.6;
const ROW = 14;

/** How values are spread, on a logarithmic scale, with lines at percentiles. */
export function Histogram({ label, bars, lines, format, formatCount }: { label: string; bars: Bar[]; lines: { name: string; at: number }[]; format: (value: number) => string; formatCount: (value: number) => string }) {
  const [ref, width] = useWidth();
  const low = Math.max(1, Math.min(...bars.map(({ from }) => from)));
  const high = Math.max(low * 2, ...bars.map(({ to }) => to));
  const scale = niceScale(Math.max(...bars.map(({ count }) => count)), 3);
  const inner = Math.max(0, width - MARGIN.left - MARGIN.right);
  const x = (value: number) => MARGIN.left + (inner * Math.log(Math.max(value, low) / low)) / Math.log(high / low);
  const y = (value: number) => HEIGHT - MARGIN.bottom - ((HEIGHT - MARGIN.top - MARGIN.bottom) * value) / scale.top;
  const labels = spread(
    lines.map(({ name, at }) => ({ text: `${name} ${format(at)}`, at: x(at) })),
    width,
  );
  const summary = lines.map(({ name, at }) => `${name} ${format(at)}`).join(", ");
  return (
    <div ref={ref} role="img" aria-label={`${label}: ${summary}`} style={{ height: HEIGHT }}>
      {width > 0 && (
        <svg aria-hidden width={width} height={HEIGHT} className="block">
          {scale.ticks.map((tick) => (
            <g key={tick}>
              <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} stroke="var(--line)" />
              <text x={MARGIN.left - 8} y={y(tick)} dy="0.32em" textAnchor="end" className="tabular fill-(--muted) text-xs">
                {formatCount(tick)}
              </text>
            </g>
          ))}
          <g>
            {bars.map(({ from, to, count }) => (
              <rect key={from} x={x(from) + 0.5} width={Math.max(1, x(to) - x(from) - 1)} y={y(count)} height={y(0) - y(count)} fill="var(--series-1)" fillOpacity="0.75">
                <title>{`${format(from)} to ${format(to)}: ${formatCount(count)}`}</title>
              </rect>
            ))}
          </g>
          {logTicks(low, high, Math.max(2, inner / 64)).map((tick) => (
            <text key={tick} x={x(tick)} y={HEIGHT - 4} textAnchor="middle" className="tabular fill-(--muted) text-xs">
              {format(tick)}
            </text>
          ))}
          {labels.map(({ text, at, row, end }) => (
            <g key={text}>
              <line x1={at} x2={at} y1={row * ROW + 2} y2={y(0)} stroke="var(--ink)" strokeDasharray="4 3" />
              <text x={at + (end ? -4 : 4)} y={row * ROW + 11} textAnchor={end ? "end" : "start"} className="tabular fill-(--ink) text-xs font-medium" stroke="var(--surface)" strokeWidth="3" paintOrder="stroke">
                {text}
              </text>
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

interface Label {
  text: string;
  at: number;
  row: number;
  /** It stands on the left of its line. */
  end: boolean;
}

/** Labels of lines in as many rows as they need for none to lie on another one. */
function spread(lines: { text: string; at: number }[], width: number): Label[] {
  const taken: number[] = [];
  return lines.map(({ text, at }) => {
    const length = text.length * CHARACTER + 8;
    const end = at + length > width;
    const free = taken.findIndex((until) => until <= (end ? at - length : at));
    const row = free === -1 ? taken.length : free;
    taken[row] = end ? at : at + length;
    return { text, at, row, end };
  });
}
