//! Slots: how many of a team's answers may stream at once.

use cache::{Command, Redis, Script, Step};
use domain::Id;
use platform::time;

use crate::local;

/// How long a slot is held without being renewed, in milliseconds: an isolate that dies holds it no longer.
pub const LEASE_MS: i64 = 30_000;

static SLOTS: Script = Script::idempotent(include_str!("slots.lua"));

/// A slot that is held. Renew it while it is used, and release it at the end.
#[derive(Debug, Clone)]
pub struct Slot {
    key: String,
    holder: String,
    slots: u64,
}

impl Slot {
    pub(crate) fn new(team_id: &Id, holder: &str, slots: u64) -> Self {
        Self { key: format!("slots:{team_id}"), holder: holder.to_owned(), slots }
    }

    /// What renews it, to go along with other steps.
    pub fn renewal(&self) -> Step<'static> {
        let arguments = vec![self.holder.clone(), self.slots.to_string(), LEASE_MS.to_string()];
        Step::Script(&SLOTS, vec![self.key.clone()], arguments)
    }

    /// Gives it back, here and in Redis. Should Redis not hear of it, its lease runs out.
    pub async fn release(&self, redis: Option<&Redis>) {
        local::release(&self.key, &self.holder);
        let Some(redis) = redis.filter(|_| !local::rests(time::now_ms())) else { return };
        let command = Command::idempotent("ZREM").arg(&self.key).arg(&self.holder);
        if let Err(error) = redis.run(&command).await {
            platform::warn!("slot not released", error = error.to_string());
        }
    }

    pub(crate) fn take_locally(&self, now_ms: i64) -> bool {
        local::take(&self.key, &self.holder, self.slots, now_ms)
    }
}
