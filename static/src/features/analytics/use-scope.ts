import { useMemo } from "react";
import { useNow } from "@/ui/time";
import type { Scope } from "./queries";
import { LOCAL_ZONE, type RangeState, spanOf } from "./range";

const MINUTE = 60_000;

/** What to ask for. It moves on with time, in steps that all charts share; a malformed range of one's own is null. */
export function useScope({ range, from, to, zone }: RangeState, filter: { prompt_id?: string | undefined; environment?: string | undefined }): Scope | null {
  const step = range === "1h" ? MINUTE : 5 * MINUTE;
  const now = Math.ceil(useNow() / step) * step;
  const { prompt_id, environment } = filter;
  return useMemo(() => {
    const span = spanOf({ range, from, to, zone }, now);
    return span && { ...span, time_zone: zone || LOCAL_ZONE, prompt_id, environment };
  }, [range, from, to, zone, now, prompt_id, environment]);
}
