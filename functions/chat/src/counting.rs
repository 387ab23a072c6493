//! Tokens before a model has counted them, and money after.

use domain::Id;
use llm::{Candidate, ChatRequest, Message, Provider};
use tokens::TokenCounter;

use crate::calibration;

/// What frames a message, in tokens of `OpenAI`'s models.
const PER_MESSAGE: usize = 3;
/// What a name costs besides its own tokens.
const PER_NAME: usize = 1;
/// What primes the answer.
const ANSWER_PRIMING: usize = 3;

/// Counts as a model does: exactly where its tokenizer is known, else by an estimate.
pub(crate) enum Counter {
    /// The built-in model counts words.
    Words,
    /// All others count tokens.
    Tokens(TokenCounter),
}

impl Counter {
    /// For a team's model.
    pub(crate) fn of(team_id: &Id, candidate: &Candidate) -> Self {
        match candidate.provider {
            Provider::Offline => Self::Words,
            _ => Self::Tokens(calibration::counter(team_id, candidate)),
        }
    }

    /// The tokens of a text.
    pub(crate) fn text(&self, text: &str) -> u64 {
        match self {
            Self::Words => llm::offline::count_tokens(text),
            Self::Tokens(counter) => counter.count(text) as u64,
        }
    }

    /// The tokens of a turn with its frame.
    pub(crate) fn turn(&self, role: &str, text: &str) -> u64 {
        match self {
            Self::Words => self.text(text),
            Self::Tokens(_) => self.text(text) + self.text(role) + PER_MESSAGE as u64,
        }
    }

    /// The tokens of a message with its frame.
    pub(crate) fn message(&self, message: &Message) -> u64 {
        let name = message.name.as_ref().filter(|_| matches!(self, Self::Tokens(_)));
        let name = name.map_or(0, |name| self.text(name) + PER_NAME as u64);
        self.turn(message.role.as_str(), &message.content.text()) + name
    }

    /// The tokens of everything that a model reads.
    pub(crate) fn request(&self, request: &ChatRequest) -> u64 {
        let system = request.system.as_ref().map_or(0, |system| self.turn("system", system));
        let messages: u64 = request.messages.iter().map(|message| self.message(message)).sum();
        let priming = if matches!(self, Self::Words) { 0 } else { ANSWER_PRIMING as u64 };
        system + messages + priming
    }
}

/// What an answer took: what the provider has counted, and our estimate of what it has not. Of an answer that broke off
/// it may have counted no more than the beginning.
pub(crate) fn usage(
    reported: Option<llm::Usage>,
    is_finished: bool,
    estimate: impl FnOnce() -> llm::Usage,
) -> llm::Usage {
    match reported {
        None => estimate(),
        Some(reported) if is_finished => reported,
        Some(reported) => {
            llm::Usage { tokens_out: reported.tokens_out.max(estimate().tokens_out), ..reported }
        }
    }
}

/// What an answer has cost. The built-in model costs nothing; what an unknown one costs is not known, nor what somebody
/// else takes for a known one.
pub(crate) fn cost_usd(candidate: &Candidate, usage: &llm::Usage) -> Option<f64> {
    if candidate.provider == Provider::Offline {
        return Some(0.0);
    }
    let price = prices::lookup(&candidate.model)?;
    if price.provider.as_str() != candidate.provider_name {
        return None;
    }
    let usage = prices::Usage {
        input: usage.tokens_in,
        cached_input: usage.cached_tokens_in,
        cache_write: usage.cache_write_tokens,
        output: usage.tokens_out,
    };
    Some(price.cost_usd(usage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models;

    fn request() -> ChatRequest {
        ChatRequest {
            system: Some("Be brief.".to_owned()),
            messages: vec![Message::user("Where is it?"), Message::assistant("There.")],
            ..ChatRequest::default()
        }
    }

    fn of(model: &str) -> Counter {
        Counter::of(&Id::new(domain::Kind::Team, 1, [1; 10]), &models::unasked(model))
    }

    #[test]
    fn the_parts_of_a_request_add_up_to_what_the_tokenizer_says_of_it() {
        let message = |role, content, name| tokens::Message { role, content, name };
        let whole = tokens::for_model("gpt-4o").count_messages([
            message("system", "Be brief.", None),
            message("user", "Where is it?", Some("Zoë")),
            message("assistant", "There.", None),
        ]);
        let mut request = request();
        request.messages[0].name = Some("Zoë".to_owned());
        assert_eq!(of("gpt-4o").request(&request), whole as u64);
    }

    #[test]
    fn the_built_in_model_counts_words() {
        assert_eq!(of("offline").request(&request()), 6);
    }

    #[test]
    fn what_the_provider_has_not_counted_is_estimated() {
        let tokens = |tokens_in, tokens_out| llm::Usage { tokens_in, tokens_out, ..llm::Usage::default() };
        let begun = llm::Usage { cached_tokens_in: 90, ..tokens(100, 1) };
        let of = |reported, is_finished| usage(reported, is_finished, || tokens(7, 20));
        assert_eq!(of(None, false), tokens(7, 20));
        assert_eq!(of(Some(begun), true), begun);
        assert_eq!(of(Some(begun), false), llm::Usage { cached_tokens_in: 90, ..tokens(100, 20) });
        assert_eq!(of(Some(tokens(100, 30)), false), tokens(100, 30));
    }

    #[test]
    fn a_cost_is_known_or_not() {
        let usage = llm::Usage { tokens_in: 1_000_000, tokens_out: 100_000, ..llm::Usage::default() };
        let cost = |candidate: &Candidate| cost_usd(candidate, &usage);
        assert_eq!(cost(&models::unasked("gpt-4o")), Some(3.5));
        assert_eq!(cost(&Candidate::offline()), Some(0.0));
        assert_eq!(cost(&models::unasked("a-model-of-our-own")), None);
        let reseller = |name: &str| Candidate { provider_name: name.to_owned(), ..models::unasked("gpt-4o") };
        assert_eq!([cost(&reseller("custom-acme")), cost(&reseller(""))], [None, None]);
    }
}
