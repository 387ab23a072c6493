//! What happens, as it travels.

use domain::{Environment, Id, Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that happened and is to be counted once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A unit met an arm of an experiment.
    Exposure(Exposure),
    /// A unit was to get an arm's prompt and got an error.
    Failure(Exposure),
    /// A model was asked.
    #[cfg(feature = "contents")]
    Inference(Box<Inference>),
    /// Somebody said what they think of an answer.
    #[cfg(feature = "contents")]
    Feedback(Feedback),
    /// A piece of work of a trace is over; see [`crate::record_span`]. It is counted nowhere.
    #[serde(skip)]
    Span {
        /// Whose it is.
        team_id: Id,
        /// The entry of the stream.
        text: String,
    },
}

impl Event {
    /// Whose it is.
    pub fn team_id(&self) -> &Id {
        match self {
            Self::Exposure(exposure) | Self::Failure(exposure) => &exposure.team_id,
            #[cfg(feature = "contents")]
            Self::Inference(inference) => &inference.team_id,
            #[cfg(feature = "contents")]
            Self::Feedback(feedback) => &feedback.team_id,
            Self::Span { team_id, .. } => team_id,
        }
    }
}

/// A unit met an arm. Only its first exposure in an experiment counts; see [`crate::exposures`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// The event; see [`new_id`].
    pub id: String,
    /// The team.
    pub team_id: Id,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The experiment, or the canary.
    pub experiment_id: Id,
    /// The arm. Canaries have `control` and `canary`.
    pub variant: String,
    /// The allocation period that was in force.
    pub period: i64,
    /// The caller's user.
    pub unit: String,
    /// The prompt.
    pub prompt_id: Id,
    /// Where it was resolved.
    pub environment: Environment,
}

/// A model was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inference {
    /// The event; see [`new_id`].
    pub id: String,
    /// The team.
    pub team_id: Id,
    /// When, by our clock, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Who asked.
    pub source: Source,
    /// The prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<Id>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<Id>,
    /// Where it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The experiment, or the canary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment_id: Option<Id>,
    /// The arm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The allocation period that was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<i64>,
    /// The caller's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The model that answered, or was to.
    pub model: String,
    /// How it ended.
    pub status: Status,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Tokens that the model read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_in: Option<i64>,
    /// Tokens that it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_out: Option<i64>,
    /// Those of `tokens_in` that it had read before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_tokens_in: Option<i64>,
    /// What it cost; none where the price is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// From the request to the end of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<i64>,
    /// From the request to the first token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<i64>,
    /// The request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The stored answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Id>,
    /// Its conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<Id>,
    /// The trace that it is part of, 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Its span, 16 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// The span that it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_span_id: Option<String>,
    /// When it began, by the clock of the one who asked: RFC 3339 in UTC, of a year that the database takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_started_at: Option<String>,
    /// What the model was asked. Redacted before it leaves the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// What it answered. Redacted before it leaves the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// The tools that it called. Redacted before it leaves the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Value>,
    /// Whatever the caller likes to add. Redacted before it leaves the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

impl Inference {
    /// An inference of now, with everything unknown that may be: fill in with `..Inference::new(…)`.
    pub fn new(team_id: Id, source: Source, model: impl Into<String>, status: Status) -> Self {
        Self {
            id: new_id(),
            team_id,
            at_ms: platform::time::now_ms(),
            source,
            prompt_id: None,
            version_id: None,
            environment: None,
            experiment_id: None,
            variant: None,
            period: None,
            unit: None,
            model: model.into(),
            status,
            error_code: None,
            tokens_in: None,
            tokens_out: None,
            cached_tokens_in: None,
            cost_usd: None,
            latency_ms: None,
            ttft_ms: None,
            request_id: None,
            message_id: None,
            conversation_id: None,
            trace_id: None,
            span_id: None,
            parent_span_id: None,
            client_started_at: None,
            input: None,
            output: None,
            tools: None,
            metadata: None,
        }
    }
}

/// Where an inference comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `POST /api/chat`.
    Chat,
    /// `POST /v1/chat/completions`.
    Openai,
    /// The summary of a long conversation.
    Summary,
    /// `POST /api/ingest`: an application that calls models itself.
    Ingest,
}

/// How an inference ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Status {
    /// With an answer.
    Ok,
    /// With an error.
    Error,
    /// The one who asked left.
    Cancelled,
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for Status {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "ok" => Ok(Self::Ok),
            "error" => Ok(Self::Error),
            "cancelled" => Ok(Self::Cancelled),
            _ => Err("unknown variant, expected ok, error or cancelled"),
        }
    }
}

/// Somebody said what they think of an answer, perhaps again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    /// The event; see [`new_id`].
    pub id: String,
    /// The team.
    pub team_id: Id,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The caller's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The prompt of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<Id>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<Id>,
    /// The experiment, or the canary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment_id: Option<Id>,
    /// The arm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The answer, if it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<Id>,
    /// The request that was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// 1 for approval, 0 for disapproval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<f64>,
    /// 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
    /// What the same person said before, which no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<PreviousFeedback>,
}

/// Feedback that is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct PreviousFeedback {
    /// As it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<f64>,
    /// As it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<f64>,
    /// When it was recorded: there it is taken back. The time of the event that replaces it, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}

/// A new event's id.
pub fn new_id() -> String {
    Id::new(Kind::Event, platform::time::now_ms(), platform::random::bytes()).to_string()
}
