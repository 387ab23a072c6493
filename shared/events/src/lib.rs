//! Exposures, inferences and feedback on their way from the function where they happen to PostgreSQL.
//!
//! ```text
//! record -> batch of the isolate -> Redis stream of the team's shard -> drain -> ingest_events() in PostgreSQL
//!                                \-> PostgreSQL at once, when Redis is down
//! ```
//!
//! In scope: what an event says ([`Event`]); how it gets from a function into a stream after the response
//! ([`record()`]), redacted; and how a drain takes it from there into the database ([`drain()`]). Spans of traces go the
//! same way ([`record_span`]), and from the drain to a receiver. Out of scope: what is concluded from events.
//!
//! An event is delivered at least once, and counted once: the database knows the ids of seven days. A drain
//! acknowledges an entry only after the database has committed it; what a drain that died has read is claimed by
//! another one after a minute.

mod append;
#[cfg(feature = "contents")]
mod append_new;
mod backlog;
mod batch;
#[cfg(feature = "contents")]
mod contents;
#[cfg(feature = "contents")]
mod drain;
mod event;
pub mod exposures;
mod halves;
#[cfg(feature = "contents")]
mod otlp;
#[cfg(feature = "contents")]
mod policies;
mod prepare;
mod record;
mod span;
mod stream;

#[cfg(feature = "contents")]
pub use append_new::{Appended, append_new};
pub use backlog::{Backlog, backlog};
#[cfg(feature = "contents")]
pub use contents::named;
#[cfg(feature = "contents")]
pub use drain::{Drained, drain};
pub use event::{Event, Exposure, Feedback, Inference, PreviousFeedback, Source, Status, new_id};
#[cfg(feature = "contents")]
pub use policies::{policy, policy_or_unknown};
pub use prepare::{is_pseudonym, unit};
pub use record::record;
pub use span::{Attribute, Span, SpanKind, exports_spans, record_span};
