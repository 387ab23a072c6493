//! What the pages compute themselves, by the same code as the edge: token counts and their price, rendered templates,
//! and which arm of an experiment a unit gets. So a preview cannot disagree with what is served.
//!
//! In scope: strings in, JSON out, for JavaScript. Not in scope: anything that the API has to decide.
//!
//! Values cross as JSON text: the calls are few, and the types stay those of the API.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use wasm_bindgen::prelude::wasm_bindgen;

/// A message of a chat, as far as its tokens are counted.
#[derive(Deserialize)]
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

#[derive(Serialize)]
struct Rendered {
    text: String,
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

/// Fills a template in: `values` is a JSON object. → `{text, missing}`, or `null` if `values` is something else.
#[wasm_bindgen]
pub fn render(template: &str, values: &str) -> String {
    let Ok(values) = serde_json::from_str::<Map<String, Value>>(values) else { return NULL.to_owned() };
    let template = templates::Template::parse(template);
    let binding = template.bind_json(&values);
    let mut text = String::with_capacity(binding.rendered_len());
    binding.write_to(&mut text);
    let missing = binding.missing().map(str::to_owned).collect();
    json(&Rendered { text, missing })
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
        let answer = parsed(&render("Hi {{ user.name }}, {{ x }}", r#"{"user": {"name": "Ada"}}"#));
        assert_eq!(answer, serde_json::json!({ "text": "Hi Ada, {{ x }}", "missing": ["x"] }));
        assert_eq!(render("{{ x }}", "[]"), "null");
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
