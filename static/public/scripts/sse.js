/**
 * @typedef {{event: string, data: string, id: string}} ServerSentEvent
 */

/**
 * Reads server-sent events as they arrive, as the HTML standard parses them: lines end at LF, CR or CRLF, several
 * `data` lines are joined by line feeds, comments and unknown fields are skipped, an event without its empty line at
 * the end is dropped.
 * @param {AsyncIterable<string>} chunks The stream's text, cut anywhere.
 * @returns {AsyncGenerator<ServerSentEvent>}
 */
export async function* parseEvents(chunks) {
  let data = [];
  let event = "";
  let id = "";
  for await (const line of lines(chunks)) {
    if (line === "") {
      if (data.length > 0) yield { event: event || "message", data: data.join("\n"), id };
      data = [];
      event = "";
      continue;
    }
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id" && !value.includes("\0")) id = value;
  }
}

/** The complete lines of a text. */
async function* lines(chunks) {
  let rest = "";
  let isFirst = true;
  for await (const chunk of chunks) {
    rest += isFirst ? chunk.replace(/^\uFEFF/, "") : chunk;
    isFirst = isFirst && chunk === "";
    let start = 0;
    for (const { index, 0: ending } of rest.matchAll(/\r\n|\n|\r/g)) {
      // A CR at the end may be half of a CRLF.
      if (ending === "\r" && index + 1 === rest.length) break;
      yield rest.slice(start, index);
      start = index + ending.length;
    }
    rest = rest.slice(start);
  }
  if (rest.endsWith("\r")) yield rest.slice(0, -1);
}

/** The text of a response's body, as it arrives. @param {Response} response */
export async function* textOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Whoever stops reading ends the request.
    reader.cancel().catch(() => {});
  }
}
