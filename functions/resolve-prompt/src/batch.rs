//! Several prompts at once.

use axum::response::Response;
use domain::{Error, FieldError};
use edge::{Body, Call, Problem};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::input::Input;

const LARGEST_BATCH: usize = 50;

/// The body of `POST /api/resolve`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    requests: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// One answer for each request, in their order: what resolving it alone would have answered, or `{"error": …}`.
#[derive(Serialize)]
struct Results {
    results: Vec<Box<RawValue>>,
}

pub(crate) async fn resolve(call: Call, Body(batch): Body<Batch>) -> Result<Response, Problem> {
    if !(1..=LARGEST_BATCH).contains(&batch.requests.len()) {
        let detail = format!("1 to {LARGEST_BATCH} requests");
        return Err(Error::field("requests", "out_of_range", detail).into());
    }
    let requests = read(batch.requests)?;
    let places: Vec<_> =
        requests.iter().map(|(prompt, input)| input.place(call.team_id().clone(), prompt.clone())).collect();
    resolution::warm(&places, &call.stores).await;
    let mut results = Vec::with_capacity(requests.len());
    for ((_, input), place) in requests.iter().zip(&places) {
        let json = match resolve_one(&call, input, place).await {
            Ok(json) => json,
            Err(error) => refusal(&call, error),
        };
        results.push(raw(json)?);
    }
    edge::to_json_response(200, &Results { results })
}

/// Each request's prompt and input; all that is wrong with any of them, in one answer.
fn read(requests: Vec<serde_json::Map<String, serde_json::Value>>) -> Result<Vec<(String, Input)>, Problem> {
    let mut errors = Vec::new();
    let mut read = Vec::with_capacity(requests.len());
    for (index, mut request) in requests.into_iter().enumerate() {
        let place = |field: &str| format!("requests[{index}].{field}");
        let Some(serde_json::Value::String(prompt)) = request.remove("prompt") else {
            errors.push(FieldError::new(place("prompt"), "required", "a prompt's id or name"));
            continue;
        };
        match serde_json::from_value::<Input>(request.into()) {
            Ok(input) => match input.check() {
                Ok(()) => read.push((prompt, input)),
                Err(Error::Validation(wrong)) => errors.extend(
                    wrong.into_iter().map(|error| FieldError { field: place(&error.field), ..error }),
                ),
                Err(error) => return Err(error.into()),
            },
            Err(error) => {
                let code = if error.to_string().starts_with("unknown field") {
                    "unknown_field"
                } else {
                    "invalid_type"
                };
                errors.push(FieldError::new(format!("requests[{index}]"), code, error.to_string()));
            }
        }
    }
    if errors.is_empty() { Ok(read) } else { Err(Error::Validation(errors).into()) }
}

async fn resolve_one(call: &Call, input: &Input, place: &resolution::Place) -> Result<Vec<u8>, Error> {
    let held = resolution::find(place, &call.stores, &call.database).await?;
    let resolved = resolution::resolve(&held.value, &input.request())?;
    resolution::expose(&call.context, call.team_id(), &resolved);
    resolved.to_json()
}

fn refusal(call: &Call, error: Error) -> Vec<u8> {
    let document = Problem::from(error).document(&call.request_id);
    [b"{\"error\":".as_slice(), &document, b"}"].concat()
}

fn raw(json: Vec<u8>) -> Result<Box<RawValue>, Problem> {
    let text = String::from_utf8(json).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(RawValue::from_string(text).map_err(|error| Error::Internal(error.to_string()))?)
}
