//! Bodies, read strictly.

use std::marker::PhantomData;

use axum::extract::{FromRequest, Request};
use domain::{Error, FieldError};
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use platform::serve::{BodyInterrupted, BodyTooLarge};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::Problem;

/// A JSON body. Types that are read from one say `deny_unknown_fields`, so that a typo is not silently ignored.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        if request.extensions().get::<BodyTooLarge>().is_some() {
            return Err(Problem::body_too_large());
        }
        if request.extensions().get::<BodyInterrupted>().is_some() {
            return Err(Problem::new(400, "invalid_json", "the body broke off"));
        }
        let media_type = request.headers().get(CONTENT_TYPE);
        if !media_type.is_none_or(|value| is_json(value.to_str().unwrap_or_default())) {
            return Err(Problem::new(415, "unsupported_media_type", "send application/json"));
        }
        let bytes = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
        let bytes = bytes.map_err(|_| Problem::new(400, "invalid_json", "the body broke off"))?;
        // A POST without a body is a POST with nothing to say.
        let bytes = if bytes.is_empty() { b"{}" } else { bytes.as_ref() };
        Ok(Self(read_json(bytes)?))
    }
}

/// A body with nothing in it: none, or an empty object. What somebody writes into one is not silently ignored.
pub struct NoBody;

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}

        let Body(Nothing {}) = Body::from_request(request, state).await?;
        Ok(Self)
    }
}

/// For fields that are not optional types: `null` means the default, as it does for those that are.
///
/// # Errors
/// What reading `T` refuses.
pub fn null_is_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A value inside of a body that is an object: serde would read a struct from an array as well, by position.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FromObject(PhantomData))
    }
}

struct FromObject<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FromObject<T> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// For a field that is an object: serde would read a struct from an array as well, by position.
///
/// # Errors
/// What reading `T` refuses, and an array.
pub fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

/// For a field that is a list of objects: see [`object`].
///
/// # Errors
/// What reading a `T` refuses, and an array in its place.
pub fn objects<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Vec::deserialize(deserializer).map(unwrapped)
}

/// The same where there may be no list.
///
/// # Errors
/// As [`objects`].
pub fn objects_if_any<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    Option::deserialize(deserializer).map(|list: Option<Vec<Object<T>>>| list.map(unwrapped))
}

fn unwrapped<T>(list: Vec<Object<T>>) -> Vec<T> {
    list.into_iter().map(|Object(value)| value).collect()
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Reads a JSON document.
///
/// # Errors
/// 400 `invalid_json` when it is not JSON, 422 `validation_failed` with the field's path when a value has the
/// wrong type, is missing or is not known.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde would read a struct's fields from an array by position: nobody means that.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(malformed(bytes).unwrap_or_else(not_an_object));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        // What is wrong with a value matters only once the whole body is known to be JSON.
        malformed(bytes).unwrap_or_else(|| explain(&error.path().to_string(), &error.into_inner()))
    })?;
    match reader.end() {
        Ok(()) => Ok(value),
        Err(error) => Err(not_json(&error)),
    }
}

fn not_an_object() -> Problem {
    Error::field("body", "invalid_type", "an object is expected").into()
}

/// The problem with a body that is not JSON; `None` when it is.
fn malformed(bytes: &[u8]) -> Option<Problem> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Some(Problem::new(400, "invalid_json", "the body is not UTF-8"));
    };
    serde_json::from_str::<serde::de::IgnoredAny>(text).err().map(|error| not_json(&error))
}

fn not_json(error: &serde_json::Error) -> Problem {
    Problem::new(400, "invalid_json", format!("the body is not JSON: {error}"))
}

fn explain(path: &str, error: &serde_json::Error) -> Problem {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(text, _)| text);
    let named = |prefix: &str| message.strip_prefix(prefix)?.split('`').next();
    let inside = |name: &str| {
        if path == "." || path.is_empty() || path.ends_with(name) {
            path_or(path, name)
        } else {
            format!("{path}.{name}")
        }
    };
    let (field, code) = if let Some(name) = named("unknown field `") {
        (inside(name), "unknown_field")
    } else if let Some(name) = named("missing field `") {
        (inside(name), "required")
    } else if let Some(name) = named("duplicate field `") {
        (inside(name), "duplicate_field")
    } else if message.starts_with("unknown variant") {
        (path.to_owned(), "unknown_value")
    } else {
        (path.to_owned(), "invalid_type")
    };
    let field = if field == "." { "body".to_owned() } else { field };
    Error::Validation(vec![FieldError::new(field, code, plain(message))]).into()
}

