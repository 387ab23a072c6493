//! What each team wants of redaction, remembered for half a minute.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use domain::Id;
use lru::LruCache;
use platform::database::Database;
use platform::time;
use redaction::Policy;

const REMEMBERED_MS: i64 = 30_000;
const TEAMS: usize = 500;

type Known = LruCache<Id, (i64, Arc<Policy>)>;

static KNOWN: LazyLock<Mutex<Known>> =
    LazyLock::new(|| Mutex::new(LruCache::new(NonZeroUsize::new(TEAMS).unwrap_or(NonZeroUsize::MIN))));

/// The policy of a team. What cannot be read masks everything: better too little is kept than too much.
pub async fn policy(database: &Database, team_id: &Id) -> Arc<Policy> {
    let now_ms = time::now_ms();
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(team_id).cloned();
    if let Some((since_ms, policy)) = &known
        && now_ms - since_ms < REMEMBERED_MS
    {
        return policy.clone();
    }
    let policy = match store::events::redaction(database, team_id).await {
        Ok(settings) => {
            Arc::new(settings.as_ref().map_or_else(Policy::default, |settings| read(team_id, settings)))
        }
        Err(error) => {
            platform::warn!("redaction settings not read", error = error.to_string(), team_id = team_id);
            known.map_or_else(Arc::default, |(_, policy)| policy)
        }
    };
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).put(team_id.clone(), (now_ms, policy.clone()));
    policy
}

fn read(team_id: &Id, settings: &serde_json::Value) -> Policy {
    Policy::read(settings).unwrap_or_else(|error| {
        platform::error!("redaction settings are wrong", error = error.0, team_id = team_id);
        Policy::default()
    })
}
