//! From the streams into the database.

use cache::{Command, Error as RedisError, Redis, Reply};
use domain::{Error, Id};
use platform::config::Config;
use platform::database::Database;
use platform::time;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::halves::{Halves, Outcome};
use crate::otlp::Receiver;
use crate::stream::{self, GROUP, MOST_SET_ASIDE, SET_ASIDE, SHARDS};

/// How many entries of each stream are read at once: with all streams, as many as an isolate can well hold.
const READ_AT_ONCE: u32 = 100;
/// Entries that somebody read and did not acknowledge within this time are claimed. Fewer at once, because they may
/// be why that one died.
const IDLE_MS: u32 = 60_000;
const CLAIM_AT_ONCE: u32 = 25;

/// What a drain did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Drained {
    /// Entries that were read.
    pub read: u64,
    /// Events that were stored.
    pub accepted: u64,
    /// Events that had been stored before.
    pub duplicates: u64,
    /// Entries that can never be stored: they are in the stream `events:set-aside`.
    pub set_aside: u64,
    /// Spans of traces, which are exported and not stored.
    pub spans: u64,
    /// Whether everything was drained that was there; false when the time was up.
    pub is_empty: bool,
}

/// An entry of a stream.
struct Entry {
    stream: String,
    id: String,
    event: String,
    /// Why it can never be stored, as far as one can see from outside.
    flaw: Option<String>,
    is_span: bool,
}

/// Drains all streams until they are empty or `limit_ms` has passed. Several may run at once, and any may be ended at
/// any point.
///
/// # Errors
/// When a store is down. What was read and not stored is claimed by another drain, a minute later.
pub async fn drain(
    redis: &Redis,
    database: &Database,
    config: &Config,
    limit_ms: i64,
) -> Result<Drained, Error> {
    let started_ms = time::now_ms();
    let mut receiver = Receiver::from_config(config);
    let is_time = || time::now_ms() - started_ms < limit_ms;
    let mut drained = Drained::default();
    for shard in 0..SHARDS {
        let stream = stream::name(shard);
        let mut cursor = "0-0".to_owned();
        while is_time() {
            let (next, entries) = claim(redis, &stream, &cursor).await?;
            store(redis, database, &mut receiver, entries, &mut drained).await?;
            if next == "0-0" {
                break;
            }
            cursor = next;
        }
    }
    while is_time() {
        let entries = read(redis).await?;
        if entries.is_empty() {
            drained.is_empty = true;
            break;
        }
        store(redis, database, &mut receiver, entries, &mut drained).await?;
    }
    Ok(drained)
}

/// Takes over what somebody else has read and not acknowledged for a minute.
async fn claim(redis: &Redis, stream: &str, cursor: &str) -> Result<(String, Vec<Entry>), Error> {
    let command = Command::new("XAUTOCLAIM").args([stream, GROUP, GROUP]);
    let command = command.arg(IDLE_MS).arg(cursor).arg("COUNT").arg(CLAIM_AT_ONCE);
    let reply = in_group(redis, &command).await?;
    let next = reply.get(0).and_then(Reply::as_str).unwrap_or("0-0").to_owned();
    Ok((next, reply.get(1).map_or_else(Vec::new, |entries| read_entries(stream, entries))))
}

/// Reads what nobody has read.
async fn read(redis: &Redis) -> Result<Vec<Entry>, Error> {
    let command = Command::new("XREADGROUP").args(["GROUP", GROUP, GROUP, "COUNT"]).arg(READ_AT_ONCE);
    let command = command.arg("STREAMS").args((0..SHARDS).map(stream::name)).args((0..SHARDS).map(|_| ">"));
    let reply = in_group(redis, &command).await?;
    let streams = reply.as_array().map(Vec::as_slice).unwrap_or_default();
    let entries = streams.iter().flat_map(|stream| {
        let name = stream.get(0).and_then(Reply::as_str).unwrap_or_default();
        stream.get(1).map_or_else(Vec::new, |entries| read_entries(name, entries))
    });
    Ok(entries.collect())
}

/// Runs a command that needs the consumer group, and makes the group where there is none.
async fn in_group(redis: &Redis, command: &Command) -> Result<Reply, Error> {
    match redis.run(command).await {
        Err(RedisError::Refused(reason)) if reason.starts_with("NOGROUP") => {
            for shard in 0..SHARDS {
                let create = Command::idempotent("XGROUP").arg("CREATE").arg(stream::name(shard));
                match redis.run(&create.args([GROUP, "0", "MKSTREAM"])).await {
                    Err(RedisError::Refused(reason)) if reason.starts_with("BUSYGROUP") => {}
                    made => _ = made?,
                }
            }
            Ok(redis.run(command).await?)
        }
        result => Ok(result?),
    }
}

/// `[[id, [name, value, …]], …]`. An entry that was deleted has no values.
fn read_entries(stream: &str, entries: &Reply) -> Vec<Entry> {
    let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().filter_map(|entry| read_entry(stream, entry)).collect()
}

