//! What PromptLab needs from the place it runs in, and nothing more.
//!
//! In scope: sending HTTP requests, running SQL statements, the clock, random bytes, configuration, work that
//! finishes after the response, log lines, and turning an [`axum::Router`] into the platform's entry point
//! ([`serve!`]).
//!
//! Out of scope: anything that knows what a prompt is.
//!
//! Each capability is implemented three times, in folders with the same file set: `workers` (Cloudflare
//! Workers), `wasi` (Spin) and `native` (tests and tools). The types that callers see are defined once, in the
//! modules below, so that a handler cannot tell where it runs.

#[cfg(not(target_family = "wasm"))]
#[path = "native/mod.rs"]
mod host;
#[cfg(target_os = "unknown")]
#[path = "workers/mod.rs"]
mod host;
#[cfg(target_os = "wasi")]
#[path = "wasi/mod.rs"]
mod host;

pub mod config;
pub mod database;
pub mod http;
pub mod log;
mod memory;
#[cfg(not(target_os = "wasi"))]
mod postgres;
pub mod random;
pub mod serve;
pub mod task;
pub mod time;
#[cfg(any(target_os = "wasi", test))]
mod typed;

pub use config::Config;
pub use memory::memory_bytes;
pub use task::Tasks;

/// What a request brings along from its platform: the configuration, and the means to go on working after the
/// response. Handlers find it in the request's extensions.
#[derive(Clone)]
pub struct Context {
    /// Variables and secrets of this deployment.
    pub config: Config,
    /// Work that goes on after the response.
    pub tasks: Tasks,
}

#[doc(hidden)]
pub mod entry {
    //! What the expansion of [`serve!`](crate::serve!) names.
    pub use crate::host::serve::*;
}
