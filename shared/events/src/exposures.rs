//! Which exposures this isolate has recorded lately, so that a busy user costs no event for each request.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

/// Some 3 MB when it is full. One that is forgotten costs an event that changes no count.
const REMEMBERED: usize = 50_000;
/// Who still comes back after so long is recorded again, so that an experiment whose users are all known is not taken for
/// one without traffic.
const REMEMBERED_MS: i64 = 6 * 60 * 60 * 1_000;

/// When each was recorded.
static RECENT: LazyLock<Mutex<LruCache<u64, i64>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN))));

/// Whether this isolate has not seen the unit in this arm and period within six hours, and remembers it from now on:
/// whoever hears `true` records the exposure.
pub fn is_new(experiment: &str, period: i64, variant: &str, unit: &str, now_ms: i64) -> bool {
    let mut recent = recent();
    let recorded_ms = recent.get_or_insert_mut(fingerprint(experiment, period, variant, unit), || i64::MIN);
    let is_new = now_ms.saturating_sub(*recorded_ms) >= REMEMBERED_MS;
    if is_new {
        *recorded_ms = now_ms;
    }
    is_new
}

/// Forgets an exposure that could not be recorded, so that the unit's next request tries again.
pub(crate) fn forget(experiment: &str, period: i64, variant: &str, unit: &str) {
    recent().pop(&fingerprint(experiment, period, variant, unit));
}

fn recent() -> MutexGuard<'static, LruCache<u64, i64>> {
    RECENT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fingerprint(experiment: &str, period: i64, variant: &str, unit: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (experiment, period, variant, unit).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exposure_is_new_once_and_after_hours() {
        let seen = |experiment: &str, period, variant: &str, now_ms| {
            is_new(experiment, period, variant, "u", now_ms)
        };
        assert!(seen("exp_1", 1, "a", 5));
        assert!(!seen("exp_1", 1, "a", 6) && !seen("exp_1", 1, "a", 4 + REMEMBERED_MS));
        assert!(seen("exp_1", 1, "a", 5 + REMEMBERED_MS) && !seen("exp_1", 1, "a", 6 + REMEMBERED_MS));
        assert!(seen("exp_1", 2, "a", 6) && seen("exp_1", 1, "b", 6) && seen("exp_2", 1, "a", 6));
        forget("exp_1", 1, "a", "u");
        assert!(seen("exp_1", 1, "a", 7 + REMEMBERED_MS));
    }
}
