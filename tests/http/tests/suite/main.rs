//! The contract, told as stories. `src/lib.rs` says how to run them.

// It is true anyway; clippy lets what stands under it unwrap.
#![cfg(test)]

mod access;
mod arrange;
mod bad_input;
mod chat;
mod client;
mod events;
mod experiments;
mod feedback;
mod observability;
mod operations;
mod registry;
mod resolve;
mod routes;
