// What a model's name makes the server do. A behaviour is a set of options; options in the name are added to it
// and win.
//
//   words          length of the text (20)                 text_echo     the text is the last user's turn
//   first, delay   ms before the first event, and before each token             head  ms before the response
//   fail           this many requests fail, per key and model, with `failure`
//   retry_after    seconds, in the head of a failure (or in Gemini's details)
//   byte           writes byte by byte with this many ms in between
//   cut_after      the connection breaks in the middle of this event (`cleanly`: ends there instead)
//   stall_after    falls silent before this event          hang          stays open after the last event
//   usage          'own chunk' (empty choices), 'last choice' (beside the finish), 'every chunk', 'none'
//   tokens_in      what it says to have read
//   no_done        ends without `[DONE]` or `message_stop`
//   error_after    sends an error chunk instead of this event: `error`
//   crlf, comments, bom, content_type, json (answers whole though asked to stream), cached, reasoning, tools, huge

const always = Number.MAX_SAFE_INTEGER
const rateLimited = { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', message: 'Slow down.' }
const broken = { status: 500, type: 'server_error', code: null, message: 'Something broke.' }
const overloaded = { status: 529, type: 'overloaded_error', code: null, message: 'Overloaded.' }
const tooLong = {
  status: 400, type: 'invalid_request_error', code: 'context_length_exceeded',
  message: "This model's maximum context length is 8192 tokens.",
}

const behaviours = {
  'mock-ok': {},
  'mock-slow': { first: 2000, delay: 50 },
  'mock-slow-head': { head: 2000 },
  'mock-drip': { byte: 1000 },
  'mock-bytes': { byte: 0 },
  'mock-stall': { stall_after: 5 },
  'mock-silent': { stall_after: 0 },
  'mock-cut-half-event': { cut_after: 5 },
  'mock-cut-at-once': { cut_after: 0 },
  'mock-end-early': { cut_after: 5, cleanly: true },
  'mock-reset': { fail: always, failure: 'reset' },
  'mock-reset-then-ok': { fail: 1, failure: 'reset' },
  'mock-429': { fail: always, failure: rateLimited },
  'mock-429-then-ok': { fail: 1, failure: rateLimited },
  'mock-408-then-ok': { fail: 1, failure: { ...broken, status: 408, message: 'Request timeout.' } },
  'mock-500': { fail: always, failure: broken },
  'mock-500-then-ok': { fail: 1, failure: broken },
  'mock-503-then-ok': { fail: 1, failure: { ...broken, status: 503 } },
  'mock-529': { fail: always, failure: overloaded },
  'mock-400': { fail: always, failure: { ...broken, status: 400, type: 'invalid_request_error', message: 'No.' } },
  'mock-401': {
    fail: always,
    failure: { status: 401, type: 'authentication_error', code: 'invalid_api_key', message: 'Incorrect API key.' },
  },
  'mock-402': { fail: always, failure: { ...broken, status: 402, type: 'billing_error', message: 'Payment required.' } },
  'mock-quota': { fail: always, failure: { ...rateLimited, type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota.' } },
  'mock-302': { fail: always, failure: { ...broken, status: 302, message: 'Elsewhere.' } },
  'mock-context': { fail: always, failure: tooLong },
  'mock-html-200': { fail: always, failure: 'html' },
  'mock-html-as-events': { fail: always, failure: 'html', content_type: 'text/event-stream' },
  'mock-json-200': { json: true },
  'mock-429-midstream': { error_after: 5, error: rateLimited },
  'mock-429-first-chunk': { error_after: 0, error: rateLimited },
  'mock-error-midstream': { error_after: 5, error: overloaded },
  'mock-usage-last-choice': { usage: 'last choice' },
  'mock-usage-empty-choices': { usage: 'own chunk' },
  'mock-usage-every-chunk': { usage: 'every chunk' },
  'mock-usage-none': { usage: 'none' },
  'mock-no-done': { no_done: true },
  'mock-hang-after-finish': { hang: true, no_done: true },
  'mock-huge-event': { huge: 'x'.repeat(2 << 20), cut_after: 8 },
  'mock-crlf': { crlf: true, comments: true, bom: true },
  'mock-cached': { cached: true },
  'mock-reasoning': { reasoning: true },
  'mock-tools': { tools: true },
  'mock-echo': { text_echo: true },
}

/** `[name, options]` of a model's name. An unknown name behaves well. */
export function behaviourOf(model) {
  const [name, list = ''] = model.split(/:(.*)/s)
  const given = list.split(',').filter(Boolean).map((pair) => {
    const [option, value = 'true'] = pair.split('=')
    return [option, value === 'true' ? true : Number.isNaN(Number(value)) ? value : Number(value)]
  })
  return [name, { words: 20, usage: 'own chunk', ...behaviours[name], ...Object.fromEntries(given) }]
}

const vocabulary = ['Straße', 'über', '🌍', 'naïve', 'token', '流れ', 'a', 'prompt', '—', '“edge”']

/** The text that the model gives: the same for the same number of words. */
export function textOf({ words, text_echo }, body) {
  if (text_echo) return lastTurn(body)
  return Array.from({ length: words }, (_, index) => `${vocabulary[index % vocabulary.length]}${index}`).join(' ')
}

function lastTurn(body) {
  const turn = (body.messages ?? body.contents ?? []).at(-1)
  return turn?.parts?.[0]?.text ?? (typeof turn?.content === 'string' ? turn.content : '') ?? ''
}
