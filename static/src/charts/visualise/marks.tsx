/** How series are told apart: by colour, and without it by pattern or shape. */

export const SERIES_LIMIT = 6;

export const colourOf = (index: number): string => `var(--series-${(index % SERIES_LIMIT) + 1})`;

const SIZE = 6;
/** What lies over the colour, in the colour of the ground. */
const HATCHES = [
  null,
  <path key="a" d="M0 6L6 0M-1 1L1 -1M5 7L7 5" />,
  <circle key="b" cx="3" cy="3" r="0.9" />,
  <path key="c" d="M0 0L6 6M-1 5L1 7M5 -1L7 1" />,
  <path key="d" d="M0 3H6" />,
  <path key="e" d="M3 0V6" />,
];

/** The patterns of a chart; `id` keeps those of several charts apart. */
export function Patterns({ id, count }: { id: string; count: number }) {
  return (
    <defs>
      {Array.from({ length: count }, (_, index) => (
        <pattern key={index} id={`${id}-${index}`} width={SIZE} height={SIZE} patternUnits="userSpaceOnUse">
          <rect width={SIZE} height={SIZE} fill={colourOf(index)} />
          <g stroke="var(--surface)" strokeWidth="1.3" fill="var(--surface)" strokeOpacity="0.75">
            {HATCHES[index % HATCHES.length]}
          </g>
        </pattern>
      ))}
    </defs>
  );
}

export const patternOf = (id: string, index: number): string => `url(#${id}-${index})`;

const SHAPES = ["M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z", "M-2.8 -2.8H2.8V2.8H-2.8Z", "M0 -3.6L3.6 2.6H-3.6Z", "M0 -3.8L3.8 0L0 3.8L-3.8 0Z", "M0 3.6L3.6 -2.6H-3.6Z", "M-3 -1H-1V-3H1V-1H3V1H1V3H-1V1H-3Z"];

/** A point of a line: each series has its own shape. */
export function Marker({ index, x = 0, y = 0, hollow = false }: { index: number; x?: number; y?: number; hollow?: boolean }) {
  return <path d={SHAPES[index % SHAPES.length]} transform={`translate(${x} ${y})`} fill={hollow ? "var(--surface)" : colourOf(index)} stroke={colourOf(index)} strokeWidth={hollow ? 1.5 : 0} />;
}

/** The key to a chart. */
export function Legend({ names, kind, id }: { names: readonly string[]; kind: "line" | "area"; id: string }) {
  if (names.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
      {names.map((name, index) => (
        <li key={name} className="flex min-w-0 items-center gap-1.5">
          <svg aria-hidden width={kind === "line" ? 20 : 12} height={12} className="shrink-0">
            {kind === "line" ? (
              <>
                <path d="M0 6H20" stroke={colourOf(index)} strokeWidth="2" />
                <Marker index={index} x={10} y={6} />
              </>
            ) : (
              <rect width={12} height={12} rx={2} fill={patternOf(id, index)} />
            )}
          </svg>
          <span dir="auto" className="truncate">
            {name}
          </span>
        </li>
      ))}
    </ul>
  );
}