/// serde's message without the names that types have in this code.
fn plain(message: &str) -> String {
    let Some((found, expected)) = message.split_once(", expected ") else { return message.to_owned() };
    let expected = match expected {
        "a map" => "an object",
        "a sequence" => "an array",
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    };
    let found = found.replace("type: map", "type: object").replace("type: sequence", "type: array");
    format!("{found}, expected {expected}")
}

/// serde's path includes the unknown field's own name, and not a missing one's.
fn path_or(path: &str, name: &str) -> String {
    if path == "." || path.is_empty() { name.to_owned() } else { path.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only their names and types matter")]
    struct Outer {
        name: String,
        #[serde(default, deserialize_with = "objects")]
        inner: Vec<Inner>,
        #[serde(default, deserialize_with = "objects_if_any")]
        others: Option<Vec<Inner>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only their names and types matter")]
    struct Inner {
        weight: u32,
    }

    #[track_caller]
    fn check(body: &str, status: u16, field: &str, code: &str) {
        let problem = read_json::<Outer>(body.as_bytes()).unwrap_err();
        let document: serde_json::Value = serde_json::from_slice(&problem.document("r")).unwrap();
        assert_eq!(document["status"], status, "{document}");
        if status == 422 {
            assert_eq!(document["errors"][0]["field"], field, "{document}");
            assert_eq!(document["errors"][0]["code"], code, "{document}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        check("{", 400, "", "");
        check("", 400, "", "");
        check("{\"name\":\"a\"} x", 400, "", "");
        check("[]", 422, "body", "invalid_type");
        check("[", 400, "", "");
        check(r#"{"name":1,}"#, 400, "", "");
        check(r#"{"name":1} {}"#, 400, "", "");
        check(r#"{"name":"a"}x"#, 400, "", "");
        assert_eq!(read_json::<Outer>(b"{\"name\":1,\"x\":\"\xff\"}").unwrap_err().status(), 400);
        check("7", 422, "body", "invalid_type");
        check("{}", 422, "name", "required");
        check(r#"{"name":1}"#, 422, "name", "invalid_type");
        check(r#"{"name":"a","nmae":1}"#, 422, "nmae", "unknown_field");
        check(r#"{"name":"a","name":"b"}"#, 422, "name", "duplicate_field");
        check(r#"{"name":"a","inner":[{"weight":-1}]}"#, 422, "inner[0].weight", "invalid_type");
        check(r#"{"name":"a","inner":[{}]}"#, 422, "inner[0].weight", "required");
        check(r#"{"name":"a","inner":[[1]]}"#, 422, "inner[0]", "invalid_type");
        check(r#"{"name":"a","inner":null}"#, 422, "inner", "invalid_type");
        check(r#"{"name":"a","others":[{"weight":1},[1]]}"#, 422, "others[1]", "invalid_type");
        assert!(read_json::<Outer>(br#"{"name":"a","inner":[{"weight":1}],"others":null}"#).is_ok());
        check(r#"{"name":"a","inner":[{"weight":1,"x":1}]}"#, 422, "inner[0].x", "unknown_field");
    }

    #[test]
    fn what_is_expected_is_said_in_json_s_words() {
        let detail = |body: &str| {
            let problem = read_json::<Outer>(body.as_bytes()).unwrap_err();
            problem.errors().iter().map(|error| error.detail.clone()).collect::<String>()
        };
        assert_eq!(detail("7"), "invalid type: integer `7`, expected an object");
        assert_eq!(detail("[]"), "an object is expected");
        assert_eq!(detail(r#"{"name":{}}"#), "invalid type: object, expected a string");
        assert_eq!(detail(r#"{"name":"","inner":{}}"#), "invalid type: object, expected an array");
        let inner = |weight: &str| format!(r#"{{"name":"a","inner":[{{"weight":{weight}}}]}}"#);
        assert_eq!(detail(&inner("[]")), "invalid type: array, expected a whole number that is not negative");
    }

    #[test]
    fn null_is_what_is_not_said() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Choice {
            #[serde(default, deserialize_with = "null_is_default")]
            environment: domain::Environment,
        }
        let read = |body: &str| read_json::<Choice>(body.as_bytes()).map(|choice| choice.environment);
        assert_eq!(read(r#"{"environment":null}"#), read("{}"));
        assert_eq!(read(r#"{"environment":"staging"}"#), Ok(domain::Environment::Staging));
        assert!(read(r#"{"environment":"live"}"#).is_err());
    }
}
