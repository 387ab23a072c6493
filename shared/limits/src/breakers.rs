//! Circuit breakers whose states all isolates share.

use std::num::NonZeroUsize;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cache::{Command, Error, Redis, Reply, Script, Step};
use llm::breaker::{Admission, Breakers, Outcome, Ticket};
use llm::{BreakerPolicy, LocalBreakers};
use lru::LruCache;
use platform::{Tasks, time};

use crate::local;

/// How long an isolate believes that a breaker is closed, in milliseconds.
const CLOSED_FOR_MS: i64 = 1_000;
/// How long successes wait to be told to Redis, in milliseconds. Those that it has not heard of count for nothing in
/// another isolate's failure, so that a breaker may open a little early.
const SUCCESSES_EVERY_MS: i64 = 2_000;
/// How long Redis keeps the state of a breaker that nobody asks for, in milliseconds.
const KEPT_MS: u128 = 600_000;
const MOST_VIEWS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1_023);

static ADMIT: Script = Script::new(include_str!("breaker_admit.lua"));
static RECORD: Script = Script::new(include_str!("breaker_record.lua"));
static GIVE_UP: Script = Script::idempotent(include_str!("breaker_give_up.lua"));
static VIEWS: LazyLock<Mutex<LruCache<String, View>>> =
    LazyLock::new(|| Mutex::new(LruCache::new(MOST_VIEWS)));
/// For while Redis is down. They hear of every outcome, so that they know something when they are needed; and that a
/// breaker has closed, because nobody asks them for a probe as long as Redis answers.
static LOCAL: LazyLock<LocalBreakers> = LazyLock::new(|| LocalBreakers::new(BreakerPolicy::STANDARD));

/// What this isolate knows of a breaker in Redis.
#[derive(Debug, Clone, Copy, Default)]
struct View {
    closed_until_ms: i64,
    /// What Redis has not been told.
    successes: u32,
    told_at_ms: i64,
}

/// A team's breakers. Teams bring their own provider keys, and one team's rate limit is not another's.
#[derive(Clone)]
pub struct SharedBreakers {
    redis: Option<Redis>,
    team_id: String,
    policy: BreakerPolicy,
    tasks: Tasks,
}

impl SharedBreakers {
    /// The breakers of a team. Without Redis they are this isolate's. What nobody can wait for becomes one of `tasks`.
    pub fn new(redis: Option<Redis>, team_id: &domain::Id, tasks: Tasks) -> Self {
        Self { redis, team_id: team_id.to_string(), policy: BreakerPolicy::STANDARD, tasks }
    }

    /// The same with another policy, for tests. What isolates keep for themselves is as it was.
    pub fn with_policy(mut self, policy: BreakerPolicy) -> Self {
        self.policy = policy;
        self
    }

    fn redis(&self) -> Option<&Redis> {
        self.redis.as_ref().filter(|_| !local::rests(time::now_ms()))
    }

    async fn ask(&self, redis: &Redis, name: &str) -> Result<Admission, Error> {
        let arguments = [self.policy.probe.as_millis().to_string(), KEPT_MS.to_string()];
        let reply = redis.script(&ADMIT, &[name.to_owned()], &arguments).await?;
        let unreadable = || Error::Unavailable("no admission".to_owned());
        let [word, wait_ms] = reply.as_array().ok_or_else(unreadable)?.as_slice() else {
            return Err(unreadable());
        };
        Ok(match word.as_str() {
            Some("refused") => Admission::Refused {
                retry_after: Duration::from_millis(wait_ms.as_u64().unwrap_or_default()),
            },
            Some("probe") => Admission::Admitted(Ticket::Probe),
            _ => {
                seen_as(name, None, time::now_ms());
                Admission::Admitted(Ticket::Ordinary)
            }
        })
    }

