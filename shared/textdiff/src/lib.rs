#![doc = include_str!("../README.md")]

mod lines;
mod text;
mod value;
mod words;

use serde::Serialize;

pub use lines::Ending;
pub use text::{Hunk, Line, TextDiff, diff_text};
pub use value::{ValueChange, ValueDiff, diff_value};
pub use words::Segment;

/// What became of a field, or of a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is the same.
    Unchanged,
    /// It was absent and is present.
    Added,
    /// It was present and is absent.
    Removed,
    /// It is present on both sides and differs.
    Changed,
}

impl Status {
    /// The status of something that may be absent on either side.
    pub(crate) fn of<T: Copy>(from: Option<T>, to: Option<T>, same: impl FnOnce(T, T) -> bool) -> Self {
        match (from, to) {
            (None, None) => Self::Unchanged,
            (None, Some(_)) => Self::Added,
            (Some(_), None) => Self::Removed,
            (Some(from), Some(to)) if same(from, to) => Self::Unchanged,
            (Some(_), Some(_)) => Self::Changed,
        }
    }
}

/// Which side a line or segment is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// On both.
    Equal,
    /// On the first only.
    Delete,
    /// On the second only.
    Insert,
}
