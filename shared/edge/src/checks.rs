//! Validation that says everything that is wrong at once.

use std::fmt::Display;
use std::ops::RangeInclusive;

use chrono::DateTime;
use domain::{Error, FieldError, Id, Kind};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Collects what is wrong with the fields of an input.
///
/// ```
/// let mut checks = edge::Checks::default();
/// checks.text("title", "", 1..=200);
/// checks.number("temperature", 2.5, 0.0..=2.0);
/// let Err(domain::Error::Validation(errors)) = checks.finish() else { panic!() };
/// assert_eq!(errors[0].code, "too_short");
/// assert_eq!(errors[1].detail, "from 0 to 2");
/// ```
#[derive(Debug, Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    /// Notes that a field is wrong.
    pub fn refuse(&mut self, field: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.0.push(FieldError::new(field, code, detail));
    }

    /// A text of so many characters, all of which can be stored.
    pub fn text(&mut self, field: &str, text: &str, characters: RangeInclusive<usize>) {
        let (fewest, most) = (*characters.start(), *characters.end());
        let count = text.chars().count();
        if count < fewest {
            self.refuse(field, "too_short", format!("at least {fewest} characters"));
        }
        if count > most {
            self.refuse(field, "too_long", format!("at most {most} characters"));
        }
        self.storable(field, text);
    }

    /// A name that people give: not only spaces, and on one line.
    pub fn title(&mut self, field: &str, text: &str, most: usize) {
        self.text(field, text, 1..=most);
        if !text.is_empty() && text.trim().is_empty() {
            self.refuse(field, "too_short", "not only spaces");
        }
        if text.chars().any(|character| character.is_control() && character != '\0') {
            self.refuse(field, "invalid_character", "no line breaks and no control characters");
        }
    }

    /// A text of any length that the database can keep.
    pub fn storable(&mut self, field: &str, text: &str) {
        if text.contains('\0') {
            self.refuse(field, "invalid_character", "the character U+0000 cannot be stored");
        }
    }

    /// A number within bounds.
    pub fn number<N: PartialOrd + Display>(&mut self, field: &str, number: N, range: RangeInclusive<N>) {
        if !range.contains(&number) {
            let detail = format!("from {} to {}", range.start(), range.end());
            self.refuse(field, "out_of_range", detail);
        }
    }

    /// A list of so many entries.
    pub fn count(&mut self, field: &str, count: usize, range: RangeInclusive<usize>) {
        if count < *range.start() {
            self.refuse(field, "too_short", format!("at least {} entries", range.start()));
        }
        if count > *range.end() {
            self.refuse(field, "too_long", format!("at most {} entries", range.end()));
        }
    }

    /// An id of this kind.
    pub fn id(&mut self, field: &str, text: &str, kind: Kind) {
        if Id::parse(kind, text).is_err() {
            let detail = format!("an id that begins with {}_", kind.prefix());
            self.refuse(field, "invalid_format", detail);
        }
    }

    /// A time, in milliseconds since the Unix epoch; none when it is absent or wrong.
    pub fn time(&mut self, field: &str, text: Option<&str>) -> Option<i64> {
        let time = DateTime::parse_from_rfc3339(text?);
        if time.is_err() {
            let detail = "a time as in RFC 3339: 2026-11-21T09:30:00Z";
            self.refuse(field, "invalid_format", detail);
        }
        time.ok().map(|time| time.timestamp_millis())
    }

    /// One of several names; `default` when it is absent or wrong.
    pub fn choice<T>(
        &mut self,
        field: &str,
        name: Option<&str>,
        default: T,
        parse: impl FnOnce(&str) -> Option<T>,
        names: &[&str],
    ) -> T {
        let Some(name) = name else { return default };
        parse(name).unwrap_or_else(|| {
            self.refuse(field, "unknown_value", format!("one of: {}", names.join(", ")));
            default
        })
    }

    /// Whatever the caller likes, of at most so many bytes of JSON.
    pub fn object(&mut self, field: &str, object: &Map<String, Value>, most_bytes: usize) {
        let size_bytes = serde_json::to_string(object).map_or(0, |text| text.len());
        if size_bytes > most_bytes {
            self.refuse(field, "too_long", format!("at most {most_bytes} bytes of JSON"));
        }
        self.storable_entries(field, object);
    }

    fn storable_entries(&mut self, field: &str, object: &Map<String, Value>) {
        for (key, value) in object {
            self.storable(field, key);
            self.storable_value(&format!("{field}.{key}"), value);
        }
    }

    fn storable_value(&mut self, field: &str, value: &Value) {
        match value {
            Value::String(text) => self.storable(field, text),
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.storable_value(&format!("{field}[{index}]"), value);
                }
            }
            Value::Object(object) => self.storable_entries(field, object),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Nothing, if nothing was wrong.
    ///
    /// # Errors
    /// [`Error::Validation`] with everything that was noted.
    pub fn finish(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Validation(self.0)) }
    }
}

