//! Several prompts at once.

use axum::response::Response;
use domain::Error;
use edge::{Body, Call, Problem};
use http::{HeaderMap, HeaderValue};
use resolution::Place;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::input::Input;

const LARGEST_BATCH: usize = 50;

/// The body of `POST /api/resolve`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    requests: Vec<Box<RawValue>>,
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
    let requests: Vec<Result<(Place, Input), Problem>> = batch
        .requests
        .into_iter()
        .map(|request| {
            let (prompt, input) = Input::from_batch(request.get().as_bytes())?;
            Ok((input.place(call.team_id().clone(), prompt), input))
        })
        .collect();
    let places: Vec<Place> = requests.iter().flatten().map(|(place, _)| place.clone()).collect();
    resolution::warm(&places, &call.stores).await;
    let mut results = Vec::with_capacity(requests.len());
    let mut oldest = Age::default();
    for request in requests {
        let json = match request {
            Ok((place, input)) => {
                resolve_one(&call, &input, &place, &mut oldest).await.map_err(Problem::from)
            }
            Err(problem) => Err(problem),
        };
        results.push(raw(json.unwrap_or_else(|problem| refusal(&call, &problem)))?);
    }
    let mut response = edge::to_json_response(200, &Results { results })?;
    oldest.write(response.headers_mut());
    Ok(response)
}

/// How old what was answered from is: of several, the oldest.
#[derive(Default)]
struct Age {
    milliseconds: Option<i64>,
    stale: bool,
}

impl Age {
    fn write(&self, headers: &mut HeaderMap) {
        if let Some(milliseconds) = self.milliseconds {
            headers.insert("x-promptlab-age-ms", milliseconds.into());
        }
        if self.stale {
            headers.insert("x-promptlab-stale", HeaderValue::from_static("true"));
        }
    }
}

async fn resolve_one(call: &Call, input: &Input, place: &Place, oldest: &mut Age) -> Result<Vec<u8>, Error> {
    let held = resolution::find(place, &call.stores, &call.database).await?;
    oldest.milliseconds = oldest.milliseconds.max(Some(held.age_ms));
    oldest.stale |= held.stale;
    let resolved = resolution::resolve(&held.value, &input.request())?;
    resolution::expose(&call.context, call.team_id(), &resolved, platform::time::now_ms());
    Ok(resolved.to_json())
}

fn refusal(call: &Call, problem: &Problem) -> Vec<u8> {
    let document = problem.document(&call.request_id);
    [b"{\"error\":".as_slice(), &document, b"}"].concat()
}

fn raw(json: Vec<u8>) -> Result<Box<RawValue>, Problem> {
    let text = String::from_utf8(json).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(RawValue::from_string(text).map_err(|error| Error::Internal(error.to_string()))?)
}
