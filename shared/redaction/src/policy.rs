//! What a team wants of redaction.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use regex_lite::Regex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::redact;
use crate::scan::start_across;

/// What happens to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Mode {
    /// It stays as it is.
    Off,
    /// What is personal or secret becomes a placeholder.
    #[default]
    Mask,
    /// It is not kept at all.
    Drop,
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for Mode {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "off" => Ok(Self::Off),
            "mask" => Ok(Self::Mask),
            "drop" => Ok(Self::Drop),
            _ => Err("unknown variant, expected off, mask or drop"),
        }
    }
}

/// What a team's settings say, `teams.settings -> 'redaction'`:
///
/// ```json
/// {"mode": "mask", "fields": {"output": "drop"}, "patterns": [{"name": "ticket", "pattern": "T-[0-9]{6}"}]}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    mode: Mode,
    fields: BTreeMap<String, Mode>,
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    name: String,
    pattern: String,
}

/// Settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError(pub String);

/// What happens to which field, and what is personal beyond what everybody has.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    mode: Mode,
    fields: BTreeMap<String, Mode>,
    patterns: Vec<(Regex, String)>,
}

/// More, or longer, patterns would take longer than an event is worth.
const MOST_PATTERNS: usize = 20;
const LONGEST_PATTERN: usize = 500;
/// Texts with every kind of place where `\b`, `^` and their like match: what they match is no text that could be masked,
/// and placeholders there would hide from other patterns what these look for.
const PLACES: [&str; 3] = ["", "a b\n\nc-", "-a"];
/// How large a pattern may become when it is compiled: the time that it takes for a text grows with it.
const LARGEST_PROGRAM_BYTES: usize = 1 << 20;

impl Policy {
    /// The policy of some settings.
    ///
    /// # Errors
    /// When a setting or a mode is unknown, or a pattern is not a regular expression, matches an empty text, or is one of
    /// too many. Look-around and back-references are none: every pattern takes time linear in the text.
    pub fn read(settings: &Value) -> Result<Self, PolicyError> {
        let settings = Settings::deserialize(settings).map_err(|error| PolicyError(error.to_string()))?;
        if settings.patterns.len() > MOST_PATTERNS {
            return Err(PolicyError(format!("at most {MOST_PATTERNS} patterns")));
        }
        let patterns = settings.patterns.into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { mode: settings.mode, fields: settings.fields, patterns })
    }

    /// What holds while nobody can say what a team wants: it may want nothing kept. What people said to go on with is
    /// masked, for what is not kept of it is lost.
    pub fn unknown() -> Self {
        let fields = BTreeMap::from([("conversations".to_owned(), Mode::Mask)]);
        Self { mode: Mode::Drop, fields, patterns: Vec::new() }
    }

    /// What happens to `field`.
    pub fn mode(&self, field: &str) -> Mode {
        self.fields.get(field).copied().unwrap_or(self.mode)
    }

    /// What happens to `field`: what happens to `other`, unless a team has said otherwise.
    pub fn mode_like(&self, field: &str, other: &str) -> Mode {
        self.fields.get(field).copied().unwrap_or_else(|| self.mode(other))
    }

    /// What happens to what people and models said, where it is stored to go on with: nothing, unless a team has said
    /// otherwise. A conversation is its own memory, and what is masked in it the model does not know at the next turn.
    pub fn conversations(&self) -> Mode {
        self.fields.get("conversations").copied().unwrap_or(Mode::Off)
    }

    /// What is stored of a text in a conversation or of a comment. What is dropped leaves an empty text.
    pub fn in_conversation<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.conversations() {
            Mode::Off => Cow::Borrowed(text),
            Mode::Mask => Cow::Owned(self.mask(text)),
            Mode::Drop => Cow::Borrowed(""),
        }
    }

    /// What is kept of a document in `field`: its texts, names and long numbers are looked at wherever they are.
    pub fn value(&self, field: &str, value: Value) -> Option<Value> {
        self.apply(self.mode(field), value)
    }

    /// What is kept of a document with which this is to happen.
    pub fn apply(&self, mode: Mode, value: Value) -> Option<Value> {
        match mode {
            Mode::Off => Some(value),
            Mode::Mask => Some(self.mask_value(value)),
            Mode::Drop => None,
        }
    }

    /// The text with placeholders for what is personal, secret, or of the team's own patterns.
    pub fn mask(&self, text: &str) -> String {
        let mut masked = redact(text).into_owned();
        for (pattern, placeholder) in &self.patterns {
            if let Cow::Owned(replaced) = pattern.replace_all(&masked, regex_lite::NoExpand(placeholder)) {
                masked = replaced;
            }
        }
        masked
    }

    /// The beginning of a text, `longest` characters at most. It ends before what would be masked sooner than within it: a
    /// part of that would not be recognised any more.
    pub fn beginning<'a>(&self, text: &'a str, longest: usize) -> &'a str {
        let Some((mut end, _)) = text.char_indices().nth(longest) else { return text };
        loop {
            let of_patterns = self.patterns.iter().filter_map(|(pattern, _)| {
                let mut found = pattern.find_iter(text).take_while(|found| found.start() < end);
                found.find(|found| found.end() > end).map(|found| found.start())
            });
            match start_across(text, end).into_iter().chain(of_patterns).min() {
                Some(start) => end = start,
                None => return text.get(..end).unwrap_or_default().trim_end(),
            }
        }
    }

    fn mask_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.mask(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.mask_value(value)).collect(),
            Value::Object(entries) => Value::Object(self.mask_entries(entries)),
            // A card's number may come as a number.
            Value::Number(number) => {
                let text = number.to_string();
                let masked = self.mask(&text);
                if masked == text { Value::Number(number) } else { Value::String(masked) }
            }
            other @ (Value::Null | Value::Bool(_)) => other,
        }
    }

    /// Names that become the same placeholder are numbered, so that none takes another one's place.
    fn mask_entries(&self, entries: Map<String, Value>) -> Map<String, Value> {
        let mut masked = Map::new();
        let mut same: HashMap<String, usize> = HashMap::new();
        for (name, value) in entries {
            let mut given = self.mask(&name);
            if masked.contains_key(&given) {
                let count = same.entry(given.clone()).or_insert(1);
                given = loop {
                    *count += 1;
                    let numbered = format!("{given} {count}");
                    if !masked.contains_key(&numbered) {
                        break numbered;
                    }
                };
            }
            masked.insert(given, self.mask_value(value));
        }
        masked
    }
}

fn compile(pattern: Pattern) -> Result<(Regex, String), PolicyError> {
    let is_name = |name: &str| {
        (1..=40).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    if !is_name(&pattern.name) {
        return Err(PolicyError(format!("{:?} is no name: a-z, 0-9 and _, at most 40", pattern.name)));
    }
    if pattern.pattern.chars().count() > LONGEST_PATTERN {
        let detail = format!("the pattern {} is longer than {LONGEST_PATTERN} characters", pattern.name);
        return Err(PolicyError(detail));
    }
    let regex = regex_lite::RegexBuilder::new(&pattern.pattern).size_limit(LARGEST_PROGRAM_BYTES).build();
    let regex = regex.map_err(|error| PolicyError(format!("the pattern {}: {error}", pattern.name)))?;
    let matches_nothing = |text: &&str| regex.find_iter(text).any(|found| found.is_empty());
    if PLACES.iter().any(matches_nothing) {
        return Err(PolicyError(format!("the pattern {} also matches an empty text", pattern.name)));
    }
    Ok((regex, format!("[{}]", pattern.name)))
}
