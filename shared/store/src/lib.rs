//! The registry in Postgres.
//!
//! In scope: every SQL statement of the product, in a file of its own beside the structs that its rows become, and
//! what the database's answers mean in the product's terms ([`domain::Error`]).
//!
//! Out of scope: HTTP, what a valid name or template looks like (callers check before they write), caches, and the
//! encoding of cursors.
//!
//! Conventions:
//! - `$1` is the team, and nothing leaves it. Without one are the statements that find a key and note its use, what a
//!   schedule does in all teams, and the ping.
//! - A change is one statement and writes its audit row with it. Its callers give an [`Actor`].
//! - Ids come from the caller. Times come from the database and leave it as the API shows them.
//! - Rows have the API's field names, so a handler may return them as they are.
//! - A prompt's row is the lock for everything about the prompt. A statement that waited for it must not read other
//!   tables for what the wait may have changed: it sees them as they were before. So counters, pointers and the
//!   previous pointer stand in rows that are locked too, and a unique index has the last word.

mod actor;
pub mod analytics;
pub mod audit;
pub mod collections;
pub mod conversations;
pub mod events;
pub mod evidence;
pub mod experiments;
pub mod exports;
pub mod feedback;
pub mod idempotency;
pub mod keys;
pub mod messages;
pub mod operations;
mod page;
pub mod pointers;
pub mod prompts;
pub mod providers;
pub mod releases;
mod run;
mod statement;
pub mod teams;
pub mod users;
pub mod versions;

pub use actor::Actor;
pub use page::{Page, Position};

/// All statements.
pub fn statements() -> impl Iterator<Item = &'static platform::database::Statement> {
    [
        analytics::STATEMENTS,
        audit::STATEMENTS,
        collections::STATEMENTS,
        conversations::STATEMENTS,
        events::STATEMENTS,
        experiments::STATEMENTS,
        exports::STATEMENTS,
        feedback::STATEMENTS,
        idempotency::STATEMENTS,
        keys::STATEMENTS,
        messages::STATEMENTS,
        operations::STATEMENTS,
        pointers::STATEMENTS,
        prompts::STATEMENTS,
        providers::STATEMENTS,
        releases::STATEMENTS,
        teams::STATEMENTS,
        users::STATEMENTS,
        versions::STATEMENTS,
    ]
    .into_iter()
    .flatten()
    .copied()
}
