//! What a new version says: read, checked, hashed, its variables found.

use std::collections::HashSet;

use domain::Error;
use edge::Checks;
use serde::Deserialize;
use serde_json::{Map, Value};
use store::versions::{Content, FewShotExample, MOST_FALLBACKS, MessageTemplate, VersionKind};

const LONGEST_MODEL_ID: usize = 200;
const LONGEST_COMMIT_MESSAGE: usize = 1_000;
const MOST_TOKENS: i64 = 10_000_000;
const MOST_MESSAGES: usize = 200;
const MOST_EXAMPLES: usize = 100;
const LARGEST_CONFIG_BYTES: usize = 64 << 10;
const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];

/// The body of `POST /api/prompts/{prompt}/versions`. Its texts are bounded by the body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionInput {
    #[serde(rename = "type")]
    kind: Option<VersionKind>,
    template_text: Option<String>,
    #[serde(default, deserialize_with = "edge::objects_if_any")]
    messages: Option<Vec<MessageInput>>,
    system_prompt: Option<String>,
    #[serde(default, deserialize_with = "edge::objects_if_any")]
    few_shot_examples: Option<Vec<ExampleInput>>,
    model_id: String,
    temperature: Option<f64>,
    max_tokens: Option<i64>,
    config: Option<Map<String, Value>>,
    pub(crate) commit_message: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageInput {
    role: String,
    content: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleInput {
    input: String,
    output: String,
}

impl VersionInput {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::default();
        match self.kind.unwrap_or_default() {
            VersionKind::Text => self.check_text(&mut checks),
            VersionKind::Chat => self.check_chat(&mut checks),
        }
        checks.storable("system_prompt", self.system_prompt.as_deref().unwrap_or_default());
        self.check_examples(&mut checks);
        checks.title("model_id", &self.model_id, LONGEST_MODEL_ID);
        if let Some(temperature) = self.temperature {
            checks.number("temperature", temperature, 0.0..=2.0);
        }
        if let Some(max_tokens) = self.max_tokens {
            checks.number("max_tokens", max_tokens, 1..=MOST_TOKENS);
        }
        self.check_config(&mut checks);
        if let Some(commit_message) = &self.commit_message {
            checks.text("commit_message", commit_message, 0..=LONGEST_COMMIT_MESSAGE);
        }
        checks.finish()
    }

    fn check_text(&self, checks: &mut Checks) {
        match &self.template_text {
            None => checks.refuse("template_text", "required", "a text has a template_text"),
            Some(text) => checks.text("template_text", text, 1..=usize::MAX),
        }
        if self.messages.is_some() {
            checks.refuse("messages", "not_allowed", "only a version of type chat has messages");
        }
    }

    fn check_chat(&self, checks: &mut Checks) {
        if self.template_text.is_some() {
            checks.refuse("template_text", "not_allowed", "only a version of type text has a template_text");
        }
        let Some(messages) = &self.messages else {
            return checks.refuse("messages", "required", "a chat has messages");
        };
        checks.count("messages", messages.len(), 1..=MOST_MESSAGES);
        for (index, message) in messages.iter().enumerate().take(MOST_MESSAGES) {
            if !ROLES.contains(&message.role.as_str()) {
                let detail = format!("one of: {}", ROLES.join(", "));
                checks.refuse(format!("messages[{index}].role"), "unknown_value", detail);
            }
            checks.storable(&format!("messages[{index}].content"), &message.content);
        }
    }

    fn check_examples(&self, checks: &mut Checks) {
        let examples = self.few_shot_examples.as_deref().unwrap_or_default();
        checks.count("few_shot_examples", examples.len(), 0..=MOST_EXAMPLES);
        for (index, example) in examples.iter().enumerate().take(MOST_EXAMPLES) {
            checks.storable(&format!("few_shot_examples[{index}].input"), &example.input);
            checks.storable(&format!("few_shot_examples[{index}].output"), &example.output);
        }
    }

    fn check_config(&self, checks: &mut Checks) {
        let Some(config) = &self.config else { return };
        checks.object("config", config, LARGEST_CONFIG_BYTES);
        for (key, value) in config {
            if let Some(pointer) = canonical::imprecise_integer(value) {
                let detail = "whole numbers beyond 2^53 - 1 are not exact in JSON: send a string";
                checks.refuse(format!("config.{key}{}", pointer.replace('/', ".")), "out_of_range", detail);
            }
        }
        check_fallbacks(config.get("fallbacks"), checks);
    }

    /// The content in its one form: what was left out and what was said to be null or empty are the same.
    pub(crate) fn into_content(self) -> Content {
        let message = |MessageInput { role, content }| MessageTemplate { role, content };
        let example = |ExampleInput { input, output }| FewShotExample { input, output };
        Content {
            kind: self.kind.unwrap_or_default(),
            template_text: self.template_text,
            messages: self.messages.map(|messages| messages.into_iter().map(message).collect()),
            system_prompt: self.system_prompt.filter(|text| !text.is_empty()),
            few_shot_examples: self.few_shot_examples.unwrap_or_default().into_iter().map(example).collect(),
            model_id: self.model_id,
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            config: self.config.unwrap_or_default(),
        }
    }
}

