//! A turn as one JSON object.

use axum::response::Response;
use domain::Error;
use edge::Problem;
use futures_util::StreamExt;
use serde::Serialize;

use crate::events::{Done, Event, Failure, Meta, Usage};
use crate::feed::Reader;

/// The events' fields, and the text of all deltas.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    meta: &'a Meta,
    text: &'a str,
    #[serde(flatten)]
    usage: &'a Usage,
    #[serde(flatten)]
    done: &'a Done,
}

/// The response, when the answer is complete.
pub(crate) async fn respond(meta: &Meta, mut reader: Reader) -> Result<Response, Problem> {
    let mut text = String::new();
    let mut usage = None;
    while let Some(event) = reader.next().await {
        match event {
            Event::Delta(delta) => text.push_str(&delta),
            Event::Usage(counted) => usage = Some(counted),
            Event::Error(failure) => return Err(problem(failure)),
            Event::Done(done) => {
                let Some(usage) = &usage else { break };
                return edge::to_json_response(200, &Whole { meta, text: &text, usage, done: &done });
            }
        }
    }
    Err(Error::Internal("an answer ended without an end".to_owned()).into())
}

fn problem(failure: Failure) -> Problem {
    let status = match failure.code {
        "provider_timeout" => 504,
        "unavailable" => 503,
        _ => 502,
    };
    Problem::new(status, failure.code, failure.detail)
}
