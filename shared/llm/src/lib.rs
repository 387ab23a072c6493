#![doc = include_str!("../README.md")]

mod answer;
pub mod base_url;
pub mod breaker;
mod candidate;
mod chain;
mod classify;
mod delta;
mod error;
pub mod offline;
mod request;
mod settings;
pub mod sse;
mod watch;
mod wire;

pub use answer::ask;
pub use breaker::{BreakerPolicy, Breakers, LocalBreakers};
pub use candidate::{Candidate, Provider, UnknownProvider};
pub use chain::{Answer, Attempt, Failure, chat};
pub use delta::{Delta, DeltaStream, FinishReason, Transcript, Usage};
pub use error::{Deadline, Error, Kind};
pub use offline::Pace;
pub use request::{ChatRequest, Content, Message, Role, Secret};
pub use settings::{Reasoning, RetryPolicy, Settings, Timeouts};
