//! A template's texts in another notation.

use std::ops::Range;

use crate::template::{Part, Template};

/// The texts of a template as another notation writes them, such as JSON with its escapes: written once, so that
/// rendering in that notation need not look at them again. [`Binding::write_in`](crate::Binding::write_in) does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notation {
    written: Box<[u8]>,
    pieces: Vec<Piece>,
    surplus: usize,
}

/// What stands between two variables that have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Range<usize>),
    /// The variable as it was written, and the place of its name among the distinct ones.
    Variable {
        written: Range<usize>,
        name: usize,
    },
}

impl Notation {
    /// Has `write` append each text of `template`. What it writes for a text must not depend on the texts beside it.
    pub fn new(template: &Template, mut write: impl FnMut(&str, &mut Vec<u8>)) -> Self {
        let mut bytes = Vec::with_capacity(template.source().len());
        let mut append = |range: &Range<usize>| {
            let start = bytes.len();
            write(template.slice(range), &mut bytes);
            start..bytes.len()
        };
        let mut surplus = 0;
        let mut pieces: Vec<Piece> = Vec::with_capacity(template.parts().len());
        for part in template.parts() {
            match part {
                Part::Text(range) => {
                    let length = range.len();
                    let range = append(range);
                    surplus += range.len().saturating_sub(length);
                    match pieces.last_mut() {
                        Some(Piece::Text(before)) => before.end = range.end,
                        _ => pieces.push(Piece::Text(range)),
                    }
                }
                Part::Variable { written, name } => {
                    pieces.push(Piece::Variable { written: append(written), name: *name });
                }
            }
        }
        Self { written: bytes.into_boxed_slice(), pieces, surplus }
    }

    /// How many bytes more than the text it takes, where no value needs an escape and every variable has one.
    pub fn surplus(&self) -> usize {
        self.surplus
    }

    /// Appends the text to `out`: with the value of each distinct name, by its place, or the variable as it was written.
    pub(crate) fn write<V: AsRef<str>>(
        &self,
        values: &[Option<V>],
        mut write: impl FnMut(&str, &mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        for piece in &self.pieces {
            let range = match piece {
                Piece::Text(range) => range,
                Piece::Variable { written, name } => match values.get(*name) {
                    Some(Some(value)) => {
                        write(value.as_ref(), out);
                        continue;
                    }
                    _ => written,
                },
            };
            out.extend_from_slice(self.written.get(range.clone()).unwrap_or_default());
        }
    }
}
