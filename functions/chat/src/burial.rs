//! Ending an answer whose isolate has died, for who misses it: nobody else is left to do so.

use std::time::Duration;

use domain::{Error, Id};
use edge::Call;
use store::messages::{self, Answer, Status};

use crate::event::{CANCELLED, rest, text_of};
use crate::keeping::Keeping;
use crate::resume::log_of;

/// How long a writer without a sign of life is looked for, while Redis answers: longer than one takes that Redis has
/// failed, and that tries again.
pub(crate) const MISSED: Duration = Duration::from_secs(2);

/// Ends an answer with what its writer has left in Redis, which is nothing if it died before its first append. The
/// caller has looked for the writer in vain. False when it lives after all, or the answer has ended.
pub(crate) async fn bury(call: &Call, message_id: &Id) -> Result<bool, Error> {
    let recording = log_of(call, message_id)?.read(0).await?;
    if recording.is_alive {
        return Ok(false);
    }
    let text = said(&recording.texts);
    let keeping = Keeping::of(call).await;
    let answer = Answer {
        content: &keeping.text(&text),
        status: Status::Cancelled,
        model: None,
        tokens_in: None,
        tokens_out: None,
        cached_tokens_in: None,
        cost_usd: None,
        latency_ms: None,
        ttft_ms: None,
        finish_reason: Some(CANCELLED),
        error_code: None,
    };
    messages::finish(&call.database, call.team_id(), message_id, &answer).await
}

/// The text in several texts of events, which may repeat each other.
fn said(texts: &[String]) -> String {
    let mut said = String::new();
    let mut after = 0;
    for events in texts {
        let (new, last_id) = rest(events, after);
        said.push_str(&text_of(new));
        after = last_id;
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Encoder, Event};

    #[test]
    fn what_was_appended_twice_was_said_once() {
        let mut encoder = Encoder::default();
        let [one, two, three] = ["a", "b", "c"].map(|text| encoder.event(&Event::Delta(text.to_owned())));
        assert_eq!(said(&[one.clone(), [one, two.clone()].concat(), two + &three]), "abc");
        assert_eq!(said(&[]), "");
    }
}
