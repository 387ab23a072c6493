//! What teams can set.

// It is true anyway; clippy lets what stands under it unwrap.
#![cfg(test)]

use redaction::{Mode, Policy};
use serde_json::json;

#[test]
fn fields_are_masked_kept_or_dropped() {
    let policy = Policy::read(&json!({"fields": {"input": "off", "output": "drop"}})).unwrap();
    let value = json!({"to": ["jane@example.com"], "jane@example.com": 4_111_111_111_111_111_u64, "n": 7});
    assert_eq!(policy.value("input", value.clone()), Some(value.clone()));
    assert_eq!(policy.value("output", value.clone()), None);
    assert_eq!(
        policy.value("metadata", value),
        Some(json!({"to": ["[email]"], "[email]": "[card]", "n": 7}))
    );
    assert_eq!(policy.mode("tools"), Mode::Mask);
}

#[test]
fn a_team_has_patterns_of_its_own() {
    let settings = json!({"patterns": [{"name": "ticket", "pattern": "T-[0-9]{6}"}]});
    let policy = Policy::read(&settings).unwrap();
    assert_eq!(policy.mask("T-123456 of jane@example.com"), "[ticket] of [email]");
    for settings in [
        json!({"patterns": [{"name": "Bad name", "pattern": "a"}]}),
        json!({"patterns": [{"name": "a", "pattern": "("}]}),
        json!({"patterns": [{"name": "a", "pattern": "a*"}]}),
        json!({"patterns": [{"name": "a", "pattern": "\\b"}]}),
        json!({"patterns": [{"name": "a", "pattern": "\\B"}]}),
        json!({"patterns": [{"name": "a", "pattern": "(?m)$"}]}),
        json!({"patterns": [{"name": "a", "pattern": "x|^"}]}),
        json!({"patterns": [{"name": "a", "pattern": "x|\\b$"}]}),
        json!({"patterns": [{"name": "a", "pattern": "x|^\\B"}]}),
        json!({"patterns": [{"name": "a", "pattern": "é".repeat(501)}]}),
        json!({"patterns": [{"name": "a", "pattern": "(a)\\1"}]}),
        json!({"mode": "hide"}),
        json!({"colour": "red"}),
    ] {
        assert!(Policy::read(&settings).is_err(), "{settings}");
    }
}

#[test]
fn a_text_is_not_cut_within_what_is_personal() {
    let settings = json!({"patterns": [{"name": "ticket", "pattern": "T-[0-9]{6}"}, {"name": "case", "pattern": "case T-"}]});
    let policy = Policy::read(&settings).unwrap();
    assert_eq!(policy.beginning("to jane@example.com", 10), "to");
    assert_eq!(policy.beginning("jane@example.com, T-123456", 16), "jane@example.com");
    assert_eq!(policy.beginning("jane@example.com, T-123456", 20), "jane@example.com,");
    assert_eq!(policy.beginning("my case T-123456", 10), "my");
    assert_eq!(policy.beginning("ünter uns", 4), "ünte");
    assert_eq!(policy.beginning("short", 5), "short");
    assert_eq!(policy.beginning("T-123456", 3), "");
}

#[test]
fn names_that_become_the_same_stay_apart() {
    let policy = Policy::default();
    let value = json!({"a@x.de": 1, "b@x.de": {"c@x.de": 2}, "d@x.de": 3, "[email] 2": 4});
    let masked = policy.value("metadata", value).unwrap();
    let mut values: Vec<String> = masked.as_object().unwrap().values().map(ToString::to_string).collect();
    values.sort();
    assert_eq!(values, ["1", "3", "4", r#"{"[email]":2}"#]);
    assert!(!masked.to_string().contains('@'), "{masked}");
}
