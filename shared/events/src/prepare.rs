//! What becomes of an event before it leaves the function: units that say nothing personal, and storable text.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Event;

/// A longer unit is replaced.
const LONGEST_PLAIN_UNIT: usize = 20;
/// One with more digits may be a number of somebody: a telephone, a card, an account.
const MOST_DIGITS: usize = 6;

/// The event as it may leave: JSON text. What an inference or a feedback holds besides was redacted before.
pub(crate) fn prepare(mut event: Event) -> String {
    match &mut event {
        Event::Span { text, .. } => return std::mem::take(text),
        Event::Exposure(exposure) | Event::Failure(exposure) => exposure.unit = unit(&exposure.unit),
        #[cfg(feature = "contents")]
        Event::Inference(inference) => inference.unit = inference.unit.as_deref().map(unit),
        #[cfg(feature = "contents")]
        Event::Feedback(feedback) => feedback.unit = feedback.unit.as_deref().map(unit),
    }
    // What is made of our own types always has a JSON form.
    let text = serde_json::to_string(&event).unwrap_or_default();
    // The database's texts hold every character but this one.
    if text.contains("\\u0000") { without_zero(&text) } else { text }
}

/// A unit as it is if it is short and cannot be anything personal or secret (`user-42`), else a name that is the same
/// each time and says nothing. Every function decides alike, or a user's answers would not find their exposure; and the
/// hot path, which knows nothing else that is personal, does without the rules for texts.
pub fn unit(name: &str) -> String {
    if is_pseudonym(name) {
        return name.to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    if name.len() <= LONGEST_PLAIN_UNIT && digits <= MOST_DIGITS && name.bytes().all(plain) {
        return name.to_owned();
    }
    pseudonym(name)
}

/// Whether a name was replaced before: events are about what earlier events said.
pub fn is_pseudonym(name: &str) -> bool {
    let digits = name.strip_prefix('~').unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The same for the same name, and nothing else.
pub(crate) fn pseudonym(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    format!("~{}", hex::encode(digest.get(..16).unwrap_or_default()))
}

fn without_zero(text: &str) -> String {
    fn clean(value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(text.replace('\0', "")),
            Value::Array(values) => values.into_iter().map(clean).collect(),
            Value::Object(entries) => Value::Object(
                entries.into_iter().map(|(name, value)| (name.replace('\0', ""), clean(value))).collect(),
            ),
            other => other,
        }
    }
    serde_json::from_str(text).map_or_else(|_| String::new(), |value| clean(value).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_kept_if_it_is_nobody() {
        for kept in ["user-42", "u_1", "customer117", "a"] {
            assert_eq!(unit(kept), kept);
        }
        let personal = [
            "canary@example.com",
            "+14155552671",
            "4155552671",
            "123-45-6789",
            "10.0.0.1",
            "sk-live-abcdefghijklmnop",
            "Zoë",
            "AKIAIOSFODNN7EXAMPLE",
            "",
            "a\0b",
            "0192f0c4-1c2a-7b3c-8d4e-5f6a7b8c9d0e",
        ];
        for name in personal.into_iter().filter(|name| !name.is_empty()) {
            assert!(unit(name).starts_with('~'), "{name}");
            assert_eq!(unit(&unit(name)), unit(name), "replaced once");
        }
    }
}
