//! The encodings, and counting with them.

use std::fmt;

use crate::merge::{Count, Merger, Tokens};
use crate::piece;
use crate::recent::{Key, Recent};
use crate::table::Table;

#[cfg(feature = "o200k")]
#[expect(clippy::unreadable_literal, reason = "written by the build script and read by nobody")]
static O200K_BASE: Table = include!(concat!(env!("OUT_DIR"), "/o200k.rs"));

#[cfg(feature = "cl100k")]
#[expect(clippy::unreadable_literal, reason = "written by the build script and read by nobody")]
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

    #[cfg(all(test, feature = "o200k"))]
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
    match encoding {
        #[cfg(feature = "o200k")]
        Encoding::O200kBase => count_pieces(&O200K_BASE, piece::o200k::end, text.as_bytes()),
        #[cfg(feature = "cl100k")]
        Encoding::Cl100kBase => count_pieces(&CL100K_BASE, piece::cl100k::end, text.as_bytes()),
    }
}

/// The tokens of a text. What looks like a special token is encoded as ordinary text.
pub fn encode(encoding: Encoding, text: &str) -> Vec<u32> {
    match encoding {
        #[cfg(feature = "o200k")]
        Encoding::O200kBase => encode_pieces(&O200K_BASE, piece::o200k::end, text.as_bytes()),
        #[cfg(feature = "cl100k")]
        Encoding::Cl100kBase => encode_pieces(&CL100K_BASE, piece::cl100k::end, text.as_bytes()),
    }
}

#[inline]
fn count_pieces(table: &Table, piece_end: impl Fn(&[u8], usize) -> usize, text: &[u8]) -> usize {
    let mut merger = Merger::new(table);
    let mut recent = Recent::new(text);
    let mut count = Count::default();
    let mut start = 0;
    while start < text.len() {
        let end = piece_end(text, start);
        let key = Key::of(text, start, end - start);
        if let Some(known) = key.and_then(|key| recent.count(&key)) {
            count.add(known);
        } else {
            let before = count.count();
            merger.encode(text.get(start..end).unwrap_or_default(), &mut count);
            if let Some(key) = key {
                recent.remember(key, count.count() - before);
            }
        }
        start = end;
    }
    count.count()
}

#[inline]
fn encode_pieces(table: &Table, piece_end: impl Fn(&[u8], usize) -> usize, text: &[u8]) -> Vec<u32> {
    let mut merger = Merger::new(table);
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = piece_end(text, start);
        merger.encode(text.get(start..end).unwrap_or_default(), &mut tokens);
        start = end;
    }
    tokens
}
