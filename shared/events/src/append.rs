//! Into the stream; into the database when there is no stream.

use std::collections::HashSet;
use std::time::Duration;

use cache::{Command, Redis};
use domain::{Error, Id};
use platform::database::Database;
use platform::{Context, time};

use crate::Event;
use crate::policies::policy;
use crate::prepare::prepare;
use crate::stream;

/// A pipeline's size. Larger requests are refused by some plans of the service.
const LARGEST_PIPELINE_BYTES: usize = 750_000;
/// How long an append may take: longer than an answer that somebody waits for.
const APPEND_TIMEOUT: Duration = Duration::from_secs(2);
const WAIT_BEFORE_RETRY: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// An event that is ready to leave.
struct Ready {
    team_id: Id,
    text: String,
}

/// Appends events of any teams. What is lost is given back: neither store took it.
pub(crate) async fn append(context: &Context, events: Vec<Event>) -> Result<(), Vec<Event>> {
    let database = Database::new(context.config.get("DATABASE_URL").unwrap_or_default());
    let mut left = Vec::with_capacity(events.len());
    for event in &events {
        let policy = policy(&database, event.team_id()).await;
        left.push(Ready { team_id: event.team_id().clone(), text: prepare(event.clone(), &policy) });
    }
    if let Some(redis) = Redis::from_config(&context.config) {
        left = append_to_streams(&redis.with_timeout(APPEND_TIMEOUT), left).await;
        if left.is_empty() {
            return Ok(());
        }
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

/// What came of events whose ids their sender chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Appended {
    /// New ones.
    pub accepted: u64,
    /// Those whose id was used in this call before, or by the team within seven days.
    pub duplicates: u64,
}

/// Appends a team's events whose ids the sender chose, and says how many were new. They are safe when it returns.
///
/// # Errors
/// [`Error::Unavailable`] when neither store takes them: the sender may try again.
pub async fn append_new(context: &Context, team_id: &Id, events: Vec<Event>) -> Result<Appended, Error> {
    let database = Database::new(context.config.get("DATABASE_URL").unwrap_or_default());
    let policy = policy(&database, team_id).await;
    let given = u64::try_from(events.len()).unwrap_or(u64::MAX);
    let mut ids = HashSet::new();
    let mut fresh = Vec::new();
    for event in events {
        let text = prepare(event, &policy);
        let id = id_of(&text);
        if ids.insert(id.clone()) {
            fresh.push((id, text));
        }
    }
    // The streams know the last two hours, the database what was drained from them.
    let names: Vec<&str> = fresh.iter().map(|(id, _)| id.as_str()).collect();
    match store::events::known(&database, team_id, &names).await {
        Ok(known) => fresh.retain(|(id, _)| !known.contains(id)),
        Err(error) => {
            platform::warn!("old event ids not compared", error = error.to_string(), team_id = team_id);
        }
    }
    let accepted =
        if fresh.is_empty() { 0 } else { append_fresh(context, &database, team_id, &fresh).await? };
    Ok(Appended { accepted, duplicates: given - accepted.min(given) })
}

async fn append_fresh(
    context: &Context,
    database: &Database,
    team_id: &Id,
    fresh: &[(String, String)],
) -> Result<u64, Error> {
    if let Some(redis) = Redis::from_config(&context.config) {
        let redis = redis.with_timeout(APPEND_TIMEOUT);
        let stream = std::iter::once(stream::of(team_id));
        let keys: Vec<String> =
            stream.chain(fresh.iter().map(|(id, _)| stream::id_key(team_id, id))).collect();
        let head = [team_id.to_string(), stream::ID_KNOWN_S.to_string()];
        let arguments: Vec<String> =
            head.into_iter().chain(fresh.iter().map(|(_, text)| text.clone())).collect();
        match redis.script(&stream::APPEND_NEW, &keys, &arguments).await {
            Ok(reply) => {
                let added = reply.as_array().map_or(0, |added| added.iter().filter(|one| **one == 1).count());
                return Ok(u64::try_from(added).unwrap_or(0));
            }
            Err(error) => {
                platform::warn!("events not appended", error = error.to_string(), team_id = team_id);
            }
        }
    }
    let document = array(fresh.iter().map(|(_, text)| text.as_str()));
    match store::events::ingest(database, &document).await {
        Ok(ingested) => Ok(ingested.accepted),
        Err(store::events::Failure::Unavailable(error)) => Err(Error::Unavailable(error)),
        Err(store::events::Failure::Refused(error)) => Err(Error::Internal(error)),
    }
}

fn id_of(text: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        id: String,
    }
    serde_json::from_str::<Named>(text).map(|named| named.id).unwrap_or_default()
}
