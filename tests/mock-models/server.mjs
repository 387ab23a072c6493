// A model server with scripted behaviour, for tests and benchmarks. It speaks the wire formats of OpenAI
// (POST …/chat/completions), Anthropic (POST …/messages) and Gemini (POST …/models/{model}:streamGenerateContent).
//
//   node server.mjs [--port 0] [--host 127.0.0.1] [--watch-stdin]
//
// It prints one line, {"url": "http://127.0.0.1:…"}, when it listens. With --watch-stdin it ends when its standard
// input does, and so never outlives a test that started it.
//
// The model's name selects the behaviour, options follow a colon: "mock-ok:words=200,delay=5". The header
// `x-mock-behaviour` overrides the name, and so does POST /__behaviour {"model": "…", "behaviour": "…"}, which lets
// a test break and mend a model while it runs. See `behaviours.mjs` for the list.
//
// GET /__requests[?key=…] answers what was received; a request's `key` is the API key it came with, so that tests
// that run side by side use a key each. DELETE /__requests[?key=…] forgets it.

import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'

import { behaviourOf, textOf } from './behaviours.mjs'
import { formats } from './formats.mjs'

const { values: settings } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    'watch-stdin': { type: 'boolean', default: false },
  },
})

let requests = []
/** Behaviours set at run time, by model. */
const overrides = new Map()
/** How many requests came, by key, model and path: what "…-then-ok" counts. */
const counts = new Map()

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: `mock: ${error.message}` } }))
  })
})
server.keepAliveTimeout = 0
server.listen(Number(settings.port), settings.host, () => {
  console.log(JSON.stringify({ url: `http://${settings.host}:${server.address().port}` }))
})

async function handle(request, response) {
  const url = new URL(request.url, 'http://mock')
  const body = await readJson(request)
  if (url.pathname === '/health') return answer(response, 200, { status: 'ok' })
  if (url.pathname === '/__requests') return control(request, response, url)
  if (url.pathname === '/__behaviour') {
    if (body.behaviour) overrides.set(body.model, body.behaviour)
    else overrides.delete(body.model)
    return answer(response, 200, {})
  }
  const format = formats.find((format) => format.matches(url.pathname))
  if (!format || request.method !== 'POST') return answer(response, 404, { error: { message: 'no such route' } })
  await reply(format, request, response, url, body)
}

function control(request, response, url) {
  const key = url.searchParams.get('key')
  const selected = requests.filter((entry) => key === null || entry.key === key)
  if (request.method === 'DELETE') requests = requests.filter((entry) => !selected.includes(entry))
  return answer(response, 200, { requests: selected })
}

async function reply(format, request, response, url, body) {
  const model = format.model(url, body)
  const key = format.key(request)
  const [name, options] = behaviourOf(request.headers['x-mock-behaviour'] ?? overrides.get(model) ?? model)
  const entry = {
    at: new Date().toISOString(), key, model, path: url.pathname, headers: request.headers, body,
    behaviour: name, events_sent: 0, finished: false, aborted: false,
  }
  requests.push(entry)
  if (requests.length > 10_000) requests.shift()
  response.on('close', () => { if (!entry.finished) entry.aborted = true })

  const seen = `${key}\n${model}\n${url.pathname}`
  const number = (counts.get(seen) ?? 0) + 1
  counts.set(seen, number)
  if (options.head) await sleep(options.head)
  const failure = number <= (options.fail ?? 0) && options.failure
  if (failure) {
    entry.finished = true
    return fail(response, format, failure, options)
  }
  const text = textOf(options, body)
  if (!format.streams(url, body) || options.json) {
    entry.finished = true
    return answer(response, 200, format.whole(model, text, options))
  }
  await stream(response, entry, format.events(model, text, { ...options, logprobs: body.logprobs === true }), options)
}

function fail(response, format, failure, options) {
  if (failure === 'reset') return response.socket.destroy()
  if (failure === 'html') {
    response.writeHead(200, { 'content-type': options.content_type ?? 'text/html; charset=utf-8' })
    return response.end('<!DOCTYPE html><html><body><h1>Bad gateway</h1></body></html>\n')
  }
  const headers = options.retry_after === undefined ? {} : { 'retry-after': String(options.retry_after) }
  return answer(response, failure.status, format.error(failure), headers)
}

/** Sends events as the options ask; each is `{event?, data}`, already in the provider's format. */
async function stream(response, entry, events, options) {
  response.writeHead(200, {
    'content-type': options.content_type ?? 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache',
  })
  response.flushHeaders()
  if (options.bom) response.write('\ufeff')
  if (options.first) await sleep(options.first)
  for (const [index, { event, data, token, error }] of events.entries()) {
    if (response.destroyed) return
    if (options.cut_after !== undefined && index >= options.cut_after) return cut(response, options, { event, data })
    if (options.stall_after !== undefined && index >= options.stall_after) return
    const delay = error || !token ? 0 : options.delay
    if (delay) await sleep(delay)
    await write(response, encode(event, data, options), options)
    entry.events_sent += 1
  }
  if (options.hang) return
  entry.finished = true
  response.end()
}

function cut(response, options, { event, data }) {
  const wire = encode(event, data, options)
  response.write(wire.slice(0, Math.floor(wire.length / 2)), () => {
    if (options.cleanly) response.end()
    else response.socket?.destroy()
  })
}

function encode(event, data, { crlf, comments }) {
  const lines = [...(comments ? [': PROCESSING', ''] : []), ...(event ? [`event: ${event}`] : []), `data: ${data}`]
  return lines.map((line) => line + (crlf ? '\r\n' : '\n')).join('') + (crlf ? '\r\n' : '\n')
}

/** Writes whole, or byte by byte with `byte` milliseconds in between. */
async function write(response, wire, { byte }) {
  if (byte === undefined) {
    if (!response.write(wire) && !response.destroyed) {
      await new Promise((resolve) => { response.once('drain', resolve); response.once('close', resolve) })
    }
    return
  }
  for (const value of Buffer.from(wire)) {
    if (response.destroyed) return
    response.write(Buffer.of(value))
    await (byte ? sleep(byte) : new Promise(setImmediate))
  }
}

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

async function readJson(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return text ? JSON.parse(text) : {}
}

if (settings['watch-stdin']) process.stdin.on('close', () => process.exit(0)).resume()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
