//! What a model is asked.

use std::fmt;

use serde_json::{Map, Value};

/// One call of a model, in no provider's format. Which model, is the [`Candidate`](crate::Candidate)'s business:
/// the same request goes along the fallback chain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatRequest {
    /// The system prompt.
    pub system: Option<String>,
    /// The conversation, oldest first, few-shot examples included.
    pub messages: Vec<Message>,
    /// Sampling temperature; the provider's default when absent.
    pub temperature: Option<f64>,
    /// Nucleus sampling; the provider's default when absent.
    pub top_p: Option<f64>,
    /// The longest answer, in tokens.
    pub max_tokens: Option<u32>,
    /// Strings that end the answer.
    pub stop: Vec<String>,
    /// Tools in `OpenAI`'s format: `[{"type": "function", "function": {name, description, parameters}}]`.
    pub tools: Option<Value>,
    /// `OpenAI`'s `tool_choice`.
    pub tool_choice: Option<Value>,
    /// Further top-level fields for `OpenAI`-compatible endpoints (`response_format`, `seed`, …). The fields that
    /// this crate sets win; other wire formats ignore them, but for `parallel_tool_calls` and `response_format`.
    pub extra: Map<String, Value>,
    /// The trace that the question is part of, as its `traceparent` header says it: <https://www.w3.org/TR/trace-context/>.
    pub traceparent: Option<String>,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Content,
    /// Who speaks, where several have the same role; `OpenAI`-compatible endpoints are told.
    pub name: Option<String>,
    /// The calls an assistant's turn makes, in `OpenAI`'s format.
    pub tool_calls: Option<Value>,
    /// The call that a tool's turn answers.
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A turn of plain text.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, content: Content::Text(text.into()), name: None, tool_calls: None, tool_call_id: None }
    }

    /// A user's turn.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, text)
    }

    /// An assistant's turn.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, text)
    }
}

/// What a turn says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// `OpenAI`'s content parts, for `OpenAI`-compatible endpoints; other wire formats take text only.
    Parts(Vec<Value>),
}

impl Content {
    /// The text, parts joined.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Text(text) => text.into(),
            Self::Parts(parts) => parts
                .iter()
                .filter_map(|part| part.get("text")?.as_str())
                .collect::<Vec<_>>()
                .join("\n")
                .into(),
        }
    }
}

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum Role {
    /// Instructions in the middle of a conversation.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The answer to a tool call.
    Tool,
}

impl Role {
    /// `OpenAI`'s name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for Role {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        let roles = [Self::System, Self::User, Self::Assistant, Self::Tool];
        let role = roles.into_iter().find(|role| role.as_str() == name);
        role.ok_or("unknown variant, expected system, user, assistant or tool")
    }
}

/// A provider's API key. Its debug form tells nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a key.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key itself, for the request's header.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}
