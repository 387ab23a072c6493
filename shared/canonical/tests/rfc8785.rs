//! The test vectors of RFC 8785, and properties of hashes.

use canonical::{content_hash, imprecise_integer, to_canonical_json};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn check(json: &str, expected: &str) {
    let canonical = serde_json::from_str(json).ok().map(|value| to_canonical_json(&value));
    assert_eq!(canonical.as_deref(), Some(expected));
}

/// Section 3.2.2.
#[test]
fn primitive_values_are_spelled_as_in_the_rfc() {
    check(
        r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#,
        concat!(
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
            r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
        ),
    );
}

/// Section 3.2.3: by UTF-16 code units, an emoji comes before a Hebrew presentation form.
#[test]
fn keys_are_sorted_by_utf16_code_units() {
    check(
        r#"{
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\ud83d\ude00": "Emoji: Grinning Face",
            "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis"
        }"#,
        concat!(
            r#"{"\r":"Carriage Return","1":"One",""#,
            "\u{80}",
            r#"":"Control","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","#,
            r#""😀":"Emoji: Grinning Face",""#,
            "\u{fb33}",
            r#"":"Hebrew Letter Dalet With Dagesh"}"#
        ),
    );
}

/// `french.json` of the RFC's test data.
#[test]
fn keys_are_sorted_without_a_locale() {
    check(
        r#"{
            "peach": "This sorting order",
            "péché": "is wrong according to French",
            "pêche": "but canonicalization MUST",
            "sin":   "ignore locale"
        }"#,
        concat!(
            r#"{"peach":"This sorting order","péché":"is wrong according to French","#,
            r#""pêche":"but canonicalization MUST","sin":"ignore locale"}"#
        ),
    );
}

#[test]
fn arrays_keep_their_order_and_nesting() {
    check(r#"[ 56, { "d": true, "10": null, "1": [ ] } ]"#, r#"[56,{"1":[],"10":null,"d":true}]"#);
}

/// Appendix B: the bits of a double and its spelling.
#[test]
fn doubles_are_spelled_as_in_appendix_b() {
    for (bits, expected) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] {
        assert_eq!(to_canonical_json(&json!(f64::from_bits(bits))), expected);
    }
}

#[test]
fn spelling_does_not_change_the_hash() {
    let one = serde_json::from_str::<Value>(r#"{"a": 1.0, "b": "\u00e9"}"#).expect("JSON");
    let other = serde_json::from_str::<Value>(r#"{"b":"é","a":1e0}"#).expect("JSON");
    assert_eq!(content_hash(&one), content_hash(&other));
    assert_ne!(content_hash(&one), content_hash(&json!({ "a": "1", "b": "é" })));
    assert_ne!(content_hash(&json!("e\u{301}")), content_hash(&json!("\u{e9}")), "nothing is normalised");
}

#[test]
fn integers_that_a_double_rounds_are_found() {
    let safe = json!([0, -9_007_199_254_740_991_i64, 9_007_199_254_740_991_i64, 0.1, 1e300]);
    assert_eq!(imprecise_integer(&safe), None);
    let value = json!({ "a": { "b/c~d": [true, i64::MIN] } });
    assert_eq!(imprecise_integer(&value).as_deref(), Some("/a/b~1c~0d/1"));
    assert_eq!(imprecise_integer(&json!(u64::MAX)).as_deref(), Some(""));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        (-(1_i64 << 53) + 1..1 << 53).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|entries| Value::from(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_json_is_json_and_a_fixed_point(value in any_json()) {
        let canonical = to_canonical_json(&value);
        let parsed = serde_json::from_str::<Value>(&canonical).expect("canonical JSON is JSON");
        prop_assert_eq!(to_canonical_json(&parsed), canonical);
        prop_assert_eq!(content_hash(&parsed), content_hash(&value));
    }

    #[test]
    fn a_hash_is_64_lowercase_hexadecimal_digits(value in any_json()) {
        let hash = content_hash(&value);
        prop_assert_eq!(hash.len(), 64);
        prop_assert!(hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    }
}
