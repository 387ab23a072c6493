//! How much a caller may ask for: so many requests an hour for each user, so many answers at once for each team.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::time::Duration;

use cache::Redis;
use domain::Id;
use edge::{Call, Problem};
use futures_channel::oneshot;
use futures_util::future::{Either, join, select};
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use limits::{LEASE_MS, Quota, Request, Slot};
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

/// What comes of a request for an answer.
pub(crate) enum Admission {
    /// It may be answered.
    Decided(Admitted),
    /// It most likely may. The model can be asked meanwhile; nothing may be stored or shown.
    Expected(Decision),
}

impl Admission {
    /// Works, holds the slot meanwhile and gives it back. `on_admitted` is called and `deciding` hears of the decision,
    /// with what is left for an answer's headers. What was begun and is refused is given up; if it is done already, what
    /// it has cost stays counted.
    pub(crate) async fn hold(
        self,
        on_admitted: impl FnOnce(),
        deciding: oneshot::Sender<Result<HeaderMap, Problem>>,
        work: impl Future<Output = ()>,
    ) {
        let slot = OnceLock::new();
        let working = async {
            let mut work = pin!(work);
            let (decision, is_done) = match self {
                Self::Decided(admitted) => (Ok(admitted), false),
                Self::Expected(decision) => match select(decision, work.as_mut()).await {
                    Either::Left((decision, _)) => (decision, false),
                    Either::Right(((), decision)) => (decision.await, true),
                },
            };
            if decision.is_ok() {
                on_admitted();
            }
            // Who does not hear it has left.
            let _left = deciding.send(decision.map(|admitted| slot.get_or_init(|| admitted).headers()));
            if slot.get().is_some() && !is_done {
                work.await;
            }
        };
        hold_during(&slot, working).await;
        if let Some(admitted) = slot.get() {
            join(admitted.release(), admitted.tell()).await;
        }
    }
}

/// The decision, while Redis makes it.
///
/// # Errors
/// 429 when the user's requests are used up, or all of the team's slots are taken.
pub(crate) type Decision = Pin<Box<dyn Future<Output = Result<Admitted, Problem>> + Send>>;

/// Counts a request for an answer, and takes a slot for it: what every route does before it asks a model. `answer_id`
/// is unique to the answer. The states of the candidates' breakers come along, and what is known of the team's
/// tokens is read where that was long ago.
///
/// # Errors
/// As of a [`Decision`].
pub(crate) async fn admit(
    call: &Call,
    user_id: Option<&str>,
    answer_id: &str,
    chain: &[Candidate],
) -> Result<Admitted, Problem> {
    Asking::new(call, user_id, answer_id, chain).decide().await
}

/// The same, but where it is likely to be admitted, it is not waited for.
///
/// # Errors
/// As of a [`Decision`], where it is not likely.
pub(crate) async fn admit_in_time(
    call: &Call,
    user_id: Option<&str>,
    answer_id: &str,
    chain: &[Candidate],
) -> Result<Admission, Problem> {
    let asking = Asking::new(call, user_id, answer_id, chain);
    if let Some(expectation) = limits::expect(&asking.request()) {
        return Ok(Admission::Expected(Box::pin(async {
            let decision = asking.decide().await;
            drop(expectation);
            decision
        })));
    }
    Ok(Admission::Decided(asking.decide().await?))
}

/// What is asked of the limits.
struct Asking {
    call: Call,
    user: Option<String>,
    answer_id: String,
    breaker_keys: Vec<String>,
    requests_per_hour: u64,
    streams: u64,
}

impl Asking {
    fn new(call: &Call, user_id: Option<&str>, answer_id: &str, chain: &[Candidate]) -> Self {
        let config = &call.context.config;
        let of_key = call.key().chat_requests_per_hour.and_then(|most| u64::try_from(most).ok());
        let asked = chain.iter().filter(|candidate| candidate.provider != Provider::Offline);
        Self {
            // Counted under the name that events have for them: Redis holds nobody's address.
            user: user_id.filter(|user_id| !user_id.is_empty()).map(events::unit),
            answer_id: answer_id.to_owned(),
            breaker_keys: asked.map(Candidate::breaker_key).collect(),
            requests_per_hour: of_key.unwrap_or_else(|| setting(config, REQUESTS_PER_HOUR)),
            streams: setting(config, CONCURRENT_STREAMS),
            call: call.clone(),
        }
    }

    fn request(&self) -> Request<'_> {
        Request {
            team_id: self.call.team_id(),
            key_id: &self.call.key().key_id,
            user_id: self.user.as_deref(),
            requests_per_hour: self.requests_per_hour,
            holder: &self.answer_id,
            streams: self.streams,
            breaker_keys: &self.breaker_keys,
        }
    }

    async fn decide(self) -> Result<Admitted, Problem> {
        let call = &self.call;
        let request = self.request();
        let deciding = limits::admit(call.redis(), &call.context.tasks, &request);
        let reading = calibration::read(call.team_id(), call.redis());
        match join(deciding, reading).await.0 {
            limits::Admission::Admitted { quota, slot } => {
                Ok(Admitted { team_id: call.team_id().clone(), quota, slot, redis: call.redis().cloned() })
            }
            limits::Admission::TooMany(quota) => {
                let detail = format!("{} chat requests an hour are used up", quota.limit);
                Err(refusal(detail, quota, quota.reset_seconds()))
            }
            limits::Admission::AllStreaming(quota) => {
                let detail = format!("{} answers of this team are streaming already", self.streams);
                Err(refusal(detail, quota, SLOT_RETRY_SECONDS))
            }
        }
    }
}

impl Admitted {
    /// What is left, for an answer's headers.
    pub(crate) fn headers(&self) -> HeaderMap {
        quota_headers(self.quota).into_iter().map(|(name, value)| (name, HeaderValue::from(value))).collect()
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

/// Holds the slot for as long as `work` takes, from when there is one. Should the isolate die, the slot is free within
/// [`LEASE_MS`].
pub(crate) async fn hold_during<T>(admitted: &OnceLock<Admitted>, work: impl Future<Output = T>) -> T {
    match select(pin!(work), pin!(renew(admitted))).await {
        Either::Left((output, _)) => output,
        Either::Right((never, _)) => match never {},
    }
}

async fn renew(admitted: &OnceLock<Admitted>) -> std::convert::Infallible {
    loop {
        time::sleep(RENEW_EVERY).await;
        if let Some(Admitted { slot, redis: Some(redis), .. }) = admitted.get()
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
