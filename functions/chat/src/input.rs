//! What a caller says in `POST /api/chat`.

use domain::{Environment, Error, FieldError};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::conversations::WithMessages;

/// In characters. The body's limit is in bytes, and more generous.
const LONGEST_MESSAGE: usize = 200_000;
const LONGEST_MODEL: usize = 200;
/// In bytes, as in resolve.
const LONGEST_USER_ID: usize = 256;

/// The body of `POST /api/chat`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    pub(crate) message: String,
    pub(crate) conversation_id: Option<String>,
    pub(crate) prompt: Option<String>,
    pub(crate) environment: Option<Environment>,
    pub(crate) variables: Option<Map<String, Value>>,
    pub(crate) user_id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) stream: Option<bool>,
}

impl Input {
    /// Refuses what no type refuses, all of it in one answer.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut errors = Vec::new();
        if self.message.trim().is_empty() {
            errors.push(FieldError::new("message", "required", "something to answer"));
        }
        if self.message.chars().nth(LONGEST_MESSAGE).is_some() {
            let detail = format!("at most {LONGEST_MESSAGE} characters");
            errors.push(FieldError::new("message", "too_long", detail));
        }
        let user_id = self.user_id.as_deref().unwrap_or_default();
        if user_id.len() > LONGEST_USER_ID {
            let detail = format!("at most {LONGEST_USER_ID} bytes");
            errors.push(FieldError::new("user_id", "too_long", detail));
        }
        let model = self.model.as_deref();
        if model.is_some_and(|model| model.trim().is_empty()) {
            errors.push(FieldError::new("model", "required", "a model's id, `offline` say"));
        }
        if model.is_some_and(|model| model.len() > LONGEST_MODEL) {
            let detail = format!("at most {LONGEST_MODEL} bytes");
            errors.push(FieldError::new("model", "too_long", detail));
        }
        for (field, text) in [
            ("message", Some(self.message.as_str())),
            ("prompt", self.prompt.as_deref()),
            ("user_id", Some(user_id)),
            ("model", model),
        ] {
            if text.is_some_and(|text| text.contains('\0')) {
                let detail = "the character U+0000 cannot be stored";
                errors.push(FieldError::new(field, "invalid_character", detail));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Validation(errors)) }
    }

    /// Whether something that is not said here is to be taken from the conversation that goes on.
    pub(crate) fn leaves_open(&self) -> bool {
        self.prompt.is_none() || self.user_id.is_none()
    }

    /// Goes on as the conversation's last answer did, where nothing else is said: with its prompt and environment,
    /// for its user, and without a prompt with its model.
    pub(crate) fn go_on_with(&mut self, earlier: WithMessages) {
        let user_id = self.user_id.take().filter(|user_id| !user_id.is_empty());
        // A user who was replaced is nobody whom an experiment has met.
        let known = earlier.conversation.user_id.filter(|user_id| !events::is_pseudonym(user_id));
        self.user_id = user_id.or(known);
        if self.prompt.is_some() {
            return;
        }
        let Some(last) = earlier.messages.into_iter().next_back() else { return };
        if let Some(prompt_id) = last.prompt_id {
            self.prompt = Some(prompt_id.to_string());
            self.environment = self.environment.or(last.environment);
        } else {
            self.model = self.model.take().or(last.model);
        }
    }

    /// What a new conversation's title is the beginning of: what is said first, in one line, and not much more of it than
    /// tells whether something personal is cut.
    pub(crate) fn first_line(&self) -> String {
        const ENOUGH: usize = 8_000;
        let beginning = self.message.char_indices().nth(ENOUGH).and_then(|(end, _)| self.message.get(..end));
        beginning.unwrap_or(&self.message).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn refused(body: Value, expected: &[(&str, &str)]) {
        let input: Input = serde_json::from_value(body).unwrap();
        let Err(Error::Validation(errors)) = input.check() else { panic!("accepted: {input:?}") };
        let found: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn all_that_is_wrong_is_named() {
        refused(json!({"message": " \n"}), &[("message", "required")]);
        refused(json!({"message": "é".repeat(LONGEST_MESSAGE + 1)}), &[("message", "too_long")]);
        refused(
            json!({"message": "a\u{0}", "model": ""}),
            &[("model", "required"), ("message", "invalid_character")],
        );
        refused(json!({"message": "a", "user_id": "u".repeat(257)}), &[("user_id", "too_long")]);
        refused(json!({"message": "a", "model": "m".repeat(201)}), &[("model", "too_long")]);
        refused(json!({"message": "a", "prompt": "p\u{0}"}), &[("prompt", "invalid_character")]);
        let input: Input = serde_json::from_value(json!({"message": "é".repeat(LONGEST_MESSAGE)})).unwrap();
        assert_eq!(input.check(), Ok(()));
    }

    #[test]
    fn a_conversation_goes_on_as_before() {
        let earlier = |prompt: Option<&str>| -> WithMessages {
            let message = json!({
                "id": "msg_01h455vb4pex5vsknk084sn02q", "message_id": "msg_01h455vb4pex5vsknk084sn02q",
                "conversation_id": "conv_01h455vb4pex5vsknk084sn02q", "position": 2, "role": "assistant",
                "content": "a", "status": "complete", "prompt_id": prompt, "environment": "staging",
                "model": "m-1", "created_at": ""
            });
            serde_json::from_value(json!({
                "id": "conv_01h455vb4pex5vsknk084sn02q", "conversation_id": "conv_01h455vb4pex5vsknk084sn02q",
                "title": "t", "user_id": "u-1", "message_count": 2, "created_at": "", "updated_at": "",
                "created_by": "usr_01h455vb4pex5vsknk084sn02q", "messages": [message]
            }))
            .unwrap()
        };
        let mut input = Input::default();
        input.go_on_with(earlier(Some("prm_01h455vb4pex5vsknk084sn02q")));
        assert_eq!(input.prompt.as_deref(), Some("prm_01h455vb4pex5vsknk084sn02q"));
        assert_eq!((input.environment, input.model), (Some(Environment::Staging), None));
        assert_eq!(input.user_id.as_deref(), Some("u-1"));

        let mut input = Input::default();
        input.go_on_with(earlier(None));
        assert_eq!((input.prompt, input.model.as_deref()), (None, Some("m-1")));

        let mut input = Input { prompt: Some("p".into()), user_id: Some("u-2".into()), ..Input::default() };
        input.go_on_with(earlier(None));
        assert_eq!((input.prompt.as_deref(), input.model), (Some("p"), None));
        assert_eq!(input.user_id.as_deref(), Some("u-2"));
    }
}
