//! Lays out which characters the two regular expressions take for letters, marks, numbers and space.

use regex_syntax::hir::{Class, HirKind};

/// Code points to a block: those of a block share one entry of the index.
const BLOCK: usize = 256;

/// The general categories, in the order of `src/class.rs`, which has `Other` for everything else.
const CATEGORIES: [(u8, &str); 7] = [
    (1, r"[\p{Lu}\p{Lt}]"),
    (2, r"\p{Ll}"),
    (3, r"[\p{Lm}\p{Lo}]"),
    (4, r"\p{M}"),
    (5, r"\p{N}"),
    (6, r"\s"),
    (7, r"[\r\n]"),
];

/// A table of two stages.
pub(crate) struct Classes {
    /// The number of the block of each 256 code points.
    pub(crate) index: Vec<u8>,
    /// The distinct blocks, two code points to a byte, the even one in the lower half.
    pub(crate) blocks: Vec<u8>,
}

impl Classes {
    /// Lays the table out from the Unicode data of the oracle's own regular expression engine.
    pub(crate) fn new() -> Self {
        let mut classes = vec![0_u8; char::MAX as usize + 1];
        for (class, pattern) in CATEGORIES {
            for range in ranges(pattern) {
                classes[range].fill(class);
            }
        }
        let (mut index, mut blocks) = (Vec::new(), Vec::<&[u8]>::new());
        for block in classes.chunks(BLOCK) {
            let number = blocks.iter().position(|known| *known == block).unwrap_or_else(|| {
                blocks.push(block);
                blocks.len() - 1
            });
            index.push(u8::try_from(number).expect("at most 256 distinct blocks"));
        }
        let blocks = blocks.concat().chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
        Self { index, blocks }
    }
}

fn ranges(pattern: &str) -> Vec<std::ops::RangeInclusive<usize>> {
    let parsed = regex_syntax::parse(pattern).expect("the pattern is valid");
    let HirKind::Class(Class::Unicode(class)) = parsed.into_kind() else { panic!("{pattern} is no class") };
    class.ranges().iter().map(|range| range.start() as usize..=range.end() as usize).collect()
}
