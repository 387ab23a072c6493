//! From JSON to the text that takes a variable's place.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The text of a value: a string as it is, numbers and booleans as JSON, `null` as the empty string, arrays
/// and objects as compact JSON, with sorted keys.
///
/// `null` is a value: a variable that is `null` is not missing.
///
/// ```
/// use serde_json::json;
/// use templates::value_to_text;
///
/// assert_eq!(value_to_text(&json!("a \"b\"")), "a \"b\"");
/// assert_eq!(value_to_text(&json!(1.50)), "1.5");
/// assert_eq!(value_to_text(&json!(null)), "");
/// assert_eq!(value_to_text(&json!({ "b": 0, "a": [1, true] })), r#"{"a":[1,true],"b":0}"#);
/// ```
pub fn value_to_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed(""),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => Cow::Owned(value.to_string()),
    }
}

/// Whether a value has a whole number that may not be what was sent. JSON's numbers have as many digits as one likes;
/// what 64 bits do not hold is read as the double next to it. Fractions are doubles, as in most languages.
///
/// ```
/// let value = |json: &str| serde_json::from_str(json).unwrap();
/// assert!(templates::is_rounded(&value(r#"{ "ids": [123456789012345678901234567890] }"#)));
/// assert!(!templates::is_rounded(&value("[18446744073709551615, -9223372036854775808, 0.1, 1e3]")));
/// assert!(templates::is_rounded(&value("-9223372036854775809")));
/// ```
pub fn is_rounded(value: &Value) -> bool {
    const BITS_64: f64 = 18_446_744_073_709_551_616.0;
    match value {
        // One that is the lower bound would be an integer: another was rounded to it.
        Value::Number(number) => {
            let fits = |number: f64| -BITS_64 / 2.0 < number && number < BITS_64;
            number.is_f64() && number.as_f64().is_some_and(|number| !fits(number))
        }
        Value::Array(items) => items.iter().any(is_rounded),
        Value::Object(entries) => entries.values().any(is_rounded),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Finds the value of a name: the key that equals it, else the path through nested objects that its dots
/// describe.
///
/// ```
/// use serde_json::json;
///
/// let variables = json!({ "user": { "name": "nested", "id": 7 }, "user.name": "literal" });
/// let variables = variables.as_object().unwrap();
/// assert_eq!(templates::lookup(variables, "user.name"), Some(&json!("literal")));
/// assert_eq!(templates::lookup(variables, "user.id"), Some(&json!(7)));
/// assert_eq!(templates::lookup(variables, "user.age"), None);
/// ```
pub fn lookup<'values>(variables: &'values Map<String, Value>, name: &str) -> Option<&'values Value> {
    variables.get(name).or_else(|| lookup_path(variables, name))
}

fn lookup_path<'values>(variables: &'values Map<String, Value>, path: &str) -> Option<&'values Value> {
    let (parents, key) = path.rsplit_once('.')?;
    let object = parents.split('.').try_fold(variables, |object, key| object.get(key)?.as_object())?;
    object.get(key)
}
