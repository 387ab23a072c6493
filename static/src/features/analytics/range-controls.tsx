import { Input, Select } from "@/ui/field";
import { LOCAL_ZONE, localTime, PRESETS, RANGE_DEFAULTS, type RangeState, spanOf, zones } from "./range";

interface ControlsProps {
  state: RangeState;
  set: (changes: Partial<RangeState>, options?: { typing?: boolean }) => void;
}

/** Presets, a range of one's own, and whose clock counts. */
export function RangeControls({ state, set }: ControlsProps) {
  const custom = state.range === "custom";
  const known = custom || PRESETS.some(({ value }) => value === state.range) ? state.range : RANGE_DEFAULTS.range;
  const zone = state.zone || LOCAL_ZONE;
  const choose = (range: string) => {
    if (range !== "custom") return set({ range, from: "", to: "" });
    // One's own range begins as what is shown.
    const span = spanOf(state, Date.now());
    return set({ range, from: span ? localTime(Date.parse(span.from), zone) : "", to: span ? localTime(Date.parse(span.to), zone) : "" });
  };
  const wrong = custom && spanOf(state, 0) === null;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Select aria-label="Range of time" value={known} onChange={(event) => choose(event.target.value)} className="w-auto!">
        {PRESETS.map(({ value, title }) => (
          <option key={value} value={value}>
            Last {title}
          </option>
        ))}
        <option value="custom">From … to …</option>
      </Select>
      {custom && (
        <>
          <Input type="datetime-local" aria-label="From" aria-invalid={wrong || undefined} value={state.from} onChange={(event) => set({ from: event.target.value }, { typing: true })} className="w-auto!" />
          <Input type="datetime-local" aria-label="To" aria-invalid={wrong || undefined} value={state.to} onChange={(event) => set({ to: event.target.value }, { typing: true })} className="w-auto!" />
          {wrong && (
            <span role="alert" className="text-sm text-bad">
              It ends before it begins.
            </span>
          )}
        </>
      )}
      <Select aria-label="Time zone" value={zone} onChange={(event) => set({ zone: event.target.value === LOCAL_ZONE ? "" : event.target.value })} className="w-auto! max-w-40 field-sizing-content border-transparent! bg-transparent! text-sm text-muted hover:border-edge/50!">
        {zones().map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
    </div>
  );
}
