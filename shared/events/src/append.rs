//! Into the stream; into the database when there is no stream.

use std::time::Duration;

use cache::{Command, Redis};
use domain::Id;
use platform::database::Database;
use platform::{Context, time};

use crate::halves::{Halves, Outcome};
use crate::prepare::prepare;
use crate::{Event, stream};

/// A pipeline's size. Larger requests are refused by some plans of the service.
const LARGEST_PIPELINE_BYTES: usize = 750_000;
/// How long an append may take: longer than an answer that somebody waits for.
pub(crate) const APPEND_TIMEOUT: Duration = Duration::from_secs(2);
const WAIT_BEFORE_RETRY: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// An event that is ready to leave.
struct Ready {
    team_id: Id,
    text: String,
    is_span: bool,
}

/// Appends events of any teams. What is lost is given back: neither store took it.
pub(crate) async fn append(context: &Context, events: Vec<Event>) -> Result<(), Vec<Event>> {
    let database = Database::new(context.config.get("DATABASE_URL").unwrap_or_default());
    let mut left = Vec::with_capacity(events.len());
    for event in &events {
        let text = leaving(&database, event.clone()).await;
        let is_span = matches!(event, Event::Span { .. });
        left.push(Ready { team_id: event.team_id().clone(), text, is_span });
    }
    if let Some(redis) = Redis::from_config(&context.config) {
        left = append_to_streams(&redis.with_timeout(APPEND_TIMEOUT), left).await;
        if left.is_empty() {
            return Ok(());
        }
    }
    // The database counts what happened; of spans it knows nothing.
    left.retain(|ready| !ready.is_span);
    if left.is_empty() {
        return Ok(());
    }
    let count = left.len();
    match write(&database, left).await {
        Ok(refused) => {
            platform::warn!("events written past the stream", events = count - refused);
            if refused > 0 {
                platform::error!("events lost: they can never be stored", events = refused);
            }
            Ok(())
        }
        Err(error) => {
            platform::error!("events lost", events = count, error = error);
            Err(events)
        }
    }
}

/// Writes events to the database, and says how many it refuses.
async fn write(database: &Database, events: Vec<Ready>) -> Result<usize, String> {
    let mut halves = Halves::new(events);
    let mut refused = 0;
    while let Some(outcome) = halves.next(database, |ready: &Ready| &ready.text).await? {
        refused += usize::from(matches!(outcome, Outcome::Refused(..)));
    }
    Ok(refused)
}

/// The event as it may leave.
#[cfg(feature = "contents")]
async fn leaving(database: &Database, mut event: Event) -> String {
    match &mut event {
        Event::Exposure(_) | Event::Failure(_) | Event::Span { .. } => {}
        Event::Inference(inference) => {
            let policy = crate::policies::policy_or_unknown(database, &inference.team_id).await;
            crate::contents::redact(inference, &policy);
        }
        Event::Feedback(feedback) => {
            feedback.request_id = feedback.request_id.as_deref().map(crate::contents::named);
        }
    }
    prepare(event)
}

/// The event as it may leave. Without contents no rule of its team concerns it.
#[cfg(not(feature = "contents"))]
#[expect(clippy::unused_async, reason = "with contents it waits for the team's rules")]
async fn leaving(_database: &Database, event: Event) -> String {
    prepare(event)
}

/// Gives back what Redis did not take after some tries. A try whose answer was lost may have been taken: the next one
/// then appends an event again, which is counted once.
async fn append_to_streams(redis: &Redis, mut left: Vec<Ready>) -> Vec<Ready> {
    let mut waits = WAIT_BEFORE_RETRY.into_iter();
    loop {
        left = append_once(redis, left).await;
        if left.is_empty() {
            return left;
        }
        let Some(wait) = waits.next() else { return left };
        time::sleep(wait).await;
    }
}

async fn append_once(redis: &Redis, events: Vec<Ready>) -> Vec<Ready> {
    let mut left = Vec::new();
    for part in parts(events, |event| event.text.len()) {
        let commands: Vec<Command> =
            part.iter().map(|ready| stream::append(&ready.team_id, &ready.text)).collect();
        match redis.pipeline(&commands).await {
            Ok(replies) => {
                let refused = part.into_iter().zip(replies).filter(|(_, reply)| reply.is_err());
                left.extend(refused.map(|(ready, _)| ready));
            }
            Err(error) => {
                platform::warn!("events not appended", error = error.to_string(), events = part.len());
                left.extend(part);
            }
        }
    }
    left
}

/// The same in order, in parts that may be sent at once.
pub(crate) fn parts<T>(events: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut parts: Vec<Vec<T>> = Vec::new();
    let mut size_bytes = LARGEST_PIPELINE_BYTES;
    for event in events {
        size_bytes += size(&event);
        match parts.last_mut() {
            Some(part) if size_bytes <= LARGEST_PIPELINE_BYTES => part.push(event),
            _ => {
                size_bytes = size(&event);
                parts.push(vec![event]);
            }
        }
    }
    parts
}

/// JSON texts as a JSON array.
pub(crate) fn array<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut array = String::from("[");
    for text in texts {
        if array.len() > 1 {
            array.push(',');
        }
        array.push_str(text);
    }
    array.push(']');
    array
}
