/** What a version says, as it is edited and compared. */
import { z } from "zod";
import type { NewVersion, Version } from "@/api/types";

export const MESSAGE_ROLES = ["system", "developer", "user", "assistant", "tool"] as const;

/** As the API limits it; numbers and the configuration are still text here, as they are typed. */
export const draftSchema = z
  .object({
    type: z.enum(["text", "chat"]),
    template_text: z.string(),
    messages: z.array(z.object({ role: z.enum(MESSAGE_ROLES), content: z.string() })).max(200, "At most 200 messages."),
    system_prompt: z.string(),
    few_shot_examples: z.array(z.object({ input: z.string(), output: z.string() })).max(100, "At most 100 examples."),
    model_id: z.string().trim().min(1, "Say which model it is written for.").max(200, "At most 200 characters."),
    temperature: z.string().refine((text) => isNumber(text, 0, 2), "A number from 0 to 2, or nothing."),
    max_tokens: z.string().refine((text) => isNumber(text, 1, 10_000_000) && !/[.e]/i.test(text), "A whole number from 1, or nothing."),
    config: z.string().refine((text) => text.trim() === "" || asObject(text) !== null, "A JSON object, or nothing."),
  })
  .superRefine((draft, context) => {
    if (draft.type === "text" && draft.template_text.length === 0) context.addIssue({ code: "custom", path: ["template_text"], message: "Write the prompt first." });
    if (draft.type === "chat" && draft.messages.length === 0) context.addIssue({ code: "custom", path: ["messages"], message: "Add a message first." });
  });

export type Draft = z.infer<typeof draftSchema>;

export const EMPTY_DRAFT: Draft = {
  type: "text",
  template_text: "",
  messages: [{ role: "user", content: "" }],
  system_prompt: "",
  few_shot_examples: [],
  model_id: "offline",
  temperature: "",
  max_tokens: "",
  config: "",
};

function isNumber(text: string, least: number, most: number): boolean {
  if (text.trim() === "") return true;
  const value = Number(text);
  return Number.isFinite(value) && value >= least && value <= most;
}

/** The text as a JSON object; null if it is something else. */
export function asObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** A version as a draft of the next one. */
export function draftFrom(version: Version): Draft {
  const config = version.config;
  return {
    type: version.type,
    template_text: version.template_text ?? "",
    messages: version.messages?.map(({ role, content }) => ({ role, content })) ?? EMPTY_DRAFT.messages,
    system_prompt: version.system_prompt ?? "",
    few_shot_examples: version.few_shot_examples.map(({ input, output }) => ({ input, output })),
    model_id: version.model_id,
    temperature: version.temperature === null ? "" : String(version.temperature),
    max_tokens: version.max_tokens === null ? "" : String(version.max_tokens),
    config: Object.keys(config).length === 0 ? "" : JSON.stringify(config, null, 2),
  };
}

const numberOrNull = (text: string): number | null => (text.trim() === "" ? null : Number(text));

/** A valid draft as the API takes it. */
export function newVersionFrom(draft: Draft, commitMessage = ""): NewVersion {
  return {
    type: draft.type,
    ...(draft.type === "text" ? { template_text: draft.template_text } : { messages: draft.messages }),
    ...(draft.system_prompt ? { system_prompt: draft.system_prompt } : {}),
    ...(draft.few_shot_examples.length > 0 ? { few_shot_examples: draft.few_shot_examples } : {}),
    model_id: draft.model_id.trim(),
    temperature: numberOrNull(draft.temperature),
    max_tokens: numberOrNull(draft.max_tokens),
    config: asObject(draft.config) ?? {},
    ...(commitMessage.trim() ? { commit_message: commitMessage.trim() } : {}),
  };
}

/** Every template of a draft: what variables are looked for in. */
export function templatesOf(draft: Draft): string[] {
  const own = draft.type === "text" ? [draft.template_text] : draft.messages.map(({ content }) => content);
  return [draft.system_prompt, ...own].filter((text) => text !== "");
}

/** A part of the content as text, so that any two versions can be compared. */
export interface ContentField {
  key: string;
  title: string;
  text: string;
  /** What it is one of: such fields are compared with those that say the most alike, wherever they stand. */
  group?: "message" | "example";
}

/** The content field by field, what is empty left out. */
export function fieldsOf(draft: Draft): ContentField[] {
  const own =
    draft.type === "text"
      ? [{ key: "template", title: "Prompt", text: draft.template_text }]
      : draft.messages.map(({ role, content }, index) => ({ key: `message-${index}`, title: `Message ${index + 1}`, text: `${role}:\n${content}`, group: "message" as const }));
  const examples = draft.few_shot_examples.map(({ input, output }, index) => ({ key: `example-${index}`, title: `Example ${index + 1}`, text: `user:\n${input}\nassistant:\n${output}`, group: "example" as const }));
  const config = asObject(draft.config);
  const fields: ContentField[] = [
    { key: "system", title: "System prompt", text: draft.system_prompt },
    ...own,
    ...examples,
    { key: "model", title: "Model", text: draft.model_id.trim() },
    { key: "temperature", title: "Temperature", text: draft.temperature.trim() },
    { key: "max_tokens", title: "Max tokens", text: draft.max_tokens.trim() },
    { key: "config", title: "Configuration", text: config && Object.keys(config).length > 0 ? JSON.stringify(sorted(config), null, 2) : "" },
  ];
  return fields.filter(({ text }) => text !== "");
}

/** The same value with its keys in order: their order means nothing, so it is no difference. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

export const isSameContent = (one: Draft, other: Draft): boolean => JSON.stringify(fieldsOf(one)) === JSON.stringify(fieldsOf(other));
