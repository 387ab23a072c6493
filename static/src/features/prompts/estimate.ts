import { useDeferredValue, useMemo } from "react";
import { type Engine, type TokenCount, useEngine } from "@/lib/engine";
import { type Draft, messagesOf, templatesOf } from "./content";

export type Values = Record<string, string>;

/** The tokens of a draft as its model counts them; undefined until the engine is there. */
export function useTokens(draft: Draft): TokenCount | undefined {
  const engine = useEngine();
  const later = useDeferredValue(JSON.stringify(draft));
  return useMemo(() => {
    if (!engine) return undefined;
    const content = JSON.parse(later) as Draft;
    return engine.countMessageTokens(content.model_id, messagesOf(content));
  }, [engine, later]);
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
