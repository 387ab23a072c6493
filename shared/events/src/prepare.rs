//! What becomes of an event before it leaves the function: names that say nothing personal, and storable text.

use redaction::redact;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Event;

/// The event as it may leave: JSON text. What an inference holds besides names was redacted before.
pub(crate) fn prepare(mut event: Event) -> String {
    match &mut event {
        Event::Exposure(exposure) => {
            exposure.unit = pseudonym(&exposure.unit);
            exposure.request_id = pseudonym(&exposure.request_id);
        }
        Event::Inference(inference) => {
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
        }
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

/// What names a user or a request as it is, unless it is personal: then a name that is the same each time and says
/// nothing.
pub(crate) fn pseudonym(name: &str) -> String {
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
