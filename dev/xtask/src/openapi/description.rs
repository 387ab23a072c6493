//! The hand-written part: `dev/xtask/openapi/document.json` and a file per area.

use std::fs;

use anyhow::{Context, Result};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::json::{Json, Members, object, reference};
use crate::wasm::root;

/// The areas, in the order in which readers need them.
const AREAS: [&str; 12] = [
    "resolve",
    "chat",
    "openai",
    "feedback",
    "events",
    "analytics",
    "export",
    "registry",
    "experiments",
    "access",
    "providers",
    "operations",
];

/// What belongs to no area.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct General {
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) description: String,
    pub(super) security_schemes: Members,
    pub(super) headers: Members,
    pub(super) parameters: Members,
    /// By status.
    pub(super) problems: IndexMap<String, Problem>,
    pub(super) schemas: Members,
}

/// What any route may answer when something is wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Problem {
    #[serde(skip)]
    pub(super) status: u16,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) code: String,
    pub(super) title: String,
    pub(super) detail: String,
    /// More members of the example.
    #[serde(default)]
    pub(super) more: Members,
    #[serde(default)]
    pub(super) headers: Vec<String>,
}

/// Routes that belong together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Area {
    pub(super) tag: Json,
    /// By method and path: `GET /api/prompts`.
    pub(super) operations: IndexMap<String, Operation>,
    #[serde(default)]
    pub(super) parameters: Members,
    #[serde(default)]
    pub(super) headers: Members,
    #[serde(default)]
    pub(super) schemas: Members,
}

/// What a route means.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) summary: String,
    pub(super) description: Option<String>,
    /// Besides those in the path.
    #[serde(default)]
    pub(super) parameters: Vec<Parameter>,
    pub(super) request: Option<Request>,
    pub(super) responses: IndexMap<String, Response>,
    /// Statuses of problems beyond those that follow from the route's kind.
    #[serde(default)]
    pub(super) problems: Vec<u16>,
}

/// A parameter: one of `parameters` by name, or written out.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Parameter {
    Shared(String),
    Own(Json),
}

/// A JSON body that is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) schema: String,
    /// Whether it may be left out.
    #[serde(default)]
    pub(super) optional: bool,
    pub(super) example: Option<Json>,
}

/// An answer that is no problem.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    pub(super) description: String,
    schema: Option<String>,
    /// The schema of a list's rows.
    list: Option<String>,
    /// Of a stream: each event's schema.
    #[serde(default)]
    pub(super) events: IndexMap<String, String>,
    /// Of a body that is no JSON: its media type and an example.
    #[serde(default)]
    pub(super) text: IndexMap<String, String>,
    #[serde(default)]
    pub(super) headers: Vec<String>,
    pub(super) example: Option<Json>,
}

impl Area {
    pub(super) fn tag_name(&self) -> Result<&str> {
        self.tag.get("name").and_then(Json::as_text).context("a tag has no name")
    }
}

impl Response {
    /// The schema of the body, if there is one.
    pub(super) fn schema(&self) -> Option<Json> {
        let page = |rows: &String| {
            let rows = object([("type", "array".into()), ("items", reference("schemas", rows))]);
            let members = object([("data", rows), ("next_cursor", reference("schemas", "NextCursor"))]);
            let required = ["data", "next_cursor"].map(Json::from);
            object([
                ("type", "object".into()),
                ("required", required.into_iter().collect()),
                ("properties", members),
            ])
        };
        self.schema.as_ref().map(|name| reference("schemas", name)).or_else(|| self.list.as_ref().map(page))
    }
}

/// Reads all files.
pub(super) fn read() -> Result<(General, Vec<Area>)> {
    let mut general: General = read_file("document")?;
    for (status, problem) in &mut general.problems {
        problem.status = status.parse().with_context(|| format!("{status} is no status"))?;
    }
    let areas: Result<Vec<Area>> = AREAS.into_iter().map(read_file).collect();
    Ok((general, areas?))
}

fn read_file<T: DeserializeOwned>(name: &str) -> Result<T> {
    let file = root().join("dev/xtask/openapi").join(name).with_extension("json");
    let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not as it should be", file.display()))
}
