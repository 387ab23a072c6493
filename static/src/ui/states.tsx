import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError, isNotFound } from "@/api/errors";
import { Button, ButtonLink } from "./button";
import { CodeBlock, CopyButton } from "./copy";

/** Grey where something will be: nothing for 200 ms, then the geometry of what comes. */
export function Skeleton({ className = "" }: { className?: string }) {
  return <div aria-hidden className={`animate-late rounded bg-hover ${className}`} />;
}

/** Rows of a list that is being loaded. */
export function SkeletonRows({ rows = 8, label = "Loading" }: { rows?: number; label?: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-11 items-center gap-6 px-3">
          <Skeleton className={`h-3.5 ${["w-1/3", "w-1/4", "w-2/5"][row % 3]}`} />
          <Skeleton className="ms-auto h-3.5 w-24" />
          <Skeleton className="h-3.5 w-16" />
        </div>
      ))}
    </div>
  );
}

interface EmptyProps {
  icon?: LucideIcon;
  title: string;
  children?: ReactNode;
  /** The one next step. */
  action?: ReactNode;
  /** The same from a terminal. */
  curl?: string;
}

/** Nothing here: what it would be, one next step, and the same as a command. */
export function EmptyState({ icon: Icon, title, children, action, curl }: EmptyProps) {
  return (
    <section className="mx-auto flex w-full max-w-xl flex-col items-center gap-3 px-4 py-14 text-center">
      {Icon && <Icon aria-hidden size={28} strokeWidth={1.5} className="text-muted" />}
      <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      {children && <div className="max-w-full text-pretty text-muted">{children}</div>}
      {action && <div className="mt-1">{action}</div>}
      {curl && <CodeBlock code={curl} label="command" wrap className="mt-3 w-full text-start" />}
    </section>
  );
}

interface ErrorProps {
  error: unknown;
  onRetry?: (() => void) | undefined;
  title?: string | undefined;
  /** The list that it would stand in: the way out of what does not exist. */
  list?: { to: string; says: string };
}

/** What went wrong, whose request it was, and another try. */
export function ErrorState({ error, onRetry, title = "This could not be loaded", list }: ErrorProps) {
  const detail = error instanceof Error ? error.message : "Something unexpected happened.";
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <section role="alert" className="mx-auto flex max-w-xl flex-col items-center gap-3 px-4 py-14 text-center">
      <CircleAlert aria-hidden size={28} strokeWidth={1.5} className="text-bad" />
      <h2 className="text-lg font-semibold tracking-tight">{title}</h2>
      {detail !== `${title}.` && <p className="text-pretty text-muted">{detail}</p>}
      {requestId && (
        <p className="flex max-w-full flex-wrap items-center justify-center gap-1 text-sm text-muted">
          Request <code className="min-w-0 font-mono wrap-anywhere">{requestId}</code> <CopyButton text={requestId} label="Copy the request id" />
        </p>
      )}
      <div className="flex flex-wrap justify-center gap-2 empty:hidden">
        {list && isNotFound(error) && <ButtonLink to={list.to}>{list.says}</ButtonLink>}
        {onRetry && <Button onClick={onRetry}>Try again</Button>}
      </div>
    </section>
  );
}
