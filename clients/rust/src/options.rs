//! What a client is made with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::{Environment, Error};

/// What is told of errors.
pub type OnError = Arc<dyn Fn(&Error) + Send + Sync>;

/// Everything that has a default.
#[derive(Clone, Default)]
pub struct Options {
    /// What is resolved when a question does not say.
    pub environment: Environment,
    /// How long the server is waited for.
    pub patience: Patience,
    /// For how long an answer is one.
    pub cache: CachePolicy,
    /// Where events wait.
    pub log: LogPolicy,
    /// Told of what nobody is waiting for: sends that failed and events that were refused. It must not block.
    pub on_error: Option<OnError>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = formatter.debug_struct("Options");
        fields.field("environment", &self.environment).field("patience", &self.patience);
        fields.field("cache", &self.cache).field("log", &self.log).finish_non_exhaustive()
    }
}

/// How long the server is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For all tries of one call together.
    pub timeout: Duration,
    /// For one try.
    pub attempt_timeout: Duration,
    /// Tries after the first, when nobody answers or with 408, 429 and 5xx.
    pub retries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(5), attempt_timeout: Duration::from_secs(2), retries: 2 }
    }
}

/// For how long an answer is one: each limit is its age. With the defaults a release is in use within five seconds.
#[derive(Debug, Clone, Copy)]
pub struct CachePolicy {
    /// Up to here it is given without asking.
    pub fresh: Duration,
    /// Up to here it is given, and asked for again in the background.
    pub stale: Duration,
    /// Up to here it is given when the server does not answer; never later.
    pub max_age: Duration,
    /// The least recently used goes first; 0 keeps none.
    pub max_entries: usize,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(1),
            stale: Duration::from_secs(3),
            max_age: Duration::from_secs(3_600),
            max_entries: 1_000,
        }
    }
}

/// Where events wait.
#[derive(Debug, Clone)]
pub struct LogPolicy {
    /// How long an event waits for others.
    pub flush_interval: Duration,
    /// The oldest are dropped when more than this wait in memory.
    pub max_events: usize,
    /// The same in bytes, in memory or in the spool.
    pub max_bytes: usize,
    /// A folder of this process's own, and the same one after a restart: events wait in files, and outlive a crash.
    pub spool: Option<PathBuf>,
}

impl Default for LogPolicy {
    fn default() -> Self {
        Self {
            flush_interval: Duration::from_secs(1),
            max_events: 10_000,
            max_bytes: 32_000_000,
            spool: None,
        }
    }
}
