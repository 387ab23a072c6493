//! What keeps one caller, or one broken provider, from harming the others: a rate limit for each user, slots for each
//! team, circuit breakers for each model. All are shared through Redis, one Lua script a decision.
//!
//! While Redis is down this isolate counts for itself, and says so in the log: a limit is then per isolate, which is
//! looser and still one.
//!
//! In scope: counting and deciding. Out of scope: how large a limit is, and what a refusal looks like.

mod admit;
mod breakers;
mod local;
mod rate;
mod slots;

pub use admit::{Admission, Expectation, Request, admit, expect};
pub use breakers::SharedBreakers;
pub use rate::Quota;
pub use slots::{LEASE_MS, Slot};
