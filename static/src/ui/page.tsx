import { ChevronLeft } from "lucide-react";
import { type ReactNode, useEffect, useEffectEvent } from "react";
import { NavLink } from "react-router";
import { plural } from "@/lib/format";
import { PAGES, useSearchState } from "@/lib/search-state";
import { Button } from "./button";

interface PageProps {
  /** The heading, and the window's title unless `documentTitle` says otherwise. */
  title: ReactNode;
  documentTitle?: string;
  /** Beside the heading. */
  badges?: ReactNode;
  description?: ReactNode;
  /** Buttons at the end of the heading's row. */
  actions?: ReactNode;
  /** Above the heading: where one comes from. */
  back?: ReactNode;
  tabs?: ReactNode;
  /** No limit on the width. */
  full?: boolean;
  children: ReactNode;
}

/** The frame of every page. */
export function Page({ title, documentTitle, badges, description, actions, back, tabs, full = false, children }: PageProps) {
  const named = documentTitle ?? (typeof title === "string" ? title : undefined);
  useEffect(() => {
    if (named) document.title = `${named} · PromptLab`;
  }, [named]);
  return (
    <div className={`mx-auto w-full px-4 pb-20 md:px-8 ${full ? "" : "max-w-6xl"}`}>
      <header className={`pt-6 ${tabs ? "" : "pb-4"}`}>
        {back && (
          <div className="mb-1 -ms-1 flex items-center gap-0.5 text-sm text-muted">
            <ChevronLeft aria-hidden size={14} className="shrink-0 rtl:-scale-x-100" />
            <span className="min-w-0 wrap-anywhere">{back}</span>
          </div>
        )}
        {/* As high as with buttons, so that tabs below stay where they are. */}
        <div className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-3">
          <div className="min-w-0 flex-1 basis-44">
            <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
              <h1 dir="auto" className="min-w-0 text-xl font-semibold tracking-tight break-words">
                {title}
              </h1>
              {badges}
            </div>
            {/* Sentences are read in lines that end somewhere; facts stand beside each other. */}
            {description && <div className={`mt-0.5 text-pretty break-words text-muted ${typeof description === "string" ? "max-w-prose" : ""}`}>{description}</div>}
          </div>
          {actions && <div className="flex max-w-full flex-wrap items-center gap-2">{actions}</div>}
        </div>
        {tabs && <div className="mt-3">{tabs}</div>}
      </header>
      {children}
    </div>
  );
}

/** Tabs that are links: each has its own address. */
export function TabLinks({ label, tabs }: { label: string; tabs: { to: string; title: ReactNode; end?: boolean }[] }) {
  return (
    <nav aria-label={label} className="-mx-4 flex gap-5 overflow-x-auto border-b border-line px-4 [scrollbar-width:none] md:-mx-8 md:px-8">
      {tabs.map(({ to, title, end = true }) => (
        <NavLink key={to} to={to} end={end} className="-mb-px border-b-2 border-transparent py-2 font-medium whitespace-nowrap text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink">
          {title}
        </NavLink>
      ))}
    </nav>
  );
}

interface MoreProps {
  shown: number;
  /** What is listed: "prompt". */
  noun: string;
  query: { data: { pages: unknown[] } | undefined; hasNextPage: boolean; isFetching: boolean; isFetchingNextPage: boolean; isError: boolean; fetchNextPage: () => unknown };
}

/** As many pages are read anew from an address at most. */
const MOST_PAGES = 20;

/** Below a list that is read by cursor: how much is shown, and the next page. How many pages are shown is in the address. */
export function LoadMore({ shown, noun, query }: MoreProps) {
  const [{ pages }, set] = useSearchState(PAGES);
  const loaded = query.data?.pages.length ?? 0;
  const isBehind = loaded > 0 && loaded < Math.min(Number(pages), MOST_PAGES) && query.hasNextPage && !query.isFetching && !query.isError;
  const more = useEffectEvent(() => void query.fetchNextPage());
  useEffect(() => {
    if (isBehind) more();
  }, [isBehind]);
  const loadMore = () => {
    set({ pages: String(loaded + 1) }, { typing: true });
    more();
  };
  return (
    <div className="flex items-center gap-3 py-3 text-sm text-muted">
      <span className="tabular" role="status">
        {plural(shown, noun)}
        {query.hasNextPage ? " shown" : ""}
      </span>
      {query.hasNextPage && (
        <Button size="small" busy={query.isFetchingNextPage} onClick={loadMore}>
          Load more
        </Button>
      )}
    </div>
  );
}

/** A titled part of a page. */
export function Section({ title, actions, children, className = "" }: { title: ReactNode; actions?: ReactNode; children: ReactNode; className?: string }) {
  return (
    <section className={className}>
      <div className="mb-2 flex min-h-7 items-center gap-3">
        <h2 className="flex-1 text-base font-semibold">{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
