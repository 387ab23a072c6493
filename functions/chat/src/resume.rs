//! Coming back to an answer: `GET /api/chat/{message}/stream`.

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;
use cache::{AnswerLog, Recording, WRITER_ALIVE_MS};
use domain::{Error, Id, Kind};
use edge::{Call, Problem};
use futures_util::stream;
use http::HeaderMap;
use platform::time;
use store::messages::{self, Status};

use crate::event::{Encoder, Event, Failure, rest};
use crate::wire;

/// How often a running answer is looked at.
const EVERY: Duration = Duration::from_millis(200);
/// How long the last events of an answer that is stored may be on their way to Redis.
const LAST_EVENTS: Duration = Duration::from_secs(2);
const LAST_EVENT_ID: &str = "last-event-id";

/// The events after the one with the id in `Last-Event-ID`, those that are still to come included.
pub(crate) async fn resume(
    call: Call,
    Path(message): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let message_id = find(&message)?;
    let after = last_event_id(&headers)?;
    let log = log_of(&call, &message_id)?;
    // What was deleted is gone, though its events may still be in Redis. Without a database they are all there is.
    let status = match messages::find(&call.database, call.team_id(), message_id.as_str()).await {
        Ok(message) => Some(message.status),
        Err(Error::Unavailable(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let mut recording = log.read(after).await.map_err(Error::from)?;
    if recording.texts.is_empty() && !recording.is_over {
        let Some(status) = status else {
            return Err(Error::Unavailable("neither store knows the answer".to_owned()).into());
        };
        if status != Status::Streaming {
            if !recording.exists {
                return Ok(edge::no_content());
            }
            recording = until_over(&log, after).await?;
        }
    }
    if recording.texts.is_empty() && recording.is_over {
        return Ok(edge::no_content());
    }
    let following =
        Following { log, after, first: Some(recording), heard_at_ms: time::now_ms(), is_over: false };
    Ok(wire::respond(Box::pin(stream::unfold(following, |mut following| async move {
        let events = following.next().await?;
        Some((events, following))
    }))))
}

/// What is no id names nothing, and need not be looked up.
pub(crate) fn find(message: &str) -> Result<Id, Error> {
    Id::parse(Kind::Message, message).map_err(|_| Error::NotFound("message"))
}

pub(crate) fn log_of(call: &Call, message_id: &Id) -> Result<AnswerLog, Error> {
    let redis = call.redis().ok_or_else(|| Error::Unavailable("no redis is configured".to_owned()))?;
    Ok(AnswerLog::new(redis, call.team_id(), message_id.as_str()))
}

fn last_event_id(headers: &HeaderMap) -> Result<u64, Error> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(0) };
    let text = value.to_str().unwrap_or("?").trim();
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| Error::field(LAST_EVENT_ID, "invalid_format", "the id of an event: a number"))
}

/// The answer is stored, so its end is there or about to be.
async fn until_over(log: &AnswerLog, after: u64) -> Result<Recording, Error> {
    let deadline_ms = time::now_ms() + i64::try_from(LAST_EVENTS.as_millis()).unwrap_or_default();
    loop {
        let recording = log.read(after).await?;
        if recording.is_over || time::now_ms() >= deadline_ms {
            return Ok(Recording { is_over: true, ..recording });
        }
        time::sleep(EVERY / 4).await;
    }
}

/// A reader of an answer that somebody else writes.
struct Following {
    log: AnswerLog,
    after: u64,
    /// What was read before the response began.
    first: Option<Recording>,
    /// When the writer was last heard of. Before its first events, and while Redis is down, it is given time.
    heard_at_ms: i64,
    is_over: bool,
}

impl Following {
    /// The next events; none when the answer is over. Never silent for ever: a writer that has died is missed.
    async fn next(&mut self) -> Option<String> {
        while !self.is_over {
            let recording = match self.first.take() {
                Some(first) => Ok(first),
                None => self.log.read(self.after).await,
            };
            match recording {
                Ok(recording) => {
                    let events = self.take(&recording);
                    if !events.is_empty() {
                        return Some(events);
                    }
                    if recording.exists && !recording.is_alive && !self.is_over {
                        return Some(self.break_off());
                    }
                }
                Err(error) => platform::warn!("answer not followed", error = error.to_string()),
            }
            if !self.is_over && time::now_ms() - self.heard_at_ms > WRITER_ALIVE_MS {
                return Some(self.break_off());
            }
            if !self.is_over {
                time::sleep(EVERY).await;
            }
        }
        None
    }

    /// Says that nothing more comes, though the answer has no end.
    fn break_off(&mut self) -> String {
        self.is_over = true;
        let detail = "the answer broke off".to_owned();
        Encoder::after(self.after).event(&Event::Error(Failure { code: "unavailable", detail }))
    }

    fn take(&mut self, recording: &Recording) -> String {
        let mut events = String::new();
        for text in &recording.texts {
            let (new, last_id) = rest(text, self.after);
            events.push_str(new);
            self.after = last_id;
        }
        self.is_over = recording.is_over;
        if recording.is_alive || !events.is_empty() {
            self.heard_at_ms = time::now_ms();
        }
        events
    }
}
