//! `POST /api/feedback`: what somebody thinks of an answer.

use axum::response::Response;
use domain::{Error, Kind};
use edge::{Body, Call, Checks, Problem};
use events::{Event, PreviousFeedback};
use redaction::Mode;
use serde::{Deserialize, Serialize};
use store::feedback::{self, Feedback, NewFeedback, Scale, Stored};

const LONGEST_COMMENT: usize = 4_000;
/// In bytes, as in resolve.
const LONGEST_USER_ID: usize = 256;
/// As the header's.
const LONGEST_REQUEST_ID: usize = 128;
const LONGEST_VARIANT: usize = 200;

/// The body of `POST /api/feedback`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Input {
    message_id: Option<String>,
    request_id: Option<String>,
    rating: Option<i64>,
    #[serde(deserialize_with = "edge::null_is_default")]
    scale: Scale,
    comment: Option<String>,
    user_id: Option<String>,
    // What a resolved request was answered with: resolving leaves no trace, and its caller knows.
    prompt_id: Option<String>,
    version_id: Option<String>,
    experiment_id: Option<String>,
    variant: Option<String>,
}

/// The answer: the rating, and whether it took another's place.
#[derive(Serialize)]
struct Given<'a> {
    #[serde(flatten)]
    feedback: &'a Feedback,
    replaced: bool,
}

pub(crate) async fn give(call: Call, Body(input): Body<Input>) -> Result<Response, Problem> {
    let rating = input.check()?;
    let unit = said(input.user_id.as_ref()).map(events::unit);
    // A comment, and who says it, are kept as conversations are.
    let policy = events::policy(&call.database, call.team_id()).await?;
    let is_kept = policy.conversations() == Mode::Off;
    let comment = input.comment.as_deref().map(|comment| policy.in_conversation(comment.trim()));
    let request_id = said(input.request_id.as_ref());
    let request_name = request_id.map(events::named);
    let new = NewFeedback {
        id: &call.new_id(Kind::Feedback),
        message_id: said(input.message_id.as_ref()),
        request_id,
        request_name: request_name.as_deref(),
        user_id: if is_kept { said(input.user_id.as_ref()) } else { unit.as_deref() },
        unit: unit.as_deref(),
        rating,
        scale: input.scale,
        comment: comment.as_deref().filter(|comment| !comment.is_empty()),
        prompt_id: said(input.prompt_id.as_ref()),
        version_id: said(input.version_id.as_ref()),
        experiment_id: said(input.experiment_id.as_ref()),
        variant: said(input.variant.as_ref()),
    };
    let stored = feedback::put(&call.database, &call.actor(), &new).await?;
    events::record(&call.context, event(&stored, &call));
    let replaced = stored.previous.is_some();
    let status = if replaced { 200 } else { 201 };
    edge::to_json_response(status, &Given { feedback: &stored.feedback, replaced })
}

