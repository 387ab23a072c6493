//! The registry's statements against a real Postgres, told as stories.
//!
//! `TEST_DATABASE_URL` names a server on which databases may be created. Each run makes one of its own and replays the
//! migrations in it; each story makes a team of its own. With `TEST_POOLER_URL` the statements go through that
//! pooler, whose transaction mode is what production has.

// It is true anyway; clippy lets what stands under it unwrap.
#![cfg(test)]

mod access;
mod audit;
mod collections;
mod conversations;
mod events;
mod experiments;
mod exports;
mod feedback;
mod idempotency;
mod isolation;
mod pointers;
mod prompts;
mod providers;
mod releases;
mod schema;
mod search;
mod support;
mod versions;
