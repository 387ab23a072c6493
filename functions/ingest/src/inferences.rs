//! `POST /api/ingest`.

use axum::response::Response;
use domain::FieldError;
use edge::{Body, Call, Checks, Problem};
use events::Event;
use platform::time;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::input::InferenceInput;

const MOST_EVENTS: usize = 500;

/// The body. Events are read one by one, so that one that is wrong does not refuse the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    events: Vec<Box<RawValue>>,
}

/// The answer.
#[derive(Serialize)]
struct Answer {
    accepted: u64,
    duplicates: u64,
    rejected: Vec<Rejected>,
}

/// An event that is wrong.
#[derive(Serialize)]
struct Rejected {
    index: usize,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

impl Rejected {
    fn by_the_database(index: usize) -> Self {
        let detail = "it holds something that cannot be stored".to_owned();
        Self { index, code: "validation_failed", detail, errors: Vec::new() }
    }
}

pub(crate) async fn accept(call: Call, Body(batch): Body<Batch>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    checks.count("events", batch.events.len(), 1..=MOST_EVENTS);
    checks.finish()?;
    let now_ms = time::now_ms();
    let (mut events, mut places, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    for (index, text) in batch.events.iter().enumerate() {
        match read(&call, text, now_ms) {
            Ok(event) => {
                events.push(event);
                places.push(index);
            }
            Err(problem) => rejected.push(reject(index, &problem)),
        }
    }
    let appended = events::append_new(&call.context, call.team_id(), events).await?;
    let refused = appended.refused.iter().filter_map(|&place| places.get(place));
    rejected.extend(refused.map(|&index| Rejected::by_the_database(index)));
    let answer = Answer { accepted: appended.accepted, duplicates: appended.duplicates, rejected };
    edge::to_json_response(202, &answer)
}

fn read(call: &Call, text: &RawValue, now_ms: i64) -> Result<Event, Problem> {
    let input: InferenceInput = edge::read_json(text.get().as_bytes())?;
    let inference = input.into_event(call.team_id(), &call.request_id, now_ms)?;
    Ok(Event::Inference(Box::new(inference)))
}

fn reject(index: usize, problem: &Problem) -> Rejected {
    let errors = problem.errors().to_vec();
    let detail = match errors.as_slice() {
        [] => problem.detail().to_owned(),
        errors => {
            let each: Vec<String> =
                errors.iter().map(|error| format!("{}: {}", error.field, error.detail)).collect();
            each.join("; ")
        }
    };
    Rejected { index, code: problem.code(), detail, errors }
}

/// Nothing here may refuse a whole batch for one event; that is for the batch itself.
#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Id, Kind};

    fn check(json: &str) -> Vec<(String, &'static str)> {
        let team_id = Id::new(Kind::Team, 1, [0; 10]);
        let read = edge::read_json::<InferenceInput>(json.as_bytes());
        let problem = match read.map(|input| input.into_event(&team_id, "req_1", 7)) {
            Ok(Ok(_)) => return Vec::new(),
            Ok(Err(error)) => Problem::from(error),
            Err(problem) => problem,
        };
        problem.errors().iter().map(|error| (error.field.clone(), error.code)).collect()
    }

    #[test]
    fn events_are_read_strictly_and_say_all_that_is_wrong() {
        assert!(check(r#"{"id": "1", "type": "inference", "model": "m"}"#).is_empty());
        assert!(check(r#"{"id": "1", "type": "inference"}"#).is_empty());
        let errors = check(r#"{"type": "trace", "tokens_in": -1, "cost_usd": -0.5, "prompt_id": "p"}"#);
        let fields: Vec<&str> = errors.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["id", "type", "prompt_id", "tokens_in", "cost_usd"]);
        assert_eq!(check(r#"{"id": "1", "typ": "inference"}"#), [("typ".to_owned(), "unknown_field")]);
        assert_eq!(check(r#"{"id": 1}"#), [("id".to_owned(), "invalid_type")]);
        assert_eq!(check("[]"), [("body".to_owned(), "invalid_type")]);
    }

    /// What chrono takes and PostgreSQL does not.
    #[test]
    fn times_are_sent_in_utc() {
        let team_id = Id::new(Kind::Team, 1, [0; 10]);
        let json = |time: &str| format!(r#"{{"id": "1", "type": "inference", "started_at": "{time}"}}"#);
        let input: InferenceInput = edge::read_json(json("2026-11-21T09:30:00+23:59").as_bytes()).unwrap();
        let event = input.into_event(&team_id, "req_1", 7).unwrap();
        assert_eq!(event.client_started_at.as_deref(), Some("2026-11-20T09:31:00.000Z"));
        for time in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"] {
            assert_eq!(check(&json(time)), [("client_started_at".to_owned(), "out_of_range")], "{time}");
        }
    }

    #[test]
    fn what_is_not_said_is_filled_in() {
        let team_id = Id::new(Kind::Team, 1, [0; 10]);
        let read = |json: &str| {
            let input: InferenceInput = edge::read_json(json.as_bytes()).unwrap();
            input.into_event(&team_id, "req_1", 7).unwrap()
        };
        let event = read(
            r#"{"id": "1", "type": "inference", "model": "gpt-4o-mini", "tokens_in": 1000, "error": "x"}"#,
        );
        assert_eq!(event.at_ms, 7);
        assert_eq!(event.status, events::Status::Error);
        assert!(event.cost_usd.unwrap() > 0.0);
        assert_eq!(event.request_id.as_deref(), Some("req_1"));
        assert_eq!(event.metadata.unwrap()["error"], "x");
        let event = read(
            r#"{"id": "1", "type": "inference", "model": "mine", "tokens_in": 1000, "latency_ms": 12.6}"#,
        );
        assert_eq!((event.cost_usd, event.latency_ms), (None, Some(13)));
        let event =
            read(r#"{"id": "1", "type": "inference", "tokens_in": 1, "timestamp": "2026-11-21T09:30:00Z"}"#);
        assert_eq!((event.model.as_str(), event.cost_usd), ("unknown", None));
        assert_eq!(event.client_started_at.as_deref(), Some("2026-11-21T09:30:00.000Z"));
    }
}
