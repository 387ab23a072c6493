//! Which exposures this isolate has recorded lately, so that a busy user costs no event for each request.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

/// Some 3 MB when it is full. One that is forgotten costs an event that changes nothing.
const REMEMBERED: usize = 50_000;

static RECENT: LazyLock<Mutex<LruCache<u64, ()>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(NonZeroUsize::new(REMEMBERED).unwrap_or(NonZeroUsize::MIN))));

/// Whether this isolate has not yet seen the unit in this arm and period, and remembers it from now on: whoever
/// hears `true` records the exposure.
pub fn is_new(experiment: &str, period: i64, variant: &str, unit: &str) -> bool {
    recent().put(fingerprint(experiment, period, variant, unit), ()).is_none()
}

/// Forgets an exposure that could not be recorded, so that the unit's next request tries again.
pub(crate) fn forget(experiment: &str, period: i64, variant: &str, unit: &str) {
    recent().pop(&fingerprint(experiment, period, variant, unit));
}

fn recent() -> MutexGuard<'static, LruCache<u64, ()>> {
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
    fn an_exposure_is_new_once() {
        assert!(is_new("exp_1", 1, "a", "u"));
        assert!(!is_new("exp_1", 1, "a", "u"));
        assert!(is_new("exp_1", 2, "a", "u") && is_new("exp_1", 1, "b", "u") && is_new("exp_2", 1, "a", "u"));
        forget("exp_1", 1, "a", "u");
        assert!(is_new("exp_1", 1, "a", "u"));
    }
}
