//! What people think of answers.

use serde::{Deserialize, Serialize};

use crate::{Answer, Call};

/// A rating of an answer: of a message of the chat, or of any request.
#[derive(Debug, Clone, Default, Serialize)]
#[expect(missing_docs, reason = "they are the fields of the API")]
pub struct Feedback {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// −1 or 1; with [`Scale::Stars`] 1 to 5.
    pub rating: i8,
    pub scale: Scale,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experiment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// What a rating's number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each name says it")]
pub enum Scale {
    #[default]
    Thumbs,
    Stars,
}

impl Feedback {
    /// Of what a model answered in a call that has been logged: [`Call::id`], and what its prompt was resolved to.
    pub fn of_call(call_id: &str, answer: &Answer, rating: i8) -> Self {
        let prompt = &answer.prompt;
        Self {
            request_id: Some(call_id.to_owned()),
            rating,
            prompt_id: prompt.prompt_id.clone(),
            version_id: prompt.version_id.clone(),
            experiment_id: prompt.experiment_id.clone(),
            variant: prompt.variant.clone(),
            ..Self::default()
        }
    }

    /// The same, while the call is at hand.
    pub fn of(call: &Call, answer: &Answer, rating: i8) -> Self {
        Self::of_call(call.id(), answer, rating)
    }
}

/// A rating as the server has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct GivenFeedback {
    /// Its id.
    pub feedback_id: String,
    /// The number.
    pub rating: i8,
    /// Whether it took an earlier one's place.
    pub replaced: bool,
}
