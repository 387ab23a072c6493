import { useDeferredValue, useMemo } from "react";
import { type Engine, type TokenCount, useEngine } from "@/lib/engine";
import { type Draft, newVersionFrom, templatesOf } from "./content";

export type Values = Record<string, string>;

/** The tokens of a draft as its model counts them, before its variables have values; undefined until the engine is there. */
export function useTokens(draft: Draft): TokenCount | undefined {
  const engine = useEngine();
  const later = useDeferredValue(JSON.stringify(draft));
  return useMemo(() => engine && sentBy(engine, JSON.parse(later) as Draft).tokens, [engine, later]);
}

/** What a model is sent before anything that a user says, the variables without a value, and what it amounts to. */
export function sentBy(engine: Engine, draft: Draft, values: Values = {}) {
  // A field that is empty has no value: the variable stays as it is written, as at the edge.
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
  const { messages, missing } = engine.preview(newVersionFrom(draft), given);
  return { messages, missing, tokens: engine.countMessageTokens(draft.model_id, messages) };
}

/** Braces that other template languages read, and ours writes as they are: blocks, filters, partials, comments. */
export function unreadIn(engine: Pick<Engine, "variables">, draft: Draft): string[] {
  const found = templatesOf(draft).flatMap((template) => template.replaceAll("{{{{", "").match(/\{\{[^{}]*\}\}|\{%[^{}]*%\}/g) ?? []);
  return [...new Set(found)].filter((text) => engine.variables(text).length === 0);
}

/** The distinct variables of a draft, in the order in which they appear. */
export function variablesOf(engine: Pick<Engine, "variables">, draft: Draft): string[] {
  return [...new Set(templatesOf(draft).flatMap((template) => engine.variables(template)))];
}
