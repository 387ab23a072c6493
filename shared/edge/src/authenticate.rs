//! Who calls: from the API key in the request to what the key may do.
//!
//! Keys are kept like releases: in memory, in Redis, and in the database. A revoked key is therefore dead
//! everywhere within five seconds, also when its invalidation was lost, and known keys go on working while the
//! stores are down.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cache::{Command, Document, Layers, Lookup, Memory, Slot, Stores};
use domain::{ApiKey, Error, KeyHash, Role};
use platform::database::Database;
use platform::{Context, Tasks, task, time};
use store::keys::{self, KnownKey, Use};

use crate::Problem;

/// Who calls: the holder of a key that is in force.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key, its user and its team.
    pub key: Arc<KnownKey>,
}

/// What the isolate's memory says of a key.
pub enum CallerLookup {
    /// In force.
    Known(Caller),
    /// Not in force, or not to be decided from memory: ask the stores.
    Ask,
}

const MEMORY_BYTES: usize = 4 << 20;
/// How exact `last_used_at` is, in milliseconds.
const TOUCH_EVERY_MS: i64 = 60_000;
/// How many keys' uses an isolate remembers before it starts anew.
const TOUCHED_KEYS: usize = 4_096;

static KEYS: Layers<Arc<KnownKey>> = Layers {
    memory: LazyLock::new(|| Mutex::new(Memory::new(MEMORY_BYTES))),
    parse: |json| serde_json::from_str(json).map(|key: KnownKey| (Arc::new(key), json.len())),
};

static TOUCHED: LazyLock<Mutex<HashMap<String, i64>>> = LazyLock::new(Mutex::default);

impl Caller {
    /// Refuses a caller whose role is below `role`.
    pub fn require(&self, role: Role) -> Result<(), Error> {
        if self.key.role >= role {
            return Ok(());
        }
        let (needed, held) = (role.name(), self.key.role.name());
        Err(Error::Forbidden(format!("this needs a key with the role {needed}; yours is {held}")))
    }
}

/// The key in a request's headers: `Authorization: Bearer pl_…`, or `x-api-key`.
pub(crate) fn presented_key(authorization: Option<&str>, x_api_key: Option<&str>) -> Option<ApiKey> {
    let bearer = authorization.and_then(|value| {
        let (scheme, credentials) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| credentials.trim())
    });
    bearer.or(x_api_key).and_then(ApiKey::parse)
}

/// Decides from memory alone, for the hot path. Starts the refresh that may be due. The clock is a call into the runtime:
/// `now_ms` is asked for once.
pub fn caller_from_memory(
    authorization: Option<&str>,
    x_api_key: Option<&str>,
    context: &Context,
    now_ms: i64,
    stores: impl FnOnce() -> (Stores, Database),
) -> CallerLookup {
    let Some(key) = presented_key(authorization, x_api_key) else { return CallerLookup::Ask };
    let slot = slot_of(&key);
    let held = match KEYS.look(&slot, now_ms) {
        Lookup::Fresh(held) => held,
        Lookup::Due(held) => {
            let (stores, database) = stores();
            touch(&held.value, &stores, &database, context);
            let hash = key.hash();
            KEYS.refresh(slot, &stores, move || load(database, hash));
            held
        }
        Lookup::Expired(_) | Lookup::Absent => return CallerLookup::Ask,
    };
    match in_force(&held.value, now_ms) {
        Ok(()) => CallerLookup::Known(Caller { key: held.value }),
        Err(_) => CallerLookup::Ask,
    }
}

/// Where a key's record is kept. The last key's place is remembered, because an application sends the same one with
/// every request and hashing it is a tenth of the work on the hot path.
fn slot_of(key: &ApiKey) -> Slot {
    static LAST: Mutex<Option<(ApiKey, Slot)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    match last.as_ref() {
        Some((known, slot)) if known.is(key) => slot.clone(),
        _ => {
            let slot = Slot::api_key(key.hash().as_str());
            *last = Some((key.clone(), slot.clone()));
            slot
        }
    }
}

/// Finds who calls.
///
/// # Errors
/// 401 when there is no key, or none in force; 503 when the stores are down and the key is not known here.
pub(crate) async fn authenticate(
    presented: Option<&ApiKey>,
    context: &Context,
    stores: &Stores,
    database: &Database,
) -> Result<Caller, Problem> {
    let Some(key) = presented else {
        return Err(Problem::unauthenticated("send an API key: Authorization: Bearer pl_…"));
    };
    let hash = key.hash();
    let slot = Slot::api_key(hash.as_str());
    let of_load = database.clone();
    let held = KEYS.get(&slot, stores, move || load(of_load, hash)).await?;
    let Some(held) = held else { return Err(Problem::unauthenticated("the API key is not known")) };
    in_force(&held.value, time::now_ms())?;
    touch(&held.value, stores, database, context);
    Ok(Caller { key: held.value })
}