/// What is empty says nothing.
fn said(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

fn event(stored: &Stored, call: &Call) -> Event {
    let feedback = &stored.feedback;
    let (approval, rating) = measures(feedback.scale, feedback.rating);
    let replaces = stored.previous.map(|previous| {
        let (approval, rating) = measures(previous.scale, previous.rating);
        PreviousFeedback { approval, rating, at_ms: Some(previous.at_ms) }
    });
    Event::Feedback(events::Feedback {
        id: events::new_id(),
        team_id: call.team_id().clone(),
        at_ms: stored.at_ms,
        unit: stored.unit.clone(),
        prompt_id: feedback.prompt_id.clone(),
        version_id: feedback.version_id.clone(),
        experiment_id: feedback.experiment_id.clone(),
        variant: feedback.variant.clone(),
        message_id: feedback.message_id.clone(),
        request_id: feedback.request_id.clone(),
        approval,
        rating,
        replaces,
    })
}

/// What a rating measures: approval, or stars.
fn measures(scale: Scale, rating: i64) -> (Option<f64>, Option<f64>) {
    match scale {
        Scale::Thumbs => (Some(if rating > 0 { 1.0 } else { 0.0 }), None),
        Scale::Stars => (None, u8::try_from(rating).ok().map(f64::from)),
    }
}

impl Input {
    /// Everything that is wrong, or the rating.
    fn check(&self) -> Result<i64, Error> {
        let mut checks = Checks::default();
        match (said(self.message_id.as_ref()), said(self.request_id.as_ref())) {
            (None, None) => checks.refuse("message_id", "required", "a message_id, or a request_id"),
            (Some(_), Some(_)) => {
                checks.refuse("request_id", "conflicting", "either a message_id or a request_id");
            }
            _ => {}
        }
        let rating = self.check_rating(&mut checks);
        let request_id = self.request_id.as_deref().unwrap_or_default();
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if request_id.len() > LONGEST_REQUEST_ID || !request_id.bytes().all(is_allowed) {
            let detail = format!("1 to {LONGEST_REQUEST_ID} of A-Z, a-z, 0-9, ., _ and -");
            checks.refuse("request_id", "invalid_format", detail);
        }
        if self.user_id.as_ref().is_some_and(|user_id| user_id.len() > LONGEST_USER_ID) {
            checks.refuse("user_id", "too_long", format!("at most {LONGEST_USER_ID} bytes"));
        }
        checks.text("comment", self.comment.as_deref().unwrap_or_default(), 0..=LONGEST_COMMENT);
        checks.text("variant", self.variant.as_deref().unwrap_or_default(), 0..=LONGEST_VARIANT);
        for (field, text) in [("message_id", &self.message_id), ("user_id", &self.user_id)] {
            checks.storable(field, text.as_deref().unwrap_or_default());
        }
        for (field, id, kind) in [
            ("prompt_id", said(self.prompt_id.as_ref()), Kind::Prompt),
            ("version_id", said(self.version_id.as_ref()), Kind::Version),
        ] {
            if let Some(id) = id {
                checks.id(field, id, kind);
            }
        }
        let is_arms = |id: &str| Kind::Experiment.matches(id) || Kind::Canary.matches(id);
        if said(self.experiment_id.as_ref()).is_some_and(|id| !is_arms(id)) {
            checks.refuse("experiment_id", "invalid_format", "an id that begins with exp_ or can_");
        }
        checks.finish()?;
        Ok(rating)
    }

    fn check_rating(&self, checks: &mut Checks) -> i64 {
        let Some(rating) = self.rating else {
            checks.refuse("rating", "required", "-1 or 1; with the scale stars 1 to 5");
            return 0;
        };
        match self.scale {
            Scale::Thumbs if !matches!(rating, -1 | 1) => {
                checks.refuse("rating", "out_of_range", "-1 or 1");
            }
            Scale::Stars if !(1..=5).contains(&rating) => {
                checks.refuse("rating", "out_of_range", "from 1 to 5");
            }
            _ => {}
        }
        rating
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        let input: Input = serde_json::from_str(body).unwrap();
        let found = match input.check() {
            Ok(_) => Vec::new(),
            Err(Error::Validation(errors)) => errors,
            Err(error) => panic!("{error}"),
        };
        let found: Vec<_> = found.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn a_rating_is_of_one_answer_and_on_its_scale() {
        check(r#"{"message_id":"m","rating":1}"#, &[]);
        check(r#"{"request_id":"r","rating":-1,"scale":"thumbs"}"#, &[]);
        check(r#"{"request_id":"r","rating":5,"scale":"stars","comment":"ü"}"#, &[]);
        check(r#"{"rating":1}"#, &["message_id"]);
        check(r#"{"message_id":"","rating":1}"#, &["message_id"]);
        check(r#"{"message_id":"m","request_id":"r","rating":1}"#, &["request_id"]);
        check(r#"{"message_id":"m"}"#, &["rating"]);
        for rating in [0, 2, -2, 5] {
            check(&format!(r#"{{"message_id":"m","rating":{rating}}}"#), &["rating"]);
        }
        for rating in [-1, 0, 6] {
            check(&format!(r#"{{"message_id":"m","rating":{rating},"scale":"stars"}}"#), &["rating"]);
        }
        check(r#"{"request_id":"a b","rating":1}"#, &["request_id"]);
        check(r#"{"request_id":"r","rating":1,"prompt_id":"greeting"}"#, &["prompt_id"]);
        check(r#"{"request_id":"r","rating":1,"experiment_id":"prm_1"}"#, &["experiment_id"]);
        let long = "é".repeat(LONGEST_COMMENT + 1);
        check(&format!(r#"{{"message_id":"m","rating":1,"comment":"{long}"}}"#), &["comment"]);
        check(r#"{"message_id":"m","rating":1,"comment":"\u0000"}"#, &["comment"]);
    }

    #[test]
    fn a_rating_measures_approval_or_stars() {
        assert_eq!(measures(Scale::Thumbs, -1), (Some(0.0), None));
        assert_eq!(measures(Scale::Thumbs, 1), (Some(1.0), None));
        assert_eq!(measures(Scale::Stars, 4), (None, Some(4.0)));
    }
}
