// The three wire formats. A format turns a text into the events of a stream, or into a whole answer.

const counts = { in: 31, out: 17, cached: 8, reasoning: 5 }
/** From a public bug report: 262,960 tokens in, of which 257,955 were cached, and 1,744 out. */
const cachedCounts = { in: 262_960, out: 1_744, cached: 257_955, reasoning: 0 }

function countsOf(options) {
  if (options.tokens_in) return { ...counts, in: options.tokens_in, cached: 0 }
  return options.cached ? cachedCounts : counts
}
const pieces = (text) => text.match(/\S+\s*/gu) ?? []
const json = (value) => JSON.stringify(value)
const bearer = (request) => (request.headers.authorization ?? '').replace(/^Bearer /i, '')

/** Puts the scripted error in its place, and leaves out what comes after it. */
function withError(events, options, format) {
  if (options.error_after === undefined) return events
  const error = { error: true, ...format.errorEvent(options.error) }
  return [...events.slice(0, options.error_after), error]
}

const openai = {
  matches: (path) => path.endsWith('/chat/completions'),
  model: (_url, body) => String(body.model),
  key: bearer,
  streams: (_url, body) => body.stream === true,
  error: ({ type, code, message }) => ({ error: { message, type, param: null, code } }),
  errorEvent: ({ status, type, message }) => ({ data: json({ error: { message, type, code: status } }) }),

  usage(options) {
    const { in: prompt_tokens, out: completion_tokens, cached, reasoning } = countsOf(options)
    return {
      prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning },
    }
  },

  whole(model, text, options) {
    const message = { role: 'assistant', content: text }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    return { ...head(model), object: 'chat.completion', choices, usage: this.usage(options) }
  },

  events(model, text, options) {
    const chunk = (delta, finish_reason = null, more = {}, logprobs = null) => {
      const usage = options.usage === 'every chunk' ? { usage: this.usage(options) } : {}
      return { data: json({ ...head(model), choices: [{ index: 0, delta, logprobs, finish_reason }], ...usage, ...more }) }
    }
    const token = (delta) => ({ token: true, ...chunk(delta) })
    const word = (content) => ({ token: true, ...chunk({ content }, null, {}, options.logprobs ? likely(content) : null) })
    const last = options.usage === 'last choice' ? { usage: this.usage(options) } : {}
    const events = [
      chunk({ role: 'assistant', content: '' }),
      ...(options.reasoning ? ['Let me ', 'think.'].map((reasoning_content) => token({ reasoning_content })) : []),
      ...(options.huge ? [{ data: options.huge }] : []),
      ...(options.tools
        ? toolCalls.map((call) => token({ tool_calls: [call] }))
        : pieces(text).map(word)),
      chunk({}, options.tools ? 'tool_calls' : 'stop', last),
      ...(options.usage === 'own chunk'
        ? [{ data: json({ ...head(model), choices: [], usage: this.usage(options) }) }]
        : []),
      ...(options.no_done ? [] : [{ data: '[DONE]' }]),
    ]
    return withError(events, options, this)
  },
}

const likely = (token) => ({ content: [{ token, logprob: -0.25, bytes: [...Buffer.from(token)], top_logprobs: [] }], refusal: null })

const head = (model) => ({ id: 'chatcmpl-mock', object: 'chat.completion.chunk', created: 1, model })

const toolCalls = [
  { index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } },
  { index: 0, function: { arguments: '{"city":' } },
  { index: 0, function: { arguments: '"Köln"}' } },
  { index: 1, id: 'call_2', type: 'function', function: { name: 'time', arguments: '{}' } },
]

/** The same calls for formats that give their arguments otherwise. */
const wholeCalls = [
  { id: 'call_1', name: 'weather', json: '{"city":"Köln"}' },
  { id: 'call_2', name: 'time', json: '{}' },
]
const halves = (text) => [text.slice(0, text.length / 2), text.slice(text.length / 2)]

