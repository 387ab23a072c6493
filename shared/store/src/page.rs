//! Lists, one page at a time, by the position of the last row instead of a count of rows: rows that come and go
//! between two pages neither repeat nor hide others.

use domain::{Error, is_timestamp};
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

/// What a list is sorted by, and so what its positions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortedBy {
    /// A time as the API shows it.
    Time,
    /// A whole number.
    Number,
    /// Any text.
    Text,
}

impl SortedBy {
    fn allows(self, value: &str) -> bool {
        match self {
            Self::Time => is_timestamp(value),
            Self::Number => value.parse::<i64>().is_ok(),
            Self::Text => true,
        }
    }
}

/// The two parameters of a position.
///
/// # Errors
/// [`Error::Malformed`] when its value is none that such a list has: somebody made it up, and the database would fail at
/// it.
pub(crate) fn after(position: Option<&Position>, sorted_by: SortedBy) -> Result<[Parameter<'_>; 2], Error> {
    if position.is_some_and(|position| !sorted_by.allows(&position.value)) {
        return Err(no_position());
    }
    Ok([
        Parameter::from(position.map(|position| position.value.as_str())),
        Parameter::from(position.map(|position| position.id.as_str())),
    ])
}

/// What is said of a position that somebody made up.
pub(crate) fn no_position() -> Error {
    Error::Malformed("the cursor is not one of this list".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_holds_what_its_list_is_sorted_by() {
        let allows = |sorted_by, value| after(Some(&Position::new(value, "id")), sorted_by).is_ok();
        assert!(allows(SortedBy::Time, "2026-11-21T09:30:00.000Z"));
        for value in
            ["2026-11-21T09:30:00.000+99:00", "2026-11-21T09:30:00.000 Nowhere/At_All", "now", "", "1"]
        {
            assert!(!allows(SortedBy::Time, value), "{value}");
        }
        assert!(allows(SortedBy::Number, "12"));
        assert!(!allows(SortedBy::Number, "9223372036854775808"));
        assert!(!allows(SortedBy::Number, "1.5"));
        assert!(allows(SortedBy::Text, "anything"));
        assert!(after(None, SortedBy::Time).is_ok());
    }
}
