//! The providers' own formats: requests out, events in. Nothing here does I/O.

mod anthropic;
mod form;
mod gemini;
mod openai;
mod tools;

use std::collections::VecDeque;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::candidate::{Candidate, Provider};
use crate::classify;
use crate::delta::{Delta, FinishReason, Usage};
use crate::error::{Error, Kind};
use crate::request::{ChatRequest, Content, Role, Secret};
use crate::sse;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The HTTP request that asks `candidate`.
pub(crate) fn encode(candidate: &Candidate, request: &ChatRequest) -> Result<http::Request<Bytes>, Error> {
    let mut encoded = match candidate.provider {
        Provider::OpenAi => openai::encode(candidate, request),
        Provider::Anthropic => anthropic::encode(candidate, request),
        Provider::Gemini => gemini::encode(candidate, request),
        Provider::Offline => Err(Error::new(Kind::Refused, "the built-in model is not called over HTTP")),
    }?;
    let traceparent = request.traceparent.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
    encoded.headers_mut().extend(traceparent.map(|value| (TRACEPARENT, value)));
    Ok(encoded)
}

/// Turns a provider's events into deltas.
#[derive(Debug)]
pub(crate) struct Decoder {
    provider: Provider,
    key: Secret,
    /// What has been read and not yet taken.
    pub(crate) deltas: VecDeque<Delta>,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    /// Where the provider counts otherwise: its own index of each tool call so far.
    calls: Vec<u64>,
    /// The provider has said that nothing more comes.
    pub(crate) complete: bool,
}

impl Decoder {
    pub(crate) fn new(candidate: &Candidate) -> Self {
        Self {
            provider: candidate.provider,
            key: candidate.api_key.clone(),
            deltas: VecDeque::new(),
            usage: None,
            finish: None,
            calls: Vec::new(),
            complete: false,
        }
    }

    /// Reads one event. An error is the provider's report or a breach of its format.
    pub(crate) fn event(&mut self, event: &sse::Event) -> Result<(), Error> {
        if event.data.trim() == "[DONE]" {
            // Some endpoints end without naming a reason.
            self.finish(FinishReason::Stop);
            self.complete = true;
            return Ok(());
        }
        let chunk: Value = serde_json::from_str(&event.data)
            .map_err(|_| Error::malformed("the provider sent an event that is not JSON"))?;
        if let Some(error) = classify::chunk(&chunk, &self.key) {
            return Err(error);
        }
        match self.provider {
            Provider::OpenAi => openai::read(&chunk, self),
            Provider::Anthropic => anthropic::read(&chunk, self),
            Provider::Gemini => gemini::read(&chunk, self),
            Provider::Offline => {}
        }
        Ok(())
    }

    /// Whether the answer itself is over, though counts may still come.
    pub(crate) fn has_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Whether the finish reason comes once, at the end. Some versions of Gemini repeat it in every chunk.
    pub(crate) fn finish_is_last(&self) -> bool {
        self.provider != Provider::Gemini
    }

    /// The last delta, if the model has said why it ended.
    pub(crate) fn conclude(&mut self) {
        self.deltas.extend(self.finish.map(Delta::Finish));
    }

    fn text(&mut self, text: Option<&str>) {
        self.deltas.extend(text.filter(|text| !text.is_empty()).map(|text| Delta::Text(text.to_owned())));
    }

    fn reasoning(&mut self, text: Option<&str>) {
        self.deltas
            .extend(text.filter(|text| !text.is_empty()).map(|text| Delta::Reasoning(text.to_owned())));
    }

    fn finish(&mut self, reason: FinishReason) {
        self.finish.get_or_insert(reason);
    }

    /// Every provider that counts more than once counts upwards, and some leave fields out the second time.
    fn count(&mut self, usage: Usage) {
        let known = self.usage.unwrap_or_default();
        let counted = Usage {
            tokens_in: known.tokens_in.max(usage.tokens_in),
            tokens_out: known.tokens_out.max(usage.tokens_out),
            cached_tokens_in: known.cached_tokens_in.max(usage.cached_tokens_in),
            cache_write_tokens: known.cache_write_tokens.max(usage.cache_write_tokens),
            reasoning_tokens: known.reasoning_tokens.max(usage.reasoning_tokens),
        };
        if self.usage.replace(counted) != Some(counted) {
            self.deltas.push_back(Delta::Usage(counted));
        }
    }
}

/// A number at a JSON pointer; 0 when it is missing or null.
fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// A POST of JSON that wants events back.
fn post(
    url: &str,
    key_header: (&'static str, String),
    body: Map<String, Value>,
) -> Result<http::Request<Bytes>, Error> {
    let (name, key) = key_header;
    let mut request = http::Request::post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "text/event-stream")
        // Some gateways refuse requests without one.
        .header(header::USER_AGENT, "promptlab")
        .body(Bytes::from(Value::Object(body).to_string()))
        .map_err(|_| Error::new(Kind::Refused, "the provider's address is invalid"))?;
    if !key.is_empty() {
        let mut value = HeaderValue::try_from(key).map_err(|_| {
            Error::new(Kind::Authentication, "the API key contains characters that no header can carry")
        })?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

fn set(body: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

/// The system prompt with the system turns of the conversation, for formats that have no such turns.
fn whole_system(request: &ChatRequest) -> Option<String> {
    let turns = request.messages.iter().filter(|message| message.role == Role::System);
    let parts: Vec<_> = request
        .system
        .iter()
        .map(|system| system.as_str().into())
        .chain(turns.map(|turn| turn.content.text()))
        .collect();
    let whole = parts.join("\n\n");
    (!whole.is_empty()).then_some(whole)
}

/// What is no text is passed on to who takes it as it is, and not translated: left out, it would be missed.
fn refuse_other_than_text(request: &ChatRequest) -> Result<(), Error> {
    let is_text = |part: &Value| part.get("text").is_some_and(Value::is_string);
    let refused = request.messages.iter().any(|message| match &message.content {
        Content::Text(_) => false,
        Content::Parts(parts) => !parts.iter().all(is_text),
    });
    if refused {
        let message =
            "images, sound and files reach this provider only through its OpenAI-compatible endpoint";
        return Err(Error::new(Kind::Refused, message));
    }
    Ok(())
}
