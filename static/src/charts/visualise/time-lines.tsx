import { useId } from "react";
import { logScale, niceScale } from "../prepare/axis";
import { runs, type Series, type Timeline } from "../prepare/series";
import { colourOf, Legend, Marker } from "./marks";
import { type Frame, Plot } from "./plot";

interface LinesProps {
  label: string;
  timeline: Timeline;
  timeZone: string;
  series: Series[];
  format: (value: number) => string;
  /** The largest value there can be. */
  most?: number;
  /** As many steps for small values as for large ones. */
  isLog?: boolean;
  height?: number;
}

/** Values over time. Where there is nothing the line breaks; towards a bucket that is not over it is dotted. */
export function TimeLines({ label, timeline, timeZone, series, format, most, isLog = false, height }: LinesProps) {
  const id = useId();
  const all = series.flatMap(({ values }) => values.map((value) => value ?? 0));
  const scale = isLog ? logScale(all) : most === undefined ? niceScale(Math.max(0, ...all)) : { top: most, ticks: [0, 0.25, 0.5, 0.75, 1].map((share) => share * most) };
  const read = (index: number) =>
    series.flatMap(({ name, values }, number) => {
      const value = values[index] ?? null;
      return value === null ? [] : [{ series: number, name, value: format(value) }];
    });
  return (
    <div className="flex flex-col gap-3">
      <Plot label={label} timeline={timeline} timeZone={timeZone} scale={scale} format={format} read={read} {...(height ? { height } : {})}>
        {(frame) => series.map(({ name, values }, index) => <Line key={name} index={index} alone={series.length === 1} values={values} frame={frame} unfinishedFrom={timeline.unfinishedFrom} />)}
      </Plot>
      {series.length > 1 && <Legend names={series.map(({ name }) => name)} kind="line" id={id} />}
    </div>
  );
}

function Line({ index, alone, values, frame, unfinishedFrom }: { index: number; alone: boolean; values: (number | null)[]; frame: Frame; unfinishedFrom: number }) {
  const { solid, dotted } = runs(values, unfinishedFrom);
  const place = (point: { index: number; value: number }): [number, number] => [frame.x(point.index) + frame.band / 2, frame.y(point.value)];
  const path = (run: { index: number; value: number }[]) => `M${run.map((point) => place(point).map((value) => value.toFixed(1)).join(" ")).join("L")}`;
  const every = Math.max(1, Math.ceil(28 / frame.band));
  return (
    <g>
      {solid.map((run) => (
        <path key={run[0]?.index} d={path(run)} fill="none" stroke={colourOf(index)} strokeWidth="2" strokeLinejoin="round" />
      ))}
      {dotted.map((run) => (
        <path key={run[0]?.index} d={path(run)} fill="none" stroke={colourOf(index)} strokeWidth="2" strokeLinecap="round" strokeDasharray="0.5 5" />
      ))}
      {solid.flatMap((run) =>
        run.flatMap((point, position) => {
          // Shapes tell lines apart; too many would hide them. Each run has one at its end; what is alone needs none.
          if (alone ? run.length > 1 && frame.band < 20 : position % every !== 0 && position !== run.length - 1) return [];
          const [x, y] = place(point);
          return [<Marker key={point.index} index={index} x={x} y={y} />];
        }),
      )}
      {dotted.flatMap((run) => {
        const point = run.at(-1);
        if (!point) return [];
        const [x, y] = place(point);
        return [<Marker key={point.index} index={index} x={x} y={y} hollow />];
      })}
    </g>
  );
}