/// A record of no key, as Redis holds it.
const EXAMPLE: &str = r#"{
  "key_id": "key_00000000000000000000000000", "key_name": "", "team_id": "team_00000000000000000000000000",
  "team_name": "", "is_operator": false, "user_id": "usr_00000000000000000000000000", "user_name": "",
  "role": "runtime", "expires_at_ms": null, "grace_until_ms": null, "revoked": true, "chat_requests_per_hour": null
}"#;

/// Practice for the first request of an isolate, see [`platform::serve::WarmUp`]: reads a key and finds a record.
pub fn warm_up(tasks: Tasks) {
    black_box(presented_key(Some("Bearer pl_example"), None).map(|key| key.hash()));
    black_box(KEYS.rehearse(EXAMPLE, tasks));
}

fn in_force(key: &KnownKey, now_ms: i64) -> Result<(), Problem> {
    let over = |at: Option<i64>| at.is_some_and(|at_ms| at_ms <= now_ms);
    if key.revoked {
        return Err(Problem::unauthenticated("the API key was revoked"));
    }
    if over(key.expires_at_ms) {
        return Err(Problem::unauthenticated("the API key has expired"));
    }
    if over(key.grace_until_ms) {
        return Err(Problem::unauthenticated("the API key was rotated and its grace period is over"));
    }
    Ok(())
}

async fn load(database: Database, hash: KeyHash) -> Result<Document, Error> {
    key_document(keys::find_by_hash(&database, &hash).await?.as_ref())
}

/// A key's record as Redis holds it. Its revision says whether the key is known and then whether it was ended,
/// so that a refill from before a revocation never replaces the revocation.
pub fn key_document(key: Option<&KnownKey>) -> Result<Document, Error> {
    let json = serde_json::to_string(&key).map_err(|error| Error::Internal(error.to_string()))?;
    let revision = match key {
        None => 0,
        Some(key) if key.revoked => 3,
        Some(key) if key.grace_until_ms.is_some() => 2,
        Some(_) => 1,
    };
    Ok(Document { revision, json })
}

/// Drops a key from this isolate's memory, after it was changed here.
pub fn forget_key(hash: &KeyHash) {
    KEYS.forget(&Slot::api_key(hash.as_str()));
}

/// Notes the key's use, after the response and at most once a minute over all isolates.
fn touch(key: &KnownKey, stores: &Stores, database: &Database, context: &Context) {
    let now_ms = time::now_ms();
    {
        let mut touched = TOUCHED.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.get(key.key_id.as_str()).is_some_and(|at_ms| now_ms - at_ms < TOUCH_EVERY_MS) {
            return;
        }
        if touched.len() >= TOUCHED_KEYS {
            touched.clear();
        }
        touched.insert(key.key_id.as_str().to_owned(), now_ms);
    }
    let redis = stores.redis.clone();
    let database = database.clone();
    let used = Use { team_id: key.team_id.clone(), key_id: key.key_id.clone() };
    context.tasks.spawn(async move {
        task::after_the_answer().await;
        if let Some(redis) = redis {
            let name = format!("touched:{}:{}", used.team_id, used.key_id);
            let first = Command::new("SET").arg(name).args(["1", "NX", "PX"]).arg(TOUCH_EVERY_MS - 5_000);
            if matches!(redis.run(&first).await, Ok(reply) if reply.is_null()) {
                return;
            }
        }
        if let Err(error) = keys::touch(&database, &[used]).await {
            platform::warn!("use of a key not noted", error = error.to_string());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_example_is_a_record() {
        assert!(KEYS.rehearse(EXAMPLE, Tasks::default()).is_some());
    }

    #[test]
    fn a_key_comes_from_either_header() {
        let reveal = |authorization, x_api_key| {
            presented_key(authorization, x_api_key).map(|key| key.reveal().to_owned())
        };
        assert_eq!(reveal(Some("Bearer pl_a"), None).as_deref(), Some("pl_a"));
        assert_eq!(reveal(Some("bearer  pl_a"), None).as_deref(), Some("pl_a"));
        assert_eq!(reveal(None, Some("pl_b")).as_deref(), Some("pl_b"));
        assert_eq!(reveal(Some("Basic abc"), Some("pl_b")).as_deref(), Some("pl_b"));
        assert_eq!(reveal(Some("Bearer sk-1"), Some("pl_b")), None);
        assert_eq!(reveal(None, None), None);
    }
}
