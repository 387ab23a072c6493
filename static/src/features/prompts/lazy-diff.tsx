import { lazy, Suspense } from "react";
import { Skeleton } from "@/ui/states";
import { type Draft, draftFrom } from "./content";
import type { Layout } from "./diff-view";
import type { Version } from "@/api/types";

const DiffView = lazy(() => import("./diff-view"));

interface LazyDiffProps {
  from: Draft | Version;
  to: Draft | Version;
  fromLabel: string;
  toLabel: string;
  layout: Layout;
  onLayout: (layout: Layout) => void;
}

const known = new WeakMap<Version, Draft>();

/** The same draft for the same version, so that nothing is compared twice. */
function contentOf(value: Draft | Version): Draft {
  if (!("version_id" in value)) return value;
  const draft = known.get(value) ?? draftFrom(value);
  known.set(value, draft);
  return draft;
}

/** A comparison whose code is loaded when it is first shown. */
export function LazyDiff({ from, to, ...rest }: LazyDiffProps) {
  return (
    <Suspense fallback={<Skeleton className="h-48 w-full" />}>
      <DiffView from={contentOf(from)} to={contentOf(to)} {...rest} />
    </Suspense>
  );
}
