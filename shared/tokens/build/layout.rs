//! Lays a vocabulary out as the table that `src/table.rs` reads in place.

use crate::hash;
use crate::vocabulary::{BYTE_TOKENS, Vocabulary};

/// Tokens to a bucket on average: more make the table smaller and the search for pilots longer.
const BUCKET_LOAD: usize = 5;

/// Bits of a rank and of an identifier.
const BITS: usize = 18;

/// An identifier that no token has.
const NOBODY: u32 = (1 << BITS) - 1;

/// Bytes of a token's entry.
const ENTRY_BYTES: usize = 7;

/// Bytes that follow the entries, so that the last can be read as a whole word.
const PADDING: usize = 8;

/// The sections of a table.
pub(crate) struct Layout {
    /// One 16-bit pilot to a bucket: what the hash of its tokens is combined with to reach free slots.
    pub(crate) pilots: Vec<u8>,
    /// One entry to a slot: the identifiers of the two parts, the rank, and whether the token is itself ever a
    /// left and a right part.
    pub(crate) entries: Vec<u8>,
    /// The token of each two bytes in three bytes, 0 if there is none.
    pub(crate) byte_pairs: Vec<u8>,
    /// The number of the block of the characters of three bytes that share the first two, in two bytes.
    pub(crate) character_index: Vec<u8>,
    /// The distinct blocks: the token of each character in three bytes, 0 if there is none.
    pub(crate) character_blocks: Vec<u8>,
    /// One bit for each two bytes: see [`torn_borders`].
    pub(crate) torn_borders: Vec<u8>,
    /// The rank of each byte.
    pub(crate) byte_ranks: [u8; BYTE_TOKENS],
    /// The number of buckets.
    pub(crate) bucket_count: usize,
    /// The number of slots.
    pub(crate) slot_count: usize,
}

impl Layout {
    /// Lays the table out.
    pub(crate) fn of(vocabulary: &Vocabulary) -> Self {
        assert!(vocabulary.depth() <= 16, "a token is nested deeper than `Table::spells` can follow");
        let keys: Vec<u64> =
            vocabulary.tokens.iter().skip(BYTE_TOKENS).map(|token| spread_of(token)).collect();
        let bucket_count = keys.len() / BUCKET_LOAD;
        let slot_count = keys.len() + keys.len() / 50;
        assert!(BYTE_TOKENS + slot_count < NOBODY as usize, "an identifier does not fit its bits");
        let (pilots, slots) = place(&keys, bucket_count, slot_count);
        let identifiers = identifiers(vocabulary, &slots);
        let words = words(vocabulary, &identifiers);
        let (character_index, character_blocks) = characters(vocabulary, &words);
        let mut byte_ranks = [0; BYTE_TOKENS];
        for (rank, token) in (0..=u8::MAX).zip(&vocabulary.tokens) {
            byte_ranks[usize::from(token[0])] = rank;
        }
        Self {
            pilots: pilots.iter().flat_map(|pilot| pilot.to_le_bytes()).collect(),
            entries: entries(vocabulary, &slots, &identifiers, &words),
            byte_pairs: byte_pairs(vocabulary, &words),
            character_index,
            character_blocks,
            torn_borders: torn_borders(vocabulary),
            byte_ranks,
            bucket_count,
            slot_count,
        }
    }
}

fn spread_of(token: &[u8]) -> u64 {
    hash::spread(token.iter().fold(0, |prefix, &byte| hash::extend(prefix, byte)))
}

/// The identifier of each rank: the byte itself, or 256 more than the slot.
fn identifiers(vocabulary: &Vocabulary, slots: &[Option<usize>]) -> Vec<u32> {
    let mut identifiers: Vec<u32> = vocabulary.tokens.iter().map(|token| u32::from(token[0])).collect();
    for (identifier, rank) in (256..).zip(slots) {
        if let Some(rank) = *rank {
            identifiers[rank] = identifier;
        }
    }
    identifiers
}

/// Each rank's token as the reader holds it: the identifier, and whether it is ever a left and a right part.
fn words(vocabulary: &Vocabulary, identifiers: &[u32]) -> Vec<u32> {
    let mut words = identifiers.to_vec();
    for &(left, right) in &vocabulary.splits[BYTE_TOKENS..] {
        words[left as usize] |= 1 << BITS;
        words[right as usize] |= 2 << BITS;
    }
    words
}

