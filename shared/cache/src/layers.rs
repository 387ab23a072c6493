//! Memory, then Redis, then the database: how a document is found, and how its age stays bounded.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Error;
use platform::{Tasks, time};

use crate::documents::read_last_document;
use crate::{
    Document, EXPIRED_AFTER_MS, Held, Lookup, Memory, Redis, Slot, read_document, read_documents,
    refill_document,
};

/// The longest that a request waits for the stores to tell one thing. Beyond it an error is the better answer. A
/// request asks for its key and then for a release: when the stores are silent and the key is an old one, both
/// waits together stay below five seconds.
const LONGEST_WAIT: Duration = Duration::from_millis(3_000);
/// The part of it that the database may take: there must be time left to ask Redis for the last document.
const DATABASE_WAIT: Duration = Duration::from_millis(2_000);
/// The same when there is an old value to fall back on.
const LONGEST_WAIT_WITH_FALLBACK: Duration = Duration::from_millis(1_000);
/// How many requests of an isolate may fetch the same thing at once. The others of a crowd wait until one of these has
/// brought it: hundreds of fetches would make each of them slow.
const FETCHES_AT_ONCE: usize = 4;
/// A fetch that takes longer than this keeps nobody from another, in milliseconds: its request may have been cancelled.
const FETCH_LEASE_MS: i64 = 1_000;
/// From here on slots are looked through for fetches whose request was cancelled and never told.
const MOST_SLOTS_FETCHED: usize = 1_000;
/// How long a request of a crowd waits before it looks again; longer each time.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const LOOK_AGAIN_AT_MOST: Duration = Duration::from_millis(80);
/// How long a Redis that failed is left alone, in milliseconds.
const REDIS_REST_MS: i64 = 1_000;

/// Documents of one kind: where they are remembered and how they are read.
pub struct Layers<V: 'static> {
    /// The isolate's memory.
    pub memory: LazyLock<Mutex<Memory<V>>>,
    /// Reads a document's JSON text into what is remembered, with its size in bytes.
    pub parse: fn(&str) -> Result<(V, usize), serde_json::Error>,
}

/// Where to look, besides the memory.
#[derive(Clone)]
pub struct Stores {
    /// Redis, where there is one.
    pub redis: Option<Redis>,
    /// Work after the response: refreshes and refills.
    pub tasks: Tasks,
}

/// Until when Redis is left alone: one failure is not repeated by every request of the isolate.
static REDIS_RESTS_UNTIL_MS: AtomicI64 = AtomicI64::new(0);

/// Asks the database. Boxed, because the machinery around it would otherwise be compiled once for each caller.
type Load = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = Result<Document, Error>> + Send>> + Send>;

