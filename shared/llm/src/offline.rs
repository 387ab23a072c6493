//! The built-in model: everything runs without a key, and two prompt versions can be told apart.
//!
//! It is deterministic: the same system prompt and conversation get the same answer on every platform. It says
//! which instructions it follows by quoting the beginning of the system prompt, quotes the last user's turn, and
//! goes on with sentences chosen by a hash of both.
//!
//! Its tokens are words: whatever whitespace separates ([`count_tokens`]). `max_tokens` cuts the answer after
//! that many words, with finish reason `length`; a stop string is obeyed too.

use std::time::Duration;

use futures_util::stream;

use crate::delta::{Delta, DeltaStream, FinishReason, Usage};
use crate::request::{ChatRequest, Role};

/// The model's id.
pub const MODEL: &str = "offline";

const OPENINGS: [&str; 8] = [
    "Here is how I see it.",
    "That can be answered in a few words.",
    "Let me take this step by step.",
    "There are two sides to this.",
    "The short version comes first.",
    "This depends on what you want to reach.",
    "It helps to look at the whole picture.",
    "A plain answer serves best here.",
];
const MIDDLES: [&str; 12] = [
    "Start with the part that is easiest to undo.",
    "Measure before and after, with the same yardstick.",
    "One change at a time keeps the cause visible.",
    "Write down what you expect before you look.",
    "A small sample tells less than it seems to.",
    "What worked yesterday is a hint, not a proof.",
    "Ask who will read the result, and when.",
    "The simplest explanation deserves the first test.",
    "Keep the old way at hand until the new one has proved itself.",
    "Numbers without a unit are stories.",
    "If two people read it differently, it is not clear yet.",
    "A limit that nobody has tried is a guess.",
];
const CLOSINGS: [&str; 6] = [
    "Tell me more and I can be more precise.",
    "That is where I would begin.",
    "The rest follows from there.",
    "Everything else can wait.",
    "Try it, and come back with what you saw.",
    "That is all this model knows.",
];

/// How fast the model speaks: each word comes after a pause between the two, chosen by the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The shortest pause before a word.
    pub shortest: Duration,
    /// The longest pause before a word.
    pub longest: Duration,
}

impl Pace {
    /// The pace of a quick model.
    pub const STANDARD: Self =
        Self { shortest: Duration::from_millis(15), longest: Duration::from_millis(30) };
    /// No pauses at all, for tests and benchmarks.
    pub const IMMEDIATE: Self = Self { shortest: Duration::ZERO, longest: Duration::ZERO };

    fn pause(self, hash: u64) -> Duration {
        let spread = self.longest.saturating_sub(self.shortest).as_micros();
        let extra = (spread * u128::from(hash)) >> 64;
        self.shortest + Duration::from_micros(u64::try_from(extra).unwrap_or(0))
    }
}

/// The number of tokens in `text`: its words.
pub fn count_tokens(text: &str) -> u64 {
    text.split_whitespace().count() as u64
}

/// The system prompt, and what the conversation says as system: clients of OpenAI's interface say it all there.
fn instructions_of(request: &ChatRequest) -> String {
    let in_messages = request.messages.iter().filter(|message| message.role == Role::System);
    let texts = request.system.as_deref().map(Into::into).into_iter();
    let texts: Vec<_> = texts.chain(in_messages.map(|message| message.content.text())).collect();
    texts.join(" ")
}

/// The model's whole answer, before `max_tokens` and stop strings.
pub fn text_of(request: &ChatRequest) -> String {
    let system = instructions_of(request);
    let last_user = request.messages.iter().rev().find(|message| message.role == Role::User);
    let question = last_user.map(|message| message.content.text()).unwrap_or_default();
    let instructions = match beginning(&system, 24) {
        quoted if quoted.is_empty() => "I have no instructions.".to_owned(),
        quoted => format!("My instructions: “{quoted}”."),
    };
    let mut sentences = vec![instructions];
    if !question.trim().is_empty() {
        sentences.push(format!("You say: “{}”.", beginning(&question, 16)));
    }
    let mut hash = conversation_hash(request);
    sentences.push(pick(&OPENINGS, &mut hash).to_owned());
    for _ in 0..2 + hash % 3 {
        sentences.push(pick(&MIDDLES, &mut hash).to_owned());
    }
    sentences.push(pick(&CLOSINGS, &mut hash).to_owned());
    // The same sentence twice in a row would look like a stuck stream.
    sentences.dedup();
    sentences.join(" ")
}

/// The answer as a stream, at `pace`.
pub(crate) fn answer(request: &ChatRequest, pace: Pace) -> DeltaStream {
    let (text, finish) = cut(text_of(request), request);
    let usage = Usage { tokens_in: tokens_in(request), tokens_out: count_tokens(&text), ..Usage::default() };
    let words: Vec<String> = text.split_inclusive(' ').map(str::to_owned).collect();
    let deltas = words.into_iter().map(Delta::Text).chain([Delta::Usage(usage), Delta::Finish(finish)]);
    let state = (deltas, conversation_hash(request));
    Box::pin(stream::unfold(state, move |(mut deltas, hash)| async move {
        let delta = deltas.next()?;
        let pause = pace.pause(hash);
        if matches!(delta, Delta::Text(_)) && !pause.is_zero() {
            platform::time::sleep(pause).await;
        }
        Some((Ok(delta), (deltas, mix(hash))))
    }))
}

