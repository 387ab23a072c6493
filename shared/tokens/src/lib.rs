#![doc = include_str!("../README.md")]

#[cfg(not(any(feature = "cl100k", feature = "o200k")))]
compile_error!("without the feature `cl100k` or `o200k` there is nothing to count with");

mod class;
mod encoding;
mod hash;
mod heap;
mod merge;
mod messages;
mod model;
mod parts;
mod piece;
mod recent;
mod short;
mod table;
mod window;

pub use encoding::{Encoding, count, encode};
pub use messages::{Message, count_messages};
pub use model::{TokenCounter, for_model};
