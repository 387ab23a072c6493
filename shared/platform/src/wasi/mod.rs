//! The platform of Spin and other hosts of WASI 0.2 components.
//!
//! What is standard (HTTP in and out, clocks, streams) goes through the `wasi` crate's bindings; what is Spin's
//! own (variables, `PostgreSQL`) through `spin-sdk`. The entry point is the standard `wasi:http/incoming-handler`
//! and not the SDK's `#[http_component]`: that macro names `::spin_sdk`, so every function would depend on the
//! SDK, and on how it streams a response whose client may have left.
//!
//! The host starts a new instance for each request, so nothing is kept in memory from one request to the next,
//! and it stops for nobody: [`reactor`] drives a request's futures by waiting for the host's pollables.

mod assets;
mod body;
pub(crate) mod database;
pub(crate) mod http;
pub(crate) mod log;
mod reactor;
#[expect(unreachable_pub, reason = "`entry` exports what is in it")]
pub mod serve;
pub(crate) mod task;
pub(crate) mod time;
