//! Finds the pieces of a template, left to right, each as a range of bytes.

use std::ops::Range;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
const ESCAPED_OPEN: &str = "{{{{";
const INNER_SPACE: [char; 2] = [' ', '\t'];

/// One piece of a template, in ranges of bytes of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Written as it is. The range of an escape is its first two braces.
    Text(Range<usize>),
    /// A variable: all of it with its braces, and its name alone.
    Variable { written: Range<usize>, name: Range<usize> },
}

/// Iterates over the pieces of a source.
pub(crate) struct Scanner<'source> {
    source: &'source str,
    position: usize,
    /// The variable that ended the text returned last.
    pending: Option<Piece>,
}

impl<'source> Scanner<'source> {
    pub(crate) fn new(source: &'source str) -> Self {
        Self { source, position: 0, pending: None }
    }

    fn rest(&mut self) -> Option<Piece> {
        let rest = self.position..self.source.len();
        self.position = self.source.len();
        (!rest.is_empty()).then_some(Piece::Text(rest))
    }

    fn text_then(&mut self, text: Range<usize>, variable: Piece) -> Piece {
        if text.is_empty() {
            return variable;
        }
        self.pending = Some(variable);
        Piece::Text(text)
    }
}

impl Iterator for Scanner<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if let Some(variable) = self.pending.take() {
            return Some(variable);
        }
        let start = self.position;
        let mut cursor = start;
        loop {
            let Some(open) = find_open(self.source, cursor) else {
                return self.rest();
            };
            if tail(self.source, open).starts_with(ESCAPED_OPEN) {
                self.position = open + ESCAPED_OPEN.len();
                return Some(Piece::Text(start..open + OPEN.len()));
            }
            if let Some((variable, end)) = variable_at(self.source, open) {
                self.position = end;
                return Some(self.text_then(start..open, variable));
            }
            // Only one brace is given up: in `{{{name}}` the second and third open a variable.
            cursor = open + 1;
        }
    }
}

fn tail(source: &str, from: usize) -> &str {
    source.get(from..).unwrap_or_default()
}

fn find_open(source: &str, from: usize) -> Option<usize> {
    tail(source, from).find(OPEN).map(|offset| from + offset)
}

/// The variable whose braces open at `open`, with the place where it ends.
///
/// It never looks past the next `{`, which keeps the whole scan linear.
fn variable_at(source: &str, open: usize) -> Option<(Piece, usize)> {
    let from_name = tail(source, open).strip_prefix(OPEN)?.trim_start_matches(INNER_SPACE);
    let name_start = source.len() - from_name.len();
    let name_end = name_start + name_length(from_name)?;
    let after_name = tail(source, name_end).trim_start_matches(INNER_SPACE);
    let end = source.len() - after_name.strip_prefix(CLOSE)?.len();
    Some((Piece::Variable { written: open..end, name: name_start..name_end }, end))
}

fn name_length(text: &str) -> Option<usize> {
    let first = text.bytes().next()?;
    let starts_a_name = first.is_ascii_alphabetic() || first == b'_';
    starts_a_name.then(|| text.bytes().take_while(|byte| is_name_byte(*byte)).count())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}
