//! The pieces of cl100k.

use super::{BEFORE_WORD, SpaceRun, contraction, number, skip, skip_small_letters, symbols};
use crate::class::{Class, class_at};

/// The end of the piece that begins at an offset before the end of the text:
///
/// ```text
/// '(?i:[sdmt]|ll|ve|re)
/// [^\r\n\p{L}\p{N}]?+\p{L}++
/// \p{N}{1,3}+
///  ?[^\s\p{L}\p{N}]++[\r\n]*+
/// \s++$
/// \s*[\r\n]
/// \s+(?!\S)
/// \s
/// ```
#[inline]
pub(crate) fn end(text: &[u8], start: usize) -> usize {
    if let Some(end) = contraction(text, start) {
        return end;
    }
    let (class, width) = class_at(text, start);
    if class.is(Class::LETTER) {
        return skip(text, skip_small_letters(text, start + width), Class::LETTER);
    }
    if class.is(BEFORE_WORD) {
        let end = skip(text, skip_small_letters(text, start + width), Class::LETTER);
        if end > start + width {
            return end;
        }
    }
    if class.is(Class::NUMBER) {
        return number(text, start + width);
    }
    if let Some(end) = symbols(text, start, class) {
        return skip(text, end, Class::NEWLINE);
    }
    let run = SpaceRun::at(text, start);
    if run.end == text.len() {
        return run.end;
    }
    run.line_end.unwrap_or_else(|| run.without_last(text, start))
}
