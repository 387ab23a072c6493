//! A streamed answer that is asked for again, by the same `Idempotency-Key`: the same events while Redis has them, then
//! what is stored of it.

use axum::response::Response;
use edge::{Call, Problem, Streamed};
use futures_util::stream;
use serde_json::Value;
use store::messages::{self, Message, Status};

use crate::event::{CANCELLED, Done, Encoder, Event, Failure, Meta, Usage, pieces};
use crate::resume::{self, find};
use crate::wire;

/// What a streamed answer is found by: its first event.
pub(crate) fn found_by(meta: &Meta) -> Streamed {
    // A struct of texts and numbers can always be written.
    Streamed(serde_json::to_string(meta).unwrap_or_default())
}

/// The first answer once more. It takes no slot and is not counted: nobody is asked.
pub(crate) async fn repeat(call: Call, Streamed(meta): &Streamed) -> Result<Response, Problem> {
    let meta: Value = serde_json::from_str(meta).unwrap_or_default();
    let message_id = find(meta.get("message_id").and_then(Value::as_str).unwrap_or_default())?;
    let message = messages::find(&call.database, call.team_id(), message_id.as_str()).await?;
    let (status, events) = (message.status, stored(&meta, message));
    match resume::follow(call, message_id, 0, Some(status)).await {
        Ok(Some(response)) => Ok(response),
        // An answer that runs has no end yet that could be told.
        Err(error) if status == Status::Streaming => Err(error.into()),
        Ok(None) | Err(_) => Ok(wire::respond(Box::pin(stream::iter([events])))),
    }
}

/// A stored answer as the events that it came in, its text in as few as possible.
fn stored(meta: &Value, message: Message) -> String {
    let mut encoder = Encoder::default();
    let mut events = encoder.meta(meta);
    let deltas = if message.content.is_empty() { Vec::new() } else { pieces(message.content) };
    for text in deltas {
        events.push_str(&encoder.event(&Event::Delta(text)));
    }
    let number = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
    let last = match message.status {
        Status::Failed => {
            let code = message.error_code.unwrap_or_default();
            Event::Error(Failure {
                code: if code.starts_with("timeout") { "provider_timeout" } else { "provider_error" },
                detail: format!("the answer failed: {code}"),
            })
        }
        Status::Complete | Status::Cancelled | Status::Streaming => {
            let usage = Usage {
                model: message.model.unwrap_or_default(),
                tokens_in: number(message.tokens_in),
                tokens_out: number(message.tokens_out),
                cached_tokens_in: number(message.cached_tokens_in),
                tokens_estimated: message.tokens_in.is_none(),
                latency_ms: message.latency_ms.unwrap_or_default(),
                ttft_ms: message.ttft_ms,
                cost_usd: message.cost_usd,
            };
            events.push_str(&encoder.event(&Event::Usage(usage)));
            Event::Done(Done { finish_reason: reason(message.finish_reason.as_deref()) })
        }
    };
    events.push_str(&encoder.event(&last));
    events
}

/// The reasons that are stored are those that were told.
fn reason(stored: Option<&str>) -> &'static str {
    use llm::FinishReason::{ContentFilter, Length, Stop, ToolCalls};
    let known = [Stop, Length, ToolCalls, ContentFilter].map(llm::FinishReason::as_str);
    known.into_iter().find(|known| Some(*known) == stored).unwrap_or(CANCELLED)
}
