//! Memory, then Redis, then the database: how a document is found, and how its age stays bounded.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Error;
use futures_util::FutureExt;
use platform::{Tasks, task, time};

use crate::documents::read_last_documents;
use crate::{
    Document, EXPIRED_AFTER_MS, Held, Lookup, Memory, Redis, Slot, read_documents, refill_documents,
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

/// Where a request looks, besides the memory.
#[derive(Clone)]
pub struct Stores {
    /// Redis, where there is one.
    pub redis: Option<Redis>,
    /// Work after the response: refreshes and refills.
    pub tasks: Tasks,
    /// Whether Redis lacked something that this request then found in the database. What else the request looks for, it
    /// will lack as well, most likely: the first request after a pause asks the database at once.
    is_cold: Arc<AtomicBool>,
}

impl Stores {
    /// The stores of one request.
    pub fn new(redis: Option<Redis>, tasks: Tasks) -> Self {
        Self { redis, tasks, is_cold: Arc::default() }
    }
}

/// Until when Redis is left alone: one failure is not repeated by every request of the isolate.
static REDIS_RESTS_UNTIL_MS: AtomicI64 = AtomicI64::new(0);

/// Asks the database for what is wanted at these places of a list, and answers in their order. Boxed, because the
/// machinery around it would otherwise be compiled once for each caller.
type Load = Box<dyn FnOnce(Vec<usize>) -> Loading + Send>;
type Loading = Pin<Box<dyn Future<Output = Vec<Result<Document, Error>>> + Send>>;

/// What there is of a thing: its value, or `None` when there is no such thing.
type Told<V> = Result<Option<Held<V>>, Error>;

/// A document that must be fetched.
struct Wanted {
    /// Where it stands in what the caller asked for.
    place: usize,
    slot: Slot,
}

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
        let slots = [slot.clone()];
        let told = self.get_boxed(&slots, stores, of_one(load)).await.pop();
        told.unwrap_or_else(|| Err(untold()))
    }

    /// Several values in the order of `slots`, which are distinct: each as [`Layers::get`] gives it, in the time of
    /// one. `load` asks the database for those at the places that it is given, in one question.
    pub async fn get_many<F>(
        &'static self,
        slots: &[Slot],
        stores: &Stores,
        load: impl FnOnce(Vec<usize>) -> F + Send + 'static,
    ) -> Vec<Result<Option<Held<V>>, Error>>
    where
        F: Future<Output = Vec<Result<Document, Error>>> + Send + 'static,
    {
        self.get_boxed(slots, stores, Box::new(|places| Box::pin(load(places)))).await
    }

    /// Finds a document as if the database had told it, without a wait, and forgets it: practice for the first request
    /// of an isolate, see [`platform::serve::WarmUp`]. `None` if it cannot be read.
    pub fn rehearse(&'static self, json: &str, tasks: Tasks) -> Option<V> {
        let (slot, stores) = (Slot::nowhere(), Stores::new(None, tasks));
        let document = Document { revision: 1, json: json.to_owned() };
        let found = self.get(&slot, &stores, || async { Ok(document) }).now_or_never();
        self.forget(&slot);
        Some(found?.ok()??.value)
    }

    async fn get_boxed(&'static self, slots: &[Slot], stores: &Stores, load: Load) -> Vec<Told<V>> {
        let now_ms = time::now_ms();
        let looks: Vec<Lookup<V>> = slots.iter().map(|slot| self.look(slot, now_ms)).collect();
        let is_fresh = |look: &Lookup<V>| matches!(look, Lookup::Fresh(_));
        let others = slots.iter().zip(&looks).enumerate().filter(|(_, (_, look))| !is_fresh(look));
        let wanted: Vec<Wanted> =
            others.map(|(place, (slot, _))| Wanted { place, slot: slot.clone() }).collect();
        let mut fetched = Vec::new().into_iter();
        if let Some(limit) = looks.iter().filter_map(wait_for).max() {
            // What is due goes along: it is one question all the same.
            fetched = self.fetch_or_wait(limit, wanted, stores, load).await.into_iter();
        } else if !wanted.is_empty() {
            self.refresh_boxed(wanted, stores, load);
        }
        let told = |look| match look {
            Lookup::Fresh(held) => Ok(Some(held)),
            Lookup::Due(old) | Lookup::Expired(old) => match fetched.next() {
                Some(Ok(told)) => Ok(told),
                Some(Err(_)) | None => Ok(Some(old)),
            },
            Lookup::Absent => fetched.next().unwrap_or_else(|| Err(untold())),
        };
        looks.into_iter().map(told).collect()
    }

    /// Fetches, or waits until those who fetch the same already have brought it.
    async fn fetch_or_wait(
        &'static self,
        limit: Duration,
        mut wanted: Vec<Wanted>,
        stores: &Stores,
        load: Load,
    ) -> Vec<Told<V>> {
        let began_ms = time::now_ms();
        let mut pause = LOOK_AGAIN;
        let mut brought: BTreeMap<usize, Told<V>> = BTreeMap::new();
        while !wanted.is_empty() {
            let elapsed = since(began_ms);
            let fetching = Fetching::begin(&wanted, time::now_ms());
            if !fetching.is_empty() || elapsed >= limit * 5 / 6 {
                let limit = limit.saturating_sub(elapsed).max(limit / 6);
                let places: Vec<usize> = wanted.iter().map(|wanted| wanted.place).collect();
                brought.extend(places.into_iter().zip(self.fetch(limit, &wanted, stores, load).await));
                break;
            }
            time::sleep(pause).await;
            let now_ms = time::now_ms();
            wanted.retain(|Wanted { place, slot }| match self.memory().peek(slot.as_str(), now_ms) {
                Lookup::Fresh(held) | Lookup::Due(held) => {
                    brought.insert(*place, Ok(Some(held)));
                    false
                }
                Lookup::Expired(_) | Lookup::Absent => true,
            });
            pause = (pause * 2).min(LOOK_AGAIN_AT_MOST);
        }
        brought.into_values().collect()
    }

    /// Fetches after the response.
    pub fn refresh<F>(&'static self, slot: Slot, stores: &Stores, load: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = Result<Document, Error>> + Send + 'static,
    {
        self.refresh_boxed(vec![Wanted { place: 0, slot }], stores, of_one(load));
    }

    fn refresh_boxed(&'static self, wanted: Vec<Wanted>, stores: &Stores, load: Load) {
        let stores_of_task = stores.clone();
        stores.tasks.spawn(async move {
            // A failure is in the log already, and the old value goes on answering.
            let _outcome = self.fetch(LONGEST_WAIT, &wanted, &stores_of_task, load).await;
        });
    }

    async fn fetch(
        &'static self,
        limit: Duration,
        wanted: &[Wanted],
        stores: &Stores,
        load: Load,
    ) -> Vec<Told<V>> {
        let started_ms = time::now_ms();
        let found = find(limit, wanted, stores, load).await;
        let mut told = Vec::with_capacity(wanted.len());
        let mut from_database = Vec::new();
        for (Wanted { slot, .. }, found) in wanted.iter().zip(found) {
            told.push(match found {
                Ok(Found::InRedis(document)) => self.accept(slot, &document, started_ms),
                Ok(Found::InDatabase(document)) => {
                    let held = self.accept(slot, &document, started_ms);
                    if held.is_ok() {
                        stores.is_cold.fetch_or(!document.is_tombstone(), Ordering::Relaxed);
                        from_database.push((slot.clone(), document));
                    }
                    held
                }
                Ok(Found::Last { document, age_ms }) => self.accept_last(slot, &document, age_ms),
                Err(error) => {
                    self.memory().failed(slot.as_str(), time::now_ms());
                    Err(error)
                }
            });
        }
        self.refill(from_database, started_ms, stores);
        told
    }

    /// Remembers a document and gives its value.
    fn accept(&self, slot: &Slot, document: &Document, fetched_at_ms: i64) -> Told<V> {
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

    /// The same with what Redis keeps for when the database is down.
    fn accept_last(&self, slot: &Slot, document: &Document, age_ms: i64) -> Told<V> {
        let now_ms = time::now_ms();
        let fetched_at_ms = now_ms - age_ms.max(EXPIRED_AFTER_MS);
        self.memory().failed(slot.as_str(), now_ms);
        if self.memory().is_newer(slot.as_str(), fetched_at_ms) {
            return Err(Error::Unavailable("redis keeps an older document than the isolate".to_owned()));
        }
        let held = self.accept(slot, document, fetched_at_ms)?;
        self.memory().failed(slot.as_str(), now_ms);
        Ok(held.map(|held| Held { stale: true, ..held }))
    }

    /// Tells Redis what the database said. Should Redis know better, so does this isolate from then on.
    fn refill(&'static self, found: Vec<(Slot, Document)>, started_ms: i64, stores: &Stores) {
        let Some(redis) = stores.redis.clone().filter(|_| !found.is_empty()) else { return };
        stores.tasks.spawn(async move {
            task::after_the_answer().await;
            match refill_documents(&redis, &found, time::now_ms() - started_ms).await {
                Ok(newer) => {
                    for (slot, document) in newer {
                        // What cannot be read is asked for again, and that failure is reported.
                        let _accepted = self.accept(&slot, &document, started_ms);
                    }
                }
                Err(error) => platform::warn!("redis not refilled", error = error.to_string()),
            }
        });
    }

    fn memory(&self) -> MutexGuard<'_, Memory<V>> {
        lock(&self.memory)
    }
}

