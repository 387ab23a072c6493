//! A circuit breaker: a provider that fails is left alone for a while, then tried with a single request.
//!
//! [`Breaker`] is a pure state machine; the time is an argument. [`Breakers`] is the port behind which its states
//! live: [`LocalBreakers`] keeps them in this isolate, a shared store may keep them for all.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::watch::later;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// It opens at this many failures in a window, provided that they are at least half of all requests.
    pub failures: u32,
    /// The length of a window.
    pub window: Duration,
    /// How long it stays open the first time; twice as long after each probe that fails.
    pub open: Duration,
    /// The longest time it stays open.
    pub longest_open: Duration,
    /// A probe that has not reported after this time is given up, and another one is sent.
    pub probe: Duration,
}

impl BreakerPolicy {
    /// Opens within seconds of an outage and notices its end within seconds.
    pub const STANDARD: Self = Self {
        failures: 5,
        window: Duration::from_secs(30),
        open: Duration::from_secs(5),
        longest_open: Duration::from_mins(1),
        probe: Duration::from_mins(1),
    };
}

/// The state of one breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Breaker {
    /// Requests go through and are counted.
    Closed {
        /// When the current window began.
        window_started_ms: i64,
        /// Failures in the window.
        failures: u32,
        /// Successes in the window.
        successes: u32,
    },
    /// No request goes through.
    Open {
        /// Until when.
        until_ms: i64,
        /// How many times in a row it has opened.
        openings: u32,
    },
    /// One request is on its way to find out.
    HalfOpen {
        /// When that request is given up.
        probe_until_ms: i64,
        /// How many times in a row it had opened.
        openings: u32,
    },
}

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may; its outcome is to be recorded with this ticket.
    Admitted(Ticket),
    /// It may not; asking again before this time is of no use.
    Refused {
        /// How long the breaker stays as it is.
        retry_after: Duration,
    },
}

/// In which capacity a request was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ticket {
    /// One of many.
    Ordinary,
    /// The one whose outcome closes or reopens the breaker.
    Probe,
}

/// How a request went, for the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The provider did its part, be it to refuse a bad request.
    Success,
    /// The provider failed.
    Failure,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { window_started_ms: 0, failures: 0, successes: 0 }
    }
}

impl Breaker {
    /// Asks to send a request.
    pub fn admit(&mut self, now_ms: i64, policy: &BreakerPolicy) -> Admission {
        let (blocked_until_ms, openings) = match *self {
            Self::Closed { .. } => return Admission::Admitted(Ticket::Ordinary),
            Self::Open { until_ms, openings } => (until_ms, openings),
            Self::HalfOpen { probe_until_ms, openings } => (probe_until_ms, openings),
        };
        if now_ms < blocked_until_ms {
            let wait = u64::try_from(blocked_until_ms - now_ms).unwrap_or(0);
            return Admission::Refused { retry_after: Duration::from_millis(wait) };
        }
        *self = Self::HalfOpen { probe_until_ms: later(now_ms, policy.probe), openings };
        Admission::Admitted(Ticket::Probe)
    }

    /// Records how an admitted request went.
    pub fn record(&mut self, ticket: Ticket, outcome: Outcome, now_ms: i64, policy: &BreakerPolicy) {
        match (*self, ticket) {
            (Self::Closed { .. }, _) => self.count(outcome, now_ms, policy),
            (Self::HalfOpen { openings, .. }, Ticket::Probe) => match outcome {
                Outcome::Success => *self = Self::default(),
                Outcome::Failure => *self = Self::open(openings, now_ms, policy),
            },
            // Requests from before the opening say nothing about the provider's state now.
            (Self::HalfOpen { .. }, Ticket::Ordinary) | (Self::Open { .. }, _) => {}
        }
    }

    /// Records that a probe was given up before anybody knew its outcome: the next request is one.
    pub fn give_up(&mut self, now_ms: i64) {
        if let Self::HalfOpen { openings, .. } = *self {
            *self = Self::Open { until_ms: now_ms, openings };
        }
    }

