//! Cuts a text into the pieces that are encoded on their own.
//!
//! The encodings define them by regular expressions, which these functions follow by hand, alternative by
//! alternative, without an engine and without backtracking. Every character belongs to a piece.

use crate::class::{Class, class_at};

/// The `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]` of o200k: what a word may begin with.
const WORD_START: Class = Class::UPPER.or(Class::CASELESS).or(Class::MARK);

/// The `[\p{Ll}\p{Lm}\p{Lo}\p{M}]` of o200k: what a word may end with.
const WORD_END: Class = Class::LOWER.or(WORD_BOTH);

/// What is in either of the two.
const WORD_BOTH: Class = Class::CASELESS.or(Class::MARK);

/// The `[^\r\n\p{L}\p{N}]` that may stand before a word.
const BEFORE_WORD: Class = Class::SYMBOL.or(Class::BLANK);

/// The end of the o200k piece that begins at an offset before the end of the text:
///
/// ```text
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
/// \p{N}{1,3}
///  ?[^\s\p{L}\p{N}]+[\r\n/]*
/// \s*[\r\n]+
/// \s+(?!\S)
/// \s+
/// ```
#[inline]
pub(crate) fn o200k(text: &[u8], start: usize) -> usize {
    let (class, width) = class_at(text, start);
    if let Some(end) = cased_word(text, start, class, width) {
        return contraction(text, end).unwrap_or(end);
    }
    if class.is(Class::NUMBER) {
        return number(text, start + width);
    }
    if let Some(end) = symbols(text, start, class) {
        let is_tail = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'/');
        return end + text.get(end..).map_or(0, |rest| rest.iter().take_while(|byte| is_tail(byte)).count());
    }
    let run = SpaceRun::at(text, start);
    run.line_end.unwrap_or_else(|| run.without_last(text, start))
}

/// The end of the cl100k piece that begins at an offset before the end of the text:
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
pub(crate) fn cl100k(text: &[u8], start: usize) -> usize {
    if let Some(end) = contraction(text, start) {
        return end;
    }
    let (class, width) = class_at(text, start);
    if class.is(Class::LETTER) {
        return skip(text, start + width, Class::LETTER);
    }
    if class.is(BEFORE_WORD) {
        let end = skip(text, start + width, Class::LETTER);
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

/// The first two alternatives of o200k, in the order in which an engine would try them: the first with the
/// character before the word and without, then the second.
#[inline]
fn cased_word(text: &[u8], start: usize, class: Class, width: usize) -> Option<usize> {
    if class.is(Class::LETTER) {
        let word = Word::at(text, start);
        return word.ending_low.or(word.ending_high);
    }
    if !class.is(BEFORE_WORD) {
        return None;
    }
    let word = Word::at(text, start + width);
    if word.ending_low.is_some() {
        return word.ending_low;
    }
    if class.is(Class::MARK) {
        // A mark may itself be the word.
        return Word::at(text, start).ending_low;
    }
    word.ending_high
}

/// Where a word of o200k ends.
struct Word {
    /// By the first alternative, with something that is not a capital.
    ending_low: Option<usize>,
    /// By the second alternative, with capitals, if the first fails.
    ending_high: Option<usize>,
}

impl Word {
    #[inline]
    fn at(text: &[u8], start: usize) -> Self {
        let mut end = start;
        let mut ending_low = None;
        loop {
            let (class, width) = class_at(text, end);
            if class.is(Class::LOWER) {
                return Self { ending_low: Some(skip(text, end + width, WORD_END)), ending_high: None };
            }
            if !class.is(WORD_START) {
                return Self { ending_low, ending_high: (end > start).then_some(end) };
            }
            end += width;
            if class.is(WORD_BOTH) {
                ending_low = Some(end);
            }
        }
    }
}

/// The end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)`, which folds `ſ` into `s`.
#[inline]
fn contraction(text: &[u8], start: usize) -> Option<usize> {
    let length = match text.get(start..)? {
        [b'\'', b's' | b'S' | b't' | b'T' | b'm' | b'M' | b'd' | b'D', ..] => 2,
        [b'\'', b'r' | b'R' | b'v' | b'V', b'e' | b'E', ..] | [b'\'', b'l' | b'L', b'l' | b'L', ..] => 3,
        [b'\'', 0xc5, 0xbf, ..] => 3,
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
