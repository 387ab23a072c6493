//! Cuts a text into the pieces that are encoded on their own.
//!
//! The encodings define them by regular expressions, which these functions follow by hand, alternative by
//! alternative, without an engine and without backtracking. Every character belongs to a piece.

use crate::class::{Class, class_at};

#[cfg(feature = "cl100k")]
pub(crate) mod cl100k;
#[cfg(feature = "o200k")]
pub(crate) mod o200k;

/// The `[^\r\n\p{L}\p{N}]` that may stand before a word.
const BEFORE_WORD: Class = Class::SYMBOL.or(Class::BLANK);

/// The end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)`, which folds `ſ` into `s`.
#[inline]
fn contraction(text: &[u8], start: usize) -> Option<usize> {
    let length = match text.get(start..)? {
        [b'\'', b's' | b'S' | b't' | b'T' | b'm' | b'M' | b'd' | b'D', ..] => 2,
        [b'\'', b'r' | b'R' | b'v' | b'V', b'e' | b'E', ..]
        | [b'\'', b'l' | b'L', b'l' | b'L', ..]
        | [b'\'', 0xc5, 0xbf, ..] => 3,
        _ => return None,
    };
    Some(start + length)
}

/// The end of a number whose first digit ends at an offset: three digits at most.
#[inline]
fn number(text: &[u8], after_first: usize) -> usize {
    let mut end = after_first;
    for _ in 0..2 {
        let (class, width) = class_at(text, end);
        if !class.is(Class::NUMBER) {
            break;
        }
        end += width;
    }
    end
}

/// The end of ` ?[^\s\p{L}\p{N}]+`.
#[inline]
fn symbols(text: &[u8], start: usize, class: Class) -> Option<usize> {
    let first = start + usize::from(text.get(start) == Some(&b' '));
    if first == start && !class.is(Class::SYMBOL) {
        return None;
    }
    let end = skip(text, first, Class::SYMBOL);
    (end > first).then_some(end)
}

/// The first offset from one on whose character is not of the class.
#[inline]
fn skip(text: &[u8], start: usize, class: Class) -> usize {
    let mut end = start;
    loop {
        let (next, width) = class_at(text, end);
        if !next.is(class) {
            return end;
        }
        end += width;
    }
}

/// A run of white space, as long as it goes.
struct SpaceRun {
    /// Where it ends.
    end: usize,
    /// Where its last character begins.
    last: usize,
    /// Where its last `\r` or `\n` ends.
    line_end: Option<usize>,
}

impl SpaceRun {
    #[inline]
    fn at(text: &[u8], start: usize) -> Self {
        let mut run = Self { end: start, last: start, line_end: None };
        loop {
            let (class, width) = class_at(text, run.end);
            if !class.is(Class::SPACE) {
                return run;
            }
            run.last = run.end;
            run.end += width;
            if class.is(Class::NEWLINE) {
                run.line_end = Some(run.end);
            }
        }
    }

    /// The end of `\s+(?!\S)|\s+`: the last character is left to the word that follows, if there is one.
    #[inline]
    fn without_last(&self, text: &[u8], start: usize) -> usize {
        if self.end == text.len() || self.last == start { self.end } else { self.last }
    }
}
