#![doc = include_str!("../README.md")]

mod binding;
mod notation;
mod scan;
mod template;
mod texts;
mod values;

pub use binding::Binding;
pub use notation::Notation;
pub use template::{Template, extract_variables, places};
pub use texts::Texts;
pub use values::{is_rounded, lookup, value_to_text};
