//! What becomes of an event before it leaves the function: redacted, of bounded size, and storable.

use redaction::{Mode, Policy, redact};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{Event, Inference};

/// How much is kept of what a model was asked and what it answered, and of the rest, in bytes of JSON.
const LARGEST_TEXT_BYTES: usize = 16_000;
const LARGEST_EXTRA_BYTES: usize = 8_000;

/// The event as it may leave: JSON text.
pub(crate) fn prepare(mut event: Event, policy: &Policy) -> String {
    match &mut event {
        Event::Exposure(exposure) => {
            exposure.unit = pseudonym(&exposure.unit);
            exposure.request_id = pseudonym(&exposure.request_id);
        }
        Event::Inference(inference) => prepare_inference(inference, policy),
        Event::Feedback(feedback) => {
            feedback.unit = feedback.unit.as_deref().map(pseudonym);
            feedback.request_id = feedback.request_id.as_deref().map(pseudonym);
        }
    }
    // What is made of our own types always has a JSON form.
    let text = serde_json::to_string(&event).unwrap_or_default();
    // The database's texts hold every character but this one.
    if text.contains("\\u0000") { without_zero(&text) } else { text }
}

fn prepare_inference(inference: &mut Inference, policy: &Policy) {
    inference.id = pseudonym(&inference.id);
    for name in [
        &mut inference.unit,
        &mut inference.request_id,
        &mut inference.trace_id,
        &mut inference.span_id,
        &mut inference.parent_span_id,
    ] {
        *name = name.as_deref().map(pseudonym);
    }
    inference.model = redact(&inference.model).into_owned();
    inference.error_code = inference.error_code.as_deref().map(|code| redact(code).into_owned());
    inference.variant = inference.variant.as_deref().map(|variant| redact(variant).into_owned());
    let keep = |field: &str, value: &mut Option<Value>, most_bytes: usize| {
        // Cut first: what is dropped need not be looked at. The end of what is kept is looked at as it is.
        let given = value.take().map(|value| shorten(value, most_bytes));
        *value = given.and_then(|value| policy.value(field, value));
    };
    keep("input", &mut inference.input, LARGEST_TEXT_BYTES);
    keep("output", &mut inference.output, LARGEST_TEXT_BYTES);
    keep("tools", &mut inference.tools, LARGEST_EXTRA_BYTES);
    keep("metadata", &mut inference.metadata, LARGEST_EXTRA_BYTES);
    debug_assert!(policy.mode("input") != Mode::Drop || inference.input.is_none());
}

/// A value of at most so many bytes; of a larger one its beginning, as text.
fn shorten(value: Value, most_bytes: usize) -> Value {
    let text = value.to_string();
    if text.len() <= most_bytes {
        return value;
    }
    let beginning = match &value {
        Value::String(text) => text.as_str(),
        _ => text.as_str(),
    };
    // A secret that the cut goes through is no longer recognised: it is left out to its beginning.
    let cut = beginning.floor_char_boundary(most_bytes.min(beginning.len()));
    let kept = beginning.get(..cut).unwrap_or_default();
    let kept = kept.rsplit_once(char::is_whitespace).map_or("", |(whole, _)| whole);
    json!({ "truncated": true, "size_bytes": text.len(), "beginning": kept })
}

/// What names a user or a request as it is, unless it is personal: then a name that is the same each time and says
/// nothing.
fn pseudonym(name: &str) -> String {
    if matches!(redact(name), std::borrow::Cow::Borrowed(_)) {
        return name.to_owned();
    }
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
    use crate::{Source, Status};
    use domain::{Id, Kind};

    fn prepared(fill: impl FnOnce(&mut Inference)) -> Value {
        let team_id = Id::new(Kind::Team, 1, [0; 10]);
        let mut inference = Inference::new(team_id, Source::Ingest, "offline", Status::Ok);
        fill(&mut inference);
        let text = prepare(Event::Inference(Box::new(inference)), &Policy::default());
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
        assert_eq!(pseudonym("user-42"), "user-42");
    }

    #[test]
    fn what_is_large_is_cut_between_words() {
        let long = "word ".repeat(10_000);
        let event = prepared(|event| event.output = Some(Value::String(long)));
        assert_eq!(event["output"]["truncated"], true);
        assert_eq!(event["output"]["size_bytes"], 50_002);
        assert!(event["output"]["beginning"].as_str().unwrap().ends_with("word"));
    }

    #[test]
    fn the_character_that_cannot_be_stored_goes() {
        let event = prepared(|event| event.output = Some(json!({ "a\0": "b\0c \\u0000" })));
        assert_eq!(event["output"], json!({ "a": "bc \\u0000" }));
    }
}
