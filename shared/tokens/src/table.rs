//! The vocabulary as the build script laid it out: bytes that are read where they lie.
//!
//! A perfect hash of a token's bytes leads to its entry, which names the two tokens whose merge makes it. These are
//! the proof: an entry answers a question only if they are the pair asked for, or spell the bytes asked for.

use crate::hash;

/// The place of a token in the order of merges, and its number to the outside.
pub(crate) type Rank = u32;

/// The longest token, in bytes. A longer piece cannot be one.
pub(crate) const LONGEST_TOKEN: usize = 128;

/// Merges that lie inside one another in a token, at most. The build script checks it.
const DEEPEST_NESTING: usize = 16;

/// Bits of an identifier, and of a rank.
const BITS: usize = 18;
const MASK: u64 = (1 << BITS) - 1;
const PAIR_MASK: u64 = (1 << (2 * BITS)) - 1;

/// Bytes of an entry.
const ENTRY_BYTES: usize = 7;

/// The number of tokens that are one byte.
const BYTE_TOKENS: u32 = 256;

/// A token: its identifier, which is the byte or 256 more than the number of its entry, and what it can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Token(u32);

impl Token {
    /// Set in a token that is the left part of others.
    const LEFT: u32 = 1 << BITS;
    /// Set in a token that is the right part of others.
    const RIGHT: u32 = 2 << BITS;

    /// The token of a single byte.
    #[inline]
    pub(crate) fn of_byte(byte: u8) -> Self {
        Self(u32::from(byte) | Self::LEFT | Self::RIGHT)
    }

    #[inline]
    fn new(identifier: u64, entry: u64) -> Self {
        Self((identifier & MASK) as u32 | ((entry >> (3 * BITS)) as u32 & 3) << BITS)
    }

    /// The byte, if the token is one.
    #[inline]
    pub(crate) fn byte(self) -> Option<u8> {
        u8::try_from(self.identifier()).ok()
    }

    #[inline]
    fn identifier(self) -> u64 {
        u64::from(self.0) & MASK
    }
}

/// What two adjacent tokens become.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Merge {
    /// The lower it is, the earlier they are merged.
    pub(crate) rank: Rank,
    pub(crate) token: Token,
}

/// The table of one encoding.
#[derive(Debug)]
pub(crate) struct Table {
    /// A 16-bit pilot to a bucket.
    pub(crate) pilots: &'static [u8],
    /// The entries of the tokens that are longer than a byte: the identifiers of both parts, the rank and what the
    /// token can be a part of, 56 bits in all.
    pub(crate) entries: &'static [u8],
    /// The token of each two bytes in 24 bits, 0 if there is none.
    pub(crate) byte_pairs: &'static [u8],
    /// The block, in 16 bits, of the 64 characters of three bytes that begin with the same two.
    pub(crate) character_index: &'static [u8],
    /// The tokens of a block's characters in 24 bits each, 0 if there is none.
    pub(crate) character_blocks: &'static [u8],
    /// A bit for each two bytes at the border of two characters: set if a token goes over it that has the whole of
    /// one of the two at most.
    pub(crate) torn_borders: &'static [u8],
    /// The rank of each byte.
    pub(crate) byte_ranks: &'static [u8; BYTE_TOKENS as usize],
    /// The number of buckets.
    pub(crate) bucket_count: usize,
    /// The number of entries.
    pub(crate) slot_count: usize,
}

impl Table {
    /// The token's number.
    pub(crate) fn rank(&self, token: Token) -> Rank {
        #[expect(clippy::cast_possible_truncation, reason = "an identifier has 18 bits")]
        let identifier = token.identifier() as usize;
        match self.byte_ranks.get(identifier) {
            Some(&rank) => Rank::from(rank),
            None => rank_of(self.entry(token.identifier())),
        }
    }

    /// The token of two bytes.
    #[inline]
    pub(crate) fn byte_pair(&self, left: u8, right: u8) -> Option<Token> {
        token_at(self.byte_pairs, usize::from(u16::from_be_bytes([left, right])))
    }

