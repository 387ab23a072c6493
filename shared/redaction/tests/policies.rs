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
    assert_eq!(policy.text("output", "a"), None);
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
        json!({"patterns": [{"name": "a", "pattern": "(a)\\1"}]}),
        json!({"mode": "hide"}),
        json!({"colour": "red"}),
    ] {
        assert!(Policy::read(&settings).is_err(), "{settings}");
    }
}
