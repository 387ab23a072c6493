//! Events whose ids their sender chose.

use std::collections::HashSet;

use cache::{Redis, Script};
use domain::{Error, Id};
use platform::Context;
use platform::database::Database;

use crate::append::{APPEND_TIMEOUT, parts};
use crate::halves::{Halves, Outcome};
use crate::policies::policy_or_unknown;
use crate::prepare::prepare;
use crate::{Event, contents, stream};

/// Appends those of a team's events whose ids nobody has used within two hours, which is long enough for the drain to
/// bring them into the database, and says for each whether it was one. All in one go: an id is never noted without
/// its event.
///
/// `KEYS`: the stream, then one key for each event. `ARGV`: the team, the lifetime in seconds, then the events.
static APPEND_NEW: Script = Script::new(
    "local added = {}
for index = 2, #KEYS do
  if redis.call('SET', KEYS[index], '1', 'NX', 'EX', ARGV[2]) then
    redis.call('XADD', KEYS[1], '*', 'team_id', ARGV[1], 'event', ARGV[index + 1])
    added[index - 1] = 1
  else
    added[index - 1] = 0
  end
end
return added",
);

/// How long [`APPEND_NEW`] knows an id.
const ID_KNOWN_S: u32 = 7_200;

/// The key that says that an id was used.
fn id_key(team_id: &Id, id: &str) -> String {
    format!("event-id:{team_id}:{id}")
}

/// What came of events whose ids their sender chose.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appended {
    /// New ones.
    pub accepted: u64,
    /// Those whose id was used in this call before, or by the team within seven days.
    pub duplicates: u64,
    /// The places of those that can never be stored.
    pub refused: Vec<usize>,
}

/// An event whose id is new as far as one can see.
struct Fresh {
    place: usize,
    id: String,
    text: String,
}

/// Appends a team's events whose ids the sender chose, and says how many were new. They are safe when it returns.
///
/// # Errors
/// [`Error::Unavailable`] when neither store takes them: the sender may try again.
pub async fn append_new(context: &Context, team_id: &Id, events: Vec<Event>) -> Result<Appended, Error> {
    let database = Database::new(context.config.get("DATABASE_URL").unwrap_or_default());
    let policy = policy_or_unknown(&database, team_id).await;
    let given = u64::try_from(events.len()).unwrap_or(u64::MAX);
    let mut ids = HashSet::new();
    let mut fresh = Vec::new();
    for (place, mut event) in events.into_iter().enumerate() {
        if let Event::Inference(inference) = &mut event {
            contents::redact(inference, &policy);
        }
        let text = prepare(event);
        let id = id_of(&text);
        if ids.insert(id.clone()) {
            fresh.push(Fresh { place, id, text });
        }
    }
    // The streams know the last two hours, the database what was drained from them.
    let names: Vec<&str> = fresh.iter().map(|event| event.id.as_str()).collect();
    match store::events::known(&database, team_id, &names).await {
        Ok(known) => fresh.retain(|event| !known.contains(&event.id)),
        Err(error) => {
            platform::warn!("old event ids not compared", error = error.to_string(), team_id = team_id);
        }
    }
    let mut appended = Appended::default();
    let left = append_to_stream(context, team_id, fresh, &mut appended).await;
    write(&database, left, &mut appended).await?;
    let refused = u64::try_from(appended.refused.len()).unwrap_or(u64::MAX);
    appended.duplicates = given.saturating_sub(appended.accepted).saturating_sub(refused);
    Ok(appended)
}

/// Gives back what Redis has not taken.
async fn append_to_stream(
    context: &Context,
    team_id: &Id,
    fresh: Vec<Fresh>,
    appended: &mut Appended,
) -> Vec<Fresh> {
    let Some(redis) = Redis::from_config(&context.config) else { return fresh };
    let redis = redis.with_timeout(APPEND_TIMEOUT);
    let mut parts = parts(fresh, |event| event.text.len()).into_iter();
    while let Some(part) = parts.next() {
        let stream = std::iter::once(stream::of(team_id));
        let keys: Vec<String> = stream.chain(part.iter().map(|event| id_key(team_id, &event.id))).collect();
        let head = [team_id.to_string(), ID_KNOWN_S.to_string()];
        let arguments: Vec<String> =
            head.into_iter().chain(part.iter().map(|event| event.text.clone())).collect();
        match redis.script(&APPEND_NEW, &keys, &arguments).await {
            Ok(reply) => {
                let added = reply.as_array().map_or(0, |added| added.iter().filter(|one| **one == 1).count());
                appended.accepted += u64::try_from(added).unwrap_or(0);
            }
            Err(error) => {
                platform::warn!("events not appended", error = error.to_string(), team_id = team_id);
                return part.into_iter().chain(parts.flatten()).collect();
            }
        }
    }
    Vec::new()
}

/// Writes to the database what is to be had nowhere else.
async fn write(database: &Database, left: Vec<Fresh>, appended: &mut Appended) -> Result<(), Error> {
    let mut halves = Halves::new(left);
    while let Some(outcome) =
        halves.next(database, |event: &Fresh| &event.text).await.map_err(Error::Unavailable)?
    {
        match outcome {
            Outcome::Stored(_, ingested) => appended.accepted += ingested.accepted,
            Outcome::Refused(event, _) => appended.refused.push(event.place),
        }
    }
    Ok(())
}

fn id_of(text: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Named {
        id: String,
    }
    serde_json::from_str::<Named>(text).map(|named| named.id).unwrap_or_default()
}