    /// The token of a character of three bytes.
    #[inline]
    pub(crate) fn character(&self, bytes: [u8; 3]) -> Option<Token> {
        let [first, second, third] = bytes.map(usize::from);
        let row = (first & 0xf) << 6 | second & 0x3f;
        let block = self.character_index.get(2 * row..).and_then(|rest| rest.first_chunk()).copied()?;
        token_at(self.character_blocks, usize::from(u16::from_le_bytes(block)) << 6 | third & 0x3f)
    }

    /// Whether, between these two bytes of two characters, part of a character may merge with the other character.
    #[inline]
    pub(crate) fn is_torn(&self, left: u8, right: u8) -> bool {
        let place = usize::from(u16::from_be_bytes([left, right]));
        self.torn_borders.get(place / 8).is_none_or(|bits| bits >> (place % 8) & 1 != 0)
    }

    /// What two bytes merge into.
    #[inline]
    pub(crate) fn merge_bytes(&self, left: u8, right: u8) -> Option<Merge> {
        self.byte_pair(left, right)
            .map(|token| Merge { rank: rank_of(self.entry(token.identifier())), token })
    }

    /// What two adjacent tokens merge into, whose bytes together have this hash. It is asked for only where they can.
    #[inline]
    pub(crate) fn merge(&self, left: Token, right: Token, hash: impl FnOnce() -> u64) -> Option<Merge> {
        if left.0 & Token::LEFT == 0 || right.0 & Token::RIGHT == 0 {
            return None;
        }
        let identifier = self.candidate(hash());
        let entry = self.entry(identifier);
        let pair = left.identifier() | right.identifier() << BITS;
        (entry & PAIR_MASK == pair)
            .then(|| Merge { rank: rank_of(entry), token: Token::new(identifier, entry) })
    }

    /// The token that has exactly these bytes, two or more, and their hash.
    #[inline]
    pub(crate) fn token(&self, bytes: &[u8], hash: u64) -> Option<Token> {
        let identifier = self.candidate(hash);
        self.spells(identifier, bytes).then(|| Token::new(identifier, 0))
    }

    /// The identifier of the only token that can have this hash.
    #[inline]
    fn candidate(&self, hash: u64) -> u64 {
        let spread = hash::spread(hash);
        let pilot_at = 2 * hash::bucket(spread, self.bucket_count);
        let pilot = self.pilots.get(pilot_at..).and_then(|pilots| pilots.first_chunk());
        let pilot = u16::from_le_bytes(pilot.copied().unwrap_or_default());
        hash::slot(spread, pilot, self.slot_count) as u64 + u64::from(BYTE_TOKENS)
    }

    /// The entry of an identifier from 256 on. The last is followed by bytes enough to read a whole word.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "an identifier has 18 bits")]
    fn entry(&self, identifier: u64) -> u64 {
        let offset = (identifier as usize - BYTE_TOKENS as usize) * ENTRY_BYTES;
        let bytes = self.entries.get(offset..).and_then(|rest| rest.first_chunk());
        u64::from_le_bytes(bytes.copied().unwrap_or_default())
    }

    /// Whether a token has exactly these bytes: unfolds it, left part first.
    #[inline]
    fn spells(&self, identifier: u64, bytes: &[u8]) -> bool {
        let mut pending = [0_u32; DEEPEST_NESTING];
        let mut depth = 0;
        let mut current = identifier;
        let mut rest = bytes;
        loop {
            while current >= u64::from(BYTE_TOKENS) {
                let entry = self.entry(current);
                let Some(place) = pending.get_mut(depth) else { return false };
                *place = (entry >> BITS & MASK) as u32;
                depth += 1;
                current = entry & MASK;
            }
            let Some((&byte, others)) = rest.split_first() else { return false };
            if u64::from(byte) != current {
                return false;
            }
            rest = others;
            let Some(above) = depth.checked_sub(1) else { return rest.is_empty() };
            depth = above;
            current = pending.get(depth).copied().unwrap_or_default().into();
        }
    }
}

#[inline]
fn rank_of(entry: u64) -> Rank {
    (entry >> (2 * BITS) & MASK) as Rank
}

/// The token at a place of a section of 24 bits each.
#[inline]
fn token_at(section: &[u8], place: usize) -> Option<Token> {
    let [low, middle, high] = section.get(3 * place..).and_then(|rest| rest.first_chunk()).copied()?;
    let word = u32::from_le_bytes([low, middle, high, 0]);
    (word != 0).then_some(Token(word))
}
