//! What is kept between requests: in the isolate's memory ([`Memory`]) and in Redis ([`Redis`]).
//!
//! In scope: our client of Upstash's REST interface, and the keys, scripts and lifetimes of what is stored
//! there. Out of scope: what the values mean.
//!
//! `team_id` is in every key except those of API keys, which are found before the team is known.

mod answers;
mod command;
mod documents;
mod layers;
mod memory;
mod redis;

pub use answers::{ANSWER_KEPT_MS, AnswerLog, Page, Recording, WRITER_ALIVE_MS};
pub use command::{Command, Script, Step};
pub use documents::{
    DOCUMENT_FRESH_MS, Document, Slot, TOMBSTONE_MS, read_documents, refill_documents, write_documents,
};
pub use layers::{Layers, Stores};
pub use memory::{DUE_AFTER_MS, EXPIRED_AFTER_MS, Held, Lookup, Memory, RETRY_AFTER_FAILURE_MS};
pub use redis::{Error, Redis, Reply};
