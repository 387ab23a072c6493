//! Byte pair encoding of one piece: the adjacent pair of lowest rank is merged, leftmost first, until no pair is
//! left that merges.
//!
//! A piece that is a token is found by its hash; any other is merged in fixed arrays, and one that does not fit into
//! them window by window in [`crate::window`].
#![expect(
    clippy::indexing_slicing,
    reason = "the offsets are those of parts of a piece whose length is checked on entry, in the innermost loop"
)]

use crate::hash::{self, LONGEST_SPAN};
use crate::parts::{self, TwoOfThree};
use crate::short::{self, Short};
use crate::table::{LONGEST_TOKEN, Merge, Rank, Table, Token};
use crate::window;

/// Bits of a part's number in a key.
const NUMBER_BITS: u32 = 8;
const NUMBER_MASK: u32 = (1 << NUMBER_BITS) - 1;

/// Parts whose lowest key is kept. Two levels of short scans take less time than the nodes of a tree: what is added
/// to a piece is a few parts long, and most pieces are one block.
const BLOCK: usize = 16;

/// The key of a part that merges with nothing.
pub(crate) const NO_KEY: u32 = u32::MAX;

/// Where tokens go to.
pub(crate) trait Tokens {
    fn push(&mut self, token: Token, table: &Table);
    fn count(&self) -> usize;
    /// Forgets all but the first tokens.
    fn truncate(&mut self, count: usize);
}

impl Tokens for Vec<Rank> {
    fn push(&mut self, token: Token, table: &Table) {
        self.push(table.rank(token));
    }

    fn count(&self) -> usize {
        self.len()
    }

    fn truncate(&mut self, count: usize) {
        self.truncate(count);
    }
}

/// Tokens that are only counted.
#[derive(Default)]
pub(crate) struct Count(usize);

impl Count {
    #[inline]
    pub(crate) fn add(&mut self, count: usize) {
        self.0 += count;
    }
}

impl Tokens for Count {
    #[inline]
    fn push(&mut self, _: Token, _: &Table) {
        self.0 += 1;
    }

    fn count(&self) -> usize {
        self.0
    }

    fn truncate(&mut self, count: usize) {
        self.0 = count;
    }
}

/// What stands between two parts.
#[derive(Clone, Copy, Default)]
struct Border {
    /// The bytes before it.
    offset: usize,
    /// Their hash.
    prefix: u64,
}

/// The arrays in which pieces are merged, one after the other. A part is known by the number that its first byte or
/// character has among those of the piece.
pub(crate) struct Merger<'a> {
    table: &'a Table,
    /// The token of each part.
    tokens: [Token; LONGEST_SPAN],
    /// The token that each part becomes with the next, if they merge.
    merged: [Token; LONGEST_SPAN],
    /// Where each part begins; after the last, where the piece ends.
    borders: [Border; LONGEST_SPAN + 1],
    /// The part after each part; after the last, the number of parts.
    next: [u16; LONGEST_SPAN],
    /// The part before each part.
    previous: [u16; LONGEST_SPAN + 1],
    /// The rank of each part's merge with the next, above the part's number, so that the order of keys is that of
    /// merges.
    keys: [u32; LONGEST_SPAN],
    /// The lowest key of every [`BLOCK`] parts.
    lowest: [u32; LONGEST_SPAN / BLOCK],
    /// The number of parts that there were at first.
    count: usize,
    /// For pieces that need none of the above.
    short: Short,
}

impl<'a> Merger<'a> {
    pub(crate) fn new(table: &'a Table) -> Self {
        Self {
            table,
            tokens: [Token::default(); LONGEST_SPAN],
            merged: [Token::default(); LONGEST_SPAN],
            borders: [Border::default(); LONGEST_SPAN + 1],
            next: [0; LONGEST_SPAN],
            previous: [0; LONGEST_SPAN + 1],
            keys: [NO_KEY; LONGEST_SPAN],
            lowest: [NO_KEY; LONGEST_SPAN / BLOCK],
            count: 0,
            short: Short::default(),
        }
    }

