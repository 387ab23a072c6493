//! A turn as one JSON object.

use axum::response::Response;
use domain::Error;
use edge::Problem;
use futures_util::StreamExt;
use serde::Serialize;

use crate::event::{Done, Failure, Meta, Usage};
use crate::feed::{Item, Reader};

/// The events' fields, and the text of all deltas.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    meta: WithoutModel<'a>,
    text: &'a str,
    #[serde(flatten)]
    usage: &'a Usage,
    #[serde(flatten)]
    done: &'a Done,
}

/// Both `meta` and `usage` name a model: the one that answered is meant here.
struct WithoutModel<'a>(&'a Meta);

impl Serialize for WithoutModel<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut meta = serde_json::to_value(self.0).map_err(serde::ser::Error::custom)?;
        if let Some(members) = meta.as_object_mut() {
            members.remove("model");
        }
        meta.serialize(serializer)
    }
}

/// The response, when the answer is complete.
pub(crate) async fn respond(meta: &Meta, mut reader: Reader) -> Result<Response, Problem> {
    while let Some(item) = reader.next().await {
        let Item::End(ending) = item else { continue };
        let done = ending.result.map_err(problem)?;
        let (text, usage) = (ending.text.as_str(), &ending.usage);
        return edge::to_json_response(200, &Whole { meta: WithoutModel(meta), text, usage, done: &done });
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