/// The rest of `config` is what its reader makes of it. This is ours: a fallback that nobody asks would be missed when
/// the model fails, and not before.
fn check_fallbacks(fallbacks: Option<&Value>, checks: &mut Checks) {
    const DETAIL: &str = "a model's id, or an object with its `model` alone";
    let Some(fallbacks) = fallbacks.filter(|fallbacks| !fallbacks.is_null()) else { return };
    let Some(entries) = fallbacks.as_array() else {
        return checks.refuse("config.fallbacks", "invalid_type", "a list of models");
    };
    checks.count("config.fallbacks", entries.len(), 0..=MOST_FALLBACKS);
    for (index, entry) in entries.iter().enumerate().take(MOST_FALLBACKS) {
        let field = format!("config.fallbacks[{index}]");
        let model = match entry {
            Value::String(model) => Some(model.as_str()),
            Value::Object(members) if members.len() == 1 => members.get("model").and_then(Value::as_str),
            _ => None,
        };
        match model {
            Some(model) => checks.title(&field, model, LONGEST_MODEL_ID),
            None => checks.refuse(field, "invalid_type", DETAIL),
        }
    }
}

/// What tells contents apart: the hash of all that a version says. The commit message says nothing to a model.
pub(crate) fn content_hash(content: &Content) -> Result<String, Error> {
    let document = serde_json::to_value(content).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(canonical::content_hash(&document))
}

