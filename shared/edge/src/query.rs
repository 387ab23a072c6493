//! Query strings, read strictly.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use domain::{Error, FieldError};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Problem;

/// The query string's parameters. Types say `deny_unknown_fields`; every field is optional text or a number. One with an
/// empty value says as much as one that is not there: forms and `?from=&to=` send such.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        read_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// The text that a name or a value of a query stands for; `None` when its bytes are not UTF-8. Decoded in one pass, for
/// the hot path.
pub fn decode_component(written: &str) -> Option<Cow<'_, str>> {
    if !written.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(written));
    }
    // Nothing grows: a push that may have to is a call.
    let mut bytes = vec![0; written.len()];
    let mut length = 0;
    let mut rest = written.as_bytes();
    for place in &mut bytes {
        let Some((&byte, after)) = rest.split_first() else { break };
        rest = after;
        length += 1;
        *place = match (byte, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, beyond @ ..]) => match (hex_digit(*high), hex_digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = beyond;
                    high << 4 | low
                }
                _ => byte,
            },
            _ => byte,
        };
    }
    bytes.truncate(length);
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// What is said of a part of a query that is no text.
pub fn not_utf8(name: &str) -> FieldError {
    FieldError::new(name.to_owned(), "invalid_format", "percent-encoded UTF-8")
}

fn read_query<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    let says_something = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.is_empty());
    let text: Vec<&str> = text.split('&').filter(says_something).collect();
    if let Some(pair) = text.iter().find(|pair| decode_component(pair).is_none()) {
        let name = pair.split('=').next().unwrap_or_default();
        return Err(Error::Validation(vec![not_utf8(name)]).into());
    }
    let text = text.join("&");
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().to_string();
        let named = |prefix: &str| message.strip_prefix(prefix)?.split('`').next();
        let (field, code) = if let Some(name) = named("unknown field `") {
            (name, "unknown_field")
        } else if let Some(name) = named("missing field `") {
            (name, "required")
        } else if let Some(name) = named("duplicate field `") {
            (name, "duplicate_field")
        } else if message.starts_with("unknown variant") {
            (path.as_str(), "unknown_value")
        } else {
            (path.as_str(), "invalid_type")
        };
        Error::Validation(vec![FieldError::new(field, code, message.clone())]).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Environment;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        name: String,
        environment: Option<Environment>,
        limit: Option<u32>,
    }

    #[track_caller]
    fn check(text: &str, field: &str, code: &str) {
        let problem = read_query::<Wanted>(text).unwrap_err();
        let document: serde_json::Value = serde_json::from_slice(&problem.document("r")).unwrap();
        assert_eq!(document["status"], 422);
        assert_eq!(
            (&document["errors"][0]["field"], &document["errors"][0]["code"]),
            (&field.into(), &code.into())
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_name() {
        check("", "name", "required");
        check("name=&limit=3", "name", "required");
        check("name=a&nmae=b", "nmae", "unknown_field");
        check("name=a&name=b", "name", "duplicate_field");
        check("name=a&environment=live", "environment", "unknown_value");
        check("name=a&limit=-1", "limit", "invalid_type");
        let wanted = read_query::<Wanted>("name=%C3%A4+b&environment=staging&limit=3").unwrap();
        assert_eq!(wanted.name, "ä b");
        assert_eq!((wanted.environment, wanted.limit), (Some(Environment::Staging), Some(3)));
    }

    #[test]
    fn a_component_is_decoded_as_browsers_encode_it() {
        for written in [
            "",
            "a",
            "a+b",
            "%",
            "%4",
            "%zz",
            "%C3%a4",
            "a%2",
            "%25%41",
            "%%41",
            "%e2%82%ac+%F0%9F%A6%80",
            "ä+ö",
        ] {
            let expected: Vec<_> = form_urlencoded::parse(written.as_bytes()).collect();
            let expected = expected.first().map_or("", |(name, _)| name);
            assert_eq!(decode_component(written).as_deref(), Some(expected), "{written}");
        }
        for written in ["%ff", "a%C3", "%ED%A0%80"] {
            assert_eq!(decode_component(written), None, "{written}");
        }
        check("name=a%ff", "name", "invalid_format");
        check("%ff=a", "%ff", "invalid_format");
    }

    #[test]
    fn an_empty_value_says_nothing() {
        for text in
            ["name=a", "name=a&environment=&limit=", "&&limit&name=a&", "=&name=&name=a", "nmae=&name=a"]
        {
            let wanted = read_query::<Wanted>(text).unwrap();
            assert_eq!((wanted.name.as_str(), wanted.environment, wanted.limit), ("a", None, None), "{text}");
        }
        assert_eq!(read_query::<Wanted>("name=a=&limit=3").unwrap().name, "a=");
    }
}
