/**
 * `wasi:http` over Node's HTTP server and client.
 */
import { EventEmitter } from "node:events";
import http from "node:http";
import https from "node:https";
import { InputStream, OutputStream, Pollable } from "./io.mjs";

/** Headers of the connection: the host's own, a component may not set them. */
const FORBIDDEN = new Set([
  "connection", "host", "http2-settings", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
  "te", "transfer-encoding", "upgrade",
]);

const encoder = new TextEncoder();

export class Fields {
  /** @type {[string, Uint8Array][]} */
  list = [];
  isImmutable = false;

  static fromRaw(raw) {
    const fields = new Fields();
    for (let index = 0; index < raw.length; index += 2) fields.list.push([raw[index].toLowerCase(), encoder.encode(raw[index + 1])]);
    fields.isImmutable = true;
    return fields;
  }
  static fromList(entries) {
    const fields = new Fields();
    for (const [name, value] of entries) fields.append(name, value);
    return fields;
  }
  get(name) {
    return this.list.filter(([candidate]) => candidate === name.toLowerCase()).map(([, value]) => value);
  }
  has(name) {
    return this.get(name).length > 0;
  }
  append(name, value) {
    if (this.isImmutable) throw { tag: "immutable" };
    const lower = name.toLowerCase();
    if (FORBIDDEN.has(lower)) throw { tag: "forbidden" };
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(lower) || value.some((byte) => byte === 0 || byte === 10 || byte === 13)) {
      throw { tag: "invalid-syntax" };
    }
    this.list.push([lower, Uint8Array.from(value)]);
  }
  entries() {
    return this.list;
  }
  clone() {
    return Fields.fromList(this.list);
  }
  /** Name, value, name, value, as Node takes them. */
  toRaw() {
    return this.list.flatMap(([name, value]) => [name, Buffer.from(value).toString("latin1")]);
  }
}

/** A body that arrives; dropped before its end, its sender is told by a broken connection. */
class IncomingBody {
  constructor(message) {
    this.message = message;
  }
  stream() {
    return new InputStream(this.message);
  }
  static finish(body) {
    body[Symbol.dispose]();
    return new FutureTrailers();
  }
  [Symbol.dispose]() {
    // The rest of a request's body is read and thrown away by Node; a response nobody reads is aborted.
    if (this.message instanceof http.IncomingMessage && this.message.req && !this.message.complete) this.message.req.destroy();
  }
}

class FutureTrailers {}

class IncomingRequest {
  constructor(message, extraHeaders) {
    this.message = message;
    this.raw = [...message.rawHeaders, ...extraHeaders];
  }
  method() {
    const tag = this.message.method.toLowerCase();
    const known = ["get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"];
    return known.includes(tag) ? { tag } : { tag: "other", val: this.message.method };
  }
  pathWithQuery() {
    return this.message.url;
  }
  scheme() {
    return { tag: "HTTP" };
  }
  authority() {
    return this.message.headers.host;
  }
  headers() {
    return Fields.fromRaw(this.raw);
  }
  consume() {
    if (this.isConsumed) throw undefined;
    this.isConsumed = true;
    return new IncomingBody(this.message);
  }
}

/** A body that leaves; dropped without `finish`, its receiver is told by a broken connection. */
class OutgoingBody extends EventEmitter {
  attach(writable) {
    this.writable = writable;
    writable.on("error", () => {});
    this.emit("attached");
    if (this.isFinished) writable.end();
  }
  write() {
    if (this.isWritten) throw undefined;
    this.isWritten = true;
    return new OutputStream(this);
  }
  static finish(body, trailers) {
    if (trailers) throw { tag: "internal-error", val: "no trailers here" };
    body.isFinished = true;
    body.writable?.end();
  }
  [Symbol.dispose]() {
    if (!this.isFinished) this.writable?.destroy();
  }
}

class OutgoingResponse {
  status = 200;
  constructor(headers) {
    this.fields = headers;
    this.outgoingBody = new OutgoingBody();
  }
  statusCode() {
    return this.status;
  }
  setStatusCode(status) {
    if (status < 100 || status > 599) throw undefined;
    this.status = status;
  }
  headers() {
    return this.fields;
  }
  body() {
    return this.outgoingBody;
  }
}

