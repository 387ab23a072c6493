//! What a model answers, piece by piece.

use std::pin::Pin;

use futures_core::Stream;
use serde_json::{Map, Value, json};

use crate::Error;

/// An answer as it arrives: any number of text, reasoning and tool-call deltas, with a [`Delta::Usage`] between them
/// whenever the provider has counted more, then one [`Delta::Finish`] or one error. Dropping it aborts the request.
pub type DeltaStream = Pin<Box<dyn Stream<Item = Result<Delta, Error>> + Send>>;

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Text of the answer.
    Text(String),
    /// Text of the model's reasoning.
    Reasoning(String),
    /// A piece of a tool call, in `OpenAI`'s streaming format: `{index, id?, type?, function: {name?, arguments}}`.
    ToolCall(Value),
    /// How likely the tokens of the last text were, and which others: `OpenAI`'s `logprobs` of a piece, where they
    /// were asked for.
    Logprobs(Map<String, Value>),
    /// What was counted so far; the last one counts. It comes as soon as it is known: an answer that breaks off or is
    /// stopped costs money too.
    Usage(Usage),
    /// The answer is complete.
    Finish(FinishReason),
}

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// All of the input, cached tokens included.
    pub tokens_in: u64,
    /// All of the output, reasoning included.
    pub tokens_out: u64,
    /// The part of the input that was read from the provider's cache.
    pub cached_tokens_in: u64,
    /// The part of the input that was written to the provider's cache.
    pub cache_write_tokens: u64,
    /// The part of the output that was reasoning.
    pub reasoning_tokens: u64,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model had said it, or a stop string came.
    Stop,
    /// `max_tokens`, or the model's context, was full.
    Length,
    /// The model wants tools called.
    ToolCalls,
    /// The provider withheld the rest.
    ContentFilter,
}

impl FinishReason {
    /// `OpenAI`'s name, which is also ours.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
        }
    }
}

/// A whole answer, put together from its deltas.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transcript {
    /// The answer's text so far.
    pub text: String,
    /// The reasoning so far.
    pub reasoning: String,
    /// Complete tool calls in `OpenAI`'s format, by index.
    pub tool_calls: Vec<Value>,
    /// `OpenAI`'s `logprobs` so far; empty where nobody asked for them.
    pub logprobs: Map<String, Value>,
    /// The provider's count, once it is known.
    pub usage: Option<Usage>,
    /// Why it ended, once it has.
    pub finish_reason: Option<FinishReason>,
}

impl Transcript {
    /// Adds the next delta.
    pub fn push(&mut self, delta: &Delta) {
        match delta {
            Delta::Text(text) => self.text.push_str(text),
            Delta::Reasoning(text) => self.reasoning.push_str(text),
            Delta::ToolCall(piece) => self.merge_tool_call(piece),
            Delta::Logprobs(piece) => self.merge_logprobs(piece),
            Delta::Usage(usage) => self.usage = Some(*usage),
            Delta::Finish(reason) => self.finish_reason = Some(*reason),
        }
    }

    /// Lists of tokens grow, one for each sort of text.
    fn merge_logprobs(&mut self, piece: &Map<String, Value>) {
        for (sort, tokens) in piece {
            match (self.logprobs.get_mut(sort), tokens) {
                (Some(Value::Array(so_far)), Value::Array(more)) => so_far.extend(more.iter().cloned()),
                (Some(Value::Null) | None, tokens) => _ = self.logprobs.insert(sort.clone(), tokens.clone()),
                (Some(_), _) => {}
            }
        }
    }

    fn merge_tool_call(&mut self, piece: &Value) {
        let last = self.tool_calls.len().saturating_sub(1);
        let index = piece
            .get("index")
            .and_then(Value::as_u64)
            .map_or(last, |index| usize::try_from(index).unwrap_or(last));
        if self.tool_calls.get(index).is_none() {
            self.tool_calls
                .push(json!({"id": "", "type": "function", "function": {"name": "", "arguments": ""}}));
        }
        // An index is a provider's word: a wild one means the last call, not a thousand empty ones.
        let index = index.min(self.tool_calls.len().saturating_sub(1));
        let Some(call) = self.tool_calls.get_mut(index) else { return };
        for field in ["/id", "/function/name", "/function/arguments"] {
            let addition = piece.pointer(field).and_then(Value::as_str).unwrap_or_default();
            if let Some(Value::String(so_far)) = call.pointer_mut(field) {
                so_far.push_str(addition);
            }
        }
    }
}
