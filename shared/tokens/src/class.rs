//! What a character is to the two regular expressions.

/// Which block of the second stage 256 code points share.
static INDEX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/class_index.bin"));

/// The classes of a block's code points, two to a byte.
static BLOCKS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/class_blocks.bin"));

/// The classes of the first 128 code points, which need no second stage.
static ASCII: [Class; 128] = ascii();

/// A set of characters, as one bit for each kind of them. A single character is a set with one bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// The end of the text.
    pub(crate) const END: Self = Self(0);
    /// Nothing of the below: punctuation, symbols, controls, unassigned.
    pub(crate) const OTHER: Self = Self(1);
    /// `\p{Lu}` and `\p{Lt}`.
    pub(crate) const UPPER: Self = Self(1 << 1);
    /// `\p{Ll}`.
    pub(crate) const LOWER: Self = Self(1 << 2);
    /// `\p{Lm}` and `\p{Lo}`.
    pub(crate) const CASELESS: Self = Self(1 << 3);
    /// `\p{M}`.
    pub(crate) const MARK: Self = Self(1 << 4);
    /// `\p{N}`.
    pub(crate) const NUMBER: Self = Self(1 << 5);
    /// `\s` without the two below.
    pub(crate) const BLANK: Self = Self(1 << 6);
    /// `\r` and `\n`.
    pub(crate) const NEWLINE: Self = Self(1 << 7);

    /// `\p{L}`.
    pub(crate) const LETTER: Self = Self::UPPER.or(Self::LOWER).or(Self::CASELESS);
    /// `\s`.
    pub(crate) const SPACE: Self = Self::BLANK.or(Self::NEWLINE);
    /// `[^\s\p{L}\p{N}]`.
    pub(crate) const SYMBOL: Self = Self::OTHER.or(Self::MARK);

    /// The characters of either set.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two sets share a character.
    #[inline]
    pub(crate) const fn is(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The class of a code point beyond ASCII.
    #[inline]
    fn of(code_point: u32) -> Self {
        let block = INDEX.get((code_point >> 8) as usize).copied().unwrap_or_default();
        let offset = (usize::from(block) << 7) | (code_point as usize >> 1 & 0x7f);
        let pair = BLOCKS.get(offset).copied().unwrap_or_default();
        Self(1 << (pair >> (4 * (code_point & 1)) & 7))
    }
}

const fn ascii() -> [Class; 128] {
    let mut classes = [Class::OTHER; 128];
    let mut rest: &mut [Class] = &mut classes;
    let mut byte = 0_u8;
    while let Some((first, others)) = rest.split_first_mut() {
        *first = match byte {
            b'A'..=b'Z' => Class::UPPER,
            b'a'..=b'z' => Class::LOWER,
            b'0'..=b'9' => Class::NUMBER,
            b'\r' | b'\n' => Class::NEWLINE,
            b'\t' | 0x0b | 0x0c | b' ' => Class::BLANK,
            _ => Class::OTHER,
        };
        byte += 1;
        rest = others;
    }
    classes
}

/// The class of the character at an offset, and its length in bytes; at the end, [`Class::END`] and 0.
#[inline]
pub(crate) fn class_at(text: &[u8], offset: usize) -> (Class, usize) {
    let Some(&first) = text.get(offset) else { return (Class::END, 0) };
    match ASCII.get(usize::from(first)) {
        Some(&class) => (class, 1),
        None => beyond_ascii(text, offset, first),
    }
}

/// The class of a character of two bytes or more. The text is UTF-8, so the bytes that follow are there.
#[inline]
fn beyond_ascii(text: &[u8], offset: usize, first: u8) -> (Class, usize) {
    let byte = |nth: usize| text.get(offset + nth).map_or(0, |byte| u32::from(byte & 0x3f));
    let first = u32::from(first);
    match first {
        ..0xe0 => (Class::of((first & 0x1f) << 6 | byte(1)), 2),
        0xe0..0xf0 => (Class::of((first & 0x0f) << 12 | byte(1) << 6 | byte(2)), 3),
        _ => (Class::of((first & 0x07) << 18 | byte(1) << 12 | byte(2) << 6 | byte(3)), 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_agree_on_ascii() {
        for byte in 0..128_u8 {
            assert_eq!(class_at(&[byte], 0), (Class::of(u32::from(byte)), 1), "{byte}");
        }
    }
}
