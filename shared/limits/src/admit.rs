//! Everything that is decided before a model is asked, in one round trip.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, PoisonError};

use cache::{Error, Redis, Reply};
use domain::Id;
use lru::LruCache;
use platform::{Tasks, time};

use crate::rate::{self, Quota};
use crate::slots::Slot;
use crate::{breakers, local};

/// A request to stream an answer.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The caller's team.
    pub team_id: &'a Id,
    /// The caller's key.
    pub key_id: &'a Id,
    /// The caller's user.
    pub user_id: Option<&'a str>,
    /// How many requests that user may send in an hour.
    pub requests_per_hour: u64,
    /// The answer's id, which holds the slot.
    pub holder: &'a str,
    /// How many of the team's answers may stream at once.
    pub streams: u64,
    /// [`llm::Candidate::breaker_key`] of the models that may be asked: their breakers' states come along, so that the
    /// model's request need not wait for them.
    pub breaker_keys: &'a [String],
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Admission {
    /// It may be answered.
    Admitted {
        /// What is left of the hour's requests.
        quota: Quota,
        /// The slot that it holds.
        slot: Slot,
    },
    /// The hour's requests are used up.
    TooMany(Quota),
    /// All slots are taken. The request is not counted.
    AllStreaming(Quota),
}

/// Whether the request will be admitted, as far as can be told from those before it: what is expensive to undo has to wait
/// for [`admit`], what is not need not. It will where the user was admitted lately and has more than a tenth of the
/// requests left, the team has not been refused a slot lately, the breakers are known to be closed, and only a few of the
/// team's requests are ahead of their decision. Drop it once that is there.
pub fn expect(request: &Request<'_>) -> Option<Expectation> {
    let unit = rate::unit(request.team_id, request.key_id, request.user_id);
    let team_id = request.team_id.as_str();
    let now_ms = time::now_ms();
    let is_recent = |name: &str| {
        with_decisions(|decisions| decisions.get(name).is_some_and(|at_ms| now_ms - at_ms < RECENT_MS))
    };
    let is_likely = is_recent(&unit)
        && !is_recent(&slots_refused(team_id))
        && request.breaker_keys.iter().all(|key| breakers::is_closed(team_id, key, now_ms));
    if is_likely { Expectation::begin(team_id, now_ms) } else { None }
}

/// A request that is ahead of its decision.
#[derive(Debug)]
pub struct Expectation {
    team_id: String,
    began_ms: i64,
}

/// So many of a team's requests may be ahead at once: should they all be refused, so many were begun in vain.
const MOST_AHEAD: usize = 4;
/// What has been ahead for so long is not any more, in milliseconds: what a cancelled request held is not always dropped.
const LONGEST_AHEAD_MS: i64 = 5_000;

/// When those that are ahead began, by team.
static AHEAD: LazyLock<Mutex<HashMap<String, Vec<i64>>>> = LazyLock::new(Mutex::default);

impl Expectation {
    fn begin(team_id: &str, now_ms: i64) -> Option<Self> {
        let mut ahead = AHEAD.lock().unwrap_or_else(PoisonError::into_inner);
        let of_team = ahead.entry(team_id.to_owned()).or_default();
        of_team.retain(|began_ms| now_ms - began_ms < LONGEST_AHEAD_MS);
        (of_team.len() < MOST_AHEAD).then(|| {
            of_team.push(now_ms);
            Self { team_id: team_id.to_owned(), began_ms: now_ms }
        })
    }
}

impl Drop for Expectation {
    fn drop(&mut self) {
        let mut ahead = AHEAD.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(of_team) = ahead.get_mut(&self.team_id) else { return };
        if let Some(place) = of_team.iter().position(|began_ms| *began_ms == self.began_ms) {
            of_team.swap_remove(place);
        }
        if of_team.is_empty() {
            ahead.remove(&self.team_id);
        }
    }
}

/// How long a decision tells of the next one, in milliseconds.
const RECENT_MS: i64 = 60_000;
const MOST_DECISIONS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(9_999);

/// When which unit was admitted with much left, and which team was refused a slot.
static DECISIONS: LazyLock<Mutex<LruCache<String, i64>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(MOST_DECISIONS)));

fn with_decisions<T>(act: impl FnOnce(&mut LruCache<String, i64>) -> T) -> T {
    act(&mut DECISIONS.lock().unwrap_or_else(PoisonError::into_inner))
}

fn slots_refused(team_id: &str) -> String {
    format!("slots:{team_id}")
}

