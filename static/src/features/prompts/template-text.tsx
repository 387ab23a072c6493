import { Fragment } from "react";
import { useEngine } from "@/lib/engine";

/** A template with its variables set off, once the engine is there that finds them. */
export function TemplateText({ text }: { text: string }) {
  const parts = useEngine()?.split(text) ?? [text];
  return parts.map((part, index) =>
    index % 2 === 1 ? (
      <span key={index} className="rounded-xs bg-accent-ground text-accent">
        {part}
      </span>
    ) : (
      <Fragment key={index}>{part}</Fragment>
    ),
  );
}
