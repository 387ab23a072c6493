import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type FormEvent, type ReactNode, useState } from "react";
import { InDialog } from "@/shell/shortcuts";
import { Button, IconButton } from "./button";
import { Field, Input } from "./field";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** The row of buttons at the bottom. */
  footer?: ReactNode;
  wide?: boolean;
  /** It asks for something without which nothing goes on: there is nothing to close. */
  isForced?: boolean;
  children?: ReactNode;
}

/** Without a field to begin with, the focus is on the dialog itself: not on the button that closes it. */
function focusContent(event: Event): void {
  const content = event.currentTarget;
  if (!(content instanceof HTMLElement) || content.querySelector("input,select,textarea")) return;
  event.preventDefault();
  content.focus();
}

/** A window over the page: it takes the focus, gives it back, and closes with Esc. */
export function Dialog({ open, onOpenChange, title, description, footer, wide = false, isForced = false, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-in bg-[rgb(10_12_16/0.45)]" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          onOpenAutoFocus={focusContent}
          className={`fixed inset-x-0 bottom-0 z-40 outline-none mx-auto flex max-h-[min(92dvh,56rem)] w-full animate-in flex-col rounded-t-xl border border-line bg-raised shadow-raised sm:inset-y-0 sm:my-auto sm:h-fit sm:w-[calc(100vw-2rem)] sm:rounded-xl ${wide ? "sm:max-w-5xl" : "sm:max-w-lg"}`}
        >
          <header className="border-b border-line py-3 ps-4 pe-12">
            <div className="min-w-0">
              <Radix.Title className="text-lg font-semibold tracking-tight">{title}</Radix.Title>
              {description && <Radix.Description className="mt-0.5 text-muted">{description}</Radix.Description>}
            </div>
          </header>
          <InDialog value={true}>
            {children && <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>}
            {footer && <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-4 py-3">{footer}</footer>}
          </InDialog>
          {/* Last, so that the focus begins with what the dialog is about. */}
          {!isForced && (
            <Radix.Close asChild>
              <IconButton label="Close" icon={X} className="absolute end-2.5 top-2.5" />
            </Radix.Close>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What will happen, and that it cannot be undone. */
  description: ReactNode;
  /** What has to be typed. */
  name: string;
  /** The verb on the button. */
  action: string;
  busy?: boolean;
  onConfirm: () => void;
}

/** For what cannot be undone: the button works once the name is typed. */
export function ConfirmByName({ open, onOpenChange, title, description, name, action, busy = false, onConfirm }: ConfirmProps) {
  const [typed, setTyped] = useState("");
  const change = (next: boolean) => {
    setTyped("");
    onOpenChange(next);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === name && !busy) onConfirm();
  };
  return (
    <Dialog open={open} onOpenChange={change} title={title} description={description}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label={<>Type <code className="rounded bg-sunken px-1 font-mono text-sm">{name}</code> to confirm</>}>
          {(control) => <Input {...control} autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} />}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={() => change(false)}>Cancel</Button>
          <Button type="submit" kind="danger" busy={busy} reason={typed === name ? undefined : "Type the name first."}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
