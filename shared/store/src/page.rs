//! Lists, one page at a time, by the position of the last row instead of a count of rows: rows that come and go
//! between two pages neither repeat nor hide others.

use platform::database::Parameter;
use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, at most as many as asked for.
    pub rows: Vec<T>,
    /// Where the next page starts, unless this is the last one.
    pub next: Option<Position>,
}

/// A row's place in a list: what the list is sorted by, as text, and the row's id, since the former may repeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The value of the column that the list is sorted by.
    pub value: String,
    /// The row's id.
    pub id: String,
}

impl<T> Page<T> {
    /// A page of `limit` rows from up to one more than that.
    pub(crate) fn new(mut rows: Vec<T>, limit: u32, position: impl Fn(&T) -> Position) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(position) } else { None };
        Self { rows, next }
    }
}

impl Position {
    pub(crate) fn new(value: impl Into<String>, id: impl Into<String>) -> Self {
        Self { value: value.into(), id: id.into() }
    }
}

/// The two parameters of a position.
pub(crate) fn after(position: Option<&Position>) -> [Parameter<'_>; 2] {
    [
        Parameter::from(position.map(|position| position.value.as_str())),
        Parameter::from(position.map(|position| position.id.as_str())),
    ]
}

/// One row more than asked for tells whether there is a next page.
pub(crate) fn one_more_than(limit: u32) -> Parameter<'static> {
    Parameter::from(i64::from(limit) + 1)
}

/// An `ILIKE` pattern for texts that contain `search`, whose own wildcards are ordinary characters.
pub(crate) fn pattern(search: &str) -> String {
    let mut pattern = String::with_capacity(search.len() + 2);
    pattern.push('%');
    for character in search.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}
