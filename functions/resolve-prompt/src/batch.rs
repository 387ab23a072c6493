//! Several prompts at once.

use std::sync::Arc;

use axum::response::Response;
use cache::Held;
use domain::Error;
use edge::{Call, Problem};
use http::{HeaderMap, HeaderValue};
use resolution::Prepared;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::input::Input;
use crate::meet;

const LARGEST_BATCH: usize = 50;
/// How long all results of a batch may be together, in bytes: fifty of the longest are more than an isolate has.
const LARGEST_RESULTS_BYTES: usize = 16 << 20;

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

pub(crate) async fn resolve(call: Call, batch: Batch) -> Result<Response, Problem> {
    if !(1..=LARGEST_BATCH).contains(&batch.requests.len()) {
        let detail = format!("1 to {LARGEST_BATCH} requests");
        return Err(Error::field("requests", "out_of_range", detail).into());
    }
    let mut places = Vec::with_capacity(batch.requests.len());
    let mut read = |request: &RawValue| {
        let (prompt, input) = Input::from_batch(request.get().as_bytes())?;
        places.push(input.place(call.team_id().clone(), prompt));
        Ok(input)
    };
    let inputs: Vec<Result<Input, Problem>> = batch.requests.iter().map(|request| read(request)).collect();
    let mut found = resolution::find_many(&places, &call.stores, &call.database).await.into_iter();
    let mut results = Vec::with_capacity(inputs.len());
    let mut so_far = SoFar::default();
    for input in inputs {
        let json = input.and_then(|input| {
            let held = found.next().unwrap_or(Err(Error::NotFound("prompt")))?;
            Ok(so_far.resolve(&call, &input, &held)?)
        });
        results.push(raw(json.unwrap_or_else(|problem| refusal(&call, &problem)))?);
    }
    let mut response = edge::to_json_response(200, &Results { results })?;
    so_far.write(response.headers_mut());
    Ok(response)
}

/// What has been answered of a batch.
#[derive(Default)]
struct SoFar {
    /// How old what was answered from is: of several, the oldest.
    age_ms: Option<i64>,
    stale: bool,
    results_bytes: usize,
}

impl SoFar {
    fn resolve(&mut self, call: &Call, input: &Input, held: &Held<Arc<Prepared>>) -> Result<Vec<u8>, Error> {
        self.age_ms = self.age_ms.max(Some(held.age_ms));
        self.stale |= held.stale;
        let request = input.request();
        let bound = resolution::bind(&held.value, &request)?;
        let json = bound.to_json();
        if self.results_bytes + json.len() > LARGEST_RESULTS_BYTES {
            return Err(Error::field(
                "variables",
                "too_large",
                "too long together with the results before it",
            ));
        }
        meet(call, input, &bound)?;
        self.results_bytes += json.len();
        Ok(json)
    }

    fn write(&self, headers: &mut HeaderMap) {
        if let Some(milliseconds) = self.age_ms {
            headers.insert("x-promptlab-age-ms", milliseconds.into());
        }
        if self.stale {
            headers.insert("x-promptlab-stale", HeaderValue::from_static("true"));
        }
    }
}

fn refusal(call: &Call, problem: &Problem) -> Vec<u8> {
    let document = problem.document(&call.request_id);
    [b"{\"error\":".as_slice(), &document, b"}"].concat()
}

fn raw(json: Vec<u8>) -> Result<Box<RawValue>, Problem> {
    let text = String::from_utf8(json).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(RawValue::from_string(text).map_err(|error| Error::Internal(error.to_string()))?)
}
