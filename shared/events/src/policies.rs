//! What each team wants of redaction, remembered for half a minute.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use domain::{Error, Id};
use lru::LruCache;
use platform::database::Database;
use platform::time;
use redaction::Policy;

const REMEMBERED_MS: i64 = 30_000;
const TEAMS: usize = 500;

type Known = LruCache<Id, (i64, Arc<Policy>)>;

static KNOWN: LazyLock<Mutex<Known>> =
    LazyLock::new(|| Mutex::new(LruCache::new(NonZeroUsize::new(TEAMS).unwrap_or(NonZeroUsize::MIN))));

/// The policy of a team. While the database is down, the one that was in force.
///
/// # Errors
/// [`Error::Unavailable`] when it was not known before: a team may want nothing kept, so nothing may be concluded.
pub async fn policy(database: &Database, team_id: &Id) -> Result<Arc<Policy>, Error> {
    let now_ms = time::now_ms();
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(team_id).cloned();
    if let Some((since_ms, policy)) = &known
        && now_ms - since_ms < REMEMBERED_MS
    {
        return Ok(policy.clone());
    }
    let policy = match (store::events::redaction(database, team_id).await, known) {
        (Ok(settings), _) => {
            Arc::new(settings.as_ref().map_or_else(Policy::default, |settings| read(team_id, settings)))
        }
        (Err(error), Some((_, policy))) => {
            platform::warn!("redaction settings not read", error = error.to_string(), team_id = team_id);
            policy
        }
        (Err(error), None) => return Err(error),
    };
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).put(team_id.clone(), (now_ms, policy.clone()));
    Ok(policy)
}

/// The same for what must go on without it: then what people and models said is dropped, and the numbers count.
pub async fn policy_or_unknown(database: &Database, team_id: &Id) -> Arc<Policy> {
    policy(database, team_id).await.unwrap_or_else(|error| {
        platform::warn!("redaction settings unknown", error = error.to_string(), team_id = team_id);
        Arc::new(Policy::unknown())
    })
}

/// What is there and cannot be read masks everything, as the team is shown.
fn read(team_id: &Id, settings: &serde_json::Value) -> Policy {
    Policy::read(settings).unwrap_or_else(|error| {
        platform::error!("redaction settings are wrong", error = error.0, team_id = team_id);
        Policy::default()
    })
}
