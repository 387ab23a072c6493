//! What people and models said, as much of it as may leave the function.

use redaction::{Mode, Policy};
use serde_json::{Map, Value, json};

use crate::Inference;
use crate::prepare::pseudonym;

/// How much is kept of what a model was asked and what it answered, and of the rest, in bytes of JSON.
const LARGEST_TEXT_BYTES: usize = 16_000;
const LARGEST_EXTRA_BYTES: usize = 8_000;
/// How much further is looked at than is kept: a secret that the cut goes through is recognised by what is behind it.
/// Longer than any but tokens, which have no spaces in them.
const OVERLAP_BYTES: usize = 1_024;

/// Takes out of an inference what its team does not want kept, and what is too large.
pub(crate) fn redact(inference: &mut Inference, policy: &Policy) {
    inference.id = named(&inference.id);
    for name in [
        &mut inference.request_id,
        &mut inference.trace_id,
        &mut inference.span_id,
        &mut inference.parent_span_id,
    ] {
        *name = name.as_deref().map(named);
    }
    inference.model = masked(&inference.model);
    inference.error_code = inference.error_code.as_deref().map(masked);
    inference.variant = inference.variant.as_deref().map(masked);
    let keep = |field: &str, value: &mut Option<Value>, most_bytes: usize| {
        *value = value.take().and_then(|value| kept(policy, field, value, most_bytes));
    };
    keep("input", &mut inference.input, LARGEST_TEXT_BYTES);
    keep("output", &mut inference.output, LARGEST_TEXT_BYTES);
    keep("tools", &mut inference.tools, LARGEST_EXTRA_BYTES);
    keep("metadata", &mut inference.metadata, LARGEST_EXTRA_BYTES);
    debug_assert!(policy.mode("input") != Mode::Drop || inference.input.is_none());
}

/// What names a request as it is, unless it is personal: then a name that is the same each time and says nothing.
pub fn named(name: &str) -> String {
    match redaction::redact(name) {
        std::borrow::Cow::Borrowed(_) => name.to_owned(),
        std::borrow::Cow::Owned(_) => pseudonym(name),
    }
}

fn masked(text: &str) -> String {
    redaction::redact(text).into_owned()
}

