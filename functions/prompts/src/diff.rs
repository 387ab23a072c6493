//! Two versions of a prompt, field by field.
//!
//! Every field has `status`, `from` and `to`. Texts, messages and examples have `hunks` of lines with their words, and
//! say whether they were too large to be compared (`coarse`); the others have `changes` by path.
//! An empty list and an empty object count as absent.

use axum::extract::Path;
use axum::response::Response;
use domain::Id;
use edge::{Call, Checks, Problem, Query};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::versions::{self, Content, FewShotExample, MessageTemplate, Version};
use textdiff::{Status, diff_text, diff_value};

/// The query of `GET /api/prompts/{prompt}/diff`: each a number, an id, `staging`, `production` or `latest`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffQuery {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Serialize)]
struct Difference<'a> {
    prompt_id: &'a Id,
    from: Side<'a>,
    to: Side<'a>,
    /// Whether any field differs.
    changed: bool,
    fields: Fields,
}

#[derive(Serialize)]
struct Side<'a> {
    version_id: &'a Id,
    version_number: i64,
    content_hash: &'a str,
}

#[derive(Serialize)]
struct Fields {
    r#type: Field,
    template_text: Field,
    messages: Field,
    system_prompt: Field,
    few_shot_examples: Field,
    model_id: Field,
    temperature: Field,
    max_tokens: Field,
    config: Field,
}

/// A field on both sides.
#[derive(Debug, Serialize)]
struct Field {
    status: Status,
    from: Value,
    to: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    coarse: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hunks: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Value>,
}

pub(crate) async fn show(
    call: Call,
    Path(reference): Path<String>,
    Query(query): Query<DiffQuery>,
) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    for (field, selector) in [("from", &query.from), ("to", &query.to)] {
        match selector.as_deref().unwrap_or_default() {
            "" => checks.refuse(field, "required", "a version: its number, id, or where it is live"),
            selector => checks.storable(field, selector),
        }
    }
    checks.finish()?;
    let version = async |selector: Option<String>| {
        let selector = selector.unwrap_or_default();
        versions::get(&call.database, call.team_id(), &reference, &selector).await
    };
    let (from, to) = (version(query.from).await?, version(query.to).await?);
    let difference = Difference {
        prompt_id: &from.prompt_id,
        from: Side::of(&from),
        to: Side::of(&to),
        changed: from.content_hash != to.content_hash,
        fields: Fields::of(&from.content, &to.content)?,
    };
    edge::to_json_response(200, &difference)
}

impl<'a> Side<'a> {
    fn of(version: &'a Version) -> Self {
        let Version { version_id, version_number, content_hash, .. } = version;
        Self { version_id, version_number: *version_number, content_hash }
    }
}

impl Fields {
    fn of(from: &Content, to: &Content) -> Result<Self, Problem> {
        let text = |from: &Option<String>, to: &Option<String>| {
            Field::new(from, to)?.with_hunks(from.as_deref(), to.as_deref())
        };
        let messages = |content: &Content| content.messages.as_deref().map(messages_as_text);
        let examples = |content: &Content| examples_as_text(&content.few_shot_examples);
        Ok(Self {
            r#type: Field::new(from.kind, to.kind)?.with_changes()?,
            template_text: text(&from.template_text, &to.template_text)?,
            messages: Field::new(&from.messages, &to.messages)?
                .with_hunks(messages(from).as_deref(), messages(to).as_deref())?,
            system_prompt: text(&from.system_prompt, &to.system_prompt)?,
            few_shot_examples: Field::new(&from.few_shot_examples, &to.few_shot_examples)?
                .with_hunks(Some(&examples(from)), Some(&examples(to)))?,
            model_id: Field::new(&from.model_id, &to.model_id)?.with_changes()?,
            temperature: Field::new(from.temperature, to.temperature)?.with_changes()?,
            max_tokens: Field::new(from.max_tokens, to.max_tokens)?.with_changes()?,
            config: Field::new(&from.config, &to.config)?.with_changes()?,
        })
    }
}

