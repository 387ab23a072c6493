//! The encodings, and counting with them.

use std::fmt;

use crate::merge::{Count, Merger, Tokens};
use crate::piece;
use crate::table::Table;

#[cfg(feature = "o200k")]
static O200K_BASE: Table = include!(concat!(env!("OUT_DIR"), "/o200k.rs"));

#[cfg(feature = "cl100k")]
static CL100K_BASE: Table = include!(concat!(env!("OUT_DIR"), "/cl100k.rs"));

/// A vocabulary with its rule for cutting text into pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// That of GPT-4o, the o series, GPT-4.1 and GPT-5. Needs the feature `o200k`.
    #[cfg(feature = "o200k")]
    O200kBase,
    /// That of GPT-3.5, GPT-4 and the embedding models. Needs the feature `cl100k`.
    #[cfg(feature = "cl100k")]
    Cl100kBase,
}

impl Encoding {
    /// The one to estimate with, for a model whose own is not known: the newest.
    pub(crate) const ESTIMATING: Self = {
        #[cfg(feature = "o200k")]
        {
            Self::O200kBase
        }
        #[cfg(not(feature = "o200k"))]
        {
            Self::Cl100kBase
        }
    };

    #[cfg(test)]
    pub(crate) fn table(self) -> &'static Table {
        match self {
            #[cfg(feature = "o200k")]
            Self::O200kBase => &O200K_BASE,
            #[cfg(feature = "cl100k")]
            Self::Cl100kBase => &CL100K_BASE,
        }
    }

    /// The name by which OpenAI knows it: `o200k_base` or `cl100k_base`.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "o200k")]
            Self::O200kBase => "o200k_base",
            #[cfg(feature = "cl100k")]
            Self::Cl100kBase => "cl100k_base",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The number of tokens of a text. What looks like a special token is counted as ordinary text.
///
/// ```
/// assert_eq!(tokens::count(tokens::Encoding::O200kBase, "Stars shine."), 3);
/// ```
pub fn count(encoding: Encoding, text: &str) -> usize {
    let mut count = Count::default();
    add(encoding, text, &mut count);
    count.count()
}

/// The tokens of a text. What looks like a special token is encoded as ordinary text.
pub fn encode(encoding: Encoding, text: &str) -> Vec<u32> {
    let mut tokens = Vec::new();
    add(encoding, text, &mut tokens);
    tokens
}

fn add(encoding: Encoding, text: &str, tokens: &mut impl Tokens) {
    match encoding {
        #[cfg(feature = "o200k")]
        Encoding::O200kBase => add_pieces(&O200K_BASE, piece::o200k, text, tokens),
        #[cfg(feature = "cl100k")]
        Encoding::Cl100kBase => add_pieces(&CL100K_BASE, piece::cl100k, text, tokens),
    }
}

#[inline]
fn add_pieces(
    table: &Table,
    piece_end: impl Fn(&[u8], usize) -> usize,
    text: &str,
    tokens: &mut impl Tokens,
) {
    let text = text.as_bytes();
    let mut merger = Merger::new(table);
    let mut start = 0;
    while start < text.len() {
        let end = piece_end(text, start);
        let Some(piece) = text.get(start..end) else { return };
        merger.encode(piece, tokens);
        start = end;
    }
}