class ResponseOutparam {
  /** @param {http.ServerResponse} response */
  constructor(response) {
    this.response = response;
  }
  static set(outparam, result) {
    const { response } = outparam;
    outparam.isSet = true;
    if (result.tag === "err") {
      response.writeHead(502).end(`the component answered with ${result.val.tag}`);
      return;
    }
    const outgoing = result.val;
    response.writeHead(outgoing.status, outgoing.fields.toRaw());
    response.flushHeaders();
    outgoing.outgoingBody.attach(response);
  }
}

class OutgoingRequest {
  constructor(headers) {
    this.fields = headers;
    this.outgoingBody = new OutgoingBody();
  }
  setMethod(method) {
    this.method = (method.val ?? method.tag).toUpperCase();
  }
  setScheme(scheme) {
    this.scheme = scheme?.tag === "HTTP" ? "http" : "https";
  }
  setAuthority(authority) {
    this.authority = authority;
  }
  setPathWithQuery(path) {
    this.path = path;
  }
  headers() {
    return this.fields;
  }
  body() {
    return this.outgoingBody;
  }
}

class RequestOptions {}

class IncomingResponse {
  constructor(message) {
    this.message = message;
  }
  status() {
    return this.message.statusCode;
  }
  headers() {
    return Fields.fromRaw(this.message.rawHeaders);
  }
  consume() {
    return new IncomingBody(this.message);
  }
  [Symbol.dispose]() {}
}

/** A response that may come; dropped before it does, the request is aborted. */
class FutureIncomingResponse extends EventEmitter {
  settle(result) {
    this.result ??= result;
    this.emit("settled");
  }
  subscribe() {
    return new Pollable(
      () => Boolean(this.result),
      (notify) => {
        this.on("settled", notify);
        return () => this.off("settled", notify);
      },
    );
  }
  get() {
    if (!this.result) return undefined;
    if (this.isTaken) return { tag: "err" };
    this.isTaken = true;
    return { tag: "ok", val: this.result };
  }
  [Symbol.dispose]() {
    if (!this.isTaken) this.request?.destroy();
  }
}

const CODES = {
  ECONNREFUSED: { tag: "connection-refused" },
  ECONNRESET: { tag: "connection-terminated" },
  EPIPE: { tag: "connection-terminated" },
  ETIMEDOUT: { tag: "connection-timeout" },
};

function errorCode(error) {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  if (cause.code === "ENOTFOUND" || cause.code === "EAI_AGAIN") return { tag: "DNS-error", val: { rcode: cause.code } };
  return CODES[cause.code] ?? { tag: "internal-error", val: cause.message };
}

/** @param {(url: URL) => boolean} isAllowed What `allowed_outbound_hosts` says. */
function outgoingHandler(isAllowed) {
  return {
    handle(outgoing) {
      const url = URL.parse(`${outgoing.scheme}://${outgoing.authority}${outgoing.path}`);
      if (!url) throw { tag: "HTTP-request-URI-invalid" };
      if (!isAllowed(url)) throw { tag: "HTTP-request-denied" };
      const future = new FutureIncomingResponse();
      const request = (outgoing.scheme === "http" ? http : https).request(url, {
        method: outgoing.method,
        path: outgoing.path,
        headers: ["host", outgoing.authority, ...outgoing.fields.toRaw()],
        agent: false,
      });
      request.on("response", (message) => future.settle({ tag: "ok", val: new IncomingResponse(message) }));
      request.on("error", (error) => future.settle({ tag: "err", val: errorCode(error) }));
      future.request = request;
      outgoing.outgoingBody.attach(request);
      return future;
    },
  };
}

const types = {
  Fields, FutureIncomingResponse, FutureTrailers, IncomingBody, IncomingRequest, IncomingResponse, OutgoingBody, OutgoingRequest,
  OutgoingResponse, RequestOptions, ResponseOutparam,
  httpErrorCode: () => undefined,
};

/** @param {(url: URL) => boolean} isAllowed */
export function httpImports(isAllowed) {
  return { "wasi:http/types": types, "wasi:http/outgoing-handler": outgoingHandler(isAllowed) };
}

export { IncomingRequest, ResponseOutparam };