/// Remembers a decision for [`expect`].
fn note(unit: &str, team_id: &Id, quota: Quota, admission: (bool, bool), now_ms: i64) {
    with_decisions(|decisions| {
        if admission == (true, true) && quota.remaining > quota.limit / 10 {
            decisions.push(unit.to_owned(), now_ms);
        } else {
            decisions.pop(unit);
        }
        if admission == (true, false) {
            decisions.push(slots_refused(team_id.as_str()), now_ms);
        }
    });
}

/// Counts the request and takes a slot.
pub async fn admit(redis: Option<&Redis>, tasks: &Tasks, request: &Request<'_>) -> Admission {
    let unit = rate::unit(request.team_id, request.key_id, request.user_id);
    let slot = Slot::new(request.team_id, request.holder, request.streams);
    let now_ms = time::now_ms();
    let shared = match redis.filter(|_| !local::rests(now_ms)) {
        Some(redis) => ask(redis, request, &unit, &slot).await.map_err(|error| {
            local::redis_failed("chat requests and streams", &error.to_string(), now_ms);
        }),
        None => Err(()),
    };
    let is_shared = shared.is_ok();
    let ((is_counted, quota), has_slot) = shared.unwrap_or_else(|()| {
        let counted = local::count(&unit, request.requests_per_hour, now_ms);
        (counted, counted.0 && slot.take_locally(now_ms))
    });
    note(&unit, request.team_id, quota, (is_counted, has_slot), now_ms);
    match (is_counted, has_slot) {
        (true, true) => Admission::Admitted { quota, slot },
        (false, taken) => {
            if let (true, Some(redis)) = (taken && is_shared, redis.cloned()) {
                tasks.spawn(async move { slot.release(Some(&redis)).await });
            }
            Admission::TooMany(quota)
        }
        (true, false) => {
            if let (true, Some(redis)) = (is_shared, redis.cloned()) {
                tasks.spawn(async move {
                    if let Err(error) = redis.run(&rate::give_back(&unit)).await {
                        platform::warn!("request not uncounted", error = error.to_string());
                    }
                });
            }
            Admission::AllStreaming(quota)
        }
    }
}

type Decision = ((bool, Quota), bool);

async fn ask(redis: &Redis, request: &Request<'_>, unit: &str, slot: &Slot) -> Result<Decision, Error> {
    let team_id = request.team_id.as_str();
    let mut steps = vec![slot.renewal(), rate::step(unit, request.requests_per_hour)];
    steps.extend(request.breaker_keys.iter().map(|key| breakers::look(team_id, key)));
    let mut replies = redis.steps(&steps).await?.into_iter();
    let mut next = || replies.next().unwrap_or(Ok(Reply::Null));
    let has_slot = next()?.as_i64() == Some(1);
    let counted = rate::read(&next()?, request.requests_per_hour)
        .ok_or_else(|| Error::Unavailable("no count".to_owned()))?;
    for key in request.breaker_keys {
        breakers::seen(team_id, key, &next()?, time::now_ms());
    }
    Ok((counted, has_slot))
}

#[cfg(test)]
mod tests {
    use domain::Kind;

    use super::*;

    fn new_id(kind: Kind) -> Id {
        Id::new(kind, time::now_ms(), platform::random::bytes())
    }

    async fn decides(request: &Request<'_>) -> bool {
        matches!(admit(None, &Tasks::default(), request).await, Admission::Admitted { .. })
    }

    #[tokio::test]
    async fn who_was_admitted_lately_with_much_left_is_expected_to_be() {
        let (team_id, key_id) = (new_id(Kind::Team), new_id(Kind::Key));
        let request = |holder, requests_per_hour, user_id| Request {
            team_id: &team_id,
            key_id: &key_id,
            user_id: Some(user_id),
            requests_per_hour,
            holder,
            streams: 3,
            breaker_keys: &[],
        };
        let is_expected = |request: &Request<'_>| expect(request).is_some();
        let first = request("a", 2, "few");
        assert!(!is_expected(&first), "nothing is known of it");
        assert!(decides(&first).await && is_expected(&first));
        assert!(decides(&request("b", 2, "few")).await && !is_expected(&first), "nothing is left");
        let second = request("c", 100, "many");
        assert!(!is_expected(&second), "another user");
        assert!(decides(&second).await && is_expected(&second));
        let unknown_breaker = ["provider/model".to_owned()];
        assert!(!is_expected(&Request { breaker_keys: &unknown_breaker, ..second }));
        let ahead: Vec<_> = (0..MOST_AHEAD).map(|_| expect(&second).unwrap()).collect();
        assert!(!is_expected(&second), "many are ahead");
        drop(ahead);
        assert!(is_expected(&second));
        assert!(!decides(&request("d", 100, "many")).await && !is_expected(&second), "no slot is left");
        assert!(!is_expected(&request("e", 100, "few")));
    }
}
