//! The hash that places tokens in the table. The build script shares this file, so that both sides agree.
//!
//! It is a polynomial over the bytes, because the hash of any part of a text then follows from the hashes of
//! two prefixes. It needs to spread only: every answer of the table is verified against the bytes.

/// The base of the polynomial: odd, with bits that look random.
const BASE: u64 = 0x9e6c_63d0_876a_68e5;

/// Spreads the polynomial over all bits before a bucket is chosen.
const BUCKET_FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

/// Spreads a bucket's pilot before a slot is chosen.
const PILOT_FACTOR: u64 = 0xff51_afd7_ed55_8ccd;

/// Spreads the hash again, so that a slot does not follow from a bucket.
const SLOT_FACTOR: u64 = 0xc4ce_b9fe_1a85_ec53;

/// The longest run of bytes whose hash can be cut out of two prefixes.
pub(crate) const LONGEST_SPAN: usize = 256;

/// The powers of the base.
static POWERS: [u64; LONGEST_SPAN + 1] = powers();

const fn powers() -> [u64; LONGEST_SPAN + 1] {
    let mut powers = [1_u64; LONGEST_SPAN + 1];
    let mut rest: &mut [u64] = &mut powers;
    let mut power = 1_u64;
    while let Some((first, others)) = rest.split_first_mut() {
        *first = power;
        power = power.wrapping_mul(BASE);
        rest = others;
    }
    powers
}

/// The hash of a text that is one byte longer.
#[inline]
pub(crate) const fn extend(prefix: u64, byte: u8) -> u64 {
    // One is added so that leading zeros count.
    prefix.wrapping_mul(BASE).wrapping_add(byte as u64 + 1)
}

/// The hash of a text. Four bytes at a time, so that few multiplications wait for the one before.
#[inline]
pub(crate) fn of(text: &[u8]) -> u64 {
    let [_, first, second, third, fourth, ..] = POWERS;
    let value = |byte: u8| u64::from(byte) + 1;
    let (fours, rest) = text.as_chunks();
    let hash = fours.iter().fold(0_u64, |prefix, &[a, b, c, d]| {
        let four = (value(a).wrapping_mul(third))
            .wrapping_add(value(b).wrapping_mul(second))
            .wrapping_add(value(c).wrapping_mul(first))
            .wrapping_add(value(d));
        prefix.wrapping_mul(fourth).wrapping_add(four)
    });
    rest.iter().fold(hash, |prefix, &byte| extend(prefix, byte))
}

/// The hash of the `length` bytes, at most [`LONGEST_SPAN`], that lie between two prefixes.
#[inline]
pub(crate) fn between(start: u64, end: u64, length: usize) -> u64 {
    let power = POWERS.get(length).copied().unwrap_or(0);
    end.wrapping_sub(start.wrapping_mul(power))
}

/// The polynomial's value with every bit spread over the upper half.
#[inline]
pub(crate) const fn spread(hash: u64) -> u64 {
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(BUCKET_FACTOR);
    mixed ^ (mixed >> 32)
}

/// The bucket of a spread hash.
#[inline]
pub(crate) const fn bucket(spread: u64, buckets: usize) -> usize {
    scale(spread, buckets)
}

/// The slot of a spread hash, given its bucket's pilot.
#[inline]
pub(crate) const fn slot(spread: u64, pilot: u16, slots: usize) -> usize {
    scale((spread ^ (pilot as u64).wrapping_mul(PILOT_FACTOR)).wrapping_mul(SLOT_FACTOR), slots)
}

/// Maps the upper half of a word onto `0..count` without a division.
#[inline]
const fn scale(word: u64, count: usize) -> usize {
    (((word >> 32) * count as u64) >> 32) as usize
}
