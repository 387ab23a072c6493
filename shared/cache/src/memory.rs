//! What an isolate remembers: plain data with an age, the least recently used forgotten first.

use lru::LruCache;

/// A value younger than this answers, in milliseconds.
pub const DUE_AFTER_MS: i64 = 500;
/// A value older than this answers only while the stores are down, in milliseconds. In between it answers, and
/// somebody refreshes it after their own response.
pub const EXPIRED_AFTER_MS: i64 = 1_500;
/// How long a refresh keeps others from starting one, in milliseconds. A refresh whose request was cancelled
/// delays the next one by no more than this.
const LEASE_MS: i64 = 1_000;
/// After a failed fetch, how long old values answer without anybody waiting for the stores, in milliseconds.
pub const RETRY_AFTER_FAILURE_MS: i64 = 2_000;

/// Values by key, bounded by the bytes they say they take.
pub struct Memory<V> {
    entries: LruCache<String, Entry<V>>,
    bytes: usize,
    limit_bytes: usize,
}

struct Entry<V> {
    value: V,
    /// When the fetch that brought the value began: its age counts from there.
    fetched_at_ms: i64,
    leased_until_ms: i64,
    failed_at_ms: Option<i64>,
    bytes: usize,
}

/// A value and how old it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held<V> {
    /// The value.
    pub value: V,
    /// Milliseconds since the fetch that brought it began.
    pub age_ms: i64,
    /// Whether it is older than it should be, because the stores did not answer.
    pub stale: bool,
}

/// What a look into the memory says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<V> {
    /// Use it.
    Fresh(Held<V>),
    /// Use it, and refresh it after the response: the lease is yours.
    Due(Held<V>),
    /// Fetch before answering; use the old value only if that fails.
    Expired(Held<V>),
    /// Fetch before answering.
    Absent,
}

impl<V: Clone> Memory<V> {
    /// A memory of at most `limit_bytes`.
    pub fn new(limit_bytes: usize) -> Self {
        Self { entries: LruCache::unbounded(), bytes: 0, limit_bytes }
    }

    /// What is known of `key` at `now_ms`. Whoever is told [`Lookup::Due`] has taken the lease, and must refresh.
    pub fn look(&mut self, key: &str, now_ms: i64) -> Lookup<V> {
        let Some(entry) = self.entries.get_mut(key) else { return Lookup::Absent };
        let lookup = entry.look(now_ms);
        if matches!(lookup, Lookup::Due(_)) {
            entry.leased_until_ms = now_ms + LEASE_MS;
        }
        lookup
    }

    /// The same for those who do not refresh: it takes no lease and changes nothing else.
    pub fn peek(&self, key: &str, now_ms: i64) -> Lookup<V> {
        self.entries.peek(key).map_or(Lookup::Absent, |entry| entry.look(now_ms))
    }

    /// Remembers a value that was fetched by a request begun at `fetched_at_ms`, unless a later fetch has
    /// brought another already.
    pub fn store(&mut self, key: String, value: V, bytes: usize, fetched_at_ms: i64) {
        if self.is_newer(&key, fetched_at_ms) {
            return;
        }
        let bytes = bytes + key.len() + size_of::<Entry<V>>();
        let entry = Entry { value, fetched_at_ms, leased_until_ms: 0, failed_at_ms: None, bytes };
        self.bytes += bytes;
        if let Some((_, old)) = self.entries.push(key, entry) {
            self.bytes -= old.bytes;
        }
        while self.bytes > self.limit_bytes {
            let Some((_, old)) = self.entries.pop_lru() else { break };
            self.bytes -= old.bytes;
        }
    }

    /// Whether what is remembered of `key` came by a later fetch than one begun at `fetched_at_ms`.
    pub fn is_newer(&self, key: &str, fetched_at_ms: i64) -> bool {
        self.entries.peek(key).is_some_and(|entry| entry.fetched_at_ms > fetched_at_ms)
    }

    /// Notes that fetching `key` failed, so that the next requests do not wait for the same failure.
    pub fn failed(&mut self, key: &str, now_ms: i64) {
        if let Some(entry) = self.entries.peek_mut(key) {
            entry.failed_at_ms = Some(now_ms);
        }
    }

