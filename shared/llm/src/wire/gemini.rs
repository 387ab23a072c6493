//! Gemini's `streamGenerateContent`.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::{Decoder, number, post, refuse_tools, set, text, whole_system};
use crate::candidate::Candidate;
use crate::delta::{FinishReason, Usage};
use crate::error::Error;
use crate::request::{ChatRequest, Role};

/// The model's name is a segment of the path and must not become more than that.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

pub(super) fn encode(candidate: &Candidate, request: &ChatRequest) -> Result<http::Request<Bytes>, Error> {
    refuse_tools(request)?;
    let mut generation = Map::new();
    set(&mut generation, "temperature", request.temperature);
    set(&mut generation, "topP", request.top_p);
    set(&mut generation, "maxOutputTokens", request.max_tokens);
    set(&mut generation, "stopSequences", (!request.stop.is_empty()).then(|| request.stop.clone()));
    let mut body = Map::new();
    set(&mut body, "systemInstruction", whole_system(request).map(|text| json!({"parts": [{"text": text}]})));
    set(&mut body, "contents", Some(contents(request)));
    set(&mut body, "generationConfig", (!generation.is_empty()).then_some(generation));
    let model = candidate.model.strip_prefix("models/").unwrap_or(&candidate.model);
    let model = utf8_percent_encode(model, SEGMENT);
    let url = format!("{}/models/{model}:streamGenerateContent?alt=sse", candidate.endpoint());
    post(&url, ("x-goog-api-key", candidate.api_key.expose().to_owned()), body)
}

fn contents(request: &ChatRequest) -> Vec<Value> {
    let turns = request.messages.iter().filter(|message| message.role != Role::System);
    turns
        .map(|turn| {
            let role = if turn.role == Role::Assistant { "model" } else { "user" };
            json!({"role": role, "parts": [{"text": turn.content.text()}]})
        })
        .collect()
}

pub(super) fn read(chunk: &Value, decoder: &mut Decoder) {
    let parts = chunk.pointer("/candidates/0/content/parts").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        if part.get("thought").and_then(Value::as_bool) == Some(true) {
            decoder.reasoning(text(part, "/text"));
        } else {
            decoder.text(text(part, "/text"));
        }
    }
    if let Some(usage) = chunk.get("usageMetadata") {
        decoder.count(read_usage(usage));
    }
    if let Some(reason) = text(chunk, "/candidates/0/finishReason") {
        decoder.finish(finish_reason(reason));
    } else if chunk.pointer("/promptFeedback/blockReason").is_some() {
        decoder.finish(FinishReason::ContentFilter);
    }
}

fn read_usage(usage: &Value) -> Usage {
    let reasoning_tokens = number(usage, "/thoughtsTokenCount");
    Usage {
        tokens_in: number(usage, "/promptTokenCount")
            .saturating_add(number(usage, "/toolUsePromptTokenCount")),
        // Gemini counts thoughts beside the candidates, and bills both as output.
        tokens_out: number(usage, "/candidatesTokenCount").saturating_add(reasoning_tokens),
        cached_tokens_in: number(usage, "/cachedContentTokenCount"),
        cache_write_tokens: 0,
        reasoning_tokens,
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII"
        | "IMAGE_SAFETY" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}
