//! `POST /api/tokens`: what a text amounts to before a model is asked.

use axum::response::Response;
use domain::{Error, Id};
use edge::{Body, Call, Checks, Problem};
use futures_util::future::join;
use llm::{Candidate, ChatRequest, Content, Message};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::completions_input::{self, InputContent, InputRole};
use crate::counting::{Counter, cost_usd};
use crate::{calibration, models};

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

/// A message as `/v1/chat/completions` takes it, and nothing else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputMessage {
    role: InputRole,
    content: Option<InputContent>,
    name: Option<String>,
    tool_calls: Option<Value>,
    tool_call_id: Option<String>,
}

/// The answer.
#[derive(Debug, PartialEq, Serialize)]
struct Count {
    model: String,
    tokens: u64,
    /// Which vocabulary it was counted with.
    encoding: &'static str,
    /// Whether the model is known to use it, and nothing is asked but text; otherwise the number is an estimate.
    exact: bool,
    /// What reading them costs; null where the price is not known.
    input_cost_usd: Option<f64>,
    /// The month of the table of prices.
    prices_as_of: &'static str,
}

pub(crate) async fn count(call: Call, Body(input): Body<Input>) -> Result<Response, Problem> {
    input.check()?;
    let asking = models::chain(&input.model, &call);
    let (candidates, ()) = join(asking, calibration::read(call.team_id(), call.redis())).await;
    // What nobody answers for, or while the stores cannot tell who does, can be counted all the same.
    let first = candidates.ok().and_then(|candidates| candidates.into_iter().next());
    let candidate = first.unwrap_or_else(|| models::unasked(&input.model));
    edge::to_json_response(200, &input.count(call.team_id(), &candidate))
}

impl Input {
    fn count(self, team_id: &Id, candidate: &Candidate) -> Count {
        let Self { model, text, messages } = self;
        let counter = Counter::of(team_id, candidate);
        let messages = messages.unwrap_or_default().into_iter().map(InputMessage::into_message);
        let request = ChatRequest { messages: messages.collect(), ..ChatRequest::default() };
        let tokens = text.map_or_else(|| counter.request(&request), |text| counter.text(&text));
        let usage = llm::Usage { tokens_in: tokens, ..llm::Usage::default() };
        let (encoding, exact) = match &counter {
            Counter::Words => (WORDS, true),
            Counter::Tokens(counter) => (counter.encoding.name(), counter.exact),
        };
        let exact = exact && request.messages.iter().all(is_text);
        let input_cost_usd = cost_usd(candidate, &usage);
        Count { model, tokens, encoding, exact, input_cost_usd, prices_as_of: prices::TAKEN_IN }
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

impl InputMessage {
    fn into_message(self) -> Message {
        let Self { role, content, name, tool_calls, tool_call_id } = self;
        completions_input::InputMessage { role, content, name, tool_calls, tool_call_id }.into_message()
    }
}

/// Whether a message is nothing but text: how providers count pictures and calls is not public.
fn is_text(message: &Message) -> bool {
    let is_text = |part: &Value| part.get("text").is_some_and(Value::is_string);
    let says_text = match &message.content {
        Content::Text(_) => true,
        Content::Parts(parts) => parts.iter().all(is_text),
    };
    says_text && message.tool_calls.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn team() -> Id {
        Id::new(domain::Kind::Team, 1, [1; 10])
    }

    fn counted(body: Value) -> Count {
        let input: Input = serde_json::from_value(body).unwrap();
        input.check().unwrap();
        let candidate = models::unasked(&input.model);
        input.count(&team(), &candidate)
    }

    #[track_caller]
    fn check(body: Value, tokens: u64, encoding: &str, exact: bool, cost: Option<f64>) {
        let counted = counted(body);
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
        check(
            json!({"model": "openai/gpt-4o", "text": "Stars shine."}),
            3,
            o200k,
            true,
            Some(3.0 * 2.5 / 1e6),
        );
        check(json!({"model": "a-model-of-our-own", "text": "Stars shine."}), 4, o200k, false, None);
        check(json!({"model": "offline", "text": "Stars shine."}), 2, "words", true, Some(0.0));
    }

    #[test]
    fn what_looks_like_a_special_token_is_text() {
        let body = json!({"model": "gpt-4o", "text": "<|endoftext|>"});
        assert!(counted(body).tokens > 1);
    }

    #[test]
    fn messages_are_those_of_openai() {
        let of = |message: Value| counted(json!({"model": "gpt-4o", "messages": [message]}));
        let plain = of(json!({"role": "developer", "content": "Stars shine."}));
        let parts = json!([{"type": "text", "text": "Stars shine."}]);
        assert_eq!(of(json!({"role": "developer", "content": parts})), plain);
        let named = of(json!({"role": "developer", "content": "Stars shine.", "name": "Li"}));
        assert_eq!((named.tokens, named.exact), (plain.tokens + 2, true));
        let picture = json!([{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]);
        assert!(!of(json!({"role": "user", "content": picture})).exact);
        let call = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "c"}]});
        assert!(!of(call).exact);
        let typo = json!({"model": "gpt-4o", "messages": [{"role": "user", "contents": "a"}]});
        assert!(serde_json::from_value::<Input>(typo).is_err());
    }

    #[test]
    fn one_of_both_is_counted() {
        for body in [
            json!({"model": "gpt-4o"}),
            json!({"model": "gpt-4o", "text": "a", "messages": []}),
            json!({"model": "gpt-4o", "messages": []}),
            json!({"model": " ", "text": "a"}),
        ] {
            assert!(serde_json::from_value::<Input>(body).unwrap().check().is_err());
        }
    }
}
