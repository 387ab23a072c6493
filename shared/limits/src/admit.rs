//! Everything that is decided before a model is asked, in one round trip.

use cache::{Error, Redis, Reply};
use domain::Id;
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
