//! What a caller says, in a query or in a body.

use std::borrow::Cow;

use domain::{Environment, Error, FieldError, Id, Kind};
use edge::Problem;
use resolution::{Place, Request, Variables};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use templates::Texts;

const LONGEST_USER_ID: usize = 256;

/// The input of one resolution.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    /// Only where several are resolved: one alone is named by its path.
    #[serde(default, alias = "prompt_id", alias = "name")]
    prompt: Option<String>,
    #[serde(default, alias = "env", deserialize_with = "environment")]
    environment: Environment,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    version: Option<Version>,
    #[serde(default, deserialize_with = "edge::null_is_default")]
    strict: bool,
    /// In place of the variables, where a query has nothing but texts.
    #[serde(skip)]
    texts: Option<Texts>,
    #[serde(skip)]
    none: Map<String, Value>,
}

/// An environment; null and the empty text are what is not said.
fn environment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Environment, D::Error> {
    let name = Option::<String>::deserialize(deserializer)?.filter(|name| !name.is_empty());
    name.map_or(Ok(Environment::default()), Environment::try_from).map_err(serde::de::Error::custom)
}

/// A version by number, or by id or pointer.
#[derive(Debug)]
enum Version {
    Number(u32),
    Selector(String),
}

/// By hand: serde's untagged enums are read into memory first, with code of their own.
impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;

        impl Visitor<'_> for NumberOrText {
            type Value = Version;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a version's number or id, staging, production or latest")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Version, E> {
                let number = u32::try_from(number);
                number.map(Version::Number).map_err(|_| E::custom("no version has such a number"))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Version, E> {
                Ok(Version::Selector(text.to_owned()))
            }
        }

        deserializer.deserialize_any(NumberOrText)
    }
}

/// The same in a query string, where everything is text, and an empty text is what is not said.
#[derive(Default)]
struct InputQuery<'a> {
    env: Option<Cow<'a, str>>,
    user_id: Option<Cow<'a, str>>,
    variables: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    strict: Option<Cow<'a, str>>,
}

impl<'a> InputQuery<'a> {
    /// By hand: what serde makes of it took a fifth of the work on the hot path.
    fn read(query: &'a str) -> Result<Self, Error> {
        let mut read = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (edge::decode_component(name), edge::decode_component(value))
            else {
                return Err(Error::Validation(vec![edge::not_utf8(name)]));
            };
            let field = match &*name {
                "env" | "environment" => &mut read.env,
                "user_id" => &mut read.user_id,
                "variables" => &mut read.variables,
                "version" => &mut read.version,
                "strict" => &mut read.strict,
                _ => {
                    let detail = "one of env, user_id, variables, version and strict";
                    return Err(Error::field(name, "unknown_field", detail));
                }
            };
            if field.replace(value).is_some() {
                return Err(Error::field(name, "duplicate_field", "once"));
            }
        }
        Ok(read)
    }
}

impl Input {
    /// Reads a query string.
    pub(crate) fn from_query(text: &str) -> Result<Self, Problem> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let query = InputQuery::read(text)?;
        let mut errors = Vec::new();
        let environment = match query.env.as_deref() {
            None | Some("") => Environment::default(),
            Some(name) => Environment::parse(name).unwrap_or_else(|| {
                errors.push(FieldError::new("env", "unknown_value", "staging or production"));
                Environment::default()
            }),
        };
        let strict = match query.strict.as_deref() {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            // `?strict` says so, `?strict=` says nothing.
            Some("") => text.split('&').any(|pair| pair == "strict"),
            Some(_) => {
                errors.push(FieldError::new("strict", "invalid_type", "true or false"));
                false
            }
        };
        let (mut variables, mut texts) = (None, None);
        if let Some(text) = query.variables.filter(|text| !matches!(&**text, "" | "null")) {
            match Texts::read(text.into_owned()) {
                Ok(read) => texts = Some(read),
                Err(text) => match serde_json::from_str(&text) {
                    Ok(read) => variables = Some(read),
                    Err(error) => {
                        let detail = format!("a JSON object: {error}");
                        errors.push(FieldError::new("variables", "invalid_type", detail));
                    }
                },
            }
        }
        if !errors.is_empty() {
            return Err(Error::Validation(errors).into());
        }
        let version = query.version.map(|version| Version::Selector(version.into_owned()));
        let user_id = query.user_id.map(Cow::into_owned);
        Ok(Self { environment, user_id, variables, version, strict, texts, ..Self::default() }.checked()?)
    }

    /// Reads the body of a request for one prompt.
    pub(crate) fn from_body(json: &[u8]) -> Result<Self, Problem> {
        let input: Self = edge::read_json(json)?;
        if input.prompt.is_some() {
            return Err(Error::field("prompt", "unknown_field", "the path names the prompt").into());
        }
        Ok(input.checked()?)
    }

    /// Reads one of several requests, and the prompt that it is for.
    pub(crate) fn from_batch(json: &[u8]) -> Result<(String, Self), Problem> {
        let mut input: Self = edge::read_json(json)?;
        let Some(prompt) = input.prompt.take() else {
            return Err(Error::field("prompt", "required", "a prompt's id or name").into());
        };
        Ok((prompt, input.checked()?))
    }

    /// Forgets empty texts, which are what is not said, and refuses what no type refuses.
    fn checked(mut self) -> Result<Self, Error> {
        self.user_id = self.user_id.filter(|user_id| !user_id.is_empty());
        self.version =
            self.version.filter(|version| !matches!(version, Version::Selector(text) if text.is_empty()));
        let mut errors = Vec::new();
        if self.user_id.as_ref().is_some_and(|user_id| user_id.len() > LONGEST_USER_ID) {
            let detail = format!("at most {LONGEST_USER_ID} bytes");
            errors.push(FieldError::new("user_id", "too_long", detail));
        }
        if let Some(Version::Selector(selector)) = &self.version
            && !is_selector(selector)
        {
            let detail = "a version's number or id, staging, production or latest";
            errors.push(FieldError::new("version", "invalid_format", detail));
        }
        if errors.is_empty() { Ok(self) } else { Err(Error::Validation(errors)) }
    }

    /// Where to look for `prompt`.
    pub(crate) fn place(&self, team_id: Id, prompt: String) -> Place {
        let version = match &self.version {
            None => None,
            Some(Version::Number(number)) => Some(number.to_string()),
            Some(Version::Selector(selector)) => Some(selector.clone()),
        };
        Place { team_id, reference: prompt, environment: self.environment, version }
    }

    /// What to fill in.
    pub(crate) fn request(&self) -> Request<'_> {
        let variables = match &self.texts {
            Some(texts) => Variables::Texts(texts),
            None => Variables::Map(self.variables.as_ref().unwrap_or(&self.none)),
        };
        Request { user_id: self.user_id.as_deref(), variables }
    }

    /// Whether a variable without a value is an error.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }
}

