//! Tools and their calls as `OpenAI` writes them, read for the formats that write them otherwise.

use serde_json::{Map, Value, json};

use super::{Decoder, set, text};
use crate::delta::Delta;
use crate::request::{ChatRequest, Message};

/// A function that the model may call.
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    /// A JSON schema.
    pub(super) parameters: Option<&'a Value>,
}

/// Which of them the model calls.
pub(super) enum Choice<'a> {
    Auto,
    None,
    Any,
    One(&'a str),
}

/// A call that the model has made.
pub(super) struct Call<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) arguments: Map<String, Value>,
    /// What Gemini wants back with the call, in the place where its own `OpenAI`-compatible endpoint puts it.
    pub(super) signature: Option<&'a str>,
}

const SIGNATURE: &str = "/extra_content/google/thought_signature";

/// The functions of a request.
pub(super) fn functions(request: &ChatRequest) -> Vec<Function<'_>> {
    let tools = request.tools.as_ref().and_then(Value::as_array).into_iter().flatten();
    let function = |tool| {
        Some(Function {
            name: text(tool, "/function/name")?,
            description: text(tool, "/function/description"),
            parameters: tool.pointer("/function/parameters"),
        })
    };
    tools.filter_map(function).collect()
}

/// Which functions are to be called, if the request says so.
pub(super) fn choice(request: &ChatRequest) -> Option<Choice<'_>> {
    let choice = request.tool_choice.as_ref()?;
    match choice.as_str() {
        Some("auto") => Some(Choice::Auto),
        Some("none") => Some(Choice::None),
        Some("required") => Some(Choice::Any),
        Some(_) => None,
        None => text(choice, "/function/name").map(Choice::One),
    }
}

/// Whether the model may make one call only.
pub(super) fn one_at_a_time(request: &ChatRequest) -> bool {
    request.extra.get("parallel_tool_calls") == Some(&Value::Bool(false))
}

/// The calls of an assistant's turn.
pub(super) fn calls(message: &Message) -> Vec<Call<'_>> {
    let calls = message.tool_calls.as_ref().and_then(Value::as_array).into_iter().flatten();
    let call = |call| {
        let arguments = text(call, "/function/arguments").unwrap_or_default();
        Some(Call {
            id: text(call, "/id").unwrap_or_default(),
            name: text(call, "/function/name")?,
            // A model may have written what is no JSON; the call was made all the same.
            arguments: serde_json::from_str(arguments).unwrap_or_default(),
            signature: text(call, SIGNATURE),
        })
    };
    calls.filter_map(call).collect()
}

/// The name of the function that a tool's turn answers for: only the call says it.
pub(super) fn answered<'a>(messages: &'a [Message], turn: &'a Message) -> &'a str {
    let id = turn.tool_call_id.as_deref().unwrap_or_default();
    let mut all = messages.iter().rev().flat_map(calls);
    all.find(|call| call.id == id).map_or(turn.name.as_deref().unwrap_or(id), |call| call.name)
}

impl Decoder {
    /// A call begins; `own_index` is the provider's name for its place.
    pub(super) fn call(&mut self, own_index: u64, call: (&str, &str, &str), signature: Option<&str>) {
        let (id, name, arguments) = call;
        let index = self.calls.len();
        self.calls.push(own_index);
        let mut piece = Map::new();
        set(&mut piece, "index", Some(index));
        set(&mut piece, "id", Some(id));
        set(&mut piece, "type", Some("function"));
        set(&mut piece, "function", Some(json!({"name": name, "arguments": arguments})));
        let signature = signature.map(|signature| json!({"google": {"thought_signature": signature}}));
        set(&mut piece, "extra_content", signature);
        self.deltas.push_back(Delta::ToolCall(piece.into()));
    }

    /// More of a call's arguments.
    pub(super) fn arguments(&mut self, own_index: u64, arguments: &str) {
        let Some(index) = self.calls.iter().rposition(|known| *known == own_index) else { return };
        let piece = json!({"index": index, "function": {"arguments": arguments}});
        self.deltas.push_back(Delta::ToolCall(piece));
    }
}
