#![doc = include_str!("../README.md")]

mod choice;
mod directory;
mod sealing;

pub use choice::{is_name, surroundings};
pub use directory::{Directory, find, publish};
pub use sealing::{Keyring, Opened, Sealed, Unsealable, last_four};