fn is_selector(text: &str) -> bool {
    matches!(text, "staging" | "production" | "latest")
        || text.parse::<u32>().is_ok()
        || Kind::Version.matches(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(query: &str, field: &str) {
        let problem = Input::from_query(query).unwrap_err();
        let document: Value = serde_json::from_slice(&problem.document("r")).unwrap();
        assert_eq!((&document["status"], &document["errors"][0]["field"]), (&422.into(), &field.into()));
    }

    #[test]
    fn a_query_says_the_same_as_a_body() {
        let query = "env=staging&user_id=u%201&variables=%7B%22a%22%3A1%7D&version=3&strict=true";
        let input = Input::from_query(query).unwrap();
        assert_eq!(input.environment, Environment::Staging);
        assert_eq!(input.request().user_id, Some("u 1"));
        assert_eq!(input.variables.as_ref().unwrap()["a"], 1);
        let plain = Input::from_query("variables=%7B%22a%22:%22b+c%22%7D").unwrap();
        assert_eq!(plain.texts.as_ref().unwrap().get("a"), Some("b c"));
        assert!(input.is_strict());
        let body =
            r#"{"environment":"staging","user_id":"u 1","variables":{"a":1},"version":3,"strict":true}"#;
        let other: Input = serde_json::from_str(body).unwrap();
        let team = Id::new(Kind::Team, 0, [0; 10]);
        assert_eq!(input.place(team.clone(), "p".into()), other.place(team, "p".into()));
    }

    #[test]
    fn what_is_empty_is_what_is_not_said() {
        let query = Input::from_query("env=&user_id=&variables=&version=&strict=").unwrap();
        let body = Input::from_body(br#"{"environment":"","user_id":"","version":""}"#).unwrap();
        let (_, of_batch) = Input::from_batch(br#"{"prompt":"a","version":"","env":""}"#).unwrap();
        let null = Input::from_query("variables=null").unwrap();
        for input in [query, body, of_batch, null] {
            assert!(input.version.is_none() && input.user_id.is_none(), "{input:?}");
            assert!(input.environment == Environment::Production && !input.strict, "{input:?}");
            assert!(input.variables.is_none() && input.texts.is_none(), "{input:?}");
        }
        assert!(Input::from_query("user_id=u&strict").unwrap().strict);
    }

    #[test]
    fn only_a_batch_names_prompts() {
        for member in ["prompt", "prompt_id", "name"] {
            let json = format!(r#"{{"{member}":"a","strict":true}}"#);
            assert!(Input::from_body(json.as_bytes()).is_err());
            let (prompt, input) = Input::from_batch(json.as_bytes()).unwrap();
            assert!(prompt == "a" && input.strict);
        }
        assert!(Input::from_body(b"{}").is_ok() && Input::from_batch(b"{}").is_err());
        assert!(Input::from_batch(br#"{"prompt":"a","name":"a"}"#).is_err(), "one of them");
    }

    #[test]
    fn what_is_wrong_is_named() {
        refused("env=live", "env");
        refused("environment=live", "env");
        refused("variables=%5B%5D", "variables");
        refused("variables=%7B", "variables");
        refused("version=newest", "version");
        refused("strict=maybe", "strict");
        refused("usr=1", "usr");
        refused("user_id=%ff", "user_id");
        refused("strict=1&strict=0", "strict");
        refused(&format!("user_id={}", "a".repeat(257)), "user_id");
    }
}
