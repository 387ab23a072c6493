//! `OpenAI`'s chat completions, and the habits of those who imitate them.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Decoder, number, post, set, text};
use crate::candidate::{Candidate, Provider};
use crate::delta::{Delta, FinishReason, Usage};
use crate::error::Error;
use crate::request::{ChatRequest, Content, Message};

pub(super) fn encode(candidate: &Candidate, request: &ChatRequest) -> Result<http::Request<Bytes>, Error> {
    let mut body = request.extra.clone();
    set(&mut body, "model", Some(candidate.model.as_str()));
    set(&mut body, "stream", Some(true));
    set(&mut body, "stream_options", Some(json!({"include_usage": true})));
    let system = request.system.iter().map(|system| json!({"role": "system", "content": system}));
    set(&mut body, "messages", Some(system.chain(request.messages.iter().map(message)).collect::<Vec<_>>()));
    set(&mut body, "temperature", request.temperature);
    set(&mut body, "top_p", request.top_p);
    set(&mut body, limit_field(candidate), request.max_tokens);
    set(&mut body, "stop", (!request.stop.is_empty()).then(|| request.stop.clone()));
    set(&mut body, "tools", request.tools.clone());
    set(&mut body, "tool_choice", request.tool_choice.clone());
    let url = format!("{}/chat/completions", candidate.endpoint());
    let key = candidate.api_key.expose();
    post(&url, ("authorization", if key.is_empty() { String::new() } else { format!("Bearer {key}") }), body)
}

/// `OpenAI`'s reasoning models refuse the old name; most imitators know only the old name.
fn limit_field(candidate: &Candidate) -> &'static str {
    if candidate.endpoint() == Provider::OpenAi.default_base_url() {
        "max_completion_tokens"
    } else {
        "max_tokens"
    }
}

fn message(message: &Message) -> Value {
    let content = match &message.content {
        // A turn that only calls tools has no content.
        Content::Text(text) if text.is_empty() && message.tool_calls.is_some() => Value::Null,
        Content::Text(text) => text.as_str().into(),
        Content::Parts(parts) => parts.clone().into(),
    };
    let mut fields =
        Map::from_iter([("role".to_owned(), message.role.as_str().into()), ("content".to_owned(), content)]);
    set(&mut fields, "name", message.name.clone());
    set(&mut fields, "tool_calls", message.tool_calls.clone());
    set(&mut fields, "tool_call_id", message.tool_call_id.clone());
    fields.into()
}

pub(super) fn read(chunk: &Value, decoder: &mut Decoder) {
    if let Some(choice) = chunk.pointer("/choices/0") {
        // An endpoint that does not stream answers with a whole `message`.
        if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
            read_delta(delta, decoder);
        }
        if let Some(Value::Object(logprobs)) = choice.get("logprobs") {
            decoder.deltas.push_back(Delta::Logprobs(logprobs.clone()));
        }
        if let Some(reason) = text(choice, "/finish_reason").and_then(finish_reason) {
            decoder.finish(reason);
        }
    }
    let usage = ["/usage", "/x_groq/usage"].iter().find_map(|place| chunk.pointer(place)?.as_object());
    if let Some(usage) = usage {
        decoder.count(read_usage(&usage.clone().into()));
    }
}

fn read_delta(delta: &Value, decoder: &mut Decoder) {
    decoder.reasoning(text(delta, "/reasoning_content").or_else(|| text(delta, "/reasoning")));
    match delta.get("content") {
        Some(Value::Array(parts)) => parts.iter().for_each(|part| decoder.text(text(part, "/text"))),
        content => decoder.text(content.and_then(Value::as_str)),
    }
    decoder.text(text(delta, "/refusal"));
    let calls = delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    for (index, call) in calls.enumerate() {
        let mut call = call.clone();
        if let Some(call) = call.as_object_mut() {
            call.entry("index").or_insert_with(|| index.into());
        }
        decoder.deltas.push_back(Delta::ToolCall(call));
    }
}

fn finish_reason(reason: &str) -> Option<FinishReason> {
    match reason {
        "" => None,
        "length" => Some(FinishReason::Length),
        "tool_calls" | "function_call" => Some(FinishReason::ToolCalls),
        "content_filter" => Some(FinishReason::ContentFilter),
        _ => Some(FinishReason::Stop),
    }
}

fn read_usage(usage: &Value) -> Usage {
    let tokens_in = number(usage, "/prompt_tokens");
    // Some leave reasoning out of `completion_tokens`, but none leaves it out of the total.
    let rest_of_total = number(usage, "/total_tokens").saturating_sub(tokens_in);
    Usage {
        tokens_in,
        tokens_out: number(usage, "/completion_tokens").max(rest_of_total),
        cached_tokens_in: number(usage, "/prompt_tokens_details/cached_tokens")
            .max(number(usage, "/prompt_cache_hit_tokens")),
        cache_write_tokens: number(usage, "/prompt_tokens_details/cache_write_tokens"),
        reasoning_tokens: number(usage, "/completion_tokens_details/reasoning_tokens"),
    }
}
