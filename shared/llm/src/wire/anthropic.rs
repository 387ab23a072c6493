//! Anthropic's messages.

use bytes::Bytes;
use http::HeaderValue;
use serde_json::{Map, Value, json};

use super::form::{self, Form};
use super::tools::{self, Choice};
use super::{Decoder, number, post, refuse_other_than_text, set, text, whole_system};
use crate::candidate::Candidate;
use crate::delta::{FinishReason, Usage};
use crate::error::{Error, Kind};
use crate::request::{ChatRequest, Role};

/// Anthropic wants a limit; every current model allows this one.
const DEFAULT_MAX_TOKENS: u32 = 4096;

pub(super) fn encode(candidate: &Candidate, request: &ChatRequest) -> Result<http::Request<Bytes>, Error> {
    refuse_other_than_text(request)?;
    let mut body = Map::new();
    set(&mut body, "model", Some(candidate.model.as_str()));
    set(&mut body, "stream", Some(true));
    set(&mut body, "max_tokens", Some(request.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS)));
    set(&mut body, "system", whole_system(request));
    set(&mut body, "messages", Some(turns(request)));
    set(&mut body, "temperature", request.temperature);
    set(&mut body, "top_p", request.top_p);
    set(&mut body, "stop_sequences", (!request.stop.is_empty()).then(|| request.stop.clone()));
    set(&mut body, "output_config", output_config(request)?);
    let functions = functions(request);
    if !functions.is_empty() {
        set(&mut body, "tools", Some(functions));
        set(&mut body, "tool_choice", choice(request));
    }
    let url = format!("{}/messages", candidate.endpoint());
    let mut http = post(&url, ("x-api-key", candidate.api_key.expose().to_owned()), body)?;
    http.headers_mut().insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    Ok(http)
}

/// Anthropic knows schemas only: what is asked for and cannot be had is refused, not left out.
fn output_config(request: &ChatRequest) -> Result<Option<Value>, Error> {
    match form::of(request) {
        None => Ok(None),
        Some(Form::Schema(schema)) => Ok(Some(json!({"format": {"type": "json_schema", "schema": schema}}))),
        Some(Form::Json) => {
            let message =
                "this provider answers in JSON by a schema only: response_format of the type json_schema";
            Err(Error::new(Kind::Refused, message))
        }
    }
}

fn functions(request: &ChatRequest) -> Vec<Value> {
    let function = |function: tools::Function<'_>| {
        let nothing = json!({"type": "object", "properties": {}});
        let mut tool = Map::new();
        set(&mut tool, "name", Some(function.name));
        set(&mut tool, "description", function.description);
        set(&mut tool, "input_schema", Some(function.parameters.cloned().unwrap_or(nothing)));
        Value::Object(tool)
    };
    tools::functions(request).into_iter().map(function).collect()
}

fn choice(request: &ChatRequest) -> Option<Value> {
    let one_at_a_time = tools::one_at_a_time(request);
    let (kind, name) = match tools::choice(request) {
        Some(Choice::None) => return Some(json!({"type": "none"})),
        Some(Choice::Any) => ("any", None),
        Some(Choice::One(name)) => ("tool", Some(name)),
        Some(Choice::Auto) => ("auto", None),
        None if one_at_a_time => ("auto", None),
        None => return None,
    };
    let mut choice = Map::new();
    set(&mut choice, "type", Some(kind));
    set(&mut choice, "name", name);
    set(&mut choice, "disable_parallel_tool_use", one_at_a_time.then_some(true));
    Some(choice.into())
}

/// The turns but for the system's. Anthropic refuses empty ones, and wants the results of all of a turn's calls in
/// the one turn that follows.
fn turns(request: &ChatRequest) -> Vec<Value> {
    let mut turns: Vec<Value> = Vec::new();
    let mut follows_a_result = false;
    for message in request.messages.iter().filter(|message| message.role != Role::System) {
        let text = message.content.text();
        if message.role == Role::Tool {
            let id = message.tool_call_id.as_deref().unwrap_or_default();
            let result = json!({"type": "tool_result", "tool_use_id": id, "content": text});
            let before = turns.last_mut().filter(|_| follows_a_result);
            match before.and_then(|turn| turn.pointer_mut("/content")).and_then(Value::as_array_mut) {
                Some(results) => results.push(result),
                None => turns.push(json!({"role": "user", "content": [result]})),
            }
            follows_a_result = true;
            continue;
        }
        let calls = tools::calls(message);
        if calls.is_empty() && text.is_empty() {
            continue;
        }
        follows_a_result = false;
        if calls.is_empty() {
            turns.push(json!({"role": message.role.as_str(), "content": text}));
            continue;
        }
        let said = (!text.is_empty()).then(|| json!({"type": "text", "text": text}));
        let uses = calls.into_iter().map(
            |call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}),
        );
        let blocks: Vec<Value> = said.into_iter().chain(uses).collect();
        turns.push(json!({"role": message.role.as_str(), "content": blocks}));
    }
    turns
}

pub(super) fn read(event: &Value, decoder: &mut Decoder) {
    match text(event, "/type") {
        Some("message_start") => count(event.pointer("/message/usage"), decoder),
        Some("content_block_start") => {
            decoder.reasoning(text(event, "/content_block/thinking"));
            decoder.text(text(event, "/content_block/text"));
            if text(event, "/content_block/type") == Some("tool_use") {
                let part = |pointer| text(event, pointer).unwrap_or_default();
                let call = (part("/content_block/id"), part("/content_block/name"), "");
                decoder.call(number(event, "/index"), call, None);
            }
        }
        Some("content_block_delta") => {
            decoder.reasoning(text(event, "/delta/thinking"));
            decoder.text(text(event, "/delta/text"));
            if let Some(arguments) = text(event, "/delta/partial_json") {
                decoder.arguments(number(event, "/index"), arguments);
            }
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
