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

/// The first offset from one on at which there is none of `a` to `z`, or with fewer than eight bytes left, one before it.
#[inline]
fn skip_small_letters(text: &[u8], start: usize) -> usize {
    skip_eight(text, start, |eight| {
        // In each byte the highest bit says so; the sums of seven bits do not carry.
        let seven = eight & !HIGHEST_BITS;
        let (from_a, beyond_z) = (seven + each(0x80 - b'a'), seven + each(0x80 - b'z' - 1));
        from_a & !beyond_z & !eight & HIGHEST_BITS ^ HIGHEST_BITS
    })
}

/// The first offset from one on at which there is no space, or with fewer than eight bytes left, one before it.
#[inline]
fn skip_spaces(text: &[u8], start: usize) -> usize {
    skip_eight(text, start, |eight| eight ^ each(b' '))
}

const HIGHEST_BITS: u64 = each(0x80);

const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Goes on as long as `differing`, of eight bytes of which the first is the lowest, is 0, and then to the first byte in
/// which it is not.
#[inline]
fn skip_eight(text: &[u8], start: usize, differing: impl Fn(u64) -> u64) -> usize {
    let mut end = start;
    while let Some(eight) = text.get(end..).and_then(|rest| rest.first_chunk()) {
        let differing = differing(u64::from_le_bytes(*eight));
        if differing != 0 {
            return end + differing.trailing_zeros() as usize / 8;
        }
        end += 8;
    }
    end
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
        let end = skip_spaces(text, start);
        let mut run = Self { end, last: end.saturating_sub(1).max(start), line_end: None };
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
