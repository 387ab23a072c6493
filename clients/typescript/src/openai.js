import { newId } from "./ids.js";

/**
 * @typedef {import("../index.d.ts").OpenAILike} OpenAILike
 * @typedef {import("../index.d.ts").LoggedInference} LoggedInference
 * @typedef {Pick<import("./client.js").PromptLab, "resolve" | "log">} Client
 * @typedef {{promptlab: Client, capture: boolean, includeUsage: boolean, asksOpenAI: boolean, logged: WeakMap<object, LoggedInference>}} Wrapping
 */

/**
 * The same client, whose `chat.completions.create` takes `promptlab` beside the parameters that it has.
 * @template {OpenAILike} T
 * @param {Client} promptlab @param {T} client @param {import("../index.d.ts").WrapOptions} options
 * @param {WeakMap<object, LoggedInference>} logged
 * @returns {import("../index.d.ts").Wrapped<T>}
 */
export function wrapOpenAI(promptlab, client, { capture = true, includeUsage = true }, logged) {
  const asksOpenAI = new URL(client.baseURL ?? "https://api.openai.com").hostname === "api.openai.com";
  const wrapping = { promptlab, capture, includeUsage, asksOpenAI, logged };
  const completions = client.chat.completions;
  const create = (/** @type {any} */ params, /** @type {any[]} */ ...rest) => createAndLog(wrapping, completions, params, rest);
  const chat = replace(client.chat, "completions", replace(completions, "create", create));
  return /** @type {any} */ (replace(client, "chat", chat));
}

