//! How many tokens a model makes of a text whose vocabulary nobody has published: learnt from what its provider has
//! reported, in this isolate. An estimate stays an estimate, and gets better with every answer.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use llm::ChatRequest;
use tokens::TokenCounter;

use crate::counting::Counter;

/// How many models are remembered before it starts anew.
const MOST_MODELS: usize = 256;
/// Fewer tokens than this tell more about what frames a message than about the text.
const FEWEST_TOKENS: u64 = 50;
/// From then on what is old counts half, so that a provider's new vocabulary is noticed.
const MANY_TOKENS: u64 = 1_000_000;

/// What was counted of a model's questions with our own vocabulary, and what its provider reported of the same.
#[derive(Clone, Copy, Default)]
struct Sums {
    counted: u64,
    reported: u64,
}

static SUMS: LazyLock<Mutex<HashMap<String, Sums>>> = LazyLock::new(Mutex::default);

/// How to count for a model, by all that is known by now.
pub(crate) fn counter(model: &str) -> TokenCounter {
    let counter = tokens::for_model(model);
    if counter.exact {
        return counter;
    }
    let sums = SUMS.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied();
    sums.map_or(counter, |sums| counter.calibrated(sums.counted, sums.reported))
}

/// Learns from an answer: its provider has read `tokens_in` tokens. Questions with tools or with anything but text
/// have tokens that are not counted here, and teach nothing.
pub(crate) fn learn(model: &str, request: &ChatRequest, tokens_in: u64) {
    let known = tokens::for_model(model);
    let is_text = |message: &llm::Message| {
        matches!(message.content, llm::Content::Text(_)) && message.tool_calls.is_none()
    };
    let teaches = request.tools.is_none() && request.messages.iter().all(is_text);
    if known.exact || model == llm::offline::MODEL || tokens_in < FEWEST_TOKENS || !teaches {
        return;
    }
    let counted = Counter::Tokens(TokenCounter { factor: 1.0, ..known }).request(request);
    if counted < FEWEST_TOKENS {
        return;
    }
    let mut all = SUMS.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= MOST_MODELS && !all.contains_key(model) {
        all.clear();
    }
    let sums = all.entry(model.to_owned()).or_default();
    if sums.counted > MANY_TOKENS {
        *sums = Sums { counted: sums.counted / 2, reported: sums.reported / 2 };
    }
    sums.counted = sums.counted.saturating_add(counted);
    sums.reported = sums.reported.saturating_add(tokens_in);
}

#[cfg(test)]
mod tests {
    use super::*;
    use llm::Message;

    fn question(words: usize) -> ChatRequest {
        ChatRequest { messages: vec![Message::user("word ".repeat(words))], ..ChatRequest::default() }
    }

    #[test]
    fn an_estimate_follows_what_is_reported() {
        let model = "claude-of-the-calibration-test";
        let before = counter(model).count("one two three four five six seven eight nine ten");
        learn(model, &question(1_000), 1_500);
        let after = counter(model).count("one two three four five six seven eight nine ten");
        assert!(!counter(model).exact);
        assert_eq!((before, after), (12, 15));
    }

    #[test]
    fn what_is_exact_or_says_little_teaches_nothing() {
        learn("gpt-4o", &question(1_000), 5_000);
        assert_eq!(counter("gpt-4o").count("one two three"), 3);
        let model = "gemini-of-the-calibration-test";
        learn(model, &question(3), 5_000);
        learn(model, &ChatRequest { tools: Some(serde_json::json!([])), ..question(1_000) }, 5_000);
        assert_eq!(counter(model), tokens::for_model(model));
    }
}