fn entries(vocabulary: &Vocabulary, slots: &[Option<usize>], identifiers: &[u32], words: &[u32]) -> Vec<u8> {
    let entry = |slot: &Option<usize>| {
        let pair = |left: u32, right: u32| u64::from(left) | u64::from(right) << BITS;
        let Some(rank) = *slot else { return pair(NOBODY, NOBODY) };
        let (left, right) = vocabulary.splits[rank];
        let parts = pair(identifiers[left as usize], identifiers[right as usize]);
        let roles = u64::from(words[rank] >> BITS);
        parts | (rank as u64) << (2 * BITS) | roles << (3 * BITS)
    };
    let bytes = slots.iter().flat_map(|slot| entry(slot).to_le_bytes().into_iter().take(ENTRY_BYTES));
    bytes.chain([0; PADDING]).collect()
}

fn byte_pairs(vocabulary: &Vocabulary, words: &[u32]) -> Vec<u8> {
    let mut pairs = vec![0; 3 << 16];
    for (token, word) in vocabulary.tokens.iter().zip(words) {
        if let [first, second] = **token {
            write_word(&mut pairs, usize::from(u16::from_be_bytes([first, second])), *word);
        }
    }
    pairs
}

/// The index and the blocks of the characters of three bytes.
fn characters(vocabulary: &Vocabulary, words: &[u32]) -> (Vec<u8>, Vec<u8>) {
    const BLOCK: usize = 64;
    let mut all = vec![0; 3 << 16];
    for (token, word) in vocabulary.tokens.iter().zip(words) {
        if let [first @ 0xe0..=0xef, second @ 0x80..=0xbf, third @ 0x80..=0xbf] = **token {
            let code_point =
                u32::from(first & 0xf) << 12 | u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f);
            write_word(&mut all, code_point as usize, *word);
        }
    }
    let (mut index, mut blocks) = (Vec::new(), Vec::<&[u8]>::new());
    for block in all.chunks(3 * BLOCK) {
        let number = blocks.iter().position(|known| *known == block).unwrap_or_else(|| {
            blocks.push(block);
            blocks.len() - 1
        });
        index.extend(u16::try_from(number).expect("at most 1024 blocks").to_le_bytes());
    }
    (index, blocks.concat())
}

fn write_word(section: &mut [u8], place: usize, word: u32) {
    section[3 * place..3 * place + 3].copy_from_slice(&word.to_le_bytes()[..3]);
}

/// A bit for each two bytes at the border of two characters: set if a token goes over it that has the whole of one
/// of the two characters at most.
///
/// At any other border, nothing is merged before both characters are. As merges go from low ranks to high, and a
/// token has a higher rank than its parts, it then makes no difference whether a character between two such
/// borders is merged first.
fn torn_borders(vocabulary: &Vocabulary) -> Vec<u8> {
    let mut bits = vec![0; 1 << 13];
    let is_start = |byte: &u8| byte & 0xc0 != 0x80;
    for token in &vocabulary.tokens {
        let first_start = token.iter().position(is_start);
        let last_start = token.iter().rposition(is_start);
        let begins_torn = first_start.filter(|&start| start > 0);
        let ends_torn = last_start.filter(|&start| start > 0 && str::from_utf8(&token[start..]).is_err());
        for border in begins_torn.into_iter().chain(ends_torn) {
            let place = usize::from(u16::from_be_bytes([token[border - 1], token[border]]));
            bits[place / 8] |= 1 << (place % 8);
        }
    }
    bits
}

/// Finds a pilot for each bucket, the fullest buckets first, so that no two tokens share a slot, and the rank of
/// each slot's token.
fn place(keys: &[u64], bucket_count: usize, slot_count: usize) -> (Vec<u16>, Vec<Option<usize>>) {
    let mut buckets = vec![Vec::new(); bucket_count];
    for (token, &key) in keys.iter().enumerate() {
        buckets[hash::bucket(key, bucket_count)].push(token);
    }
    let mut order: Vec<usize> = (0..bucket_count).collect();
    order.sort_by_key(|&bucket| std::cmp::Reverse(buckets[bucket].len()));
    let mut pilots = vec![0; bucket_count];
    let mut slots = vec![None; slot_count];
    for bucket in order {
        let members = &buckets[bucket];
        let slots_for = |pilot| members.iter().map(move |&token| hash::slot(keys[token], pilot, slot_count));
        let fits = |pilot: &u16| {
            let places: Vec<usize> = slots_for(*pilot).collect();
            places
                .iter()
                .enumerate()
                .all(|(nth, &slot)| slots[slot].is_none() && !places[..nth].contains(&slot))
        };
        let pilot = (0..=u16::MAX).find(fits).expect("a pilot fits: choose other hash constants");
        for (slot, &token) in slots_for(pilot).zip(members) {
            slots[slot] = Some(token + BYTE_TOKENS);
        }
        pilots[bucket] = pilot;
    }
    (pilots, slots)
}
