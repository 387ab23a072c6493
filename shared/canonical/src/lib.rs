#![doc = include_str!("../README.md")]

use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

/// The largest magnitude up to which every whole number is its own double, 2⁵³ − 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The canonical spelling of a value.
///
/// ```
/// let value = serde_json::from_str(r#"{ "z": [1E30, 4.50], "a": "\u0041" }"#).unwrap();
/// assert_eq!(canonical::to_canonical_json(&value), r#"{"a":"A","z":[1e+30,4.5]}"#);
/// ```
pub fn to_canonical_json(value: &Value) -> String {
    // Canonicalisation fails on a key that is no string and on a number that is not finite; a `Value` holds
    // neither. Its plain spelling stands in, because nothing may panic at the edge.
    serde_json_canonicalizer::to_string(value).unwrap_or_else(|_| value.to_string())
}

/// SHA-256 of the canonical spelling in UTF-8, as 64 lowercase hexadecimal digits.
pub fn content_hash(value: &Value) -> String {
    hex::encode(Sha256::digest(to_canonical_json(value)))
}

/// The JSON Pointer (RFC 6901) of the first integer beyond ±(2⁵³ − 1), which a double may not hold exactly.
///
/// ```
/// use serde_json::json;
///
/// assert_eq!(canonical::imprecise_integer(&json!({ "seed": 9_007_199_254_740_991_u64 })), None);
/// let value = json!({ "seeds": [1, 9_007_199_254_740_993_u64] });
/// assert_eq!(canonical::imprecise_integer(&value).as_deref(), Some("/seeds/1"));
/// ```
pub fn imprecise_integer(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => is_imprecise(number).then(String::new),
        Value::Array(items) => {
            let mut pairs = items.iter().enumerate();
            pairs.find_map(|(index, item)| Some(format!("/{index}{}", imprecise_integer(item)?)))
        }
        Value::Object(entries) => entries.iter().find_map(|(key, entry)| {
            let inner = imprecise_integer(entry)?;
            Some(format!("/{}{inner}", key.replace('~', "~0").replace('/', "~1")))
        }),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

fn is_imprecise(number: &Number) -> bool {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    magnitude.is_some_and(|magnitude| magnitude > MAX_SAFE_INTEGER)
}
