//! The vocabulary of one encoding, and how each of its tokens is put together.

use std::collections::HashMap;

use tiktoken_rs::CoreBPE;

/// The number of one-byte tokens: they hold the ranks below it.
pub(crate) const BYTE_TOKENS: usize = 256;

/// No pair of parts, in the place of a rank.
const NONE: u32 = u32::MAX;

/// The tokens of an encoding by rank, special tokens excepted.
pub(crate) struct Vocabulary {
    /// The bytes of each token.
    pub(crate) tokens: Vec<Vec<u8>>,
    /// The two tokens whose merge is the last one to make the token. The one-byte tokens have none.
    pub(crate) splits: Vec<(u32, u32)>,
}

impl Vocabulary {
    /// Reads the vocabulary out of tiktoken-rs.
    pub(crate) fn of(encoder: &CoreBPE) -> Self {
        let tokens: Vec<Vec<u8>> = (0u32..).map_while(|rank| encoder.decode_bytes(&[rank]).ok()).collect();
        let ranks: HashMap<&[u8], u32> = tokens.iter().map(Vec::as_slice).zip(0..).collect();
        assert_eq!(ranks.len(), tokens.len(), "two tokens have the same bytes");
        assert!(
            tokens.iter().take(BYTE_TOKENS).all(|token| token.len() == 1),
            "ranks 0-255 are not the bytes"
        );
        let splits = (0..).zip(&tokens).map(|(rank, token)| split(&ranks, rank, token)).collect();
        Self { tokens, splits }
    }

    /// The largest number of merges that lie inside one another.
    pub(crate) fn depth(&self) -> usize {
        let mut depths = vec![0; BYTE_TOKENS];
        for &(left, right) in &self.splits[BYTE_TOKENS..] {
            depths.push(1 + depths[left as usize].max(depths[right as usize]));
        }
        depths.into_iter().max().unwrap_or(0)
    }
}

/// The two tokens that byte pair encoding merges last on its way to the token of this rank.
///
/// Whatever stands around them, the same bytes are merged in the same order as long as no merge crosses
/// their borders. So these two are the only pair that ever becomes this token, and a table of pairs
/// decides as the table of byte strings does.
fn split(ranks: &HashMap<&[u8], u32>, rank: u32, token: &[u8]) -> (u32, u32) {
    if token.len() == 1 {
        return (NONE, NONE);
    }
    let rank_of =
        |start: usize, end: usize| token.get(start..end).and_then(|bytes| ranks.get(bytes)).copied();
    let mut borders: Vec<usize> = (0..=token.len()).collect();
    while borders.len() > 3 {
        let lowest = (0..borders.len() - 2)
            .filter_map(|part| rank_of(borders[part], borders[part + 2]).map(|rank| (rank, part)))
            .min();
        match lowest {
            Some((merged, part)) if merged < rank => borders.remove(part + 1),
            _ => panic!("no merge leads to token {rank}, {token:?}: only a whole piece could be it"),
        };
    }
    let (left, right) = (rank_of(0, borders[1]), rank_of(borders[1], token.len()));
    let (left, right) = (left.unwrap_or(NONE), right.unwrap_or(NONE));
    assert!(left < rank && right < rank, "token {rank} outranks its parts");
    (left, right)
}
