//! Server-sent events, both ways: the [`Parser`] reads what a provider sends, [`encode`] and [`comment`] write
//! what we send.

mod encoder;
mod parser;

pub use encoder::{comment, encode};
pub use parser::{EventTooLarge, Parser};

/// One event of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The last id that the stream has set, in this event or before it; empty when it never has.
    pub id: String,
    /// The event's type; empty when the stream names none, which by the standard means `message`.
    pub event: String,
    /// The payload; its lines are joined by `\n`.
    pub data: String,
}
