//! What the pages compute themselves, by the same code as the edge: token counts and their price, rendered templates,
//! what a prompt says to a model, and which arm of an experiment a unit gets. So a preview cannot disagree with what is
//! served.
//!
//! In scope: strings in, JSON out, for JavaScript. Not in scope: anything that the API has to decide.
//!
//! Values cross as JSON text: the calls are few, and the types stay those of the API.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wasm_bindgen::prelude::wasm_bindgen;

/// A message of a chat.
#[derive(Deserialize, Serialize)]
struct Message {
    role: String,
    content: String,
}

#[derive(Serialize)]
struct Counted {
    tokens: usize,
    /// Whether the model is known to use this encoding.
    exact: bool,
    encoding: &'static str,
    /// What so many tokens of input cost; `null` for a model without a known price.
    input_cost_usd: Option<f64>,
}

/// What a version says: templates, and examples, which are none.
#[derive(Deserialize)]
struct Content {
    system_prompt: Option<String>,
    template_text: Option<String>,
    messages: Option<Vec<Message>>,
    few_shot_examples: Option<Vec<Example>>,
}

#[derive(Deserialize)]
struct Example {
    input: String,
    output: String,
}

#[derive(Serialize)]
struct Preview {
    messages: Vec<Message>,
    /// The variables without a value, in order.
    missing: Vec<String>,
}

#[derive(Serialize)]
struct Model {
    id: &'static str,
    input_usd_per_mtok: f64,
    output_usd_per_mtok: f64,
    max_input_tokens: Option<u32>,
}

/// The tokens that a model makes of a chat: `messages` is JSON, `[{role, content}]`.
///
/// → `{tokens, exact, encoding, input_cost_usd}`, or `null` if `messages` is something else.
#[wasm_bindgen]
pub fn count_message_tokens(model: &str, messages: &str) -> String {
    let Ok(messages) = serde_json::from_str::<Vec<Message>>(messages) else { return NULL.to_owned() };
    let counter = tokens::for_model(model);
    let converted = messages.iter().map(|message| tokens::Message {
        role: &message.role,
        content: &message.content,
        name: None,
    });
    describe(model, counter, counter.count_messages(converted))
}

/// The tokens that a model makes of a text. The answer is that of [`count_message_tokens`].
#[wasm_bindgen]
pub fn count_tokens(model: &str, text: &str) -> String {
    let counter = tokens::for_model(model);
    describe(model, counter, counter.count(text))
}

fn describe(model: &str, counter: tokens::TokenCounter, count: usize) -> String {
    let usage = prices::Usage { input: count as u64, ..prices::Usage::default() };
    json(&Counted {
        tokens: count,
        exact: counter.exact,
        encoding: counter.encoding.name(),
        input_cost_usd: prices::cost_usd(model, usage),
    })
}

/// The variables of a template, in the order of their first appearance, as a JSON array.
#[wasm_bindgen]
pub fn variables(template: &str) -> String {
    json(&templates::extract_variables(template))
}

/// A template as a JSON array of strings, by turns text and a variable as it is written: `["Hi ", "{{ name }}", "!"]`.
/// Together they are the template.
#[wasm_bindgen]
pub fn split(template: &str) -> String {
    let mut parts = Vec::new();
    let mut end = 0;
    for place in templates::places(template) {
        parts.push(template.get(end..place.start).unwrap_or_default());
        end = place.end;
        parts.push(template.get(place).unwrap_or_default());
    }
    parts.push(template.get(end..).unwrap_or_default());
    json(&parts)
}

/// What a model is sent before anything that a user says. `content` is JSON as a version has it, `{system_prompt?,
/// template_text?, messages?, few_shot_examples?}`; `values` is a JSON object.
///
/// → `{messages: [{role, content}], missing}`, or `null` if one of them is something else.
#[wasm_bindgen]
pub fn preview(content: &str, values: &str) -> String {
    let (Ok(content), Ok(values)) = (serde_json::from_str(content), serde_json::from_str(values)) else {
        return NULL.to_owned();
    };
    json(&preview_of(&content, &values))
}

fn preview_of(content: &Content, values: &Map<String, Value>) -> Preview {
    let mut missing = Vec::new();
    let mut render = |template: &str| render(template, values, &mut missing);
    let system_prompt = content.system_prompt.as_deref().map(&mut render);
    let text = content.template_text.as_deref().map(&mut render);
    let contents: Vec<String> =
        content.messages.iter().flatten().map(|message| render(&message.content)).collect();
    let messages = content.messages.iter().flatten().zip(&contents);
    let examples = content.few_shot_examples.iter().flatten();
    let parts = preamble::Prompt {
        system_prompt: system_prompt.as_deref(),
        text: text.as_deref(),
        messages: messages
            .map(|(message, content)| preamble::Message { role: &message.role, content })
            .collect(),
        examples: examples.map(|Example { input, output }| preamble::Example { input, output }).collect(),
    };
    let preamble = parts.assemble();
    let message = |role: &str, content: String| Message { role: role.to_owned(), content };
    let instructions = preamble.instructions.map(|text| message("system", text));
    let turns = preamble.turns.iter().map(|turn| message(turn.role.as_str(), turn.content.to_owned()));
    Preview { messages: instructions.into_iter().chain(turns).collect(), missing }
}

