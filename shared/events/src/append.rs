//! Into the stream; into the database when there is no stream.

use std::time::Duration;

use cache::{Command, Redis};
use domain::Id;
use platform::database::Database;
use platform::{Context, time};

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
    let document = array(left.iter().map(|ready| ready.text.as_str()));
    match store::events::ingest(&database, &document).await {
        Ok(_) => {
            platform::warn!("events written past the stream", events = left.len());
            Ok(())
        }
        Err(error) => {
            platform::error!("events lost", events = left.len(), error = error.to_string());
            Err(events)
        }
    }
}

/// The event as it may leave.
#[cfg(feature = "contents")]
async fn leaving(database: &Database, mut event: Event) -> String {
    match &mut event {
        Event::Exposure(_) | Event::Failure(_) | Event::Span { .. } => {}
        Event::Inference(inference) => {
            let policy = crate::policies::policy(database, &inference.team_id).await;
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
    let mut events = events.into_iter().peekable();
    while events.peek().is_some() {
        let mut size = 0;
        let mut part = Vec::new();
        while let Some(event) =
            events.next_if(|event| part.is_empty() || size + event.text.len() <= LARGEST_PIPELINE_BYTES)
        {
            size += event.text.len();
            part.push(event);
        }
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
