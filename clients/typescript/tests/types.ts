/**
 * Never run: what the compiler accepts, and that the declarations say what the code does.
 */
import OpenAI from "openai";
import * as declared from "../index.js";
import { DiskSpool } from "../spool.js";
import { PromptLab } from "../src/client.js";
import * as errors from "../src/errors.js";
import { newId } from "../src/ids.js";
import { DiskSpool as ActualSpool } from "../src/spool.js";

export const _actual: Omit<typeof declared, "PromptLab"> = { ...errors, newId };
export const _client = new PromptLab({ baseUrl: "", apiKey: "" }) satisfies Omit<declared.PromptLab, "resolve" | "feedback">;
export const _spool: typeof DiskSpool = ActualSpool;

export async function use(promptlab: declared.PromptLab) {
  const sure = await promptlab.resolve("greeting", { variables: { name: "Zoë" } });
  sure.versionId satisfies string;
  const unsure = await promptlab.resolve("greeting", { fallback: "Hello." });
  // @ts-expect-error A fallback has no version.
  unsure.versionId satisfies string;
  if (!unsure.isFallback) unsure.versionId satisfies string;
  // @ts-expect-error There is no such option.
  await promptlab.resolve("greeting", { user: "u" });
  promptlab.log({ model: "m", tokensIn: 1 }) satisfies string;
  // @ts-expect-error The model is missing.
  promptlab.log({ tokensIn: 1 });

  const openai = promptlab.wrapOpenAI(new OpenAI(promptlab.openAIOptions()));
  const whole = await openai.chat.completions.create({ promptlab: { prompt: "greeting", fallback: "Hello." }, messages: [{ role: "user", content: "hi" }] });
  whole.choices[0]?.message.content satisfies string | null | undefined;
  const stream = await openai.chat.completions.create({ model: "m", messages: [], stream: true, promptlab: { userId: "u" } });
  for await (const chunk of stream) chunk.choices[0]?.delta.content satisfies string | null | undefined;
  promptlab.inferenceOf(whole)?.id satisfies string | undefined;
  new declared.PromptLab({ baseUrl: "", apiKey: "", log: { spool: new DiskSpool({ directory: "x" }) } });
  await openai.models.list();
}
