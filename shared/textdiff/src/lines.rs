//! Cuts a text into lines.

use serde::Serialize;

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// With `\n`.
    Lf,
    /// With `\r\n`.
    Crlf,
    /// With the text.
    None,
}

impl Ending {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) fn is_lf(&self) -> bool {
        *self == Self::Lf
    }
}

/// A line without its ending, and its ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SourceLine<'text> {
    pub(crate) text: &'text str,
    pub(crate) ending: Ending,
}

/// The lines of a text; an empty text has none.
pub(crate) fn split(text: &str) -> Vec<SourceLine<'_>> {
    text.split_inclusive('\n').map(split_ending).collect()
}

fn split_ending(line: &str) -> SourceLine<'_> {
    let Some(text) = line.strip_suffix('\n') else {
        return SourceLine { text: line, ending: Ending::None };
    };
    match text.strip_suffix('\r') {
        Some(text) => SourceLine { text, ending: Ending::Crlf },
        None => SourceLine { text, ending: Ending::Lf },
    }
}
