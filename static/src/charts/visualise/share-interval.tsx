/** Where a share lies, between 0 and 100 %: a dot at what was seen, a bar over what it may be. */
export function ShareInterval({ share, interval, label, index }: { share: number; interval: readonly [number, number] | null; label: string; index: number }) {
  const colour = `var(--series-${(index % 6) + 1})`;
  return (
    <div role="img" aria-label={label} className="relative h-5 min-w-24 flex-1">
      <span className="absolute inset-x-0 top-1/2 h-px bg-line" />
      <span className="absolute inset-y-0.5 left-1/2 w-px bg-line" />
      {interval && <span className="absolute top-1/2 h-2 -translate-y-1/2 rounded-full opacity-35" style={{ left: `${interval[0] * 100}%`, width: `${(interval[1] - interval[0]) * 100}%`, background: colour }} />}
      <span className="absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full" style={{ left: `${share * 100}%`, background: colour }} />
    </div>
  );
}
