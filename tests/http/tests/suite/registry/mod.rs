//! Collections, prompts, versions and the pointers to what is live.

mod collections;
mod idempotency;
mod lists;
mod names;
mod pointers;
mod prompts;
mod versions;
