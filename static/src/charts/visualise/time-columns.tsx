import { useId } from "react";
import { niceScale } from "../prepare/axis";
import { type Series, stack, type Timeline } from "../prepare/series";
import { colourOf, Legend, patternOf, Patterns } from "./marks";
import { Plot } from "./plot";

interface ColumnsProps {
  label: string;
  timeline: Timeline;
  timeZone: string;
  series: Series[];
  format: (value: number) => string;
  height?: number;
}

/** Amounts over time, one standing on the other. A bucket without any has no column; one that is not over is dotted. */
export function TimeColumns({ label, timeline, timeZone, series, format, height }: ColumnsProps) {
  const id = useId();
  const columns = stack(series, timeline.buckets.length);
  const scale = niceScale(Math.max(0, ...columns.map((pieces) => pieces.at(-1)?.to ?? 0)));
  const read = (index: number) =>
    series.flatMap(({ name, values }, number) => {
      const value = values[index] ?? null;
      return value === null || value === 0 ? [] : [{ series: number, name, value: format(value) }];
    });
  return (
    <div className="flex flex-col gap-3">
      <Plot label={label} timeline={timeline} timeZone={timeZone} scale={scale} format={format} read={read} {...(height ? { height } : {})}>
        {(frame) => {
          const gap = frame.band > 6 ? 2 : frame.band > 3 ? 1 : 0;
          return (
            <>
              <Patterns id={id} count={series.length} />
              {columns.map((pieces, index) =>
                pieces.map((piece) => {
                  const open = index >= timeline.unfinishedFrom;
                  return (
                    <rect
                      key={`${index}-${piece.series}`}
                      x={frame.x(index) + gap / 2}
                      width={Math.max(1, Math.min(frame.band - gap, 48))}
                      y={frame.y(piece.to)}
                      height={Math.max(0.5, frame.y(piece.from) - frame.y(piece.to))}
                      fill={patternOf(id, piece.series)}
                      fillOpacity={open ? 0.3 : 1}
                      {...(open ? { stroke: colourOf(piece.series), strokeDasharray: "2 2" } : {})}
                    />
                  );
                }),
              )}
            </>
          );
        }}
      </Plot>
      {series.length > 1 && <Legend names={series.map(({ name }) => name)} kind="area" id={id} />}
    </div>
  );
}