/// Fills a template in, and notes the variables without a value, each once.
fn render(template: &str, values: &Map<String, Value>, missing: &mut Vec<String>) -> String {
    let template = templates::Template::parse(template);
    let binding = template.bind_json(values);
    for name in binding.missing() {
        if !missing.iter().any(|known| known == name) {
            missing.push(name.to_owned());
        }
    }
    binding.to_string()
}

/// Which arm a unit gets, and why: `definition` is JSON, `{salt, coverage_bp, arms: [{key, weight_bp}], forced?,
/// killed?}`. → `{assignment: {arm, reason}, bucket, included, arms}` or `{error}`.
#[wasm_bindgen]
pub fn explain_assignment(definition: &str, unit: &str) -> String {
    let checked = serde_json::from_str::<assignment::Definition>(definition)
        .map_err(|error| error.to_string())
        .and_then(|definition| assignment::Experiment::new(definition).map_err(|error| error.to_string()));
    match checked {
        Ok(experiment) => json(&assignment::explain(&experiment, unit)),
        Err(error) => json(&serde_json::json!({ "error": error })),
    }
}

/// The models with a known price for text, as JSON: `[{id, input_usd_per_mtok, output_usd_per_mtok, max_input_tokens}]`.
#[wasm_bindgen]
pub fn models() -> String {
    let chat = prices::all().iter().filter(|price| price.mode == prices::Mode::Chat);
    let models = chat.map(|price| Model {
        id: price.model,
        input_usd_per_mtok: price.input_usd_per_mtok,
        output_usd_per_mtok: price.output_usd_per_mtok,
        max_input_tokens: price.max_input_tokens,
    });
    json(&models.collect::<Vec<_>>())
}

const NULL: &str = "null";

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn tokens_have_a_count_and_a_price() {
        let answer = parsed(&count_tokens("gpt-4o", "Hello, world!"));
        assert_eq!((answer["tokens"].as_u64(), answer["exact"].as_bool()), (Some(4), Some(true)));
        assert!(answer["input_cost_usd"].as_f64().unwrap() > 0.0);
        assert_eq!(parsed(&count_tokens("offline", "Hello"))["exact"], false);
        let chat =
            parsed(&count_message_tokens("gpt-4o", r#"[{"role": "user", "content": "Hello, world!"}]"#));
        assert!(chat["tokens"].as_u64() > answer["tokens"].as_u64());
        assert_eq!(count_message_tokens("gpt-4o", "{}"), "null");
    }

    #[test]
    fn templates_are_filled_in_as_at_the_edge() {
        assert_eq!(variables("{{ b }} {{a}} {{{{ c }}"), r#"["b","a"]"#);
        let answer = parsed(&preview(
            r#"{"template_text": "Hi {{ user.name }}, {{ x }}, {{ x }}"}"#,
            r#"{"user": {"name": "Ada"}}"#,
        ));
        let messages = serde_json::json!([{ "role": "system", "content": "Hi Ada, {{ x }}, {{ x }}" }]);
        assert_eq!(answer, serde_json::json!({ "messages": messages, "missing": ["x"] }));
        assert_eq!(preview(r#"{"template_text": "{{ x }}"}"#, "[]"), "null");
    }

    #[test]
    fn a_preview_is_what_chat_sends() {
        let content = serde_json::json!({
            "system_prompt": "Be kind to {{ name }}.", "template_text": null,
            "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "I am {{ name }}." }],
            "few_shot_examples": [{ "input": "{{ name }}", "output": "Hi" }],
        });
        let answer = parsed(&preview(&content.to_string(), r#"{"name": "Ada"}"#));
        let said = answer["messages"].as_array().unwrap().iter();
        let said: Vec<_> = said.map(|message| (&message["role"], &message["content"])).collect();
        let expected = serde_json::json!([
            ["system", "Be kind to Ada.\n\nBe brief."],
            ["user", "{{ name }}"],
            ["assistant", "Hi"],
            ["user", "I am Ada."]
        ]);
        assert_eq!(serde_json::to_value(said).unwrap(), expected);
    }

    #[test]
    fn a_template_comes_apart_without_loss() {
        assert_eq!(split("Hi {{ ä }}{{a}}{{{{ b }}"), r#"["Hi {{ ä }}","{{a}}","{{{{ b }}"]"#);
        assert_eq!(split(""), r#"[""]"#);
    }

    #[test]
    fn an_assignment_says_why() {
        let definition = r#"{"salt": "s", "coverage_bp": 10000, "arms": [{"key": "a", "weight_bp": 0}, {"key": "b", "weight_bp": 10000}]}"#;
        let answer = parsed(&explain_assignment(definition, "user-1"));
        assert_eq!(answer["assignment"]["arm"], 1);
        assert!(parsed(&explain_assignment("{}", "user-1"))["error"].is_string());
    }

    #[test]
    fn models_are_listed_with_prices() {
        let models = parsed(&models());
        assert!(models.as_array().unwrap().iter().any(|model| model["id"] == "gpt-4o"));
    }
}
