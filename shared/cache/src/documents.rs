//! Documents at the edge: releases and API keys as Redis holds them.
//!
//! A document is stored as `<revision> <json>` under two keys. `fresh` lives for [`DOCUMENT_FRESH_MS`] and is
//! what bounds staleness: when an invalidation was lost, it is gone three seconds later. `last` lives for a day
//! and is read only when the database cannot be. A deletion stores the JSON `null`, a tombstone, which outlives
//! every refill that might still be on its way.
//!
//! A refill (somebody read the database because `fresh` was gone) never replaces a newer revision: that is the
//! compare-and-set below. A writer overwrites in the same way, with the revision that its statement returned.

use std::sync::Arc;

use crate::redis::REDIS_TIMEOUT_MS;
use crate::{Command, Error, Redis, Reply, Script, Step};

/// How long Redis answers for the database, in milliseconds.
pub const DOCUMENT_FRESH_MS: i64 = 3_000;
/// How long a tombstone stays, in milliseconds: longer than any refill that began before the deletion can take.
pub const TOMBSTONE_MS: i64 = 15_000;
/// How long a document can still answer while the database is down, in seconds.
const LAST_SECONDS: i64 = 86_400;

/// Where a document is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slot(Arc<str>);

impl Slot {
    /// The release of a prompt, by the id or name that callers use.
    pub fn release(team_id: &str, reference: &str, environment: &str) -> Self {
        Self(["release:", team_id, ":", environment, ":", reference].concat().into())
    }

    /// A slot that nothing is kept in and nobody looks for.
    pub(crate) fn nowhere() -> Self {
        Self("".into())
    }

    /// The same with a version that the caller chose. A kind of its own: whatever callers write for a prompt's name,
    /// it is no other slot.
    pub fn version(team_id: &str, reference: &str, environment: &str, version: &str) -> Self {
        Self(["version:", team_id, ":", environment, ":", version, ":", reference].concat().into())
    }

    /// The API key with this hash.
    pub fn api_key(hash: &str) -> Self {
        Self(["key:", hash].concat().into())
    }

    /// A team's model providers, their keys sealed.
    pub fn providers(team_id: &str) -> Self {
        Self(["providers:", team_id].concat().into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// `release`, `version`, `key` or `providers`: what a log line may say of it.
    pub(crate) fn kind(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    fn fresh(&self) -> String {
        self.0.to_string()
    }

    fn last(&self) -> String {
        format!("last:{}", self.0)
    }
}

/// What a slot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The revision, which only grows. 0 where the database knows no such thing.
    pub revision: i64,
    /// JSON text; `null` is a tombstone.
    pub json: String,
}

impl Document {
    /// Whether it says that there is nothing.
    pub fn is_tombstone(&self) -> bool {
        self.json == "null"
    }

    fn encode(&self) -> String {
        format!("{} {}", self.revision, self.json)
    }

    fn decode(text: &str) -> Option<Self> {
        let (revision, json) = text.split_once(' ')?;
        Some(Self { revision: revision.parse().ok()?, json: json.to_owned() })
    }
}

// Times come from Redis alone: edges disagree about the clock. KEYS: fresh, last. ARGV: revision, document,
// milliseconds to stay fresh, seconds to stay as the last (0: not at all).
static COMPARE_AND_SET: Script = Script::idempotent(
    r"
local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%d+')) > tonumber(ARGV[1]) then
  return held
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if ARGV[4] ~= '0' then
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[4])
end
return false
",
);

/// The documents that Redis may answer with, in one round trip, in the order of `slots`; `None` where there is none.
pub async fn read_documents(redis: &Redis, slots: &[Slot]) -> Result<Vec<Option<Document>>, Error> {
    if slots.is_empty() {
        return Ok(Vec::new());
    }
    let reply = redis.run(&Command::idempotent("MGET").args(slots.iter().map(Slot::fresh))).await?;
    let replies = reply.as_array().map(Vec::as_slice).unwrap_or_default();
    Ok((0..slots.len()).map(|index| replies.get(index).and_then(document)).collect())
}

/// The last documents there were and their ages in milliseconds, for when the database cannot be asked.
pub(crate) async fn read_last_documents(
    redis: &Redis,
    slots: &[Slot],
) -> Result<Vec<Option<(Document, i64)>>, Error> {
    let of_slot = |slot: &Slot| ["GET", "PTTL"].map(|name| Command::idempotent(name).arg(slot.last()));
    let commands: Vec<Command> = slots.iter().flat_map(of_slot).collect();
    let replies = redis.pipeline(&commands).await?;
    let (pairs, _) = replies.as_chunks::<2>();
    Ok(pairs.iter().map(last_document).collect())
}

fn last_document([value, remaining]: &[Result<Reply, Error>; 2]) -> Option<(Document, i64)> {
    let document = document(value.as_ref().ok()?)?;
    let age_ms = LAST_SECONDS * 1_000 - remaining.as_ref().ok()?.as_i64().unwrap_or_default();
    Some((document, age_ms.max(0)))
}

/// Stores what a reader found in the database `elapsed_ms` ago, in one round trip. Returns the newer documents that
/// Redis held instead, each with its slot.
pub async fn refill_documents(
    redis: &Redis,
    found: &[(Slot, Document)],
    elapsed_ms: i64,
) -> Result<Vec<(Slot, Document)>, Error> {
    // Its time begins when Redis has it, which may be as late as the client waits for Redis.
    let fresh_ms = DOCUMENT_FRESH_MS - elapsed_ms - REDIS_TIMEOUT_MS;
    if fresh_ms <= 0 {
        return Ok(Vec::new());
    }
    let set = |(slot, document): &(Slot, Document)| {
        let last_seconds = if document.revision == 0 { 0 } else { LAST_SECONDS };
        compare_and_set(slot, document, fresh_ms, last_seconds)
    };
    let replies = all(redis, found.iter().map(set).collect()).await?;
    let newer = found.iter().zip(&replies);
    Ok(newer.filter_map(|((slot, _), reply)| Some((slot.clone(), document(reply)?))).collect())
}

/// Publishes what a writer has just committed, in one round trip. Tombstones stay longer.
pub async fn write_documents(redis: &Redis, written: &[(Slot, Document)]) -> Result<(), Error> {
    let set = |(slot, document): &(Slot, Document)| {
        let fresh_ms = if document.is_tombstone() { TOMBSTONE_MS } else { DOCUMENT_FRESH_MS };
        compare_and_set(slot, document, fresh_ms, LAST_SECONDS)
    };
    all(redis, written.iter().map(set).collect()).await.map(|_| ())
}

/// Takes steps of which none may fail.
async fn all(redis: &Redis, steps: Vec<Step<'_>>) -> Result<Vec<Reply>, Error> {
    redis.steps(&steps).await?.into_iter().collect()
}

fn compare_and_set(slot: &Slot, document: &Document, fresh_ms: i64, last_seconds: i64) -> Step<'static> {
    let keys = vec![slot.fresh(), slot.last()];
    let revision = document.revision.to_string();
    let arguments = vec![revision, document.encode(), fresh_ms.to_string(), last_seconds.to_string()];
    Step::Script(&COMPARE_AND_SET, keys, arguments)
}

fn document(reply: &Reply) -> Option<Document> {
    reply.as_str().and_then(Document::decode)
}
