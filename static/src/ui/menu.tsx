import type { LucideIcon } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

/** A menu that a button opens. The trigger must be one element that takes a ref. */
export function Menu({ trigger, children, align = "end" }: { trigger: ReactNode; children: ReactNode; align?: "start" | "end" }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align={align} sideOffset={4} collisionPadding={8} className="z-50 min-w-48 animate-in rounded-lg border border-line bg-raised p-1 shadow-raised">
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

const ITEM = "flex items-center gap-2 rounded-md px-2 py-1.5 text-base outline-none select-none data-disabled:text-muted data-highlighted:bg-hover";

interface ItemProps {
  icon?: LucideIcon;
  danger?: boolean;
  /** Why it cannot be used now. */
  reason?: string | undefined;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon: Icon, danger = false, reason, onSelect, children }: ItemProps) {
  return (
    <DropdownMenu.Item disabled={reason !== undefined} onSelect={onSelect} className={`${ITEM} ${danger ? "text-bad" : ""}`}>
      {Icon && <Icon aria-hidden size={15} className={danger ? "" : "text-muted"} />}
      <span className="flex-1">
        {children}
        {reason && <span className="block max-w-56 text-xs">{reason}</span>}
      </span>
    </DropdownMenu.Item>
  );
}

/** One of several, of which one is chosen. */
export function MenuChoices({ value, onChange, choices }: { value: string; onChange: (value: string) => void; choices: { value: string; label: ReactNode }[] }) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={onChange}>
      {choices.map((choice) => (
        <DropdownMenu.RadioItem key={choice.value} value={choice.value} className={ITEM}>
          <span className="flex size-4 items-center justify-center">
            <DropdownMenu.ItemIndicator className="text-accent">✓</DropdownMenu.ItemIndicator>
          </span>
          {choice.label}
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export const MenuLabel = ({ children }: { children: ReactNode }) => <DropdownMenu.Label className="px-2 pt-1.5 pb-1 text-xs font-medium text-muted">{children}</DropdownMenu.Label>;
export const MenuLine = () => <DropdownMenu.Separator className="-mx-1 my-1 h-px bg-line" />;
