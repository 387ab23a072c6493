//! Anthropic's messages.

use bytes::Bytes;
use http::HeaderValue;
use serde_json::{Map, Value, json};

use super::{Decoder, number, post, refuse_tools, set, text, whole_system};
use crate::candidate::Candidate;
use crate::delta::{FinishReason, Usage};
use crate::error::Error;
use crate::request::{ChatRequest, Role};

/// Anthropic wants a limit; every current model allows this one.
const DEFAULT_MAX_TOKENS: u32 = 4096;

pub(super) fn encode(candidate: &Candidate, request: &ChatRequest) -> Result<http::Request<Bytes>, Error> {
    refuse_tools(request)?;
    let mut body = Map::new();
    set(&mut body, "model", Some(candidate.model.as_str()));
    set(&mut body, "stream", Some(true));
    set(&mut body, "max_tokens", Some(request.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS)));
    set(&mut body, "system", whole_system(request));
    set(&mut body, "messages", Some(turns(request)));
    set(&mut body, "temperature", request.temperature);
    set(&mut body, "top_p", request.top_p);
    set(&mut body, "stop_sequences", (!request.stop.is_empty()).then(|| request.stop.clone()));
    let url = format!("{}/messages", candidate.endpoint());
    let mut http = post(&url, ("x-api-key", candidate.api_key.expose().to_owned()), body)?;
    http.headers_mut().insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    Ok(http)
}

/// The turns but for the system's. Anthropic refuses empty ones.
fn turns(request: &ChatRequest) -> Vec<Value> {
    let turns = request.messages.iter().filter(|message| message.role != Role::System);
    turns
        .map(|turn| (turn.role, turn.content.text()))
        .filter(|(_, text)| !text.is_empty())
        .map(|(role, text)| json!({"role": role.as_str(), "content": text}))
        .collect()
}

pub(super) fn read(event: &Value, decoder: &mut Decoder) {
    match text(event, "/type") {
        Some("message_start") => count(event.pointer("/message/usage"), decoder),
        Some("content_block_start") => {
            decoder.reasoning(text(event, "/content_block/thinking"));
            decoder.text(text(event, "/content_block/text"));
        }
        Some("content_block_delta") => {
            decoder.reasoning(text(event, "/delta/thinking"));
            decoder.text(text(event, "/delta/text"));
        }
        Some("message_delta") => {
            count(event.get("usage"), decoder);
            if let Some(reason) = text(event, "/delta/stop_reason") {
                decoder.finish(finish_reason(reason));
            }
        }
        Some("message_stop") => {
            decoder.finish(FinishReason::Stop);
            decoder.complete = true;
        }
        // `ping`, `content_block_stop`, and what the future brings: the documentation asks to skip it.
        _ => {}
    }
}

/// Anthropic leaves cached tokens out of `input_tokens`; we count them in, as everybody else does. The count at
/// the end may leave out, or give as 0, what the one at the start has said.
fn count(usage: Option<&Value>, decoder: &mut Decoder) {
    let Some(usage) = usage else { return };
    let known = decoder.usage.unwrap_or_default();
    let cached_tokens_in = number(usage, "/cache_read_input_tokens").max(known.cached_tokens_in);
    let cache_write_tokens = number(usage, "/cache_creation_input_tokens").max(known.cache_write_tokens);
    let uncached = match number(usage, "/input_tokens") {
        0 => known.tokens_in.saturating_sub(known.cached_tokens_in).saturating_sub(known.cache_write_tokens),
        tokens => tokens,
    };
    decoder.count(Usage {
        tokens_in: uncached.saturating_add(cached_tokens_in).saturating_add(cache_write_tokens),
        tokens_out: number(usage, "/output_tokens"),
        cached_tokens_in,
        cache_write_tokens,
        reasoning_tokens: number(usage, "/output_tokens_details/thinking_tokens"),
    });
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}