/// The variables of the templates, each once, in the order of their first appearance: the system prompt's, then the
/// text's or the messages'. Examples are no templates.
pub(crate) fn variables(content: &Content) -> Vec<String> {
    let messages = content.messages.iter().flatten().map(|message| message.content.as_str());
    let templates = content.system_prompt.as_deref().into_iter().chain(content.template_text.as_deref());
    let mut seen = HashSet::new();
    templates
        .chain(messages)
        .flat_map(templates::extract_variables)
        .filter(|name| seen.insert(*name))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> VersionInput {
        serde_json::from_str(body).unwrap()
    }

    #[track_caller]
    fn check(body: &str, expected: &[(&str, &str)]) {
        let found = match read(body).check() {
            Ok(()) => Vec::new(),
            Err(Error::Validation(errors)) => errors,
            Err(error) => panic!("{error}"),
        };
        let found: Vec<_> = found.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn an_array_is_no_message_and_no_example() {
        for list in [r#""messages":[["user","hi"]]"#, r#""few_shot_examples":[["in","out"]]"#] {
            let body = format!(r#"{{"model_id":"m",{list}}}"#);
            assert!(serde_json::from_str::<VersionInput>(&body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_text_and_a_chat_have_what_belongs_to_them() {
        check(r#"{"model_id":"m","template_text":"Grüß {{name}} 🙂"}"#, &[]);
        check(r#"{"model_id":"m"}"#, &[("template_text", "required")]);
        check(r#"{"model_id":"m","template_text":""}"#, &[("template_text", "too_short")]);
        let both = r#""template_text":"a","messages":[{"role":"user","content":""}]"#;
        check(&format!(r#"{{"model_id":"m",{both}}}"#), &[("messages", "not_allowed")]);
        check(&format!(r#"{{"model_id":"m","type":"chat",{both}}}"#), &[("template_text", "not_allowed")]);
        check(r#"{"model_id":"m","type":"chat"}"#, &[("messages", "required")]);
        check(r#"{"model_id":"m","type":"chat","messages":[]}"#, &[("messages", "too_short")]);
    }

    #[test]
    fn everything_wrong_with_a_version_is_said_at_once() {
        check(
            r#"{"type":"chat","model_id":"","messages":[{"role":"bot","content":"\u0000"}],"temperature":2.1,
                "max_tokens":0,"config":{"seed":9007199254740993,"a":["\u0000"]},"system_prompt":"\u0000",
                "few_shot_examples":[{"input":"\u0000","output":""}]}"#,
            &[
                ("messages[0].role", "unknown_value"),
                ("messages[0].content", "invalid_character"),
                ("system_prompt", "invalid_character"),
                ("few_shot_examples[0].input", "invalid_character"),
                ("model_id", "too_short"),
                ("temperature", "out_of_range"),
                ("max_tokens", "out_of_range"),
                ("config.a[0]", "invalid_character"),
                ("config.seed", "out_of_range"),
            ],
        );
        let config =
            format!(r#"{{"model_id":"m","template_text":"a","config":{{"a":"{}"}}}}"#, "a".repeat(65_536));
        check(&config, &[("config", "too_long")]);
    }

    #[test]
    fn fallbacks_are_models() {
        let fallbacks = |fallbacks: &str, expected: &[(&str, &str)]| {
            let config = format!(r#"{{"fallbacks":{fallbacks}}}"#);
            check(&format!(r#"{{"model_id":"m","template_text":"a","config":{config}}}"#), expected);
        };
        for right in [r#"["a",{"model":"b"}]"#, "[]", "null", r#"["1","2","3","4","5","6","7"]"#] {
            fallbacks(right, &[]);
        }
        fallbacks(r#""a""#, &[("config.fallbacks", "invalid_type")]);
        fallbacks(r#"["1","2","3","4","5","6","7","8"]"#, &[("config.fallbacks", "too_long")]);
        fallbacks(
            r#"[{"modle":"b"},{"model":"b","weight":1},7,"",{"model":" "}]"#,
            &[
                ("config.fallbacks[0]", "invalid_type"),
                ("config.fallbacks[1]", "invalid_type"),
                ("config.fallbacks[2]", "invalid_type"),
                ("config.fallbacks[3]", "too_short"),
                ("config.fallbacks[4]", "too_short"),
            ],
        );
    }

    #[track_caller]
    fn same(one: &str, other: &str) -> bool {
        let hash = |body| content_hash(&read(body).into_content()).unwrap();
        hash(one) == hash(other)
    }

    #[test]
    fn content_is_the_same_however_it_is_spelled() {
        let plain = r#"{"model_id":"m","template_text":"é","config":{"a":1,"b":[2]},"temperature":1}"#;
        let spelled = r#"{"config":{"b":[2.0],"a":1e0},"temperature":1.0,"template_text":"\u00e9","type":"text",
            "model_id":"m","messages":null,"system_prompt":"","few_shot_examples":[],"max_tokens":null,
            "commit_message":"another"}"#;
        assert!(same(plain, spelled));
        assert!(!same(
            plain,
            r#"{"model_id":"m","template_text":"e\u0301","config":{"a":1,"b":[2]},"temperature":1}"#
        ));
        assert!(!same(plain, r#"{"model_id":"m","template_text":"é","temperature":1}"#));
    }

    #[test]
    fn variables_come_once_in_their_order() {
        let content = read(
            r#"{"type":"chat","model_id":"m","system_prompt":"{{b}} {{a}}","messages":[
                {"role":"user","content":"{{ c }} {{a}} {{{{d}}"},{"role":"user","content":"{{x}}{{b}}"}],
                "few_shot_examples":[{"input":"{{never}}","output":""}]}"#,
        );
        assert_eq!(variables(&content.into_content()), ["b", "a", "c", "x"]);
    }
}
