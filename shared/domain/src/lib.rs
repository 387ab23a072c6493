//! The words that every part of PromptLab shares: ids, roles, environments, API keys and errors.
//!
//! In scope: what a value may look like, and what can go wrong, in the product's own terms.
//!
//! Out of scope: HTTP, SQL, and reading the clock or randomness: both are arguments.

mod api_key;
mod environment;
mod error;
mod id;
mod prompt_name;
mod role;
mod time;

pub use api_key::{ApiKey, KeyHash};
pub use environment::Environment;
pub use error::{Error, FieldError};
pub use id::{Id, Kind, UnknownId};
pub use prompt_name::{LONGEST_PROMPT_NAME, has_name_characters, may_name_prompt};
pub use role::Role;
pub use time::{is_timestamp, timestamp};
