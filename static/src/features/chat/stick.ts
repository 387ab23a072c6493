/** A view that grows at its end stays at its end, unless somebody has scrolled up. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** Closer than this to the end is at the end. */
const NEAR_PX = 8;

interface Sticking {
  /** What scrolls. */
  view: RefObject<HTMLDivElement | null>;
  /** What grows in it. */
  content: RefObject<HTMLDivElement | null>;
  away: boolean;
  toEnd: () => void;
}

export function useStickToEnd(): Sticking {
  const view = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const [away, setAway] = useState(false);

  const toEnd = useCallback(() => {
    stuck.current = true;
    setAway(false);
    const element = view.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);

  useEffect(() => {
    const element = view.current;
    const inside = content.current;
    if (!element || !inside) return undefined;
    let before = element.scrollTop;
    const distance = () => element.scrollHeight - element.scrollTop - element.clientHeight;
    const scrolled = () => {
      // Only who goes up leaves the end: growing content alone moves nothing.
      if (distance() <= NEAR_PX) stuck.current = true;
      else if (element.scrollTop < before - 1) stuck.current = false;
      before = element.scrollTop;
      setAway(!stuck.current);
    };
    const observer = new ResizeObserver(() => {
      if (stuck.current) element.scrollTop = element.scrollHeight;
      before = element.scrollTop;
    });
    observer.observe(inside);
    observer.observe(element);
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, []);
  return { view, content, away, toEnd };
}
