//! Which encoding counts for which model, and how surely.

use crate::encoding::{Encoding, count};
use crate::messages::{Message, count_messages};

/// What an encoding is known for: a beginning of a model's name, after which nothing, a dash, a dot or an underscore
/// follows.
const KNOWN: [(&str, Family); 17] = [
    ("chatgpt-4o", Family::O200k),
    ("codex-mini", Family::O200k),
    ("gpt-4.1", Family::O200k),
    ("gpt-4.5", Family::O200k),
    ("gpt-4o", Family::O200k),
    ("gpt-5", Family::O200k),
    ("gpt-oss", Family::O200k),
    ("o1", Family::O200k),
    ("o3", Family::O200k),
    ("o4-mini", Family::O200k),
    ("babbage-002", Family::Cl100k),
    ("davinci-002", Family::Cl100k),
    ("gpt-3.5", Family::Cl100k),
    ("gpt-35", Family::Cl100k),
    ("gpt-4", Family::Cl100k),
    ("text-embedding-3", Family::Cl100k),
    ("text-embedding-ada-002", Family::Cl100k),
];

/// How many tokens a model without a published tokenizer makes of what is one of ours, roughly, until usage that its
/// provider has reported says better. The first beginning of a name that fits decides.
const FACTORS: [(&str, f64); 6] =
    [("gpt-", 1.0), ("chat-latest", 1.0), ("o4", 1.0), ("claude", 1.2), ("gemini", 1.05), ("gemma", 1.05)];

/// The factor of a model of which nothing is known.
const UNKNOWN_FACTOR: f64 = 1.1;

/// What a calibrated factor may be: beyond these, what was reported was not the count of the same text.
const PLAUSIBLE_FACTORS: std::ops::RangeInclusive<f64> = 0.25..=4.0;

/// Which encoding a model is known to use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    O200k,
    Cl100k,
}

/// How to count for a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenCounter {
    /// The encoding to count with.
    pub encoding: Encoding,
    /// Whether the model is known to use this encoding; if not, the count is an estimate and must be labelled so.
    pub exact: bool,
    /// What to multiply the count with: 1 if it is exact.
    pub factor: f64,
}

/// How to count for a model: exactly, if it is known to use an encoding that is compiled in, else by an estimate.
///
/// A provider before a slash (`openai/gpt-4o`) and the mark of a fine-tuned model (`ft:gpt-4o:…`) are seen through.
///
/// ```
/// let counter = tokens::for_model("gpt-4o-mini");
/// assert_eq!((counter.encoding.name(), counter.exact), ("o200k_base", true));
/// assert!(!tokens::for_model("claude-sonnet-4-5").exact);
/// ```
pub fn for_model(model: &str) -> TokenCounter {
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = name.strip_prefix("ft:").and_then(|rest| rest.split(':').next()).unwrap_or(name);
    match KNOWN.iter().find(|(beginning, _)| continues(name, beginning)).map(|(_, family)| family) {
        #[cfg(feature = "o200k")]
        Some(Family::O200k) => TokenCounter::exact(Encoding::O200kBase),
        #[cfg(feature = "cl100k")]
        Some(Family::Cl100k) => TokenCounter::exact(Encoding::Cl100kBase),
        _ => TokenCounter { encoding: Encoding::ESTIMATING, exact: false, factor: factor(name) },
    }
}

/// Whether a name is this beginning, or goes on after it as a variant's does.
fn continues(name: &str, beginning: &str) -> bool {
    name.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '_']))
}

fn factor(name: &str) -> f64 {
    let fitting = FACTORS.iter().find(|(beginning, _)| name.starts_with(beginning));
    fitting.map_or(UNKNOWN_FACTOR, |&(_, factor)| factor)
}

impl TokenCounter {
    const fn exact(encoding: Encoding) -> Self {
        Self { encoding, exact: true, factor: 1.0 }
    }

    /// The tokens of a text; an estimate is rounded up.
    pub fn count(self, text: &str) -> usize {
        self.scale(count(self.encoding, text))
    }

    /// The tokens of a chat (see [`count_messages`]); an estimate is rounded up.
    pub fn count_messages<'a>(self, messages: impl IntoIterator<Item = Message<'a>>) -> usize {
        self.scale(count_messages(self.encoding, messages))
    }

    /// The same with the factor that reported usage shows: `reported` tokens of texts that have `counted` tokens in
    /// this encoding, that is, before any factor. An exact counter, and figures that cannot be right, change nothing.
    pub fn calibrated(self, counted: u64, reported: u64) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "sums of tokens stay far below 2^52")]
        let factor = reported as f64 / counted as f64;
        if self.exact || !PLAUSIBLE_FACTORS.contains(&factor) { self } else { Self { factor, ..self } }
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts of tokens stay far below 2^52, and a factor is positive"
    )]
    fn scale(self, count: usize) -> usize {
        if self.exact { count } else { (count as f64 * self.factor).ceil() as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "o200k")]
    fn check(expected: (&str, bool), models: &[&str]) {
        for model in models {
            let counter = for_model(model);
            assert_eq!((counter.encoding.name(), counter.exact), expected, "{model}");
        }
    }

    #[test]
    #[cfg(all(feature = "o200k", feature = "cl100k"))]
    fn knows_the_encodings_of_openai() {
        let o200k = [
            "gpt-5",
            "gpt-5.6-sol",
            "gpt-5-chat-latest",
            "gpt-4.1-nano",
            "gpt-4o-2024-05-13",
            "chatgpt-4o-latest",
        ];
        check(("o200k_base", true), &o200k);
        check(
            ("o200k_base", true),
            &["o1", "o1-pro", "o3-mini", "o4-mini-2025-04-16", "openai/gpt-4o", "ft:gpt-4o:x:y"],
        );
        let cl100k =
            ["gpt-4", "gpt-4-turbo-2024-04-09", "gpt-3.5-turbo", "ft:gpt-3.5-turbo:x:2023", "gpt-35-turbo"];
        check(("cl100k_base", true), &cl100k);
        check(("cl100k_base", true), &["text-embedding-3-large", "text-embedding-ada-002-v2"]);
    }

    #[test]
    #[cfg(feature = "o200k")]
    fn labels_all_others_as_estimates() {
        check(
            ("o200k_base", false),
            &["gpt-6-sol", "gpt-6.1-terra", "gpt-40", "o4", "o10", "chat-latest", ""],
        );
        check(
            ("o200k_base", false),
            &["claude-opus-4-8", "gemini-2.5-pro", "models/gemini-4-argon", "mistral-large"],
        );
    }

    #[test]
    #[cfg(all(feature = "o200k", not(feature = "cl100k")))]
    fn estimates_what_is_not_compiled_in() {
        check(("o200k_base", false), &["gpt-4", "gpt-3.5-turbo"]);
    }

    #[test]
    fn rounds_estimates_up() {
        let counter = for_model("claude-sonnet-5");
        assert_eq!(counter.count("one"), 2);
        assert_eq!(counter.count(""), 0);
        assert_eq!(for_model("gpt-6-sol").count("one"), 1);
    }

    #[test]
    fn calibrates_estimates_only() {
        let estimate = for_model("claude-sonnet-5");
        assert_eq!(
            estimate.calibrated(1000, 1300).count("one two three four five six seven eight nine ten"),
            13
        );
        assert_eq!(estimate.calibrated(0, 1300), estimate);
        assert_eq!(estimate.calibrated(10, 1300), estimate);
        let exact = TokenCounter::exact(Encoding::ESTIMATING);
        assert_eq!(exact.calibrated(1000, 1300), exact);
    }
}
