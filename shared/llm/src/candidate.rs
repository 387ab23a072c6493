//! Which model is asked, and where.

use std::fmt;
use std::str::FromStr;

use crate::request::Secret;

/// A provider, by the wire format it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// `OpenAI`, and every endpoint that speaks its chat completions.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Gemini's `streamGenerateContent`.
    Gemini,
    /// The built-in model; see [`crate::offline`].
    Offline,
}

impl Provider {
    /// The name in the HTTP contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Offline => "offline",
        }
    }

    /// Where requests go when a candidate names no base URL.
    pub fn default_base_url(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com/v1",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
            Self::Offline => "",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The name is no provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider")]
pub struct UnknownProvider;

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(name: &str) -> Result<Self, UnknownProvider> {
        [Self::OpenAi, Self::Anthropic, Self::Gemini, Self::Offline]
            .into_iter()
            .find(|provider| provider.as_str() == name)
            .ok_or(UnknownProvider)
    }
}

/// One entry of a fallback chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The wire format.
    pub provider: Provider,
    /// What whoever asks calls the provider: `openai`, `custom-gpu`. Empty for an endpoint without a name.
    pub provider_name: String,
    /// The provider's own id of the model.
    pub model: String,
    /// The provider's key; empty for endpoints that want none.
    pub api_key: Secret,
    /// The endpoint, version segment included (`https://api.openai.com/v1`), checked by [`crate::base_url`];
    /// the provider's own when absent.
    pub base_url: Option<String>,
}

impl Candidate {
    /// The built-in model.
    pub fn offline() -> Self {
        Self {
            provider: Provider::Offline,
            provider_name: Provider::Offline.to_string(),
            model: crate::offline::MODEL.to_owned(),
            api_key: Secret::default(),
            base_url: None,
        }
    }

    /// The endpoint that is called, without a trailing slash.
    pub fn endpoint(&self) -> &str {
        self.base_url.as_deref().unwrap_or(self.provider.default_base_url()).trim_end_matches('/')
    }

    /// What a circuit breaker counts together: provider, endpoint and model.
    pub fn breaker_key(&self) -> String {
        format!("{}|{}|{}", self.provider, self.endpoint(), self.model)
    }
}
