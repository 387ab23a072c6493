//! Differences of JSON values.

use serde_json::{Value, json};
use textdiff::{Status, diff_value};

fn check(from: &Value, to: &Value, expected: &Value) {
    let diff = diff_value(Some(from), Some(to));
    assert_eq!(&json!(diff.changes), expected);
    let expected_status = if diff.changes.is_empty() { Status::Unchanged } else { Status::Changed };
    assert_eq!(diff.status, expected_status);
}

#[test]
fn equal_values_have_no_changes() {
    for value in [json!(null), json!(1), json!({ "a": [1, { "b": "é" }] })] {
        check(&value, &value, &json!([]));
    }
    check(&json!({ "a": 1, "b": 1e3 }), &json!({ "b": 1000, "a": 1.0 }), &json!([]));
    assert_eq!(diff_value(None, None).status, Status::Unchanged);
}

#[test]
fn each_changed_path_is_listed_once() {
    check(
        &json!({ "keep": 1, "gone": { "a": 1 }, "nested": { "x": [1, 2, 3], "a/b~c": 1 }, "kind": [] }),
        &json!({ "keep": 1, "new": null, "nested": { "x": [1, 9], "a/b~c": 2 }, "kind": {} }),
        &json!([
            { "path": "/gone", "status": "removed", "from": { "a": 1 } },
            { "path": "/kind", "status": "changed", "from": [], "to": {} },
            { "path": "/nested/a~1b~0c", "status": "changed", "from": 1, "to": 2 },
            { "path": "/nested/x/1", "status": "changed", "from": 2, "to": 9 },
            { "path": "/nested/x/2", "status": "removed", "from": 3 },
            { "path": "/new", "status": "added", "to": null },
        ]),
    );
}

#[test]
fn absent_is_not_null() {
    let null = json!(null);
    let added = json!({ "status": "added", "changes": [{ "path": "", "status": "added", "to": null }] });
    assert_eq!(json!(diff_value(None, Some(&null))), added);
    let diff = diff_value(Some(&null), None);
    assert_eq!((diff.status, diff.changes.len()), (Status::Removed, 1));
}
