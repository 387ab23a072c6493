import { useEffect, useState } from "react";

/** A value once it has not changed for a while: what is typed is asked for when typing rests, not at every letter. */
export function useRested<Value>(value: Value, restMs = 300): Value {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return rested;
}
