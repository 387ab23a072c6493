//! Byte pair encoding of a piece as a whole, with a heap of the merges to be done.
//!
//! Its memory grows with the piece, so it serves only where [`crate::window`] finds no way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::hash;
use crate::merge::Tokens;
use crate::table::{LONGEST_TOKEN, Merge, Rank, Table, Token};

/// Adds the tokens of a piece of two bytes or more in order.
pub(crate) fn encode(table: &Table, piece: &[u8], tokens: &mut impl Tokens) {
    let mut merge = HeapMerge::new(table, piece);
    while let Some(Reverse((rank, start))) = merge.heap.pop() {
        merge.merge_at(start, rank);
    }
    let mut start = 0;
    while let Some(part) = merge.parts.get(start) {
        tokens.push(part.token, table);
        start = part.end;
    }
}

/// What is left of a byte, or a token that begins with it.
struct Part {
    token: Token,
    /// Where the part ends.
    end: usize,
    /// Where the part before it begins.
    previous: usize,
    /// What it becomes with the next, which tells whether an entry of the heap is still valid.
    merge: Option<Merge>,
}

struct HeapMerge<'a> {
    table: &'a Table,
    /// The hash of what stands before each byte.
    prefixes: Vec<u64>,
    /// A part for each byte; those that were merged into the one before stay behind, unreachable.
    parts: Vec<Part>,
    /// The ranks of merges and the offsets of their left parts.
    heap: BinaryHeap<Reverse<(Rank, usize)>>,
}

impl<'a> HeapMerge<'a> {
    fn new(table: &'a Table, piece: &[u8]) -> Self {
        let hashes = piece.iter().scan(0, |hash, &byte| {
            *hash = hash::extend(*hash, byte);
            Some(*hash)
        });
        let part = |(start, &byte): (usize, &u8)| Part {
            token: Token::of_byte(byte),
            end: start + 1,
            previous: start.saturating_sub(1),
            merge: None,
        };
        let mut merge = Self {
            table,
            prefixes: std::iter::once(0).chain(hashes).collect(),
            parts: piece.iter().enumerate().map(part).collect(),
            heap: BinaryHeap::with_capacity(piece.len()),
        };
        for start in 0..piece.len() {
            merge.plan(start);
        }
        merge
    }

    /// Replaces the part at an offset and the next by the token that they merge into, if they still do.
    fn merge_at(&mut self, start: usize, rank: Rank) {
        let Some(left) = self.parts.get(start) else { return };
        let Some(merge) = left.merge.filter(|merge| merge.rank == rank) else { return };
        let (previous, middle) = (left.previous, left.end);
        let Some(right) = self.parts.get_mut(middle) else { return };
        right.merge = None;
        let end = right.end;
        if let Some(next) = self.parts.get_mut(end) {
            next.previous = start;
        }
        if let Some(left) = self.parts.get_mut(start) {
            (left.token, left.end) = (merge.token, end);
        }
        self.plan(start);
        if start > 0 {
            self.plan(previous);
        }
    }

    /// Looks up what the part at an offset becomes with the next, in the place of what was planned before.
    fn plan(&mut self, start: usize) {
        let merge = self.look_up(start);
        if let Some(merge) = merge {
            self.heap.push(Reverse((merge.rank, start)));
        }
        if let Some(part) = self.parts.get_mut(start) {
            part.merge = merge;
        }
    }

    fn look_up(&self, start: usize) -> Option<Merge> {
        let left = self.parts.get(start)?;
        let right = self.parts.get(left.end)?;
        let length = right.end - start;
        if length > LONGEST_TOKEN {
            return None;
        }
        let hash = hash::between(*self.prefixes.get(start)?, *self.prefixes.get(right.end)?, length);
        self.table.merge(left.token, right.token, || hash)
    }
}

#[cfg(all(test, feature = "o200k"))]
mod tests {
    use crate::encoding::{Encoding, encode};

    /// The piece by the heap, and as every piece is encoded.
    fn check(piece: &str) {
        let mut tokens = Vec::new();
        super::encode(Encoding::O200kBase.table(), piece.as_bytes(), &mut tokens);
        assert!(
            tokens == encode(Encoding::O200kBase, piece),
            "{}",
            piece.chars().take(40).collect::<String>()
        );
    }

    #[test]
    fn agrees_with_the_windows() {
        for unit in ["a", "ab", "ABC", "ſ", "é", "的", "的一是", "antidisestablishmentarianism"] {
            for count in [130, 333, 4096] {
                check(&unit.repeat(count));
            }
        }
    }

    #[test]
    fn a_megabyte_of_one_letter_takes_no_time_to_speak_of() {
        check(&"a".repeat(1 << 20));
        check(&" ".repeat(1 << 20));
    }
}
