//! The registry's statements against a real Postgres, told as stories.
//!
//! `TEST_DATABASE_URL` names a server on which databases may be created. Each run makes one of its own and replays the
//! migrations in it; each story makes a team of its own. With `TEST_POOLER_URL` the statements go through that
//! pooler, whose transaction mode is what production has.

mod access;
mod audit;
mod collections;
mod conversations;
mod idempotency;
mod isolation;
mod pointers;
mod prompts;
mod releases;
mod schema;
mod search;
// Clippy lets `cfg(test)` unwrap, and knows no other sign of a test's own tools.
#[cfg(test)]
mod support;
mod versions;
