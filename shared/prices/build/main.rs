//! Writes `model-prices.json` as a table of constants, sorted by model, so that nothing is parsed at run time.
#![expect(clippy::expect_used, clippy::panic, reason = "a build that goes wrong must stop")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use serde::Deserialize;

/// A model as the file has it. Prices are in USD per million tokens.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    #[serde(rename = "model")]
    name: String,
    provider: String,
    mode: String,
    input_usd_per_mtok: f64,
    output_usd_per_mtok: f64,
    cached_input_usd_per_mtok: Option<f64>,
    cache_write_usd_per_mtok: Option<f64>,
    max_input_tokens: Option<u32>,
    max_output_tokens: Option<u32>,
    deprecation_date: Option<String>,
}

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=model-prices.json");
    let json = fs::read_to_string("model-prices.json").expect("the file is beside the manifest");
    let models: Vec<Model> =
        serde_json::from_str(&json).expect("the file has the shape that the README tells");
    let mut table = BTreeMap::<&str, &Model>::new();
    for model in &models {
        table.entry(&model.name).and_modify(|known| *known = dearer(known, model)).or_insert(model);
    }
    let rows: String = table.values().map(|model| row(model)).collect();
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(directory.join("table.rs"), format!("&[\n{rows}]")).expect("OUT_DIR can be written to");
}

/// Of two prices for one model, the one that does not promise too much.
fn dearer<'a>(one: &'a Model, other: &'a Model) -> &'a Model {
    if other.input_usd_per_mtok > one.input_usd_per_mtok { other } else { one }
}

fn row(model: &Model) -> String {
    let provider = match model.provider.as_str() {
        "openai" => "OpenAi",
        "anthropic" => "Anthropic",
        "gemini" => "Gemini",
        other => panic!("an unknown provider, {other}: add it to `Provider`"),
    };
    let mode = match model.mode.as_str() {
        "chat" => "Chat",
        "embedding" => "Embedding",
        other => panic!("an unknown mode, {other}: add it to `Mode`"),
    };
    format!(
        "Price {{ model: {:?}, provider: Provider::{provider}, mode: Mode::{mode}, input_usd_per_mtok: {:?}, \
         output_usd_per_mtok: {:?}, cached_input_usd_per_mtok: {:?}, cache_write_usd_per_mtok: {:?}, \
         max_input_tokens: {:?}, max_output_tokens: {:?}, deprecation_date: {:?} }},\n",
        model.name,
        model.input_usd_per_mtok,
        model.output_usd_per_mtok,
        model.cached_input_usd_per_mtok,
        model.cache_write_usd_per_mtok,
        model.max_input_tokens,
        model.max_output_tokens,
        model.deprecation_date,
    )
}
