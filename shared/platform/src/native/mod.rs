//! The platform of tests and tools: tokio, reqwest, tokio-postgres over TCP.

pub(crate) mod database;
pub(crate) mod http;
pub(crate) mod log;
#[expect(unreachable_pub, reason = "`entry` exports what is in it")]
pub mod serve;
pub(crate) mod task;
pub(crate) mod time;