    /// Forgets `key`.
    pub fn forget(&mut self, key: &str) {
        if let Some(old) = self.entries.pop(key) {
            self.bytes -= old.bytes;
        }
    }
}

impl<V: Clone> Entry<V> {
    fn look(&self, now_ms: i64) -> Lookup<V> {
        let age_ms = (now_ms - self.fetched_at_ms).max(0);
        let failing = self.failed_at_ms.is_some_and(|at| now_ms - at < RETRY_AFTER_FAILURE_MS);
        let held = Held { value: self.value.clone(), age_ms, stale: failing && age_ms >= EXPIRED_AFTER_MS };
        if age_ms < DUE_AFTER_MS {
            return Lookup::Fresh(held);
        }
        if age_ms >= EXPIRED_AFTER_MS && !failing {
            return Lookup::Expired(Held { stale: true, ..held });
        }
        if now_ms < self.leased_until_ms { Lookup::Fresh(held) } else { Lookup::Due(held) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(value: u8, age_ms: i64, stale: bool) -> Held<u8> {
        Held { value, age_ms, stale }
    }

    fn memory_with(value: u8, at_ms: i64) -> Memory<u8> {
        let mut memory = Memory::new(10_000);
        memory.store("a".into(), value, 1, at_ms);
        memory
    }

    #[test]
    fn a_value_passes_through_its_ages() {
        let mut memory = memory_with(7, 1_000);
        assert_eq!(memory.look("b", 1_000), Lookup::Absent);
        assert_eq!(memory.look("a", 1_499), Lookup::Fresh(held(7, 499, false)));
        assert_eq!(memory.look("a", 1_500), Lookup::Due(held(7, 500, false)));
        assert_eq!(memory.look("a", 1_501), Lookup::Fresh(held(7, 501, false)), "the lease is taken");
        assert_eq!(memory.look("a", 2_499), Lookup::Fresh(held(7, 1_499, false)), "and lasts a second");
        assert_eq!(memory.look("a", 2_500), Lookup::Expired(held(7, 1_500, true)));
    }

    #[test]
    fn a_peek_leaves_the_refresh_to_others() {
        let mut memory = memory_with(7, 1_000);
        for _ in 0..2 {
            assert_eq!(memory.peek("a", 1_500), Lookup::Due(held(7, 500, false)));
        }
        assert_eq!(memory.look("a", 1_500), Lookup::Due(held(7, 500, false)));
        assert_eq!(memory.peek("a", 1_500), Lookup::Fresh(held(7, 500, false)));
        assert_eq!(memory.peek("b", 1_500), Lookup::Absent);
    }

    #[test]
    fn while_fetching_fails_old_values_answer_and_one_request_tries_again() {
        let mut memory = memory_with(7, 0);
        assert!(matches!(memory.look("a", 2_000), Lookup::Expired(_)));
        memory.failed("a", 2_100);
        assert_eq!(memory.look("a", 2_200), Lookup::Due(held(7, 2_200, true)));
        assert_eq!(memory.look("a", 2_300), Lookup::Fresh(held(7, 2_300, true)));
        assert!(matches!(memory.look("a", 4_100), Lookup::Expired(_)), "an old failure is no excuse");
        memory.store("a".into(), 8, 1, 4_200);
        assert_eq!(memory.look("a", 4_300), Lookup::Fresh(held(8, 100, false)));
    }

    #[test]
    fn a_late_answer_does_not_replace_a_later_one() {
        let mut memory = memory_with(7, 1_000);
        memory.store("a".into(), 6, 1, 900);
        assert_eq!(memory.look("a", 1_000), Lookup::Fresh(held(7, 0, false)));
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut memory = Memory::new(330);
        for key in ["a", "b", "c"] {
            memory.store(key.into(), 1, 50, 0);
        }
        memory.look("a", 0);
        memory.store("d".into(), 1, 50, 0);
        assert!(matches!(memory.look("a", 0), Lookup::Fresh(_)));
        assert_eq!(memory.look("b", 0), Lookup::Absent);
        memory.forget("a");
        assert_eq!(memory.look("a", 0), Lookup::Absent);
        memory.store("huge".into(), 1, 1_000, 0);
        assert_eq!((memory.entries.len(), memory.bytes), (0, 0));
    }
}
