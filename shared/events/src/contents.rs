//! What people and models said, as much of it as may leave the function.

use redaction::{Mode, Policy};
use serde_json::{Value, json};

use crate::Inference;
use crate::prepare::pseudonym;

/// How much is kept of what a model was asked and what it answered, and of the rest, in bytes of JSON.
const LARGEST_TEXT_BYTES: usize = 16_000;
const LARGEST_EXTRA_BYTES: usize = 8_000;

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

    #[test]
    fn the_character_that_cannot_be_stored_goes() {
        let event = prepared(|event| event.output = Some(json!({ "a\0": "b\0c \\u0000" })));
        assert_eq!(event["output"], json!({ "a": "bc \\u0000" }));
    }
}
