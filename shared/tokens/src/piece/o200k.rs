//! The pieces of o200k.

use super::{BEFORE_WORD, SpaceRun, contraction, number, skip, skip_small_letters, symbols};
use crate::class::{Class, class_at};

/// The `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`: what a word may begin with.
const WORD_START: Class = Class::UPPER.or(Class::CASELESS).or(Class::MARK);

/// The `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`: what a word may end with.
const WORD_END: Class = Class::LOWER.or(WORD_BOTH);

/// What is in either of the two.
const WORD_BOTH: Class = Class::CASELESS.or(Class::MARK);

/// The end of the piece that begins at an offset before the end of the text:
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
pub(crate) fn end(text: &[u8], start: usize) -> usize {
    let (class, width) = class_at(text, start);
    let after_symbol = if class.is(BEFORE_WORD) { start + width } else { start };
    if let Some(end) = plain_word(text, after_symbol) {
        return end;
    }
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

/// The end of a word as most are: a capital or none, small letters of ASCII, and then something of ASCII that belongs to
/// no word. What else there is, and what is near the end of the text, is left to [`cased_word`].
#[inline]
fn plain_word(text: &[u8], start: usize) -> Option<usize> {
    let small = start + usize::from(text.get(start)?.is_ascii_uppercase());
    if !text.get(small)?.is_ascii_lowercase() {
        return None;
    }
    let end = skip_small_letters(text, small + 1);
    let next = *text.get(end)?;
    (next.is_ascii() && !next.is_ascii_lowercase() && next != b'\'').then_some(end)
}

/// The first two alternatives, in the order in which an engine would try them: the first with the
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

/// Where a word ends.
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
                return Self {
                    ending_low: Some(skip(text, skip_small_letters(text, end + width), WORD_END)),
                    ending_high: None,
                };
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
