/**
 * Our own Rust crates in the browser: token counts, templates, what a model is sent, assignments, by the code that the
 * edge runs.
 * `cargo xtask pages` builds them into `/engine`; they are loaded when a page first needs them (about a second's worth
 * of network), so every user of this module has to do without them for a moment.
 */
import { useQuery } from "@tanstack/react-query";
import type { NewVersion } from "@/api/types";

export interface TokenCount {
  tokens: number;
  /** Whether the model's tokenizer is known; if not, this is an estimate. */
  exact: boolean;
  encoding: string;
  input_cost_usd: number | null;
}

export interface ModelPrice {
  id: string;
  input_usd_per_mtok: number;
  output_usd_per_mtok: number;
  max_input_tokens: number | null;
}

export interface AssignmentDefinition {
  salt: string;
  coverage_bp: number;
  arms: { key: string; weight_bp: number }[];
  forced?: Record<string, string>;
  killed?: boolean;
}

export interface AssignmentExplanation {
  assignment: { arm: number; reason: string };
  bucket: number | null;
  included: boolean;
  arms: { key: string; weight_bp: number; score: number | null }[];
}

/** Of a version, what is for the model to read. */
export type PreviewedContent = Pick<NewVersion, "system_prompt" | "template_text" | "messages" | "few_shot_examples">;

export interface ContentPreview {
  messages: { role: string; content: string }[];
  missing: string[];
}

export interface Engine {
  countMessageTokens: (model: string, messages: { role: string; content: string }[]) => TokenCount;
  variables: (template: string) => string[];
  /** By turns text and a variable as it is written. Together they are the template. */
  split: (template: string) => string[];
  /** What a model is sent before anything that a user says, and the variables without a value. */
  preview: (content: PreviewedContent, values: Record<string, unknown>) => ContentPreview;
  explainAssignment: (definition: AssignmentDefinition, unit: string) => AssignmentExplanation | { error: string };
  models: () => ModelPrice[];
}

/** What wasm-bindgen exports from `shared/browser`. */
interface Module {
  default: (options: { module_or_path: string }) => Promise<unknown>;
  count_message_tokens: (model: string, messages: string) => string;
  variables: (template: string) => string;
  split: (template: string) => string;
  preview: (content: string, values: string) => string;
  explain_assignment: (definition: string, unit: string) => string;
  models: () => string;
}

let loading: Promise<Engine> | undefined;

/** Loads the engine once; after a failure the next call tries again. */
export function loadEngine(): Promise<Engine> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<Engine> {
  // Not a module of this build: a variable keeps the bundler from looking for it.
  const address = "/engine/browser.js";
  const module = (await import(/* @vite-ignore */ address)) as Module;
  await module.default({ module_or_path: "/engine/browser_bg.wasm" });
  return {
    countMessageTokens: (model, messages) => JSON.parse(module.count_message_tokens(model, JSON.stringify(messages))) as TokenCount,
    variables: (template) => JSON.parse(module.variables(template)) as string[],
    split: (template) => JSON.parse(module.split(template)) as string[],
    preview: (content, values) => JSON.parse(module.preview(JSON.stringify(content), JSON.stringify(values))) as ContentPreview,
    explainAssignment: (definition, unit) => JSON.parse(module.explain_assignment(JSON.stringify(definition), unit)) as AssignmentExplanation | { error: string },
    models: () => JSON.parse(module.models()) as ModelPrice[],
  };
}

/** The engine as a query, for who has to show that it cannot be loaded. */
export function useEngineQuery() {
  return useQuery({ queryKey: ["engine"], queryFn: loadEngine, staleTime: Infinity, gcTime: Infinity, retry: 1 });
}

/** The engine once it is there; undefined while it is loaded, or if it cannot be. */
export const useEngine = (): Engine | undefined => useEngineQuery().data;
