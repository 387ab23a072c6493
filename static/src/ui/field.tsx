import { type ComponentProps, type ReactNode, useId } from "react";

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
  className?: string;
  /** The control, given what ties it to its label, hint and error. */
  children: (control: { id: string; "aria-describedby": string | undefined; "aria-invalid": boolean | undefined }) => ReactNode;
}

/** A control with its label above, and below what to enter or what is wrong. */
export function Field({ label, hint, error, optional = false, className = "", children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${className}`}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
        {optional && <span className="font-normal text-muted"> optional</span>}
      </label>
      {children({ id, "aria-describedby": note ? `${id}-note` : undefined, "aria-invalid": error ? true : undefined })}
      {note && (
        <p id={`${id}-note`} className={`text-sm ${error ? "text-bad" : "text-muted"}`} role={error ? "alert" : undefined}>
          {note}
        </p>
      )}
    </div>
  );
}

/** A one-line text. */
export function Input({ className = "", ...rest }: ComponentProps<"input">) {
  return <input autoComplete="off" spellCheck={false} {...rest} className={`field h-8 ${className}`} />;
}

/** Text of several lines. */
export function TextArea({ className = "", ...rest }: ComponentProps<"textarea">) {
  return <textarea dir="auto" spellCheck={false} {...rest} className={`field ${className}`} />;
}

/** A choice from a short list: the system's own, which works with every keyboard, screen reader and phone. */
export function Select({ className = "", ...rest }: ComponentProps<"select">) {
  return <select {...rest} className={`field h-8 py-0 pe-1 ps-2 ${className}`} />;
}

/** A box to tick, with its text beside it. */
export function Checkbox({ label, className = "", ...rest }: Omit<ComponentProps<"input">, "type"> & { label: ReactNode }) {
  return (
    <label className={`flex items-start gap-2 text-base ${className}`}>
      <input type="checkbox" {...rest} className="mt-1 size-3.5 accent-(--solid)" />
      <span>{label}</span>
    </label>
  );
}