impl<V: Clone + Send + 'static> Layers<V> {
    /// What the isolate's memory says. A caller that is told [`Lookup::Due`] must refresh.
    pub fn look(&self, slot: &Slot, now_ms: i64) -> Lookup<V> {
        self.memory().look(slot.as_str(), now_ms)
    }

    /// Forgets what the isolate remembers, after it has changed the thing itself.
    pub fn forget(&self, slot: &Slot) {
        self.memory().forget(slot.as_str());
    }

    /// The value, from the nearest place that knows it, or `None` when there is none. `load` asks the database.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when no place answers and nothing is remembered.
    pub async fn get<F>(
        &'static self,
        slot: &Slot,
        stores: &Stores,
        load: impl FnOnce() -> F + Send + 'static,
    ) -> Result<Option<Held<V>>, Error>
    where
        F: Future<Output = Result<Document, Error>> + Send + 'static,
    {
        match self.look(slot, time::now_ms()) {
            Lookup::Fresh(held) => Ok(Some(held)),
            Lookup::Due(held) => {
                self.refresh(slot.clone(), stores, load);
                Ok(Some(held))
            }
            Lookup::Expired(old) => {
                let fetched = self.fetch_or_wait(LONGEST_WAIT_WITH_FALLBACK, slot, stores, boxed(load)).await;
                Ok(fetched.unwrap_or(Some(old)))
            }
            Lookup::Absent => self.fetch_or_wait(LONGEST_WAIT, slot, stores, boxed(load)).await,
        }
    }

    /// Fetches, or waits until one of those who fetch the same already has brought it.
    async fn fetch_or_wait(
        &'static self,
        limit: Duration,
        slot: &Slot,
        stores: &Stores,
        load: Load,
    ) -> Result<Option<Held<V>>, Error> {
        let began_ms = time::now_ms();
        let mut pause = LOOK_AGAIN;
        loop {
            let waited = Duration::from_millis((time::now_ms() - began_ms).max(0).unsigned_abs());
            let fetching = Fetching::begin(slot, time::now_ms());
            if fetching.is_some() || waited >= limit * 5 / 6 {
                return self.fetch(limit.saturating_sub(waited).max(limit / 6), slot, stores, load).await;
            }
            time::sleep(pause).await;
            // A refresh that falls to this one is left to the next.
            if let Lookup::Fresh(held) | Lookup::Due(held) = self.look(slot, time::now_ms()) {
                return Ok(Some(held));
            }
            pause = (pause * 2).min(LOOK_AGAIN_AT_MOST);
        }
    }

    /// Fetches what is not in memory from Redis, in one round trip for all `slots`. What Redis lacks is left to
    /// [`Layers::get`].
    pub async fn warm(&self, slots: &[Slot], stores: &Stores) {
        let started_ms = time::now_ms();
        let wanted: Vec<Slot> = slots
            .iter()
            .filter(|slot| matches!(self.look(slot, time::now_ms()), Lookup::Absent | Lookup::Expired(_)))
            .cloned()
            .collect();
        let Some(redis) = stores.redis.as_ref().filter(|_| wanted.len() > 1) else { return };
        match read_documents(redis, &wanted).await {
            Ok(documents) => {
                for (slot, document) in wanted.iter().zip(documents) {
                    if let Some(document) = document.filter(|document| !document.is_tombstone()) {
                        // What cannot be read is asked for again, and that failure is reported.
                        let _accepted = self.accept(slot, &document, started_ms);
                    }
                }
            }
            Err(error) => platform::warn!("redis not read", error = error.to_string()),
        }
    }

    /// Fetches after the response.
    pub fn refresh<F>(&'static self, slot: Slot, stores: &Stores, load: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = Result<Document, Error>> + Send + 'static,
    {
        let (stores_of_task, load) = (stores.clone(), boxed(load));
        stores.tasks.spawn(async move {
            // A failure is in the log already, and the old value goes on answering.
            let _outcome = self.fetch(LONGEST_WAIT, &slot, &stores_of_task, load).await;
        });
    }

    async fn fetch(
        &'static self,
        limit: Duration,
        slot: &Slot,
        stores: &Stores,
        load: Load,
    ) -> Result<Option<Held<V>>, Error> {
        let started_ms = time::now_ms();
        let fetched = time::timeout(limit, find(slot, stores, load))
            .await
            .unwrap_or_else(|elapsed| Err(Error::Unavailable(elapsed.to_string())));
        match fetched {
            Ok(Found::InRedis(document)) => self.accept(slot, &document, started_ms),
            Ok(Found::InDatabase(document)) => {
                self.refill(slot, &document, started_ms, stores);
                self.accept(slot, &document, started_ms)
            }
            Ok(Found::Last { document, age_ms }) => {
                let now_ms = time::now_ms();
                let fetched_at_ms = now_ms - age_ms.max(EXPIRED_AFTER_MS);
                self.memory().failed(slot.as_str(), now_ms);
                if self.memory().is_newer(slot.as_str(), fetched_at_ms) {
                    return Err(Error::Unavailable(
                        "redis keeps an older document than the isolate".to_owned(),
                    ));
                }
                let held = self.accept(slot, &document, fetched_at_ms)?;
                self.memory().failed(slot.as_str(), now_ms);
                Ok(held.map(|held| Held { stale: true, ..held }))
            }
            Err(error) => {
                self.memory().failed(slot.as_str(), time::now_ms());
                platform::warn!("document not fetched", slot = slot.kind(), error = error.to_string());
                Err(error)
            }
        }
    }

    /// Remembers a document and gives its value.
    fn accept(&self, slot: &Slot, document: &Document, fetched_at_ms: i64) -> Result<Option<Held<V>>, Error> {
        if document.is_tombstone() {
            self.memory().forget(slot.as_str());
            return Ok(None);
        }
        let (value, bytes) =
            (self.parse)(&document.json).map_err(|error| Error::Internal(error.to_string()))?;
        let key = slot.as_str().to_owned();
        self.memory().store(key, value.clone(), bytes, fetched_at_ms);
        Ok(Some(Held { value, age_ms: (time::now_ms() - fetched_at_ms).max(0), stale: false }))
    }

    /// Tells Redis what the database said. Should Redis know better, so does this isolate from then on.
    fn refill(&'static self, slot: &Slot, document: &Document, started_ms: i64, stores: &Stores) {
        let Some(redis) = stores.redis.clone() else { return };
        let (slot, document) = (slot.clone(), document.clone());
        stores.tasks.spawn(async move {
            let elapsed_ms = time::now_ms() - started_ms;
            match refill_document(&redis, &slot, &document, elapsed_ms).await {
                Ok(Some(newer)) => _ = self.accept(&slot, &newer, started_ms),
                Ok(None) => {}
                Err(error) => platform::warn!("redis not refilled", error = error.to_string()),
            }
        });
    }

    fn memory(&self) -> MutexGuard<'_, Memory<V>> {
        lock(&self.memory)
    }
}

