//! The form that an answer is to have, read from `OpenAI`'s `response_format` for the formats that say it otherwise.

use serde_json::Value;

use super::text;
use crate::request::ChatRequest;

/// What an answer is to be, if not just text.
pub(super) enum Form<'a> {
    /// Some JSON.
    Json,
    /// JSON that this schema allows.
    Schema(&'a Value),
}

/// The form of a request's answer.
pub(super) fn of(request: &ChatRequest) -> Option<Form<'_>> {
    let format = request.extra.get("response_format")?;
    match text(format, "/type")? {
        "json_schema" => Some(format.pointer("/json_schema/schema").map_or(Form::Json, Form::Schema)),
        "json_object" => Some(Form::Json),
        _ => None,
    }
}