/** An object with one member replaced. The others find their own object, private fields included. @template {object} T @param {T} object @param {string} name @param {unknown} value @returns {T} */
function replace(object, name, value) {
  return new Proxy(object, {
    get(target, property) {
      if (property === name) return value;
      const member = Reflect.get(target, property, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

/** @param {Wrapping} wrapping @param {any} completions @param {any} params @param {any[]} rest */
async function createAndLog(wrapping, completions, { promptlab: wanted = {}, ...params }, rest) {
  const { prompt, log = {}, ...options } = wanted;
  const resolved = prompt === undefined ? undefined : await wrapping.promptlab.resolve(prompt, options);
  const request = compose(params, resolved, wrapping.asksOpenAI);
  const hidesUsage = request.stream === true && wrapping.includeUsage && request.stream_options?.include_usage === undefined;
  if (hidesUsage) request.stream_options = { ...request.stream_options, include_usage: true };
  const record = new OpenCall(wrapping, request, resolved, options.userId ?? params.user, log);
  try {
    const answer = await completions.create(request, ...rest);
    wrapping.logged.set(answer, record.identity);
    if (request.stream === true) observe(answer, record, hidesUsage);
    else record.end({ model: answer.model, usage: answer.usage, message: answer.choices?.[0]?.message });
    return answer;
  } catch (error) {
    record.fail(error);
    throw error;
  }
}

/**
 * What the model is asked: the prompt's instructions, its examples and its other messages, as PromptLab's own `/v1` puts
 * them, before the call's messages. What the call says itself goes before what the prompt says.
 * @param {any} params @param {import("../index.d.ts").Resolved | undefined} resolved @param {boolean} asksOpenAI
 */
export function compose(params, resolved, asksOpenAI) {
  if (!resolved) return { ...params };
  const request = { ...params, messages: [...messagesOf(resolved), ...(params.messages ?? [])] };
  request.model ??= resolved.modelId;
  if (!request.model) throw new TypeError("there is no model: neither the call nor the prompt's fallback names one");
  request.temperature ??= resolved.temperature ?? undefined;
  request.top_p ??= resolved.config["top_p"];
  request.stop ??= resolved.config["stop"];
  if (params.max_tokens === undefined && params.max_completion_tokens === undefined && resolved.maxTokens !== null) {
    // OpenAI's reasoning models refuse the older name, other servers do not know the newer one.
    request[asksOpenAI ? "max_completion_tokens" : "max_tokens"] = resolved.maxTokens;
  }
  return request;
}

/** @param {import("../index.d.ts").Resolved} resolved */
function messagesOf({ systemPrompt, resolvedText, messages = [], fewShotExamples }) {
  const isSystem = (/** @type {{role: string}} */ { role }) => role === "system" || role === "developer";
  const firstOther = messages.findIndex((message) => !isSystem(message));
  const leading = firstOther < 0 ? messages : messages.slice(0, firstOther);
  const instructions = [systemPrompt, resolvedText, ...leading.map(({ content }) => content)].filter((text) => text?.trim());
  return [
    ...(instructions.length > 0 ? [{ role: "system", content: instructions.join("\n\n") }] : []),
    ...fewShotExamples.flatMap(({ input, output }) => [{ role: "user", content: input }, { role: "assistant", content: output }]),
    ...messages.slice(leading.length),
  ];
}

/** One call of a model, until it is logged. It is logged once. */
class OpenCall {
  #startedAt = new Date();
  #start = performance.now();
  /** @type {number | undefined} */
  #firstTokenMs;
  #isLogged = false;

  /** @param {Wrapping} wrapping @param {any} request @param {import("../index.d.ts").Resolved | undefined} resolved @param {string | undefined} userId @param {Record<string, any>} log */
  constructor(wrapping, request, resolved, userId, log) {
    this.wrapping = wrapping;
    this.request = request;
    this.log = log;
    const { promptId = null, versionId = null, environment = null, experimentId = null, variant = null } = resolved ?? {};
    /** @type {LoggedInference} */
    this.identity = { id: log["id"] ?? newId(), promptId, versionId, environment, experimentId, variant, resolved: resolved ?? null };
    this.userId = userId;
  }

  noteFirstToken() {
    this.#firstTokenMs ??= performance.now() - this.#start;
  }

  /** @param {{model?: string | undefined, usage?: any, message?: any, status?: "ok" | "error" | "cancelled", error?: any}} outcome */
  end({ model, usage, message, status = "ok", error }) {
    if (this.#isLogged) return;
    this.#isLogged = true;
    const { promptlab, capture } = this.wrapping;
    const { resolved, ...ids } = this.identity;
    const { tool_calls: tools, content } = message ?? {};
    promptlab.log({
      requestId: ids.id,
      userId: this.userId,
      messages: capture ? this.request.messages : undefined,
      output: capture ? (content ?? undefined) : undefined,
      tools: capture ? tools : undefined,
      ...this.log,
      ...ids,
      model: model ?? this.request.model,
      status,
      errorCode: error && String(error.code ?? error.status ?? error.name ?? "error").slice(0, 256),
      error: error && String(error.message ?? error).slice(0, 1_000),
      tokensIn: usage?.prompt_tokens,
      tokensOut: usage?.completion_tokens,
      cachedTokensIn: usage?.prompt_tokens_details?.cached_tokens,
      latencyMs: performance.now() - this.#start,
      ttftMs: this.#firstTokenMs,
      clientStartedAt: this.#startedAt.toISOString(),
      clientEndedAt: new Date().toISOString(),
    });
  }

  /** @param {any} error @param {{model?: string | undefined, usage?: any, message?: any}} [soFar] */
  fail(error, soFar = {}) {
    const isAbort = error?.name === "AbortError" || error?.constructor?.name === "APIUserAbortError";
    this.end(isAbort ? { ...soFar, status: "cancelled" } : { ...soFar, status: "error", error });
  }
}

/**
 * Listens to a stream while it is read. It stays the object that it is, with all its other ways of being read: they go
 * through its iterator.
 * @param {any} stream @param {OpenCall} record @param {boolean} hidesUsage
 */
function observe(stream, record, hidesUsage) {
  const original = typeof stream.iterator === "function" ? stream.iterator.bind(stream) : stream[Symbol.asyncIterator].bind(stream);
  const iterate = () => listen(original(), stream, record, hidesUsage);
  if (typeof stream.iterator === "function") stream.iterator = iterate;
  Object.defineProperty(stream, Symbol.asyncIterator, { value: iterate, configurable: true });
}

/** @param {AsyncIterator<any>} chunks @param {any} stream @param {OpenCall} record @param {boolean} hidesUsage */
async function* listen(chunks, stream, record, hidesUsage) {
  const heard = new Transcript();
  let hasEnded = false;
  try {
    for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) {
      if (heard.add(chunk)) record.noteFirstToken();
      // The application has not asked for it, and may not expect a chunk without choices.
      if (hidesUsage && chunk.usage && chunk.choices?.length === 0) continue;
      yield chunk;
    }
    hasEnded = true;
  } catch (error) {
    record.fail(error, heard.outcome());
    throw error;
  } finally {
    // OpenAI's stream ends without a word when it is aborted.
    const isCancelled = !hasEnded || (stream.controller?.signal?.aborted && !heard.isFinished);
    record.end({ ...heard.outcome(), status: isCancelled ? "cancelled" : "ok" });
  }
}

/** What the chunks of a stream add up to. */
class Transcript {
  /** @type {string | undefined} */
  #model;
  /** @type {any} */
  #usage;
  #text = "";
  /** @type {any[]} */
  #tools = [];
  isFinished = false;

  /** Whether the model said something. @param {any} chunk */
  add(chunk) {
    this.#model ??= chunk.model;
    this.#usage = chunk.usage ?? this.#usage;
    const [choice] = chunk.choices ?? [];
    this.isFinished ||= Boolean(choice?.finish_reason);
    const { content, refusal, reasoning_content, tool_calls: tools = [] } = choice?.delta ?? {};
    this.#text += content ?? "";
    for (const part of tools ?? []) this.#addTool(part);
    return Boolean(content || refusal || reasoning_content || tools?.length);
  }

  /** @param {any} part */
  #addTool({ index = 0, id, function: call }) {
    const tool = (this.#tools[index] ??= { id, type: "function", function: { name: "", arguments: "" } });
    tool.id ??= id;
    tool.function.name += call?.name ?? "";
    tool.function.arguments += call?.arguments ?? "";
  }

  outcome() {
    const tools = this.#tools.length > 0 ? this.#tools.filter(Boolean) : undefined;
    return { model: this.#model, usage: this.#usage, message: { content: this.#text || undefined, tool_calls: tools } };
  }
}