/// For fields of a PATCH: `null` is a value (`Some(None)`, or an error where the field cannot be null), while an
/// absent field is `None` by `#[serde(default)]`.
///
/// ```
/// # use serde::Deserialize;
/// #[derive(Deserialize)]
/// #[serde(default)]
/// # #[derive(Default)]
/// struct Patch {
///     #[serde(deserialize_with = "edge::present")]
///     description: Option<Option<String>>,
/// }
/// let read = |json| serde_json::from_str::<Patch>(json).unwrap().description;
/// assert_eq!(read("{}"), None);
/// assert_eq!(read(r#"{"description": null}"#), Some(None));
/// ```
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(check: impl FnOnce(&mut Checks)) -> Vec<(String, &'static str)> {
        let mut checks = Checks::default();
        check(&mut checks);
        let Err(Error::Validation(errors)) = checks.finish() else { return Vec::new() };
        errors.into_iter().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(found(|checks| checks.text("a", "äöü", 3..=3)).is_empty());
        assert_eq!(found(|checks| checks.text("a", "äöü!", 3..=3)), [("a".to_owned(), "too_long")]);
        assert_eq!(found(|checks| checks.title("a", " \u{3000}", 9)), [("a".to_owned(), "too_short")]);
        assert_eq!(found(|checks| checks.title("a", "a\nb", 9)), [("a".to_owned(), "invalid_character")]);
        assert_eq!(found(|checks| checks.title("a", "", 9)), [("a".to_owned(), "too_short")]);
    }

    #[test]
    fn what_the_database_cannot_keep_is_found_wherever_it_is() {
        let object = json!({ "list": [{ "deep": "a\0" }], "fine": "\\u0000" });
        let errors = found(|checks| checks.object("config", object.as_object().unwrap(), 100));
        assert_eq!(errors, [("config.list[0].deep".to_owned(), "invalid_character")]);
        let object = json!({ "\0": 1 });
        let errors = found(|checks| checks.object("config", object.as_object().unwrap(), 5));
        assert_eq!(errors.iter().map(|error| error.1).collect::<Vec<_>>(), ["too_long", "invalid_character"]);
    }

    #[test]
    fn times_have_a_zone() {
        let mut checks = Checks::default();
        assert_eq!(checks.time("from", Some("1970-01-01T01:00:01.5+01:00")), Some(1_500));
        assert_eq!(checks.time("from", None), None);
        assert!(checks.finish().is_ok());
        for text in ["", "yesterday", "2026-11-21", "2026-11-21T09:30:00", "2026-02-30T00:00:00Z"] {
            let errors = found(|checks| _ = checks.time("from", Some(text)));
            assert_eq!(errors, [("from".to_owned(), "invalid_format")], "{text}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said() {
        let errors = found(|checks| {
            checks.number("n", 11, 0..=10);
            checks.count("list", 0, 1..=2);
            checks.id("version_id", "prm_1", Kind::Version);
            assert_eq!(checks.choice("sort", Some("size"), 1, |_| None, &["name"]), 1);
        });
        let codes: Vec<_> = errors.iter().map(|error| error.1).collect();
        assert_eq!(codes, ["out_of_range", "too_short", "invalid_format", "unknown_value"]);
    }
}
