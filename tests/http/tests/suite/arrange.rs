//! What stories begin with: prompts, versions and pointers, made through the API.

use serde_json::{Value, json};

use crate::client::Client;

/// The body of a text version.
pub(crate) fn text(template: &str) -> Value {
    json!({"type": "text", "template_text": template, "model_id": "offline"})
}

/// `body` with the members of `more` in place of its own.
pub(crate) fn with(mut body: Value, more: &Value) -> Value {
    let members = body.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    body
}

/// Every member of `part` stands in `whole`, which may have more: adding fields is free.
#[track_caller]
pub(crate) fn contains(whole: &Value, part: &Value) {
    for (name, value) in part.as_object().expect("an object") {
        assert_eq!(whole.get(name), Some(value), "{name} of {whole}");
    }
}

/// A member that is text.
#[track_caller]
pub(crate) fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

impl Client {
    /// Makes a prompt and says its id.
    pub(crate) async fn make_prompt(&self, name: &str) -> String {
        let prompt = self.post("/api/prompts", json!({"name": name})).await.expect(201);
        member(&prompt, "id").to_owned()
    }

    /// Makes a version and says its id.
    pub(crate) async fn make_version(&self, prompt: &str, body: Value) -> String {
        let version = self.post(&format!("/api/prompts/{prompt}/versions"), body).await.expect(201);
        member(&version, "version_id").to_owned()
    }

    /// Moves a pointer.
    pub(crate) async fn promote(&self, prompt: &str, version_id: &str, environment: &str) -> Value {
        let body = json!({"version_id": version_id, "environment": environment});
        self.post(&format!("/api/prompts/{prompt}/promote"), body).await.success()
    }

    /// Makes a prompt with one version, live in production, and says both ids.
    pub(crate) async fn make_live(&self, name: &str, version: Value) -> (String, String) {
        let prompt_id = self.make_prompt(name).await;
        let version_id = self.make_version(&prompt_id, version).await;
        self.promote(&prompt_id, &version_id, "production").await;
        (prompt_id, version_id)
    }
}