const anthropic = {
  matches: (path) => path.endsWith('/messages'),
  model: (_url, body) => String(body.model),
  key: (request) => request.headers['x-api-key'] ?? '',
  streams: (_url, body) => body.stream === true,
  error: ({ type, message }) => ({ type: 'error', error: { type, message } }),
  errorEvent: ({ type, message }) => ({ event: 'error', data: json({ type: 'error', error: { type, message } }) }),

  whole(model, text, options) {
    const { in: all, out: output_tokens, cached } = countsOf(options)
    const usage = { input_tokens: all - cached, cache_read_input_tokens: cached, output_tokens }
    const content = [{ type: 'text', text }]
    return { id: 'msg_mock', type: 'message', role: 'assistant', model, content, stop_reason: 'end_turn', usage }
  },

  events(model, text, options) {
    const { in: all, out: output_tokens, cached } = countsOf(options)
    const event = (type, fields) => ({ event: type, data: json({ type, ...fields }) })
    const token = (index, delta) => ({ token: true, ...event('content_block_delta', { index, delta }) })
    const reads = options.cached ? { cache_read_input_tokens: cached } : {}
    const start = { id: 'msg_mock', type: 'message', role: 'assistant', model, content: [], stop_reason: null }
    const thoughts = ['Let me ', 'think.'].map((thinking) => token(0, { type: 'thinking_delta', thinking }))
    const events = [
      event('message_start', { message: { ...start, usage: { input_tokens: all - cached, output_tokens: 1, ...reads } } }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('ping', {}),
      ...(options.reasoning ? thoughts : []),
      ...(options.huge ? [{ event: 'content_block_delta', data: options.huge }] : []),
      ...(options.tools ? [] : pieces(text).map((text) => token(0, { type: 'text_delta', text }))),
      event('content_block_stop', { index: 0 }),
      ...(options.tools
        ? wholeCalls.flatMap(({ id, name, json }, index) => [
            event('content_block_start', { index: index + 1, content_block: { type: 'tool_use', id, name, input: {} } }),
            ...halves(json).map((partial_json) => token(index + 1, { type: 'input_json_delta', partial_json })),
            event('content_block_stop', { index: index + 1 }),
          ])
        : []),
      // The cache reads may be reported only here, without the rest of the input.
      event('message_delta', {
        delta: { stop_reason: options.tools ? 'tool_use' : 'end_turn', stop_sequence: null },
        usage: { output_tokens, cache_read_input_tokens: cached, cache_creation_input_tokens: null },
      }),
      ...(options.no_done ? [] : [event('message_stop', {})]),
    ]
    return withError(events, options, this)
  },
}

const gemini = {
  matches: (path) => /\/models\/[^/]+:(stream)?generateContent$/i.test(path),
  model: (url) => decodeURIComponent(url.pathname.split('/').at(-1).replace(/:[^:]*$/, '')),
  key: (request) => request.headers['x-goog-api-key'] ?? '',
  streams: (url) => url.pathname.endsWith(':streamGenerateContent') && url.searchParams.get('alt') === 'sse',
  error: (failure) => ({ error: geminiError(failure) }),
  errorEvent: (failure) => ({ data: json({ error: geminiError(failure) }) }),

  usage(options) {
    const { in: promptTokenCount, out, cached, reasoning } = countsOf(options)
    return {
      promptTokenCount, cachedContentTokenCount: cached, candidatesTokenCount: out - reasoning,
      thoughtsTokenCount: reasoning, totalTokenCount: promptTokenCount + out,
    }
  },

  whole(model, text, options) {
    const candidates = [{ index: 0, content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP' }]
    return { candidates, usageMetadata: this.usage(options), modelVersion: model }
  },

  events(model, text, options) {
    const { in: promptTokenCount, cached } = countsOf(options)
    const read = options.cached ? { promptTokenCount, cachedContentTokenCount: cached } : { promptTokenCount: 31 }
    const event = (parts, more = {}) => ({
      token: true,
      data: json({
        candidates: [{ index: 0, content: { role: 'model', parts }, ...more }],
        usageMetadata: more.finishReason ? this.usage(options) : read,
        modelVersion: model,
      }),
    })
    const thoughts = ['Let me ', 'think.'].map((text) => event([{ text, thought: true }]))
    const events = [
      ...(options.reasoning ? thoughts : []),
      ...(options.huge ? [{ data: options.huge }] : []),
      ...(options.tools
        ? wholeCalls.map(({ id, name, json }) => event([{ functionCall: { id, name, args: JSON.parse(json) }, thoughtSignature: 'c2ln' }]))
        : pieces(text).map((text) => event([{ text }]))),
      event([{ text: '' }], { finishReason: 'STOP' }),
    ]
    return withError(events, options, this)
  },
}

function geminiError({ status, message }) {
  const words = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 429: 'RESOURCE_EXHAUSTED', 503: 'UNAVAILABLE' }
  return { code: status, message, status: words[status] ?? 'INTERNAL' }
}

export const formats = [openai, anthropic, gemini]