    pub(crate) fn table(&self) -> &'a Table {
        self.table
    }

    /// Adds the tokens of a piece in order.
    #[inline]
    pub(crate) fn encode(&mut self, piece: &[u8], tokens: &mut impl Tokens) {
        let table = self.table;
        match *piece {
            [byte] => tokens.push(Token::of_byte(byte), table),
            [first, second] => {
                if let Some(token) = table.byte_pair(first, second) {
                    tokens.push(token, table);
                } else {
                    tokens.push(Token::of_byte(first), table);
                    tokens.push(Token::of_byte(second), table);
                }
            }
            [first, second, third] => encode_three(table, [first, second, third], tokens),
            _ if piece.len() > LONGEST_SPAN => window::encode(self, piece, tokens),
            _ => match self.token(piece) {
                Some(token) => tokens.push(token, table),
                None if piece.len() <= short::LONGEST && piece.is_ascii() => {
                    self.short.encode(table, piece, |token| tokens.push(token, table));
                }
                None => self.encode_span(piece).for_each(|(_, token)| tokens.push(token, table)),
            },
        }
    }

    /// The token that a piece is.
    #[inline]
    fn token(&self, piece: &[u8]) -> Option<Token> {
        if piece.len() > LONGEST_TOKEN {
            return None;
        }
        self.table.token(piece, hash::of(piece))
    }

    /// Merges at most [`LONGEST_SPAN`] bytes of a piece as if they were a piece: where each token ends, and the
    /// token.
    pub(crate) fn encode_span(&mut self, span: &[u8]) -> impl Iterator<Item = (usize, Token)> {
        self.split(span);
        self.plan_all();
        loop {
            let key = lowest(&self.lowest[..self.count.div_ceil(BLOCK)]);
            if key == NO_KEY {
                break;
            }
            self.merge_at((key & NUMBER_MASK) as usize);
        }
        let mut part = 0;
        std::iter::from_fn(move || {
            let token = (part < self.count).then(|| self.tokens[part])?;
            part = usize::from(self.next[part]);
            Some((self.borders[part].offset, token))
        })
    }

    fn split(&mut self, span: &[u8]) {
        let (mut count, mut border) = (0, Border::default());
        parts::split(self.table, span, |token, length| {
            self.tokens[count] = token;
            self.borders[count] = border;
            let bytes = &span[border.offset..border.offset + length];
            border.prefix = bytes.iter().fold(border.prefix, |prefix, &byte| hash::extend(prefix, byte));
            border.offset += length;
            count += 1;
        });
        self.borders[count] = border;
        self.count = count;
    }

    /// Notes what each part becomes with the next.
    fn plan_all(&mut self) {
        let numbers = 0_u16..;
        for (part, number) in (0..self.count).zip(numbers) {
            self.next[part] = number + 1;
            self.previous[part + 1] = number;
        }
        for part in 1..self.count {
            let merge = match (self.tokens[part - 1].byte(), self.tokens[part].byte()) {
                (Some(left), Some(right)) => self.table.merge_bytes(left, right),
                _ => self.look_up(part - 1, part),
            };
            self.plan(part - 1, merge);
        }
        let last = self.count.saturating_sub(1);
        self.keys[last..(last + 1).next_multiple_of(BLOCK)].fill(NO_KEY);
        self.update_lowest(0, last);
    }

    /// Replaces a part and the next by the token that they merge into, and so with what follows in a run of the same.
    ///
    /// All merges of the lowest rank are done before any other, those that they make possible being higher. So it
    /// makes no difference that those of a run are done at once, and runs, as of spaces, take less time.
    #[inline]
    fn merge_at(&mut self, part: usize) {
        let rank = self.keys[part] >> NUMBER_BITS;
        let (mut last, mut last_right) = (part, part);
        let mut next = part;
        while next < self.count && self.keys[next] >> NUMBER_BITS == rank {
            (last, last_right) = (next, usize::from(self.next[next]));
            next = usize::from(self.next[last_right]);
            self.tokens[last] = self.merged[last];
            self.next[last] = self.next[last_right];
            self.previous[next] = self.previous[last_right];
            self.keys[last_right] = NO_KEY;
        }
        let first = if part > 0 { usize::from(self.previous[part]) } else { part };
        let mut changed = first;
        while changed <= last {
            let next = usize::from(self.next[changed]);
            let merge = if next < self.count { self.look_up(changed, next) } else { None };
            self.plan(changed, merge);
            changed = next;
        }
        self.update_lowest(first, last_right);
    }

    /// What a part becomes with the next.
    #[inline]
    fn look_up(&self, part: usize, next: usize) -> Option<Merge> {
        self.table.merge(self.tokens[part], self.tokens[next], || {
            let (start, end) = (self.borders[part], self.borders[usize::from(self.next[next])]);
            hash::between(start.prefix, end.prefix, end.offset - start.offset)
        })
    }

    /// Notes what a part becomes with the next.
    #[inline]
    fn plan(&mut self, part: usize, merge: Option<Merge>) {
        #[expect(clippy::cast_possible_truncation, reason = "a number is below LONGEST_SPAN, which is 256")]
        let number = part as u32;
        self.keys[part] = match merge {
            Some(merge) => {
                self.merged[part] = merge.token;
                merge.rank << NUMBER_BITS | number
            }
            None => NO_KEY,
        };
    }

    /// Brings the lowest keys of the blocks of a range of parts up to date.
    #[inline]
    fn update_lowest(&mut self, first: usize, last: usize) {
        for block in first / BLOCK..=last / BLOCK {
            self.lowest[block] = lowest(&self.keys[block * BLOCK..][..BLOCK]);
        }
    }
}

/// The lowest of some keys.
#[inline]
pub(crate) fn lowest(keys: &[u32]) -> u32 {
    keys.iter().fold(NO_KEY, |lowest, &key| lowest.min(key))
}

/// Adds the tokens of a piece of three bytes in order.
#[inline]
fn encode_three(table: &Table, bytes: [u8; 3], tokens: &mut impl Tokens) {
    let [first, _, third] = bytes;
    let (left, right) = match TwoOfThree::of(table, bytes) {
        Some(TwoOfThree::First(left)) => (left, Token::of_byte(third)),
        Some(TwoOfThree::Last(right)) => (Token::of_byte(first), right),
        None => return bytes.into_iter().for_each(|byte| tokens.push(Token::of_byte(byte), table)),
    };
    if let Some(merge) = table.merge(left, right, || bytes.into_iter().fold(0, hash::extend)) {
        tokens.push(merge.token, table);
    } else {
        tokens.push(left, table);
        tokens.push(right, table);
    }
}
