//! Gemini's `streamGenerateContent`.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::form::{self, Form};
use super::tools::{self, Choice};
use super::{Decoder, number, post, refuse_other_than_text, set, text, whole_system};
use crate::candidate::Candidate;
use crate::delta::{FinishReason, Usage};
use crate::error::Error;
use crate::request::{ChatRequest, Message, Role};

/// The model's name is a segment of the path and must not become more than that.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

pub(super) fn encode(candidate: &Candidate, request: &ChatRequest) -> Result<http::Request<Bytes>, Error> {
    refuse_other_than_text(request)?;
    let mut generation = Map::new();
    set(&mut generation, "temperature", request.temperature);
    set(&mut generation, "topP", request.top_p);
    set(&mut generation, "maxOutputTokens", request.max_tokens);
    set(&mut generation, "stopSequences", (!request.stop.is_empty()).then(|| request.stop.clone()));
    if let Some(form) = form::of(request) {
        set(&mut generation, "responseMimeType", Some("application/json"));
        let schema = if let Form::Schema(schema) = form { Some(schema.clone()) } else { None };
        set(&mut generation, "responseJsonSchema", schema);
    }
    let mut body = Map::new();
    set(&mut body, "systemInstruction", whole_system(request).map(|text| json!({"parts": [{"text": text}]})));
    set(&mut body, "contents", Some(contents(request)));
    set(&mut body, "generationConfig", (!generation.is_empty()).then_some(generation));
    let functions = functions(request);
    if !functions.is_empty() {
        set(&mut body, "tools", Some(json!([{"functionDeclarations": functions}])));
        set(&mut body, "toolConfig", choice(request).map(|mode| json!({"functionCallingConfig": mode})));
    }
    let model = candidate.model.strip_prefix("models/").unwrap_or(&candidate.model);
    let model = utf8_percent_encode(model, SEGMENT);
    let url = format!("{}/models/{model}:streamGenerateContent?alt=sse", candidate.endpoint());
    post(&url, ("x-goog-api-key", candidate.api_key.expose().to_owned()), body)
}

fn functions(request: &ChatRequest) -> Vec<Value> {
    let function = |function: tools::Function<'_>| {
        let mut declaration = Map::new();
        set(&mut declaration, "name", Some(function.name));
        set(&mut declaration, "description", function.description);
        set(&mut declaration, "parametersJsonSchema", function.parameters.cloned());
        Value::Object(declaration)
    };
    tools::functions(request).into_iter().map(function).collect()
}

fn choice(request: &ChatRequest) -> Option<Value> {
    Some(match tools::choice(request)? {
        Choice::Auto => json!({"mode": "AUTO"}),
        Choice::None => json!({"mode": "NONE"}),
        Choice::Any => json!({"mode": "ANY"}),
        Choice::One(name) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
    })
}

/// The turns but for the system's; the results of several calls are one turn.
fn contents(request: &ChatRequest) -> Vec<Value> {
    let mut turns: Vec<Value> = Vec::new();
    let mut follows_a_result = false;
    for message in request.messages.iter().filter(|message| message.role != Role::System) {
        if message.role == Role::Tool {
            let result = result(request, message);
            let before = turns.last_mut().filter(|_| follows_a_result);
            match before.and_then(|turn| turn.pointer_mut("/parts")).and_then(Value::as_array_mut) {
                Some(results) => results.push(result),
                None => turns.push(json!({"role": "user", "parts": [result]})),
            }
            follows_a_result = true;
            continue;
        }
        follows_a_result = false;
        let role = if message.role == Role::Assistant { "model" } else { "user" };
        turns.push(json!({"role": role, "parts": parts(message)}));
    }
    turns
}

fn parts(message: &Message) -> Vec<Value> {
    let text = message.content.text();
    let calls = tools::calls(message);
    let said = (!text.is_empty() || calls.is_empty()).then(|| json!({"text": text}));
    let calls = calls.into_iter().map(|call| {
        let mut part = Map::new();
        set(&mut part, "functionCall", Some(json!({"name": call.name, "args": call.arguments})));
        set(&mut part, "thoughtSignature", call.signature);
        Value::Object(part)
    });
    said.into_iter().chain(calls).collect()
}

/// A tool's turn. Gemini knows calls by their function's name, and wants an object.
fn result(request: &ChatRequest, message: &Message) -> Value {
    let text = message.content.text();
    let response = match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Value::Object(object),
        _ => json!({"result": text}),
    };
    json!({"functionResponse": {"name": tools::answered(&request.messages, message), "response": response}})
}

pub(super) fn read(chunk: &Value, decoder: &mut Decoder) {
    let parts = chunk.pointer("/candidates/0/content/parts").and_then(Value::as_array);
    for part in parts.into_iter().flatten() {
        if part.get("thought").and_then(Value::as_bool) == Some(true) {
            decoder.reasoning(text(part, "/text"));
        } else {
            decoder.text(text(part, "/text"));
        }
        if let Some(name) = text(part, "/functionCall/name") {
            read_call(part, name, decoder);
        }
    }
    if let Some(usage) = chunk.get("usageMetadata") {
        decoder.count(read_usage(usage));
    }
    if let Some(reason) = text(chunk, "/candidates/0/finishReason") {
        // Gemini has no reason of its own for calls.
        let calls = !decoder.calls.is_empty() && reason == "STOP";
        decoder.finish(if calls { FinishReason::ToolCalls } else { finish_reason(reason) });
    } else if chunk.pointer("/promptFeedback/blockReason").is_some() {
        decoder.finish(FinishReason::ContentFilter);
    }
}

/// A call comes whole, and mostly without an id, by which its result is to name it.
fn read_call(part: &Value, name: &str, decoder: &mut Decoder) {
    let made_up = || format!("call_{:032x}", u128::from_be_bytes(platform::random::bytes()));
    let id = text(part, "/functionCall/id").map_or_else(made_up, str::to_owned);
    let arguments = part.pointer("/functionCall/args").map_or_else(|| "{}".to_owned(), Value::to_string);
    let own_index = decoder.calls.len() as u64;
    decoder.call(own_index, (&id, name, &arguments), text(part, "/thoughtSignature"));
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
