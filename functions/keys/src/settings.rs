//! What a team sets for itself: what becomes of personal data in its inferences and exports.

use axum::response::Response;
use domain::Error;
use edge::{Body, Call, Checks, Problem};
use redaction::{Mode, Policy};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{events, teams};

/// The body of `PUT /api/team/settings`, and what is shown of them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(deserialize_with = "edge::object")]
    redaction: Redaction,
}

/// A redaction policy, with the fields that exist by name: [`Policy::read`] takes any.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Redaction {
    mode: Mode,
    #[serde(deserialize_with = "edge::object")]
    fields: Fields,
    #[serde(deserialize_with = "edge::objects")]
    patterns: Vec<Pattern>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversations: Option<Mode>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    name: String,
    pattern: String,
}

pub(crate) async fn show(call: Call) -> Result<Response, Problem> {
    let stored = events::redaction(&call.database, call.team_id()).await?;
    edge::to_json_response(200, &Settings { redaction: in_force(stored) })
}

pub(crate) async fn put(call: Call, Body(input): Body<Settings>) -> Result<Response, Problem> {
    input.redaction.check()?;
    let mut stored = teams::set_settings(&call.database, &call.actor(), &input).await?;
    let stored = stored.get_mut("redaction").map(Value::take);
    edge::to_json_response(200, &Settings { redaction: in_force(stored) })
}

/// What cannot be read masks everything, as it does where events are redacted.
fn in_force(stored: Option<Value>) -> Redaction {
    stored.and_then(|stored| serde_json::from_value(stored).ok()).unwrap_or_default()
}

impl Redaction {
    fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::default();
        for (index, Pattern { name, pattern }) in self.patterns.iter().enumerate() {
            // One value at a time, so that the error names it: the other is one that passes.
            let refused = |name: &str, pattern: &str| {
                let policy = json!({ "patterns": [{ "name": name, "pattern": pattern }] });
                Policy::read(&policy).err().map(|error| error.0)
            };
            let field = |name: &str| format!("redaction.patterns[{index}].{name}");
            if let Some(detail) = refused(name, "x") {
                checks.refuse(field("name"), "invalid_format", detail);
            }
            if let Some(detail) = refused("given", pattern) {
                checks.refuse(field("pattern"), "invalid_format", detail);
            }
            checks.storable(&field("pattern"), pattern);
        }
        checks.finish()?;
        let policy = serde_json::to_value(self).map_err(|error| Error::Internal(error.to_string()))?;
        Policy::read(&policy)
            .map(|_| ())
            .map_err(|error| Error::field("redaction.patterns", "too_long", error.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(redaction: Value) -> Redaction {
        serde_json::from_value(redaction).unwrap()
    }

    #[test]
    fn what_was_never_set_or_cannot_be_read_masks() {
        let masks = json!({ "mode": "mask", "fields": {}, "patterns": [] });
        for stored in [None, Some(json!({ "mode": "hide" })), Some(json!({}))] {
            assert_eq!(json!(in_force(stored)), masks);
        }
        let stored = json!({ "mode": "off", "fields": { "user_id": "drop" }, "patterns": [] });
        assert_eq!(json!(in_force(Some(stored.clone()))), stored);
    }

    #[test]
    fn an_array_is_no_object() {
        for redaction in [
            json!([]),
            json!(["off", ["drop"], [["a", "x"]]]),
            json!({ "fields": ["drop"] }),
            json!({ "patterns": [["a", "x"]] }),
        ] {
            let body = json!({ "redaction": redaction }).to_string();
            let refused = edge::read_json::<Settings>(body.as_bytes());
            assert_eq!(refused.map(|_| ()).map_err(|problem| problem.status()), Err(422), "{body}");
        }
    }

    #[test]
    fn each_wrong_pattern_is_named() {
        let good = json!({ "name": "ticket", "pattern": "T-[0-9]{6}" });
        assert!(read(json!({ "patterns": [good] })).check().is_ok());
        let wrong = ["(a)\\1", "(?=a)a", "a*", "(", "a{1000}{1000}", "x\0"];
        for pattern in wrong {
            let patterns = json!([good, { "name": "Bad", "pattern": pattern }]);
            let Err(Error::Validation(errors)) = read(json!({ "patterns": patterns })).check() else {
                panic!("{pattern}")
            };
            let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(fields, ["redaction.patterns[1].name", "redaction.patterns[1].pattern"], "{pattern}");
        }
        for (pattern, detail) in
            [("a*", "the pattern given also matches an empty text"), ("(", "the pattern given: ")]
        {
            let Err(Error::Validation(errors)) =
                read(json!({ "patterns": [{ "name": "x", "pattern": pattern }] })).check()
            else {
                panic!("{pattern}")
            };
            assert!(errors.first().unwrap().detail.starts_with(detail), "{errors:?}");
        }
        let Err(Error::Validation(errors)) = read(json!({ "patterns": vec![good; 21] })).check() else {
            panic!("21 patterns")
        };
        assert_eq!(errors.first().unwrap().field, "redaction.patterns");
    }
}
