//! `POST /api/tokens`: what a text amounts to before a model is asked.

use axum::response::Response;
use domain::{Error, Id};
use edge::{Body, Call, Checks, Problem};
use llm::{ChatRequest, Message, Role};
use serde::{Deserialize, Serialize};

use crate::calibration;
use crate::counting::{Counter, cost_usd};

const LONGEST_MODEL: usize = 200;
const MOST_MESSAGES: usize = 10_000;
/// What the built-in model counts.
const WORDS: &str = "words";

/// The body of `POST /api/tokens`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    model: String,
    text: Option<String>,
    messages: Option<Vec<InputMessage>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputMessage {
    role: Role,
    content: String,
}

/// The answer.
#[derive(Debug, PartialEq, Serialize)]
struct Count {
    model: String,
    tokens: u64,
    /// Which vocabulary it was counted with.
    encoding: &'static str,
    /// Whether the model is known to use it; otherwise the number is an estimate.
    exact: bool,
    /// What reading them costs; null where the price is not known.
    input_cost_usd: Option<f64>,
}

pub(crate) async fn count(call: Call, Body(input): Body<Input>) -> Result<Response, Problem> {
    calibration::read(call.team_id(), call.redis()).await;
    edge::to_json_response(200, &input.count(call.team_id())?)
}

impl Input {
    fn count(self, team_id: &Id) -> Result<Count, Error> {
        self.check()?;
        let Self { model, text, messages } = self;
        let counter = Counter::of(team_id, &model);
        let tokens = match (text, messages) {
            (Some(text), _) => counter.text(&text),
            (None, messages) => {
                let messages = messages.unwrap_or_default().into_iter();
                let messages = messages.map(|message| Message::new(message.role, message.content)).collect();
                counter.request(&ChatRequest { messages, ..ChatRequest::default() })
            }
        };
        let usage = llm::Usage { tokens_in: tokens, ..llm::Usage::default() };
        let (encoding, exact) = match &counter {
            Counter::Words => (WORDS, true),
            Counter::Tokens(counter) => (counter.encoding.name(), counter.exact),
        };
        let input_cost_usd = cost_usd(&model, &usage);
        Ok(Count { model, tokens, encoding, exact, input_cost_usd })
    }

    fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::default();
        checks.text("model", self.model.trim(), 1..=LONGEST_MODEL);
        match (&self.text, &self.messages) {
            (None, None) => checks.refuse("text", "required", "a text, or messages"),
            (Some(_), Some(_)) => checks.refuse("messages", "conflicting", "either a text or messages"),
            (None, Some(messages)) => checks.count("messages", messages.len(), 1..=MOST_MESSAGES),
            (Some(_), None) => {}
        }
        checks.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn team() -> Id {
        Id::new(domain::Kind::Team, 1, [1; 10])
    }

    #[track_caller]
    fn check(body: Value, tokens: u64, encoding: &str, exact: bool, cost: Option<f64>) {
        let counted = serde_json::from_value::<Input>(body).unwrap().count(&team()).unwrap();
        assert_eq!((counted.tokens, counted.encoding, counted.exact), (tokens, encoding, exact));
        assert_eq!(counted.input_cost_usd, cost);
    }

    #[test]
    fn texts_and_messages_are_counted() {
        let (o200k, cl100k) = ("o200k_base", "cl100k_base");
        check(json!({"model": "gpt-4o", "text": "Stars shine."}), 3, o200k, true, Some(3.0 * 2.5 / 1e6));
        check(json!({"model": "gpt-4o", "text": ""}), 0, o200k, true, Some(0.0));
        check(json!({"model": "gpt-4", "text": "Stars shine."}), 3, cl100k, true, Some(3.0 * 30.0 / 1e6));
        let messages = json!([{"role": "user", "content": "Stars shine."}]);
        check(json!({"model": "gpt-4o", "messages": messages}), 10, o200k, true, Some(25.0 / 1e6));
        check(json!({"model": "a-model-of-our-own", "text": "Stars shine."}), 4, o200k, false, None);
        check(json!({"model": "offline", "text": "Stars shine."}), 2, "words", true, Some(0.0));
    }

    #[test]
    fn what_looks_like_a_special_token_is_text() {
        let body = json!({"model": "gpt-4o", "text": "<|endoftext|>"});
        assert!(serde_json::from_value::<Input>(body).unwrap().count(&team()).unwrap().tokens > 1);
    }

    #[test]
    fn one_of_both_is_counted() {
        for body in [
            json!({"model": "gpt-4o"}),
            json!({"model": "gpt-4o", "text": "a", "messages": []}),
            json!({"model": "gpt-4o", "messages": []}),
            json!({"model": " ", "text": "a"}),
        ] {
            assert!(serde_json::from_value::<Input>(body).unwrap().count(&team()).is_err());
        }
    }
}