fn tokens_in(request: &ChatRequest) -> u64 {
    let turns: u64 = request.messages.iter().map(|message| count_tokens(&message.content.text())).sum();
    request.system.as_deref().map_or(0, count_tokens) + turns
}

/// The answer up to its first stop string and its last allowed word.
fn cut(mut text: String, request: &ChatRequest) -> (String, FinishReason) {
    let stops = request.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(end) = stops.filter_map(|stop| text.find(stop.as_str())).min() {
        text.truncate(end);
    }
    let limit = request.max_tokens.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let words = text.split_whitespace().count();
    if words <= limit {
        return (text, FinishReason::Stop);
    }
    let kept: Vec<&str> = text.split_whitespace().take(limit).collect();
    (kept.join(" "), FinishReason::Length)
}

/// The first `words` words on one line; at most 160 characters, for scripts that do not separate words.
fn beginning(text: &str, words: usize) -> String {
    let mut all = text.split_whitespace();
    let line = all.by_ref().take(words).collect::<Vec<_>>().join(" ");
    let is_cut = all.next().is_some() || line.chars().nth(160).is_some();
    let line: String = line.chars().take(160).collect();
    if is_cut { format!("{line} …") } else { line }
}

fn pick<'a>(sentences: &[&'a str], hash: &mut u64) -> &'a str {
    *hash = mix(*hash);
    let index = (u128::from(*hash) * sentences.len() as u128) >> 64;
    usize::try_from(index).ok().and_then(|index| sentences.get(index)).copied().unwrap_or_default()
}

fn conversation_hash(request: &ChatRequest) -> u64 {
    let mut hash = fnv1a(0xcbf2_9ce4_8422_2325, request.system.as_deref().unwrap_or_default());
    for message in &request.messages {
        hash = fnv1a(fnv1a(hash, message.role.as_str()), &message.content.text());
    }
    mix(hash)
}

/// FNV-1a with a separator after each text.
fn fnv1a(hash: u64, text: &str) -> u64 {
    text.bytes()
        .chain([0xff])
        .fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The finisher of `SplitMix64`: neighbours end far apart.
fn mix(hash: u64) -> u64 {
    let hash = hash.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Message;

    fn request(system: &str, question: &str) -> ChatRequest {
        ChatRequest {
            system: Some(system.to_owned()),
            messages: vec![Message::user(question)],
            ..ChatRequest::default()
        }
    }

    #[test]
    fn the_answer_is_pinned() {
        assert_eq!(
            text_of(&request("You are terse.", "Why is the sky blue?")),
            "My instructions: “You are terse.”. You say: “Why is the sky blue?”. There are two sides to this. \
             Numbers without a unit are stories. Ask who will read the result, and when. A small sample tells \
             less than it seems to. A limit that nobody has tried is a guess. That is all this model knows."
        );
    }

    #[test]
    fn versions_and_questions_differ() {
        let first = text_of(&request("You are a pirate.", "Hello"));
        assert!(first.starts_with("My instructions: “You are a pirate.”."), "{first}");
        assert_ne!(first, text_of(&request("You are a poet.", "Hello")));
        assert_ne!(first, text_of(&request("You are a pirate.", "Goodbye")));
        assert!(text_of(&ChatRequest::default()).starts_with("I have no instructions."));
    }

    #[test]
    fn instructions_may_be_messages() {
        let mut request = request("", "Hello");
        let system = Message { role: Role::System, ..Message::user("You are a pirate.") };
        request.messages.insert(0, system);
        assert!(
            text_of(&request).starts_with("My instructions: “You are a pirate.”."),
            "{}",
            text_of(&request)
        );
    }

    #[test]
    fn limits_and_stops() {
        let mut request = request("You are a pirate.", "Hello");
        request.max_tokens = Some(3);
        assert_eq!(
            cut(text_of(&request), &request),
            ("My instructions: “You".to_owned(), FinishReason::Length)
        );
        request.stop = vec!["“You".to_owned()];
        assert_eq!(cut(text_of(&request), &request), ("My instructions: ".to_owned(), FinishReason::Stop));
    }

    #[test]
    fn quotations_are_short() {
        assert_eq!(beginning("a b\n c d", 3), "a b c …");
        assert_eq!(beginning("a b c", 3), "a b c");
        assert_eq!(beginning(&"龍".repeat(500), 3).chars().count(), 162);
    }

    #[test]
    fn the_pace_stays_in_its_bounds() {
        for hash in [0, 1 << 63, u64::MAX] {
            let pause = Pace::STANDARD.pause(hash);
            assert!(pause >= Pace::STANDARD.shortest && pause <= Pace::STANDARD.longest, "{pause:?}");
        }
        assert!(Pace::IMMEDIATE.pause(u64::MAX).is_zero());
    }
}