impl Field {
    fn new(from: impl Serialize, to: impl Serialize) -> Result<Self, Problem> {
        let (from, to) = (to_value(from)?, to_value(to)?);
        let is_same = diff_value(Some(&from), Some(&to)).status == Status::Unchanged;
        let status = match (is_absent(&from), is_absent(&to)) {
            _ if is_same => Status::Unchanged,
            (true, false) => Status::Added,
            (false, true) => Status::Removed,
            _ => Status::Changed,
        };
        Ok(Self { status, from, to, coarse: None, hunks: None, changes: None })
    }

    fn with_hunks(self, from: Option<&str>, to: Option<&str>) -> Result<Self, Problem> {
        let diff = diff_text(from, to);
        Ok(Self { coarse: Some(diff.coarse), hunks: Some(to_value(&diff.hunks)?), ..self })
    }

    fn with_changes(self) -> Result<Self, Problem> {
        let side = |value| Some(value).filter(|value: &&Value| !value.is_null());
        let changes = to_value(diff_value(side(&self.from), side(&self.to)).changes)?;
        Ok(Self { changes: Some(changes), ..self })
    }
}

fn to_value(value: impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|error| domain::Error::Internal(error.to_string()).into())
}

fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Each message under a line with its role.
fn messages_as_text(messages: &[MessageTemplate]) -> String {
    let parts = messages.iter().map(|message| format!("[{}]\n{}", message.role, message.content));
    parts.collect::<Vec<_>>().join("\n\n")
}

fn examples_as_text(examples: &[FewShotExample]) -> String {
    let parts =
        examples.iter().map(|example| format!("[input]\n{}\n[output]\n{}", example.input, example.output));
    parts.collect::<Vec<_>>().join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn content(document: Value) -> Content {
        let mut whole = json!({
            "type": "text", "template_text": null, "messages": null, "system_prompt": null, "few_shot_examples": [],
            "model_id": "m", "temperature": null, "max_tokens": null, "config": {},
        });
        whole.as_object_mut().unwrap().extend(document.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    fn fields(from: Value, to: Value) -> Value {
        let Ok(fields) = Fields::of(&content(from), &content(to)) else { panic!() };
        serde_json::to_value(fields).unwrap()
    }

    #[test]
    fn each_field_has_its_status() {
        let fields = fields(
            json!({ "template_text": "Be brief.", "system_prompt": "a", "config": { "seed": 1, "top_p": 1 } }),
            json!({ "template_text": "Be very brief.", "temperature": 0.5, "config": { "seed": 1.0, "top_p": 0.5 },
                "few_shot_examples": [{ "input": "a", "output": "b" }] }),
        );
        let status = |field: &str| fields[field]["status"].as_str().unwrap().to_owned();
        let unchanged = ["type", "messages", "model_id", "max_tokens"].map(status);
        assert_eq!(unchanged, ["unchanged"; 4]);
        let others =
            ["template_text", "system_prompt", "temperature", "few_shot_examples", "config"].map(status);
        assert_eq!(others, ["changed", "removed", "added", "added", "changed"]);
        assert_eq!(
            fields["temperature"],
            json!({ "status": "added", "from": null, "to": 0.5,
                "changes": [{ "path": "", "status": "added", "to": 0.5 }] })
        );
        assert_eq!(
            fields["config"]["changes"],
            json!([{ "path": "/top_p", "status": "changed", "from": 1, "to": 0.5 }])
        );
        assert_eq!(fields["template_text"]["hunks"][0]["lines"][1]["words"][1]["text"], "very ");
    }

    #[test]
    fn messages_are_compared_as_text() {
        let message = |role, content| json!({ "role": role, "content": content });
        let fields = fields(
            json!({ "type": "chat", "messages": [message("user", "a\nb")] }),
            json!({ "type": "chat", "messages": [message("user", "a\nc"), message("assistant", "d")] }),
        );
        assert_eq!(fields["messages"]["status"], "changed");
        let lines = fields["messages"]["hunks"][0]["lines"].as_array().unwrap();
        let lines: Vec<_> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
        assert_eq!(lines, ["[user]", "a", "b", "c", "", "[assistant]", "d"]);
        // The same text need not be the same messages.
        let split = json!({ "type": "chat", "messages": [message("user", "a"), message("user", "b")] });
        let joined = json!({ "type": "chat", "messages": [message("user", "a\n\n[user]\nb")] });
        assert_eq!(super::tests::fields(split, joined)["messages"]["status"], "changed");
    }
}