fn boxed<F>(load: impl FnOnce() -> F + Send + 'static) -> Load
where
    F: Future<Output = Result<Document, Error>> + Send + 'static,
{
    Box::new(|| Box::pin(load()))
}

/// When each fetch that goes on began, by slot.
static FETCHING: LazyLock<Mutex<HashMap<Slot, Vec<i64>>>> = LazyLock::new(Mutex::default);

/// A fetch that goes on. Others look at plain data, and never wait for its future.
struct Fetching {
    slot: Slot,
    began_ms: i64,
}

impl Fetching {
    /// `None` when enough requests fetch the same.
    fn begin(slot: &Slot, now_ms: i64) -> Option<Self> {
        let mut fetching = lock(&FETCHING);
        let goes_on = |began_ms: &i64| now_ms - began_ms < FETCH_LEASE_MS;
        if fetching.len() >= MOST_SLOTS_FETCHED {
            fetching.retain(|_, fetches| fetches.iter().any(goes_on));
        }
        let fetches = fetching.entry(slot.clone()).or_default();
        fetches.retain(goes_on);
        (fetches.len() < FETCHES_AT_ONCE).then(|| {
            fetches.push(now_ms);
            Self { slot: slot.clone(), began_ms: now_ms }
        })
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        let mut fetching = lock(&FETCHING);
        let Some(fetches) = fetching.get_mut(&self.slot) else { return };
        if let Some(place) = fetches.iter().position(|began_ms| *began_ms == self.began_ms) {
            fetches.swap_remove(place);
        }
        if fetches.is_empty() {
            fetching.remove(&self.slot);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a document was found.
enum Found {
    InRedis(Document),
    InDatabase(Document),
    /// What Redis keeps for when the database is down.
    Last {
        document: Document,
        age_ms: i64,
    },
}

async fn find(slot: &Slot, stores: &Stores, load: Load) -> Result<Found, Error> {
    if let Some(document) = ask_redis(stores, slot).await {
        return Ok(Found::InRedis(document));
    }
    let loaded = time::timeout(DATABASE_WAIT, load())
        .await
        .unwrap_or_else(|elapsed| Err(Error::Unavailable(format!("database {elapsed}"))));
    let error = match loaded {
        Ok(document) => return Ok(Found::InDatabase(document)),
        Err(error) => error,
    };
    let (Error::Unavailable(_), Some(redis)) = (&error, &stores.redis) else { return Err(error) };
    match read_last_document(redis, slot).await? {
        Some((document, age_ms)) => Ok(Found::Last { document, age_ms }),
        None => Err(error),
    }
}

/// The fresh document in Redis; `None` also when Redis does not answer.
async fn ask_redis(stores: &Stores, slot: &Slot) -> Option<Document> {
    let redis = stores.redis.as_ref()?;
    if time::now_ms() < REDIS_RESTS_UNTIL_MS.load(Ordering::Relaxed) {
        return None;
    }
    match read_document(redis, slot).await {
        Ok(document) => document,
        Err(error) => {
            REDIS_RESTS_UNTIL_MS.store(time::now_ms() + REDIS_REST_MS, Ordering::Relaxed);
            platform::warn!("redis not read", error = error.to_string());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    static NUMBERS: Layers<u8> = Layers {
        memory: LazyLock::new(|| Mutex::new(Memory::new(1_000))),
        parse: |json| serde_json::from_str(json).map(|number| (number, 1)),
    };

    /// What each of a crowd is told, and how often the database was asked.
    async fn crowd(slot: Slot, answer: Result<Document, Error>) -> (Vec<Result<Option<u8>, Error>>, usize) {
        let asked: &AtomicUsize = Box::leak(Box::default());
        let stores = Stores { redis: None, tasks: Tasks::default() };
        let callers = (0..100).map(|_| {
            let (slot, stores, answer) = (slot.clone(), stores.clone(), answer.clone());
            tokio::spawn(async move {
                let load = move || async move {
                    asked.fetch_add(1, Ordering::Relaxed);
                    time::sleep(Duration::from_millis(50)).await;
                    answer
                };
                NUMBERS.get(&slot, &stores, load).await.map(|held| held.map(|held| held.value))
            })
        });
        let mut told = Vec::new();
        for caller in callers.collect::<Vec<_>>() {
            told.push(caller.await.unwrap());
        }
        (told, asked.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_crowd_waits_for_those_who_fetch_already() {
        let document = Document { revision: 1, json: "7".to_owned() };
        let (told, asked) = crowd(Slot::api_key("crowd"), Ok(document)).await;
        assert_eq!((told, asked), (vec![Ok(Some(7)); 100], FETCHES_AT_ONCE));
    }

    #[tokio::test]
    async fn a_crowd_hears_all_the_same_that_there_is_nothing() {
        let tombstone = Document { revision: 1, json: "null".to_owned() };
        let (told, _) = crowd(Slot::api_key("nothing"), Ok(tombstone)).await;
        assert_eq!(told, vec![Ok(None); 100]);
        assert!(!lock(&FETCHING).contains_key(&Slot::api_key("nothing")));
    }
}
