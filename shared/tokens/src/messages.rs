//! Counting the messages of a chat.

use crate::encoding::{Encoding, count};

/// Tokens that frame a message.
const PER_MESSAGE: usize = 3;

/// Tokens that a name costs besides its own.
const PER_NAME: usize = 1;

/// Tokens that prime the answer.
const ANSWER_PRIMING: usize = 3;

/// A message of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// `system`, `user`, `assistant` and so on.
    pub role: &'a str,
    /// Its text.
    pub content: &'a str,
    /// Who speaks, if that is told.
    pub name: Option<&'a str>,
}

/// The tokens of a chat as OpenAI's models read it: those of the messages, what frames them, and what primes the
/// answer.
///
/// The framing is that of OpenAI's cookbook, "How to count tokens with tiktoken". Images, tools and response formats
/// are not counted.
pub fn count_messages<'a>(encoding: Encoding, messages: impl IntoIterator<Item = Message<'a>>) -> usize {
    let count_message = |message: Message<'_>| {
        let name = message.name.map_or(0, |name| count(encoding, name) + PER_NAME);
        PER_MESSAGE + count(encoding, message.role) + count(encoding, message.content) + name
    };
    messages.into_iter().map(count_message).sum::<usize>() + ANSWER_PRIMING
}

#[cfg(all(test, feature = "cl100k"))]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_cookbook_example() {
        let message = |role, name, content| Message { role, content, name };
        let messages = [
            message(
                "system",
                None,
                "You are a helpful, pattern-following assistant that translates corporate jargon into plain English.",
            ),
            message("system", Some("example_user"), "New synergies will help drive top-line growth."),
            message(
                "system",
                Some("example_assistant"),
                "Things working well together will increase revenue.",
            ),
            message(
                "system",
                Some("example_user"),
                "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage.",
            ),
            message(
                "system",
                Some("example_assistant"),
                "Let's talk later when we're less busy about how to do better.",
            ),
            message(
                "user",
                None,
                "This late pivot means we don't have time to boil the ocean for the client deliverable.",
            ),
        ];
        assert_eq!(count_messages(Encoding::Cl100kBase, messages), 129);
    }
}
