//! How long to wait, and how often to try.

use std::time::Duration;

use crate::offline::Pace;

/// How a call behaves, whoever is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How often to try one candidate, and how long to wait in between.
    pub retry: RetryPolicy,
    /// What to do with the model's reasoning.
    pub reasoning: Reasoning,
    /// What an answer may come to, in bytes: it is kept until it has ended, in more than one form.
    pub largest_answer: usize,
    /// How fast the built-in model speaks.
    pub offline_pace: Pace,
}

impl Settings {
    /// What suits people who wait for an answer.
    pub const STANDARD: Self = Self {
        timeouts: Timeouts::STANDARD,
        retry: RetryPolicy::STANDARD,
        reasoning: Reasoning::Drop,
        // More than any model says.
        largest_answer: 6_000_000,
        offline_pace: Pace::STANDARD,
    };
}

/// Whether the model's reasoning is part of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasoning {
    /// It only counts as a sign of life.
    Drop,
    /// It comes as [`Delta::Reasoning`](crate::Delta::Reasoning).
    Pass,
}

/// How long to wait for what. Only tokens count as signs of life: neither comments nor pings nor single bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From sending a request to its response's head, the connection included.
    pub head: Duration,
    /// From sending a request to its first token.
    pub first_token: Duration,
    /// From one token to the next.
    pub idle: Duration,
    /// For everything: retries, fallbacks and the whole answer.
    pub total: Duration,
}

impl Timeouts {
    /// Models that reason may be silent for a minute before they speak.
    pub const STANDARD: Self = Self {
        head: Duration::from_secs(30),
        first_token: Duration::from_mins(1),
        idle: Duration::from_secs(30),
        total: Duration::from_mins(5),
    };
}

/// When to ask the same candidate again: only before the first token, and only after an error that
/// [`Error::is_retryable`](crate::Error::is_retryable).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often one candidate is asked, the first time included.
    pub attempts: u32,
    /// The longest pause before the first retry; it doubles with each.
    pub base: Duration,
    /// The longest pause of all.
    pub cap: Duration,
    /// A provider that asks for a longer pause than this is not asked again; the next candidate is.
    pub longest_retry_after: Duration,
}

impl RetryPolicy {
    /// Two retries within a few seconds.
    pub const STANDARD: Self = Self {
        attempts: 3,
        base: Duration::from_millis(250),
        cap: Duration::from_secs(4),
        longest_retry_after: Duration::from_secs(10),
    };

    /// The pause before retry number `retry` (from 0), with full jitter: even between nothing and the doubled
    /// base, so that clients that failed together do not come back together. See
    /// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.
    pub fn pause(&self, retry: u32, random: u64) -> Duration {
        let ceiling = self.base.saturating_mul(1_u32.checked_shl(retry).unwrap_or(u32::MAX)).min(self.cap);
        let nanoseconds = (ceiling.as_nanos().saturating_mul(u128::from(random))) >> 64;
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap() {
        let policy = RetryPolicy::STANDARD;
        assert_eq!(policy.pause(0, 0), Duration::ZERO);
        assert_eq!(policy.pause(0, 1 << 63), Duration::from_millis(125));
        assert_eq!(policy.pause(1, 1 << 63), Duration::from_millis(250));
        for retry in [5, 31, 32, 1000] {
            assert_eq!(policy.pause(retry, 1 << 63), Duration::from_secs(2), "{retry}");
        }
        assert!(policy.pause(9, u64::MAX) <= policy.cap);
    }
}
