//! What is asked, and what is answered.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Error;

/// Where a version is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each name says it")]
pub enum Environment {
    Staging,
    #[default]
    Production,
}

/// A version that is asked for instead of what is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Version {
    /// By its number.
    Number(u32),
    /// By its id, or `staging`, `production` or `latest`.
    Named(String),
}

/// A question.
#[derive(Debug, Clone, Default)]
pub struct Resolve {
    /// The client's, if it is not given.
    pub environment: Option<Environment>,
    /// The unit of experiments. Without one nobody is assigned.
    pub user_id: Option<String>,
    /// Values of the template's variables.
    pub variables: Map<String, Value>,
    /// Instead of what is live.
    pub version: Option<Version>,
    /// Whether a variable without a value is an error (422).
    pub strict: bool,
    /// The application's own, for when neither the server nor the cache has an answer.
    pub fallback: Option<Prompt>,
}

impl Resolve {
    /// With the value of a variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// For somebody.
    #[must_use]
    pub fn user_id(mut self, user_id: &str) -> Self {
        self.user_id = Some(user_id.to_owned());
        self
    }

    /// With a text, already filled in, for when there is no answer.
    #[must_use]
    pub fn fallback_text(mut self, text: &str) -> Self {
        self.fallback = Some(Prompt { resolved_text: Some(text.to_owned()), ..Prompt::default() });
        self
    }
}

/// A prompt, filled in. A fallback has no ids.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "they are the fields of the API")]
pub struct Prompt {
    pub prompt_id: Option<String>,
    pub name: String,
    pub version_id: Option<String>,
    pub version_number: Option<u32>,
    pub environment: Option<Environment>,
    pub revision: Option<i64>,
    /// Of a text prompt.
    pub resolved_text: Option<String>,
    /// Of a chat prompt.
    pub messages: Option<Vec<Message>>,
    pub system_prompt: Option<String>,
    pub few_shot_examples: Vec<Example>,
    pub model_id: Option<String>,
    pub temperature: Option<f64>,
    pub max_tokens: Option<i64>,
    pub config: Map<String, Value>,
    pub content_hash: Option<String>,
    pub experiment_id: Option<String>,
    pub variant: Option<String>,
    /// `pointer`, `experiment`, `canary`, `control`, `killed`, `forced` or `pinned`.
    pub assignment: Option<String>,
    pub missing_variables: Vec<String>,
}

/// A message of a chat prompt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
}

/// A question and its answer, for the model to go by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each name says it")]
pub struct Example {
    pub input: String,
    pub output: String,
}

/// Where an answer is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The server, now.
    Server,
    /// The cache; it is fresh.
    Cache,
    /// The cache; it is being refreshed, or could not be (`error` says why).
    Stale,
    /// The application itself.
    Fallback,
}

/// A prompt, and where it is from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The prompt.
    pub prompt: Arc<Prompt>,
    /// Where it is from.
    pub source: Source,
    /// How old the server's answer is; of a fallback nothing.
    pub age: Option<Duration>,
    /// Why it is not the server's answer of now, if that was tried.
    pub error: Option<Error>,
    /// The request that it is the answer to.
    pub request_id: Option<String>,
    /// Whether the server's own stores were down.
    pub server_is_stale: bool,
}

impl Answer {
    /// Whether it is the application's own text.
    pub fn is_fallback(&self) -> bool {
        self.source == Source::Fallback
    }
}
