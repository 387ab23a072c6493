import { Fragment } from "react";

const VARIABLE = /(\{\{\{\{|\{\{\s*[A-Za-z_][A-Za-z0-9_.-]*\s*\}\})/;

/** A template with its variables set off. */
export function TemplateText({ text }: { text: string }) {
  return text.split(VARIABLE).map((part, index) =>
    index % 2 === 1 && part !== "{{{{" ? (
      <span key={index} className="rounded-xs bg-accent-ground text-accent">
        {part}
      </span>
    ) : (
      <Fragment key={index}>{part}</Fragment>
    ),
  );
}
