//! How much a caller may ask for: so many requests an hour for each user, so many answers at once for each team.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use cache::Redis;
use domain::Id;
use edge::{Call, Problem};
use futures_util::future::{Either, join, select};
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use limits::{Admission, LEASE_MS, Quota, Request, Slot};
use llm::{Candidate, Provider};
use platform::{Config, time};

use crate::calibration;

/// How many requests a user may send in an hour, when the key says nothing else.
const REQUESTS_PER_HOUR: (&str, u64) = ("CHAT_REQUESTS_PER_HOUR", 100);
/// How many of a team's answers may stream at once.
const CONCURRENT_STREAMS: (&str, u64) = ("CHAT_CONCURRENT_STREAMS", 100);
/// How long to wait for a slot, in seconds: somebody's answer ends every moment.
const SLOT_RETRY_SECONDS: i64 = 1;
/// How often a slot is renewed. Two failures in a row do not lose it.
const RENEW_EVERY: Duration = Duration::from_millis(LEASE_MS.unsigned_abs() / 3);

/// A request that may be answered, and the slot that its answer holds.
pub(crate) struct Admitted {
    team_id: Id,
    quota: Quota,
    slot: Slot,
    redis: Option<Redis>,
}

/// Counts a request for an answer, and takes a slot for it: what every route does before it asks a model. `answer_id`
/// is unique to the answer. The states of the candidates' breakers come along, and what is known of the team's
/// tokens is read where that was long ago.
///
/// # Errors
/// 429 when the user's requests are used up, or all of the team's slots are taken.
pub(crate) async fn admit(
    call: &Call,
    user_id: Option<&str>,
    answer_id: &str,
    chain: &[Candidate],
) -> Result<Admitted, Problem> {
    let config = &call.context.config;
    let of_key = call.key().chat_requests_per_hour.and_then(|most| u64::try_from(most).ok());
    let asked = chain.iter().filter(|candidate| candidate.provider != Provider::Offline);
    let breaker_keys: Vec<String> = asked.map(Candidate::breaker_key).collect();
    let streams = setting(config, CONCURRENT_STREAMS);
    // Counted under the name that events have for them: Redis holds nobody's address.
    let user = user_id.filter(|user_id| !user_id.is_empty()).map(events::unit);
    let request = Request {
        team_id: call.team_id(),
        key_id: &call.key().key_id,
        user_id: user.as_deref(),
        requests_per_hour: of_key.unwrap_or_else(|| setting(config, REQUESTS_PER_HOUR)),
        holder: answer_id,
        streams,
        breaker_keys: &breaker_keys,
    };
    let deciding = limits::admit(call.redis(), &call.context.tasks, &request);
    let reading = calibration::read(call.team_id(), call.redis());
    match join(deciding, reading).await.0 {
        Admission::Admitted { quota, slot } => {
            Ok(Admitted { team_id: call.team_id().clone(), quota, slot, redis: call.redis().cloned() })
        }
        Admission::TooMany(quota) => {
            let detail = format!("{} chat requests an hour are used up", quota.limit);
            Err(refusal(detail, quota, quota.reset_seconds()))
        }
        Admission::AllStreaming(quota) => {
            let detail = format!("{streams} answers of this team are streaming already");
            Err(refusal(detail, quota, SLOT_RETRY_SECONDS))
        }
    }
}

impl Admitted {
    /// Says in an answer's headers what is left.
    pub(crate) fn write_headers(&self, headers: &mut HeaderMap) {
        for (name, value) in quota_headers(self.quota) {
            headers.insert(name, HeaderValue::from(value));
        }
    }

    /// Holds the slot for as long as `work` takes, and gives it back.
    pub(crate) async fn hold<T>(self, work: impl Future<Output = T>) -> T {
        let output = self.hold_during(work).await;
        join(self.release(), self.tell()).await;
        output
    }

    /// Holds the slot for as long as `work` takes. Should the isolate die, the slot is free within [`LEASE_MS`].
    pub(crate) async fn hold_during<T>(&self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), pin!(renew(&self.slot, self.redis.as_ref()))).await {
            Either::Left((output, _)) => output,
            Either::Right((never, _)) => match never {},
        }
    }

    /// Gives the slot back.
    pub(crate) async fn release(&self) {
        self.slot.release(self.redis.as_ref()).await;
    }

    /// Tells the others what the answer has taught of the team's tokens.
    pub(crate) async fn tell(&self) {
        calibration::tell(&self.team_id, self.redis.as_ref()).await;
    }
}

async fn renew(slot: &Slot, redis: Option<&Redis>) -> std::convert::Infallible {
    loop {
        time::sleep(RENEW_EVERY).await;
        if let Some(redis) = redis
            && let Err(error) = redis.steps(&[slot.renewal()]).await
        {
            platform::warn!("slot not renewed", error = error.to_string());
        }
    }
}

fn refusal(detail: String, quota: Quota, retry_seconds: i64) -> Problem {
    let problem = Problem::new(429, "rate_limited", detail).with_header(RETRY_AFTER, retry_seconds);
    quota_headers(quota).into_iter().fold(problem, |problem, (name, value)| problem.with_header(name, value))
}

fn quota_headers(quota: Quota) -> [(HeaderName, u64); 3] {
    [
        (HeaderName::from_static("ratelimit-limit"), quota.limit),
        (HeaderName::from_static("ratelimit-remaining"), quota.remaining),
        (HeaderName::from_static("ratelimit-reset"), quota.reset_seconds().unsigned_abs()),
    ]
}

/// A setting that is a number, or what is said beside its name.
fn setting(config: &Config, (name, default): (&str, u64)) -> u64 {
    config.get(name).and_then(|text| text.parse().ok()).unwrap_or(default)
}
