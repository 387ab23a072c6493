#![doc = include_str!("../README.md")]

mod identifiers;
mod numbers;
#[cfg(feature = "policies")]
mod policy;
mod scan;
mod secrets;

#[cfg(feature = "policies")]
pub use policy::{Mode, Policy, PolicyError};
pub use scan::{Kind, redact};
