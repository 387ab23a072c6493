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

use crate::burial::{MISSED, bury};
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
    // What was deleted is gone, though its events may still be in Redis. Without a database they are all there is.
    let status = match messages::find(&call.database, call.team_id(), message_id.as_str()).await {
        Ok(message) => Some(message.status),
        Err(Error::Unavailable(_)) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(follow(call, message_id, after, status).await?.unwrap_or_else(edge::no_content))
}

/// The events of an answer after the one with the id `after`; none when nothing is left. `status` is the stored one, if
/// the database has told.
pub(crate) async fn follow(
    call: Call,
    message_id: Id,
    after: u64,
    status: Option<Status>,
) -> Result<Option<Response>, Error> {
    let log = log_of(&call, &message_id)?;
    let mut recording = log.read(after).await?;
    if recording.texts.is_empty() && !recording.is_over {
        let Some(status) = status else {
            return Err(Error::Unavailable("neither store knows the answer".to_owned()));
        };
        if status != Status::Streaming {
            if !recording.exists {
                return Ok(None);
            }
            recording = until_over(&log, after).await?;
        }
    }
    if recording.texts.is_empty() && recording.is_over {
        return Ok(None);
    }
    // Following takes minutes, and a connection for each reader would be more than a database has.
    call.database.close().await;
    let following = Following {
        call,
        message_id,
        log,
        after,
        first: Some(recording),
        answered_at_ms: time::now_ms(),
        missed_since_ms: None,
        is_over: false,
    };
    Ok(Some(wire::respond(Box::pin(stream::unfold(following, |mut following| async move {
        let events = following.next().await?;
        Some((events, following))
    })))))
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
    call: Call,
    message_id: Id,
    log: AnswerLog,
    after: u64,
    /// What was read before the response began.
    first: Option<Recording>,
    /// When Redis last answered.
    answered_at_ms: i64,
    /// Since when Redis has answered that there is no sign of the writer's life.
    missed_since_ms: Option<i64>,
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
                    if !self.is_over && self.misses(&recording) {
                        self.bury().await;
                        return Some(self.break_off());
                    }
                }
                Err(error) => {
                    platform::warn!("answer not followed", error = error.to_string());
                    self.missed_since_ms = None;
                    if time::now_ms() - self.answered_at_ms > WRITER_ALIVE_MS {
                        return Some(self.break_off());
                    }
                }
            }
            if !self.is_over {
                time::sleep(EVERY).await;
            }
        }
        None
    }

    /// Whether the writer has died: Redis answers, and there has been no sign of it for a while. Before its first
    /// append it is given more time.
    fn misses(&mut self, recording: &Recording) -> bool {
        let now_ms = time::now_ms();
        self.answered_at_ms = now_ms;
        if recording.is_alive {
            self.missed_since_ms = None;
            return false;
        }
        let since_ms = *self.missed_since_ms.get_or_insert(now_ms);
        let missed_ms = i64::try_from(MISSED.as_millis()).unwrap_or(WRITER_ALIVE_MS);
        now_ms - since_ms >= if recording.exists { missed_ms } else { WRITER_ALIVE_MS }
    }

    /// Ends the answer where it is stored, or it would be streaming there until it is too old.
    async fn bury(&self) {
        let buried = bury(&self.call, &self.message_id).await;
        self.call.database.close().await;
        if let Err(error) = buried {
            platform::warn!(
                "answer of a dead isolate not ended",
                error = error.to_string(),
                message_id = self.message_id,
                request_id = self.call.request_id,
                trace_id = self.call.trace_id(),
                team_id = self.call.team_id()
            );
        }
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
        if !events.is_empty() {
            self.missed_since_ms = None;
        }
        events
    }
}
