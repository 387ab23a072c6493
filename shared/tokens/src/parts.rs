//! What a piece is split into before its parts are merged: bytes, or whole characters where that is the same.

use crate::hash;
use crate::table::{Table, Token};

/// The hash of the two bytes that emoji begin with.
const EMOJI_HASH: u64 = hash::extend(hash::extend(0, 0xf0), 0x9f);

/// Hands over the parts in order: their tokens, and the bytes of each.
///
/// A character of two or three bytes, or an emoji, is merged by itself at once if no token tears it or its neighbours.
/// The build script tells why this changes nothing (`build/layout.rs`).
#[inline]
pub(crate) fn split(table: &Table, span: &[u8], mut push: impl FnMut(Token, usize)) {
    let mut start = 0;
    while let Some(&first) = span.get(start) {
        let width = if first < 0xc0 { None } else { merge_character(table, span, start, &mut push) };
        start += width.unwrap_or_else(|| {
            push(Token::of_byte(first), 1);
            1
        });
    }
}

/// Hands over the parts of the character at an offset, and returns its length, if it may be merged by itself.
#[inline]
fn merge_character(
    table: &Table,
    span: &[u8],
    start: usize,
    push: &mut impl FnMut(Token, usize),
) -> Option<usize> {
    let is_clean = |left: Option<&u8>, right: Option<&u8>| {
        left.zip(right).is_none_or(|(&left, &right)| !table.is_torn(left, right))
    };
    let text = span.get(start..)?;
    if !is_clean(start.checked_sub(1).and_then(|before| span.get(before)), text.first()) {
        return None;
    }
    match *text {
        [first @ 0xc0..0xe0, second, ..] if is_clean(Some(&second), text.get(2)) => {
            push(table.byte_pair(first, second)?, 2);
            Some(2)
        }
        [first @ 0xe0..0xf0, second, third, ..] if is_clean(Some(&third), text.get(3)) => {
            if let Some(token) = table.character([first, second, third]) {
                push(token, 3);
                return Some(3);
            }
            match TwoOfThree::of(table, [first, second, third])? {
                TwoOfThree::First(token) => {
                    push(token, 2);
                    push(Token::of_byte(third), 1);
                }
                TwoOfThree::Last(token) => {
                    push(Token::of_byte(first), 1);
                    push(token, 2);
                }
            }
            Some(3)
        }
        [0xf0, 0x9f, third, fourth, ..] if is_clean(Some(&fourth), text.get(4)) => {
            merge_emoji(table, third, fourth, push)?;
            Some(4)
        }
        _ => None,
    }
}

/// Two of three bytes that merge.
pub(crate) enum TwoOfThree {
    /// The first two.
    First(Token),
    /// The last two.
    Last(Token),
}

impl TwoOfThree {
    /// The two that merge first, if any.
    #[inline]
    pub(crate) fn of(table: &Table, [first, second, third]: [u8; 3]) -> Option<Self> {
        match (table.merge_bytes(first, second), table.merge_bytes(second, third)) {
            (Some(left), Some(right)) if right.rank < left.rank => Some(Self::Last(right.token)),
            (Some(left), _) => Some(Self::First(left.token)),
            (None, right) => right.map(|right| Self::Last(right.token)),
        }
    }
}

/// Hands over the parts of a character of the block that has the emoji, U+1F000 to U+1FFFF. In both vocabularies, its
/// first two bytes always end up in one token; the tests go through all of them.
#[inline]
fn merge_emoji(table: &Table, third: u8, fourth: u8, push: &mut impl FnMut(Token, usize)) -> Option<()> {
    let two = table.byte_pair(0xf0, 0x9f)?;
    let hash = hash::extend(EMOJI_HASH, third);
    let three = table.merge(two, Token::of_byte(third), || hash);
    let last_two = table.merge_bytes(third, fourth);
    match (three, last_two) {
        (Some(three), last_two) if last_two.is_none_or(|last_two| three.rank < last_two.rank) => {
            if let Some(four) =
                table.merge(three.token, Token::of_byte(fourth), || hash::extend(hash, fourth))
            {
                push(four.token, 4);
            } else {
                push(three.token, 3);
                push(Token::of_byte(fourth), 1);
            }
        }
        (_, Some(last_two)) => {
            push(two, 2);
            push(last_two.token, 2);
        }
        _ => {
            push(two, 2);
            push(Token::of_byte(third), 1);
            push(Token::of_byte(fourth), 1);
        }
    }
    Some(())
}