    fn count(&mut self, outcome: Outcome, now_ms: i64, policy: &BreakerPolicy) {
        let Self::Closed { window_started_ms, failures, successes } = self else { return };
        if now_ms >= later(*window_started_ms, policy.window) {
            (*window_started_ms, *failures, *successes) = (now_ms, 0, 0);
        }
        match outcome {
            Outcome::Success => *successes = successes.saturating_add(1),
            Outcome::Failure => *failures = failures.saturating_add(1),
        }
        if *failures >= policy.failures && failures >= successes {
            *self = Self::open(0, now_ms, policy);
        }
    }

    fn open(openings: u32, now_ms: i64, policy: &BreakerPolicy) -> Self {
        let factor = 1_u32.checked_shl(openings).unwrap_or(u32::MAX);
        let open = policy.open.saturating_mul(factor).min(policy.longest_open);
        Self::Open { until_ms: later(now_ms, open), openings: openings.saturating_add(1) }
    }
}

/// Where the states of breakers live, by [`Candidate::breaker_key`](crate::Candidate::breaker_key). An
/// implementation adds the team to the key if teams bring their own provider keys: one team's rate limit is not
/// another's. A store that is down admits: a breaker must not cause the outage it is there to soften.
pub trait Breakers: Send + Sync + 'static {
    /// Asks to send a request.
    fn admit(&self, key: &str, now_ms: i64) -> impl Future<Output = Admission> + Send;

    /// Records how an admitted request went. A request whose client left is not recorded, but see
    /// [`Breakers::give_up`].
    fn record(
        &self,
        key: &str,
        ticket: Ticket,
        outcome: Outcome,
        now_ms: i64,
    ) -> impl Future<Output = ()> + Send;

    /// Records that a probe was dropped before anybody knew its outcome, so that others need not wait for it. Who drops
    /// it cannot wait for this.
    fn give_up(&self, key: &str, now_ms: i64);
}

/// Breakers of this isolate alone.
#[derive(Debug)]
pub struct LocalBreakers {
    policy: BreakerPolicy,
    states: Mutex<HashMap<String, Breaker>>,
}

impl LocalBreakers {
    const MOST_STATES: usize = 1024;

    /// No breaker has counted anything yet.
    pub fn new(policy: BreakerPolicy) -> Self {
        Self { policy, states: Mutex::new(HashMap::new()) }
    }

    /// The state of one breaker.
    pub fn state(&self, key: &str) -> Breaker {
        self.with(key, |breaker| *breaker)
    }

    /// Closes a breaker that is not: whoever knows more has said so.
    pub fn close(&self, key: &str) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) =
            states.get_mut(key).filter(|breaker| !matches!(breaker, Breaker::Closed { .. }))
        {
            *breaker = Breaker::default();
        }
    }

    fn with<T>(&self, key: &str, act: impl FnOnce(&mut Breaker) -> T) -> T {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        if states.len() >= Self::MOST_STATES && !states.contains_key(key) {
            states.retain(|_, breaker| !matches!(breaker, Breaker::Closed { .. }));
        }
        if states.len() >= Self::MOST_STATES && !states.contains_key(key) {
            return act(&mut Breaker::default());
        }
        act(states.entry(key.to_owned()).or_default())
    }
}

impl Breakers for LocalBreakers {
    async fn admit(&self, key: &str, now_ms: i64) -> Admission {
        self.with(key, |breaker| breaker.admit(now_ms, &self.policy))
    }

    async fn record(&self, key: &str, ticket: Ticket, outcome: Outcome, now_ms: i64) {
        self.with(key, |breaker| breaker.record(ticket, outcome, now_ms, &self.policy));
    }