/// How long a request waits for a fetch of what memory says this of; `None` when it does not.
fn wait_for<V>(look: &Lookup<V>) -> Option<Duration> {
    match look {
        Lookup::Fresh(_) | Lookup::Due(_) => None,
        Lookup::Expired(_) => Some(LONGEST_WAIT_WITH_FALLBACK),
        Lookup::Absent => Some(LONGEST_WAIT),
    }
}

fn of_one<F>(load: impl FnOnce() -> F + Send + 'static) -> Load
where
    F: Future<Output = Result<Document, Error>> + Send + 'static,
{
    Box::new(|_| Box::pin(async move { vec![load().await] }))
}

/// When each fetch that goes on began, by slot.
static FETCHING: LazyLock<Mutex<HashMap<Slot, Vec<i64>>>> = LazyLock::new(Mutex::default);

/// A fetch that goes on. Others look at plain data, and never wait for its future.
struct Fetching {
    slot: Slot,
    began_ms: i64,
}

impl Fetching {
    /// Notes fetches, of those that not enough requests fetch already.
    fn begin(wanted: &[Wanted], now_ms: i64) -> Vec<Self> {
        let mut fetching = lock(&FETCHING);
        let goes_on = |began_ms: &i64| now_ms - began_ms < FETCH_LEASE_MS;
        if fetching.len() >= MOST_SLOTS_FETCHED {
            fetching.retain(|_, fetches| fetches.iter().any(goes_on));
        }
        let mut begin = |slot: &Slot| {
            let fetches = fetching.entry(slot.clone()).or_default();
            fetches.retain(goes_on);
            (fetches.len() < FETCHES_AT_ONCE).then(|| {
                fetches.push(now_ms);
                Self { slot: slot.clone(), began_ms: now_ms }
            })
        };
        wanted.iter().filter_map(|wanted| begin(&wanted.slot)).collect()
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

/// Where each of what is wanted was found, in its order.
async fn find(limit: Duration, wanted: &[Wanted], stores: &Stores, load: Load) -> Vec<Result<Found, Error>> {
    let began_ms = time::now_ms();
    let in_redis = ask_redis(wanted, stores).await;
    let lacks = wanted.iter().zip(&in_redis).filter(|(_, document)| document.is_none());
    let missing: Vec<&Wanted> = lacks.map(|(wanted, _)| wanted).collect();
    let mut loaded = Vec::new();
    if !missing.is_empty() {
        let loading = ask_database(&missing, stores, load);
        loaded = time::timeout(limit.saturating_sub(since(began_ms)), loading)
            .await
            .unwrap_or_else(|elapsed| missing.iter().map(|_| Err(unavailable(&elapsed))).collect());
        let failures = loaded.iter().filter_map(|loaded| loaded.as_ref().err());
        if let (Some(wanted), Some(error)) = (missing.first(), failures.clone().next()) {
            platform::warn!(
                "document not fetched",
                slot = wanted.slot.kind(),
                count = failures.count(),
                error = error.to_string()
            );
        }
    }
    let mut loaded = loaded.into_iter();
    let mut next_loaded = || loaded.next().unwrap_or_else(|| Err(untold()));
    in_redis
        .into_iter()
        .map(|document| document.map_or_else(&mut next_loaded, |document| Ok(Found::InRedis(document))))
        .collect()
}

/// The fresh documents in Redis; `None` also when Redis does not answer.
async fn ask_redis(wanted: &[Wanted], stores: &Stores) -> Vec<Option<Document>> {
    let none = || wanted.iter().map(|_| None).collect();
    let Some(redis) = &stores.redis else { return none() };
    if stores.is_cold.load(Ordering::Relaxed) || time::now_ms() < REDIS_RESTS_UNTIL_MS.load(Ordering::Relaxed)
    {
        return none();
    }
    let slots: Vec<Slot> = wanted.iter().map(|wanted| wanted.slot.clone()).collect();
    read_documents(redis, &slots).await.unwrap_or_else(|error| {
        REDIS_RESTS_UNTIL_MS.store(time::now_ms() + REDIS_REST_MS, Ordering::Relaxed);
        platform::warn!("redis not read", error = error.to_string());
        none()
    })
}

/// What the database says; where it says nothing, the last that Redis knows.
async fn ask_database(missing: &[&Wanted], stores: &Stores, load: Load) -> Vec<Result<Found, Error>> {
    let places: Vec<usize> = missing.iter().map(|wanted| wanted.place).collect();
    let loaded = time::timeout(DATABASE_WAIT, load(places)).await.unwrap_or_else(|elapsed| {
        missing.iter().map(|_| Err(unavailable(&format_args!("database {elapsed}")))).collect()
    });
    let is_down = |loaded: &Result<Document, Error>| matches!(loaded, Err(Error::Unavailable(_)));
    let without = missing.iter().zip(&loaded).filter(|(_, loaded)| is_down(loaded));
    let mut last = ask_for_last(without.map(|(wanted, _)| wanted.slot.clone()).collect(), stores).await;
    let mut found = |loaded| match loaded {
        Ok(document) => Ok(Found::InDatabase(document)),
        // Whatever is wrong with Redis besides, the database is what the caller waits for.
        Err(error @ Error::Unavailable(_)) => match last.next().flatten() {
            Some((document, age_ms)) => Ok(Found::Last { document, age_ms }),
            None => Err(error),
        },
        Err(error) => Err(error),
    };
    loaded.into_iter().map(&mut found).collect()
}

/// The last documents there were; nothing at all when Redis does not answer.
async fn ask_for_last(
    slots: Vec<Slot>,
    stores: &Stores,
) -> impl Iterator<Item = Option<(Document, i64)>> + use<> {
    let mut last = Vec::new();
    if let Some(redis) = stores.redis.as_ref().filter(|_| !slots.is_empty()) {
        last = read_last_documents(redis, &slots).await.unwrap_or_else(|error| {
            platform::warn!("redis not read", error = error.to_string());
            Vec::new()
        });
    }
    last.into_iter()
}

fn since(began_ms: i64) -> Duration {
    Duration::from_millis((time::now_ms() - began_ms).max(0).unsigned_abs())
}

/// Who loads answers for each place that it is given.
fn untold() -> Error {
    Error::Internal("nothing was told of what is wanted".to_owned())
}

fn unavailable(reason: &dyn std::fmt::Display) -> Error {
    Error::Unavailable(reason.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::DUE_AFTER_MS;

    static NUMBERS: Layers<u8> = Layers {
        memory: LazyLock::new(|| Mutex::new(Memory::new(100_000))),
        parse: |json| serde_json::from_str(json).map(|number| (number, 1)),
    };

    /// What each of a crowd is told, and how often the database was asked.
    async fn crowd(slot: Slot, answer: Result<Document, Error>) -> (Vec<Result<Option<u8>, Error>>, usize) {
        let asked: &AtomicUsize = Box::leak(Box::default());
        let stores = without_redis();
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

    fn without_redis() -> Stores {
        Stores::new(None, Tasks::default())
    }

    fn remember(slot: &Slot, number: u8, age_ms: i64) {
        NUMBERS.memory().store(slot.as_str().to_owned(), number, 1, time::now_ms() - age_ms);
    }

    fn numbers(told: Vec<Told<u8>>) -> Vec<Result<Option<u8>, Error>> {
        told.into_iter().map(|told| told.map(|held| held.map(|held| held.value))).collect()
    }

    /// What the database is asked for, of which it has each place as a number.
    async fn ask_many(slots: &[Slot], stores: &Stores) -> (Vec<Result<Option<u8>, Error>>, Vec<usize>) {
        let asked: &Mutex<Vec<usize>> = Box::leak(Box::default());
        let load = async move |places: Vec<usize>| {
            lock(asked).extend(&places);
            places.iter().map(|place| Ok(Document { revision: 1, json: place.to_string() })).collect()
        };
        let told = NUMBERS.get_many(slots, stores, load).await;
        stores.tasks.finish().await;
        (numbers(told), lock(asked).clone())
    }

    #[tokio::test]
    async fn what_is_rehearsed_is_forgotten() {
        assert_eq!(NUMBERS.rehearse("7", Tasks::default()), Some(7));
        assert_eq!(NUMBERS.rehearse("no number", Tasks::default()), None);
        assert!(matches!(NUMBERS.look(&Slot::nowhere(), time::now_ms()), Lookup::Absent));
        assert!(!lock(&FETCHING).contains_key(&Slot::nowhere()));
    }

    #[tokio::test]
    async fn several_that_are_due_answer_and_are_refreshed() {
        let (slots, stores) = (["due 0", "due 1", "due 2"].map(Slot::api_key), without_redis());
        remember(&slots[0], 70, DUE_AFTER_MS);
        remember(&slots[1], 71, 0);
        remember(&slots[2], 72, DUE_AFTER_MS);
        let (told, asked) = ask_many(&slots, &stores).await;
        assert_eq!((told, asked), (vec![Ok(Some(70)), Ok(Some(71)), Ok(Some(72))], vec![0, 2]));
        let (told, asked) = ask_many(&slots, &stores).await;
        assert_eq!((told, asked), (vec![Ok(Some(0)), Ok(Some(71)), Ok(Some(2))], vec![]));
    }

    #[tokio::test]
    async fn several_are_fetched_with_one_question() {
        let slots = ["many 0", "many 1", "many 2", "many 3"].map(Slot::api_key);
        remember(&slots[1], 71, 0);
        remember(&slots[2], 72, DUE_AFTER_MS);
        remember(&slots[3], 73, EXPIRED_AFTER_MS);
        let (told, asked) = ask_many(&slots, &without_redis()).await;
        assert_eq!((told, asked), (vec![Ok(Some(0)), Ok(Some(71)), Ok(Some(2)), Ok(Some(3))], vec![0, 2, 3]));
    }

    #[tokio::test]
    async fn of_several_each_falls_back_on_what_it_has() {
        let slots = ["down 0", "down 1"].map(Slot::api_key);
        remember(&slots[1], 71, EXPIRED_AFTER_MS);
        let down = || Error::Unavailable("down".to_owned());
        let load = async move |places: Vec<usize>| places.iter().map(|_| Err(down())).collect();
        let told = NUMBERS.get_many(&slots, &without_redis(), load).await;
        assert_eq!(numbers(told), vec![Err(down()), Ok(Some(71))]);
    }

    #[tokio::test]
    async fn a_crowd_hears_all_the_same_that_there_is_nothing() {
        let tombstone = Document { revision: 1, json: "null".to_owned() };
        let (told, _) = crowd(Slot::api_key("nothing"), Ok(tombstone)).await;
        assert_eq!(told, vec![Ok(None); 100]);
        assert!(!lock(&FETCHING).contains_key(&Slot::api_key("nothing")));
    }
}
