import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";

/** A short text on hover and focus. The child must be one element that takes a ref. */
export function Hint({ text, children, side = "top" }: { text: ReactNode; children: ReactNode; side?: "top" | "right" | "bottom" | "left" }) {
  return (
    <Tooltip.Root delayDuration={300}>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content side={side} sideOffset={4} collisionPadding={8} className="z-50 max-w-72 animate-in rounded-md bg-ink px-2 py-1 text-xs text-ground shadow-raised">
          {text}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

export const HintProvider = Tooltip.Provider;