    fn give_up(&self, key: &str, now_ms: i64) {
        self.with(key, |breaker| breaker.give_up(now_ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failures: 3,
        window: Duration::from_secs(10),
        open: Duration::from_secs(1),
        longest_open: Duration::from_secs(3),
        probe: Duration::from_secs(5),
    };
    const ORDINARY: Admission = Admission::Admitted(Ticket::Ordinary);
    const PROBE: Admission = Admission::Admitted(Ticket::Probe);

    fn refused(ms: u64) -> Admission {
        Admission::Refused { retry_after: Duration::from_millis(ms) }
    }

    fn opened_at(now_ms: i64) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..POLICY.failures {
            assert_eq!(breaker.admit(now_ms, &POLICY), ORDINARY);
            breaker.record(Ticket::Ordinary, Outcome::Failure, now_ms, &POLICY);
        }
        breaker
    }

    #[test]
    fn opens_and_lets_one_probe_through() {
        let mut breaker = opened_at(100_000);
        assert_eq!(breaker.admit(100_000, &POLICY), refused(1000));
        assert_eq!(breaker.admit(100_999, &POLICY), refused(1));
        assert_eq!(breaker.admit(101_000, &POLICY), PROBE);
        assert_eq!(breaker.admit(101_001, &POLICY), refused(4999));
        breaker.record(Ticket::Ordinary, Outcome::Success, 101_002, &POLICY);
        assert_eq!(breaker.admit(101_003, &POLICY), refused(4997));
        breaker.record(Ticket::Probe, Outcome::Success, 101_100, &POLICY);
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn stays_open_longer_after_each_failed_probe() {
        let mut breaker = opened_at(0);
        let mut now_ms = 0;
        for open_ms in [1000, 2000, 3000, 3000] {
            assert!(matches!(breaker.admit(now_ms + open_ms - 1, &POLICY), Admission::Refused { .. }));
            now_ms += open_ms;
            assert_eq!(breaker.admit(now_ms, &POLICY), PROBE);
            breaker.record(Ticket::Probe, Outcome::Failure, now_ms, &POLICY);
        }
    }

    #[test]
    fn a_lost_probe_is_replaced() {
        let mut breaker = opened_at(0);
        assert_eq!(breaker.admit(1000, &POLICY), PROBE);
        assert_eq!(breaker.admit(6000, &POLICY), PROBE);
        assert_eq!(breaker.admit(6000, &POLICY), refused(5000));
    }

    #[test]
    fn a_probe_that_is_given_up_makes_way_for_the_next() {
        let mut breaker = opened_at(0);
        assert_eq!(breaker.admit(1000, &POLICY), PROBE);
        breaker.give_up(1100);
        assert_eq!(breaker.admit(1100, &POLICY), PROBE);
        breaker.record(Ticket::Probe, Outcome::Failure, 1100, &POLICY);
        assert_eq!(breaker.admit(1100, &POLICY), refused(2000), "it opens for the second time");
        let mut closed = Breaker::default();
        closed.give_up(1);
        assert_eq!(closed, Breaker::default());
    }

    #[test]
    fn old_failures_and_few_failures_do_not_open() {
        let mut breaker = Breaker::default();
        for now_ms in (0..100).map(|step| step * 5000) {
            breaker.record(Ticket::Ordinary, Outcome::Failure, now_ms, &POLICY);
            assert_eq!(breaker.admit(now_ms, &POLICY), ORDINARY);
        }
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            breaker.record(Ticket::Ordinary, Outcome::Success, 1, &POLICY);
            breaker.record(Ticket::Ordinary, Outcome::Success, 1, &POLICY);
            breaker.record(Ticket::Ordinary, Outcome::Failure, 1, &POLICY);
            assert_eq!(breaker.admit(1, &POLICY), ORDINARY);
        }
    }

    #[test]
    fn local_states_are_bounded() {
        let breakers = LocalBreakers::new(POLICY);
        for number in 0..3000 {
            breakers.with(&number.to_string(), |breaker| *breaker = opened_at(0));
        }
        assert_eq!(breakers.states.lock().unwrap().len(), LocalBreakers::MOST_STATES);
        assert_eq!(breakers.state("new"), Breaker::default());
    }
}
