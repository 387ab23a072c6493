//! Fixed windows.

use cache::{Command, Reply, Script, Step};
use domain::Id;

/// The length of a window, in milliseconds.
pub(crate) const WINDOW_MS: i64 = 3_600_000;

static RATE: Script = Script::new(include_str!("rate.lua"));

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// How many are allowed in a window.
    pub limit: u64,
    /// How many more are, in this one.
    pub remaining: u64,
    /// How long this window lasts, in milliseconds.
    pub reset_ms: i64,
}

impl Quota {
    /// How long this window lasts, in whole seconds: the unit of `Retry-After` and `RateLimit-Reset`.
    pub fn reset_seconds(&self) -> i64 {
        self.reset_ms.max(0).saturating_add(999) / 1_000
    }
}

/// Whose requests are counted together: a key's, for one of its users.
pub(crate) fn unit(team_id: &Id, key_id: &Id, user_id: Option<&str>) -> String {
    format!("limit:{team_id}:{key_id}:{}", user_id.unwrap_or_default())
}

pub(crate) fn step(unit: &str, limit: u64) -> Step<'static> {
    Step::Script(&RATE, vec![unit.to_owned()], vec![limit.to_string(), WINDOW_MS.to_string()])
}

/// Takes back one count.
pub(crate) fn give_back(unit: &str) -> Command {
    Command::new("DECR").arg(unit)
}

/// Whether the request is admitted, and what is left. `None` when Redis said something else.
pub(crate) fn read(reply: &Reply, limit: u64) -> Option<(bool, Quota)> {
    let [admitted, used, reset_ms] = reply.as_array()?.as_slice() else { return None };
    let remaining = limit.saturating_sub(used.as_u64()?);
    Some((admitted.as_i64()? == 1, Quota { limit, remaining, reset_ms: reset_ms.as_i64()? }))
}