/// What is kept of a value: at most so many bytes, of a larger one its beginning, as text. Its texts are looked at before
/// they are made one text, and no more of them than is needed.
fn kept(policy: &Policy, field: &str, value: Value, most_bytes: usize) -> Option<Value> {
    if policy.mode(field) == Mode::Drop {
        return None;
    }
    let size_bytes = value.to_string().len();
    if size_bytes <= most_bytes {
        return policy.value(field, value);
    }
    let mut left = most_bytes + OVERLAP_BYTES;
    let looked_at = beginning(value, &mut left);
    let surplus_bytes = text(&looked_at).len().saturating_sub(most_bytes);
    let redacted = text(&policy.value(field, looked_at)?);
    // From the end, for what was redacted has another length.
    let cut = redacted.floor_char_boundary(redacted.len().saturating_sub(surplus_bytes).min(most_bytes));
    let kept = redacted.get(..cut).unwrap_or_default();
    // What may be a token is left out to its beginning, and so is what is left of an escape before it.
    let is_token = |letter: char| letter.is_ascii_alphanumeric() || "-_.~+/=".contains(letter);
    let kept = kept.trim_end_matches(is_token).trim_end_matches('\\').trim_end();
    Some(json!({ "truncated": true, "size_bytes": size_bytes, "beginning": kept }))
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The same value without what comes after so many bytes. They are counted too low rather than too high.
fn beginning(value: Value, left: &mut usize) -> Value {
    match value {
        Value::String(mut text) => {
            text.truncate(text.floor_char_boundary(*left));
            take(left, text.len());
            Value::String(text)
        }
        Value::Array(values) => {
            let mut kept = Vec::new();
            for value in values {
                if *left == 0 {
                    break;
                }
                take(left, 1);
                kept.push(beginning(value, left));
            }
            Value::Array(kept)
        }
        Value::Object(entries) => {
            let mut kept = Map::new();
            for (name, value) in entries {
                if *left <= name.len() {
                    *left = 0;
                    break;
                }
                take(left, name.len() + 1);
                kept.insert(name, beginning(value, left));
            }
            Value::Object(kept)
        }
        other => {
            take(left, 1);
            other
        }
    }
}

fn take(left: &mut usize, bytes: usize) {
    *left = left.saturating_sub(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::prepare;
    use crate::{Event, Source, Status};
    use domain::{Id, Kind};

    fn prepared(fill: impl FnOnce(&mut Inference)) -> Value {
        let team_id = Id::new(Kind::Team, 1, [0; 10]);
        let mut inference = Inference::new(team_id, Source::Ingest, "offline", Status::Ok);
        fill(&mut inference);
        redact(&mut inference, &Policy::default());
        let text = prepare(Event::Inference(Box::new(inference)));
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_canary_in_every_field_is_raw_in_none() {
        let canary = "canary@example.com";
        let event = prepared(|event| {
            event.id = canary.to_owned();
            event.unit = Some(canary.to_owned());
            event.request_id = Some(canary.to_owned());
            event.trace_id = Some(canary.to_owned());
            event.span_id = Some(canary.to_owned());
            event.parent_span_id = Some(canary.to_owned());
            event.model = canary.to_owned();
            event.error_code = Some(canary.to_owned());
            event.variant = Some(canary.to_owned());
            event.input = Some(json!([{ "role": "user", "content": format!("I am {canary}.") }]));
            event.output = Some(json!(canary));
            event.tools = Some(json!({ canary: [canary] }));
            event.metadata = Some(json!({ "who": { canary: canary } }));
        });
        assert!(!event.to_string().contains("canary@"), "{event}");
        assert_eq!(event["output"], "[email]");
        // The same user is the same unit, whatever happens.
        assert_eq!(event["unit"], pseudonym(canary));
        assert_eq!(named("req-42"), "req-42");
    }

    #[test]
    fn what_is_large_is_cut_between_words() {
        let long = "word ".repeat(10_000);
        let event = prepared(|event| event.output = Some(Value::String(long)));
        assert_eq!(event["output"]["truncated"], true);
        assert_eq!(event["output"]["size_bytes"], 50_002);
        assert!(event["output"]["beginning"].as_str().unwrap().ends_with("word"));
    }

    /// One of each kind at the beginning of a line, at the beginning of everything, and where it is cut.
    #[test]
    fn what_is_large_is_redacted_before_it_is_one_text() {
        let secrets = [
            "4111 1111 1111 1111",
            "4111111111111111",
            "DE89 3704 0044 0532 0130 00",
            "+49 30 901820",
            "123-45-6789",
            "203.0.113.9",
            "sk-proj-abc123def456ghi789jkl0",
            "jane@example.com",
        ];
        for secret in secrets {
            for before in (15_800..16_100).step_by(11) {
                let said = format!(
                    "{secret}\n{}\n{secret}\n{}",
                    "word\n".repeat(before / 5) + &"x".repeat(before % 5),
                    "more ".repeat(400)
                );
                let output = json!({ "messages": [{ "role": "user", "content": said }] });
                let kept = kept(&Policy::default(), "output", output, LARGEST_TEXT_BYTES).unwrap();
                let beginning = kept["beginning"].as_str().unwrap();
                let raw = secret.get(..6).unwrap();
                assert!(
                    !beginning.contains(raw),
                    "{secret} {before}: {}",
                    &beginning[beginning.len() - 80..]
                );
                assert!(
                    beginning.len() > 15_000 && beginning.len() <= LARGEST_TEXT_BYTES,
                    "{}",
                    beginning.len()
                );
            }
        }
    }

    #[test]
    fn what_is_large_and_has_no_spaces_is_cut_all_the_same() {
        let event = prepared(|event| event.output = Some(Value::String("漢字".repeat(10_000))));
        assert!(event["output"]["beginning"].as_str().unwrap().len() > 15_990);
        let event = prepared(|event| event.output = Some(Value::String("a".repeat(20_000))));
        assert_eq!(event["output"]["beginning"], "");
        let event = prepared(|event| event.output = Some(json!(vec![7; 20_000])));
        assert!(event["output"]["size_bytes"].as_u64().unwrap() > 40_000);
    }

    #[test]
    fn what_is_dropped_is_dropped_at_any_size() {
        let policy = Policy::unknown();
        assert_eq!(kept(&policy, "input", json!("short"), 100), None);
        assert_eq!(kept(&policy, "input", json!("long ".repeat(100)), 100), None);
    }

    #[test]
    fn the_character_that_cannot_be_stored_goes() {
        let event = prepared(|event| event.output = Some(json!({ "a\0": "b\0c \\u0000" })));
        assert_eq!(event["output"], json!({ "a": "bc \\u0000" }));
    }
}
