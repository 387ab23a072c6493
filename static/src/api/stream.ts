/** Reading server-sent events from a POST, which `EventSource` cannot do. */
import { createParser } from "eventsource-parser";
import { send } from "./client";

export interface StreamEvent {
  id: string | undefined;
  event: string;
  /** The event's data, read as JSON. */
  data: unknown;
}

/** The events of a body of bytes, wherever the network cut them. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const ready: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      if (data !== "[DONE]") ready.push({ id, event: event ?? "message", data: JSON.parse(data) as unknown });
    },
  });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      parser.feed(done ? decoder.decode() : decoder.decode(value, { stream: true }));
      yield* ready.splice(0);
      if (done) return;
    }
  } finally {
    // Leaving the loop early ends the request, which tells the server to stop.
    await reader.cancel().catch(() => undefined);
  }
}

/** Posts `body` and yields the events of the answer until it ends or `signal` is aborted. */
export async function* stream(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  const response = await send("POST", path, body, { signal, streamed: true, headers: { accept: "text/event-stream" } });
  if (response.body) yield* readEvents(response.body);
}

/** Goes on with a stream after the event `lastEventId`. Nothing when nothing is left. */
export async function* resume(path: string, lastEventId: string, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  const response = await send("GET", path, undefined, { signal, streamed: true, headers: { accept: "text/event-stream", "last-event-id": lastEventId } });
  if (response.status !== 204 && response.body) yield* readEvents(response.body);
}
