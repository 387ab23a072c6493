//! The counts of pieces that the text had before: words and runs of white space come again, and comparing them is
//! less work than finding them in the table.

/// Pieces that are remembered, at most, and at least; powers of two. More would not stay in a processor's caches.
const MOST_PLACES: usize = 4096;
const FEWEST_PLACES: usize = 16;

/// Bytes of text to a place.
const BYTES_PER_PLACE: usize = 8;

/// The shortest piece that is worth remembering, in bytes.
const SHORTEST: usize = 4;

/// Spreads a key over the places.
const FACTOR: u64 = 0x9fb2_1c65_1e98_df25;

/// A piece of the text: its first and its last eight bytes, of a shorter one all of them, and where it is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Key {
    first: u64,
    last: u64,
    start: u32,
    length: u32,
}

impl Key {
    /// The key of a piece, unless it is so short, or so near the end of the text, that remembering it saves nothing.
    #[inline]
    pub(crate) fn of(text: &[u8], start: usize, length: usize) -> Option<Self> {
        if length < SHORTEST {
            return None;
        }
        let first = word(text, start)?;
        let (first, last) = if length < 8 {
            (first & !(u64::MAX << (8 * length)), 0)
        } else {
            (first, word(text, start + length - 8)?)
        };
        Some(Self { first, last, start: u32::try_from(start).ok()?, length: u32::try_from(length).ok()? })
    }

    /// Whether two pieces have the same bytes.
    #[inline]
    fn is_same(&self, other: &Self, text: &[u8]) -> bool {
        self.first == other.first
            && self.last == other.last
            && self.length == other.length
            && (self.length <= 16 || self.bytes(text) == other.bytes(text))
    }

    fn bytes<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        text.get(self.start as usize..)?.get(..self.length as usize)
    }

    #[inline]
    fn place(&self, places: usize) -> usize {
        let hash = (self.first ^ self.last.rotate_left(29) ^ u64::from(self.length)).wrapping_mul(FACTOR);
        (hash >> 40) as usize & (places - 1)
    }
}

#[inline]
fn word(text: &[u8], start: usize) -> Option<u64> {
    text.get(start..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// What is remembered: at each place the last piece that belonged there, and the number of its tokens.
pub(crate) struct Recent<'a> {
    text: &'a [u8],
    places: Vec<(Key, u32)>,
}

impl<'a> Recent<'a> {
    /// As many places as a text of this length makes use of.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        let places = (text.len() / BYTES_PER_PLACE).clamp(FEWEST_PLACES, MOST_PLACES).next_power_of_two();
        // No piece has the length 0.
        Self { text, places: vec![(Key::default(), 0); places] }
    }

    /// The number of tokens of a piece, if it is remembered.
    #[inline]
    pub(crate) fn count(&self, key: &Key) -> Option<usize> {
        let (known, count) = self.places.get(key.place(self.places.len()))?;
        known.is_same(key, self.text).then_some(*count as usize)
    }

    #[inline]
    pub(crate) fn remember(&mut self, key: Key, count: usize) {
        let place = key.place(self.places.len());
        if let (Some(place), Ok(count)) = (self.places.get_mut(place), u32::try_from(count)) {
            *place = (key, count);
        }
    }
}
