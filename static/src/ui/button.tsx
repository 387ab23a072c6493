import type { LucideIcon } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";
import { Hint } from "./tooltip";

type Kind = "primary" | "secondary" | "quiet" | "danger";

const BASE =
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors select-none disabled:cursor-not-allowed aria-disabled:cursor-not-allowed";
const SIZES = { medium: "h-8 px-3 text-base", small: "h-7 px-2 text-sm" };
const KINDS: Record<Kind, string> = {
  primary: "bg-solid text-on-solid hover:opacity-90 aria-disabled:bg-hover aria-disabled:text-muted/70 aria-disabled:hover:opacity-100",
  secondary: "border border-edge/50 bg-surface text-ink hover:bg-hover aria-disabled:border-line aria-disabled:bg-hover aria-disabled:text-muted/70 aria-disabled:hover:bg-hover",
  quiet: "text-muted hover:bg-hover hover:text-ink aria-disabled:text-muted/60 aria-disabled:hover:bg-transparent aria-disabled:hover:text-muted/60",
  danger: "bg-bad text-on-bad hover:opacity-90 aria-disabled:bg-hover aria-disabled:text-muted/70 aria-disabled:hover:opacity-100",
};

export function buttonClass(kind: Kind = "secondary", size: keyof typeof SIZES = "medium", extra = ""): string {
  return `${BASE} ${SIZES[size]} ${KINDS[kind]} ${extra}`;
}

interface Look {
  kind?: Kind;
  size?: keyof typeof SIZES;
  icon?: LucideIcon;
}

export interface ButtonProps extends Omit<ComponentProps<"button">, "disabled">, Look {
  /** Why it cannot be used now; shown on hover and focus, and told to screen readers. */
  reason?: string | undefined;
  /** Something is under way: the label stays, a second click does nothing. */
  busy?: boolean;
  children: ReactNode;
}

/** A button that cannot be used stays focusable and says why. */
export function Button({ kind = "secondary", size = "medium", icon: Icon, reason, busy = false, className = "", onClick, children, ...rest }: ButtonProps) {
  const off = reason !== undefined || busy;
  const button = (
    <button
      type="button"
      {...rest}
      className={buttonClass(kind, size, className)}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => (off ? event.preventDefault() : onClick?.(event))}
    >
      {Icon && <Icon aria-hidden size={size === "small" ? 14 : 15} className={busy ? "animate-pulse" : ""} />}
      {children}
    </button>
  );
  return reason ? <Hint text={reason}>{button}</Hint> : button;
}

/** A link that looks like a button. */
export function ButtonLink({ kind = "secondary", size = "medium", icon: Icon, className = "", children, ...rest }: LinkProps & Look) {
  return (
    <Link {...rest} className={buttonClass(kind, size, className)}>
      {Icon && <Icon aria-hidden size={size === "small" ? 14 : 15} />}
      {children}
    </Link>
  );
}

/** A button that is only a picture: its name is for screen readers and the hint. */
export function IconButton({ label, icon: Icon, reason, className = "", onClick, ...rest }: Omit<ComponentProps<"button">, "children" | "disabled"> & { label: string; icon: LucideIcon; reason?: string | undefined }) {
  return (
    <Hint text={reason ?? label}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        aria-disabled={reason ? true : undefined}
        onClick={(event) => (reason ? event.preventDefault() : onClick?.(event))}
        className={`inline-flex size-7 shrink-0 items-center justify-center rounded-md text-muted transition-colors hover:bg-hover hover:text-ink aria-disabled:cursor-not-allowed aria-disabled:opacity-60 aria-pressed:bg-hover aria-pressed:text-ink ${className}`}
      >
        <Icon aria-hidden size={15} />
      </button>
    </Hint>
  );
}
