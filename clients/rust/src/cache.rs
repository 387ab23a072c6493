//! The answers of the server, the least recently used forgotten first.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

pub(crate) struct AnswerCache<V> {
    max_entries: usize,
    entries: HashMap<String, Entry<V>>,
    /// Keys by when they were last used.
    order: BTreeMap<u64, String>,
    uses: u64,
}

struct Entry<V> {
    value: V,
    stored_at: Instant,
    used: u64,
}

impl<V: Clone> AnswerCache<V> {
    pub(crate) fn new(max_entries: usize) -> Self {
        Self { max_entries, entries: HashMap::new(), order: BTreeMap::new(), uses: 0 }
    }

    /// The answer and its age.
    pub(crate) fn get(&mut self, key: &str) -> Option<(V, Duration)> {
        let entry = self.entries.get_mut(key)?;
        self.uses += 1;
        if let Some(key) = self.order.remove(&entry.used) {
            self.order.insert(self.uses, key);
        }
        entry.used = self.uses;
        Some((entry.value.clone(), entry.stored_at.elapsed()))
    }

    /// Keeps what was true at `stored_at`.
    pub(crate) fn set(&mut self, key: &str, value: V, stored_at: Instant) {
        if self.max_entries == 0 {
            return;
        }
        self.remove(key);
        self.uses += 1;
        self.order.insert(self.uses, key.to_owned());
        self.entries.insert(key.to_owned(), Entry { value, stored_at, used: self.uses });
        while self.entries.len() > self.max_entries {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            self.entries.remove(&oldest);
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.order.remove(&entry.used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = AnswerCache::new(2);
        for key in ["a", "b"] {
            cache.set(key, key, Instant::now());
        }
        assert!(cache.get("a").is_some());
        cache.set("c", "c", Instant::now());
        cache.set("c", "again", Instant::now());
        assert_eq!(
            ["a", "b", "c"].map(|key| cache.get(key).map(|(value, _)| value)),
            [Some("a"), None, Some("again")]
        );
        assert_eq!((cache.entries.len(), cache.order.len()), (2, 2));
        cache.remove("a");
        assert_eq!((cache.entries.len(), cache.order.len()), (1, 1));
    }
}
