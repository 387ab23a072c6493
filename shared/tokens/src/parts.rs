//! What a piece is split into before its parts are merged: bytes, or whole characters where that is the same.

use crate::hash;
use crate::table::{Table, Token};

/// The hash of the two bytes that emoji begin with.
const EMOJI_HASH: u64 = hash::extend(hash::extend(0, 0xf0), 0x9f);

/// Hands over the parts in order: their tokens, and the bytes of each.
///
/// A character of two or three bytes is merged by itself at once if no token tears it or its neighbours. The build
/// script tells why this changes nothing (`build/layout.rs`).
#[inline]
pub(crate) fn split(table: &Table, span: &[u8], mut push: impl FnMut(Token, usize)) {
    let mut rest = span;
    let mut before = None;
    while let Some((&first, others)) = rest.split_first() {
        let width = merge_character(table, before, rest, &mut push).unwrap_or_else(|| {
            push(Token::of_byte(first), 1);
            1
        });
        before = rest.get(width - 1).copied();
        rest = others.get(width - 1..).unwrap_or_default();
    }
}

/// Hands over the parts of the character that a text begins with, and returns its length, if it may be merged by
/// itself.
#[inline]
fn merge_character(
    table: &Table,
    before: Option<u8>,
    text: &[u8],
    push: &mut impl FnMut(Token, usize),
) -> Option<usize> {
    let is_clean = |left: Option<u8>, right: Option<&u8>| {
        left.zip(right).is_none_or(|(left, &right)| !table.is_torn(left, right))
    };
    match *text {
        [first @ 0xc0..0xe0, second, ..]
            if is_clean(before, Some(&first)) && is_clean(Some(second), text.get(2)) =>
        {
            push(table.byte_pair(first, second)?, 2);
            Some(2)
        }
        [first @ 0xe0..0xf0, second, third, ..]
            if is_clean(before, Some(&first)) && is_clean(Some(third), text.get(3)) =>
        {
            match table.character([first, second, third]) {
                Some(token) => push(token, 3),
                None => merge_three(table, first, second, third, push)?,
            }
            Some(3)
        }
        [0xf0, 0x9f, third, fourth, ..]
            if is_clean(before, Some(&0xf0)) && is_clean(Some(fourth), text.get(4)) =>
        {
            merge_emoji(table, third, fourth, push)?;
            Some(4)
        }
        _ => None,
    }
}

/// Hands over the two parts of a character of three bytes that is no token.
#[inline]
fn merge_three(
    table: &Table,
    first: u8,
    second: u8,
    third: u8,
    push: &mut impl FnMut(Token, usize),
) -> Option<()> {
    let (left, right) = (table.merge_bytes(first, second), table.merge_bytes(second, third));
    let is_left = match (left, right) {
        (Some(left), Some(right)) => left.rank < right.rank,
        (left, right) => left.or(right).map(|_| left.is_some())?,
    };
    if is_left {
        push(left?.token, 2);
        push(Token::of_byte(third), 1);
    } else {
        push(Token::of_byte(first), 1);
        push(right?.token, 2);
    }
    Some(())
}

/// Hands over the parts of a character of the block that has the emoji, U+1F000 to U+1FFFF. In both vocabularies, its
/// first two bytes always end up in one token; the tests go through all of them.
#[inline]
fn merge_emoji(table: &Table, third: u8, fourth: u8, push: &mut impl FnMut(Token, usize)) -> Option<()> {
    let two = table.byte_pair(0xf0, 0x9f)?;
    let hash = hash::extend(EMOJI_HASH, third);
    let three = table.merge(two, Token::of_byte(third), hash);
    let last_two = table.merge_bytes(third, fourth);
    match (three, last_two) {
        (Some(three), last_two) if last_two.is_none_or(|last_two| three.rank < last_two.rank) => {
            if let Some(four) = table.merge(three.token, Token::of_byte(fourth), hash::extend(hash, fourth)) {
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
