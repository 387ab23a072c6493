//! Byte pair encoding of a short piece of ASCII, which is what most pieces are that are no token: the same as
//! [`Merger::encode_span`](crate::merge::Merger::encode_span), with nothing that only longer ones need.
#![expect(
    clippy::indexing_slicing,
    reason = "every index is masked to what the arrays have, in the innermost loop"
)]

use crate::hash;
use crate::merge::{NO_KEY, lowest};
use crate::table::{Merge, Table, Token};

/// Bytes of a piece, at most.
pub(crate) const LONGEST: usize = 16;

/// A number below [`LONGEST`]. Masked by it, an index needs no check.
const MASK: usize = LONGEST - 1;

/// Bits of a part's number in a key.
const NUMBER_BITS: u32 = LONGEST.trailing_zeros();

/// The parts of a piece. Each is known by the offset of its first byte.
#[derive(Default)]
pub(crate) struct Short {
    tokens: [Token; LONGEST],
    /// The token that each part becomes with the next, if they merge.
    merged: [Token; LONGEST],
    /// The rank of each part's merge with the next, above the part's number.
    keys: [u32; LONGEST],
    /// The hash of all before each part.
    prefixes: [u64; LONGEST],
    /// The hash of the whole.
    whole: u64,
    /// The part after each part; after the last, the length of the piece.
    next: [u8; LONGEST],
    /// The part before each part.
    previous: [u8; LONGEST],
    length: usize,
}

impl Short {
    /// Merges a piece and hands over its tokens in order.
    #[inline]
    pub(crate) fn encode(&mut self, table: &Table, piece: &[u8], mut push: impl FnMut(Token)) {
        debug_assert!(piece.len() <= LONGEST && piece.is_ascii());
        self.plan_all(table, piece);
        loop {
            let key = self.lowest();
            if key == NO_KEY {
                break;
            }
            self.merge_at(table, key as usize & MASK);
        }
        let mut part = 0;
        while part < self.length {
            push(self.tokens[part & MASK]);
            part = usize::from(self.next[part & MASK]);
        }
    }

    #[inline]
    fn plan_all(&mut self, table: &Table, piece: &[u8]) {
        self.length = piece.len();
        self.keys = [NO_KEY; LONGEST];
        let (mut prefix, mut previous) = (0, None);
        for ((part, &byte), number) in piece.iter().enumerate().zip(0_u8..) {
            self.tokens[part & MASK] = Token::of_byte(byte);
            self.prefixes[part & MASK] = prefix;
            prefix = hash::extend(prefix, byte);
            self.next[part & MASK] = number + 1;
            self.previous[part & MASK] = number.wrapping_sub(1);
            if let Some(previous) = previous {
                self.plan(part - 1, table.merge_bytes(previous, byte));
            }
            previous = Some(byte);
        }
        self.whole = prefix;
    }

    #[inline]
    fn lowest(&self) -> u32 {
        let (first, second) = self.keys.split_at(LONGEST / 2);
        if self.length > LONGEST / 2 { lowest(first).min(lowest(second)) } else { lowest(first) }
    }

    /// Replaces a part and the next by the token that they merge into.
    #[inline]
    fn merge_at(&mut self, table: &Table, part: usize) {
        let right = usize::from(self.next[part & MASK]);
        let next = self.next[right & MASK];
        self.tokens[part & MASK] = self.merged[part & MASK];
        self.next[part & MASK] = next;
        self.keys[right & MASK] = NO_KEY;
        if usize::from(next) < self.length {
            #[expect(clippy::cast_possible_truncation, reason = "a number is below LONGEST, which is 16")]
            let number = part as u8;
            self.previous[usize::from(next) & MASK] = number;
        }
        self.plan_again(table, part);
        if part > 0 {
            self.plan_again(table, usize::from(self.previous[part & MASK]));
        }
    }

    /// Notes what a part becomes with the next, after one of them changed.
    #[inline]
    fn plan_again(&mut self, table: &Table, part: usize) {
        let right = usize::from(self.next[part & MASK]);
        let merge = if right < self.length {
            table.merge(self.tokens[part & MASK], self.tokens[right & MASK], || {
                let end = usize::from(self.next[right & MASK]);
                let until_end = if end < self.length { self.prefixes[end & MASK] } else { self.whole };
                hash::between(self.prefixes[part & MASK], until_end, end - part)
            })
        } else {
            None
        };
        self.plan(part, merge);
    }

    #[inline]
    fn plan(&mut self, part: usize, merge: Option<Merge>) {
        #[expect(clippy::cast_possible_truncation, reason = "a number is below LONGEST, which is 16")]
        let number = part as u32;
        self.keys[part & MASK] = match merge {
            Some(merge) => {
                self.merged[part & MASK] = merge.token;
                merge.rank << NUMBER_BITS | number
            }
            None => NO_KEY,
        };
    }
}
