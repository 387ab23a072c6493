#![doc = include_str!("../README.md")]

mod identifiers;
mod numbers;
mod policy;
mod scan;
mod secrets;

pub use policy::{Mode, Policy, PolicyError};
pub use scan::{Kind, redact};
