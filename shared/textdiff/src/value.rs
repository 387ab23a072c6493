//! Compares two JSON values path by path.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::Status;

/// The difference of two JSON values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueDiff<'value> {
    /// What became of the value as a whole.
    pub status: Status,
    /// The changed paths, keys in alphabetical order; empty when nothing changed.
    pub changes: Vec<ValueChange<'value>>,
}

/// A path at which two values differ, and no shorter one does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueChange<'value> {
    /// A JSON Pointer (RFC 6901); the empty string is the whole value.
    pub path: String,
    /// `added`, `removed` or `changed`.
    pub status: Status,
    /// The value on the first side, left out of JSON when it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'value Value>,
    /// The value on the second side, left out of JSON when it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<&'value Value>,
}

/// Compares two JSON values; `None` is a value that is absent, which `null` is not.
///
/// Objects are compared key by key and arrays place by place. Numbers are equal when their doubles are, as in
/// the content hash of a version: `1` is `1.0`.
///
/// ```
/// use serde_json::json;
/// use textdiff::{Status, diff_value};
///
/// let from = json!({ "seed": 1, "stop": ["a"] });
/// let to = json!({ "seed": 1.0, "stop": ["a", "b"] });
/// let diff = diff_value(Some(&from), Some(&to));
/// assert_eq!(diff.status, Status::Changed);
/// assert_eq!(diff.changes.len(), 1);
/// assert_eq!((diff.changes[0].path.as_str(), diff.changes[0].status), ("/stop/1", Status::Added));
/// ```
pub fn diff_value<'value>(from: Option<&'value Value>, to: Option<&'value Value>) -> ValueDiff<'value> {
    let mut changes = Vec::new();
    collect(String::new(), from, to, &mut changes);
    let status = Status::of(from, to, |_, _| changes.is_empty());
    ValueDiff { status, changes }
}

fn collect<'value>(
    path: String,
    from: Option<&'value Value>,
    to: Option<&'value Value>,
    changes: &mut Vec<ValueChange<'value>>,
) {
    match (from, to) {
        (Some(Value::Object(from)), Some(Value::Object(to))) => collect_entries(&path, from, to, changes),
        (Some(Value::Array(from)), Some(Value::Array(to))) => {
            for index in 0..from.len().max(to.len()) {
                collect(format!("{path}/{index}"), from.get(index), to.get(index), changes);
            }
        }
        _ => match Status::of(from, to, is_same_leaf) {
            Status::Unchanged => {}
            status => changes.push(ValueChange { path, status, from, to }),
        },
    }
}

fn collect_entries<'value>(
    path: &str,
    from: &'value Map<String, Value>,
    to: &'value Map<String, Value>,
    changes: &mut Vec<ValueChange<'value>>,
) {
    let keys = from.keys().chain(to.keys()).collect::<BTreeSet<_>>();
    for key in keys {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        collect(format!("{path}/{escaped}"), from.get(key), to.get(key), changes);
    }
}

fn is_same_leaf(from: &Value, to: &Value) -> bool {
    match (from, to) {
        (Value::Number(from), Value::Number(to)) => from.as_f64() == to.as_f64(),
        _ => from == to,
    }
}