    async fn tell(&self, redis: &Redis, name: &str, told: Told) -> Result<(), Error> {
        let Told { ticket, failures, successes } = told;
        let policy = &self.policy;
        let milliseconds = |duration: Duration| duration.as_millis().to_string();
        let arguments = [
            if ticket == Ticket::Probe { "probe" } else { "ordinary" }.to_owned(),
            failures.to_string(),
            successes.to_string(),
            policy.failures.to_string(),
            milliseconds(policy.window),
            milliseconds(policy.open),
            milliseconds(policy.longest_open),
            KEPT_MS.to_string(),
        ];
        let reply = redis.script(&RECORD, &[name.to_owned()], &arguments).await?;
        seen_as(name, reply.as_str(), time::now_ms());
        Ok(())
    }
}

/// Outcomes that Redis is told of together.
struct Told {
    ticket: Ticket,
    failures: u32,
    successes: u32,
}

impl Breakers for SharedBreakers {
    async fn admit(&self, key: &str, now_ms: i64) -> Admission {
        let name = name(&self.team_id, key);
        let Some(redis) = self.redis() else { return LOCAL.admit(&name, now_ms).await };
        if with_view(&name, |view| now_ms < view.closed_until_ms) {
            return Admission::Admitted(Ticket::Ordinary);
        }
        match self.ask(redis, &name).await {
            Ok(admission) => admission,
            Err(error) => {
                local::redis_failed("breakers", &error.to_string(), now_ms);
                LOCAL.admit(&name, now_ms).await
            }
        }
    }

    async fn record(&self, key: &str, ticket: Ticket, outcome: Outcome, now_ms: i64) {
        let name = name(&self.team_id, key);
        LOCAL.record(&name, ticket, outcome, now_ms).await;
        let Some(redis) = self.redis() else { return };
        let is_failure = outcome == Outcome::Failure;
        let told = with_view(&name, |view| {
            view.successes += u32::from(!is_failure);
            let is_due =
                is_failure || ticket == Ticket::Probe || now_ms - view.told_at_ms >= SUCCESSES_EVERY_MS;
            is_due.then(|| {
                view.told_at_ms = now_ms;
                Told { ticket, failures: is_failure.into(), successes: std::mem::take(&mut view.successes) }
            })
        });
        let Some(told) = told else { return };
        if let Err(error) = self.tell(redis, &name, told).await {
            local::redis_failed("breakers", &error.to_string(), now_ms);
        }
    }

    fn give_up(&self, key: &str, now_ms: i64) {
        let name = name(&self.team_id, key);
        LOCAL.give_up(&name, now_ms);
        let Some(redis) = self.redis().cloned() else { return };
        self.tasks.spawn(async move { give_up(&redis, &name).await });
    }
}

async fn give_up(redis: &Redis, name: &str) {
    let given_up = redis.script(&GIVE_UP, &[name.to_owned()], &[]).await;
    if let Err(error) = given_up {
        local::redis_failed("breakers", &error.to_string(), time::now_ms());
    }
}

/// Whether this isolate still believes that a breaker is closed.
pub(crate) fn is_closed(team_id: &str, key: &str, now_ms: i64) -> bool {
    with_view(&name(team_id, key), |view| now_ms < view.closed_until_ms)
}

/// Reads a breaker's state along with other steps.
pub(crate) fn look(team_id: &str, key: &str) -> Step<'static> {
    Step::Command(Command::idempotent("HGET").arg(name(team_id, key)).arg("state"))
}

/// Remembers what [`look`] saw.
pub(crate) fn seen(team_id: &str, key: &str, state: &Reply, now_ms: i64) {
    seen_as(&name(team_id, key), state.as_str(), now_ms);
}

fn seen_as(name: &str, state: Option<&str>, now_ms: i64) {
    let is_closed = state.is_none_or(|state| state == "closed");
    if is_closed {
        LOCAL.close(name);
    }
    let until_ms = if is_closed { now_ms + CLOSED_FOR_MS } else { 0 };
    with_view(name, |view| view.closed_until_ms = until_ms);
}

fn name(team_id: &str, key: &str) -> String {
    format!("breaker:{team_id}:{key}")
}

fn with_view<T>(name: &str, act: impl FnOnce(&mut View) -> T) -> T {
    let mut views: MutexGuard<'_, LruCache<String, View>> =
        VIEWS.lock().unwrap_or_else(PoisonError::into_inner);
    act(views.get_or_insert_mut(name.to_owned(), View::default))
}