fn read_entry(stream: &str, entry: &Reply) -> Option<Entry> {
    let id = entry.get(0)?.as_str()?.to_owned();
    let fields = entry.get(1)?.as_array()?;
    let value = |name: &str| {
        fields
            .chunks_exact(2)
            .find(|pair| pair.first().and_then(Reply::as_str) == Some(name))?
            .get(1)?
            .as_str()
    };
    let event = value("event").unwrap_or_default().to_owned();
    let (flaw, is_span) = match kind(&event, value("team_id").unwrap_or_default()) {
        Ok(kind) => (None, matches!(kind, Type::Span)),
        Err(flaw) => (Some(flaw), false),
    };
    Some(Entry { stream: stream.to_owned(), id, event, flaw, is_span })
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    Exposure,
    Failure,
    Inference,
    Feedback,
    Span,
}

/// What an event is, or what is wrong with it that no database has to be asked about.
fn kind(event: &str, team_id: &str) -> Result<Type, String> {
    #[derive(Deserialize)]
    struct Outline {
        id: String,
        team_id: Id,
        #[serde(rename = "type")]
        kind: Type,
        #[serde(rename = "at_ms")]
        _at_ms: i64,
        #[serde(flatten)]
        _rest: IgnoredAny,
    }
    match serde_json::from_str::<Outline>(event) {
        Err(error) => Err(error.to_string()),
        Ok(outline) if outline.id.is_empty() => Err("the id is empty".to_owned()),
        Ok(outline) if outline.team_id.as_str() != team_id => Err("the event is another team's".to_owned()),
        Ok(outline) => Ok(outline.kind),
    }
}

/// Stores entries and acknowledges them. Those that the database refuses are set aside, so that nothing is tried for
/// ever.
async fn store(
    redis: &Redis,
    database: &Database,
    receiver: &mut Option<Receiver>,
    entries: Vec<Entry>,
    drained: &mut Drained,
) -> Result<(), Error> {
    let (spans, entries): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.is_span);
    drained.read += u64::try_from(entries.len()).unwrap_or(0);
    let (flawed, sound): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.flaw.is_some());
    set_aside(redis, flawed, drained).await?;
    let mut halves = Halves::new(sound);
    loop {
        match halves.next(database, |entry: &Entry| &entry.event).await.map_err(Error::Unavailable)? {
            None => break,
            Some(Outcome::Stored(batch, ingested)) => {
                drained.accepted += ingested.accepted;
                drained.duplicates += ingested.duplicates;
                acknowledge(redis, &batch).await?;
            }
            Some(Outcome::Refused(entry, reason)) => {
                set_aside(redis, vec![Entry { flaw: Some(reason), ..entry }], drained).await?;
            }
        }
    }
    // Last: what counts is stored by now, however long the receiver takes.
    export(redis, receiver.as_mut(), &spans, drained).await
}

/// Exports spans. They are acknowledged first: a receiver that fails shall not get them again and again.
async fn export(
    redis: &Redis,
    receiver: Option<&mut Receiver>,
    spans: &[Entry],
    drained: &mut Drained,
) -> Result<(), Error> {
    if spans.is_empty() {
        return Ok(());
    }
    acknowledge(redis, spans).await?;
    drained.read += u64::try_from(spans.len()).unwrap_or(0);
    drained.spans += u64::try_from(spans.len()).unwrap_or(0);
    if let Some(receiver) = receiver {
        receiver.export(&spans.iter().map(|span| span.event.as_str()).collect::<Vec<_>>()).await;
    }
    Ok(())
}

async fn acknowledge(redis: &Redis, entries: &[Entry]) -> Result<(), Error> {
    let mut commands = Vec::new();
    for shard in 0..SHARDS {
        let stream = stream::name(shard);
        let ids: Vec<&str> =
            entries.iter().filter(|entry| entry.stream == stream).map(|entry| entry.id.as_str()).collect();
        if !ids.is_empty() {
            commands.push(Command::idempotent("XACK").args([stream.as_str(), GROUP]).args(&ids));
            commands.push(Command::idempotent("XDEL").arg(&stream).args(&ids));
        }
    }
    for reply in redis.pipeline(&commands).await? {
        reply?;
    }
    Ok(())
}

async fn set_aside(redis: &Redis, entries: Vec<Entry>, drained: &mut Drained) -> Result<(), Error> {
    for entry in &entries {
        let reason = entry.flaw.as_deref().unwrap_or_default();
        let keep = Command::new("XADD").args([SET_ASIDE, "MAXLEN", "~"]).arg(MOST_SET_ASIDE).arg("*");
        let keep =
            keep.args(["stream", &entry.stream, "entry", &entry.id, "reason", reason, "event", &entry.event]);
        redis.run(&keep).await?;
        drained.set_aside += 1;
        // The reason may quote the event: it is kept with the event, not logged.
        platform::error!("event set aside", stream = entry.stream, entry = entry.id);
    }
    acknowledge(redis, &entries).await
}
