//! Histograms as the database sends them: a `numeric` in PostgreSQL's binary form, as hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::{FIRST_BIN, Histogram};

/// What PostgreSQL's digits count to.
const BASE: u64 = 10_000;
/// How many of them a bin's count has.
const DIGITS_PER_BIN: i32 = 3;
/// Hexadecimal digits of a 16-bit word.
const WORD: usize = 4;

/// A text that is no histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAHistogram;

impl fmt::Display for NotAHistogram {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .write_str("not a histogram: a natural number in PostgreSQL's binary form, in hexadecimal digits")
    }
}

impl std::error::Error for NotAHistogram {}

impl FromStr for Histogram {
    type Err = NotAHistogram;

    fn from_str(text: &str) -> Result<Self, NotAHistogram> {
        read(text.as_bytes()).ok_or(NotAHistogram)
    }
}

/// The format is that of `numeric_send` in PostgreSQL's `numeric.c`.
fn read(text: &[u8]) -> Option<Histogram> {
    let (words, []) = text.as_chunks::<WORD>() else { return None };
    let (&[count, weight, sign, scale], digits) = words.split_first_chunk()?;
    let is_natural = word(sign)? == 0 && word(scale)? == 0 && usize::from(word(count)?) == digits.len();
    // The power of the first digit.
    let mut power = i32::from(word(weight)?.cast_signed());
    if !is_natural || power + 1 < i32::try_from(digits.len()).ok()? {
        return None;
    }
    let mut bins: Vec<(i32, u64)> = Vec::with_capacity(digits.len().div_ceil(3));
    for digit in digits {
        let digit = u64::from(word(*digit)?);
        let bin = power / DIGITS_PER_BIN + FIRST_BIN;
        let share = digit * BASE.pow(u32::try_from(power % DIGITS_PER_BIN).ok()?);
        match bins.last_mut() {
            Some((last, count)) if *last == bin => *count += share,
            _ if share > 0 => bins.push((bin, share)),
            _ => {}
        }
        power -= 1;
    }
    bins.reverse();
    Some(Histogram { bins })
}

/// Four hexadecimal digits.
fn word(digits: [u8; WORD]) -> Option<u16> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    digits.into_iter().try_fold(0, |word, digit| Some(word << 4 | u16::from(value(digit)?)))
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Sent)
    }
}

struct Sent;

impl Visitor<'_> for Sent {
    type Value = Histogram;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a histogram")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Histogram, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As PostgreSQL sends it: no zeros at either end.
    fn sent(bins: &[(i32, u64)]) -> String {
        let last = bins.iter().map(|(bin, _)| *bin).max().unwrap();
        let count_of = |bin| bins.iter().find(|(known, _)| *known == bin).map_or(0, |(_, count)| *count);
        let digits = (FIRST_BIN..=last).rev().flat_map(|bin| {
            let count = count_of(bin);
            [count / BASE / BASE, count / BASE % BASE, count % BASE]
        });
        let digits: Vec<u64> = digits.skip_while(|digit| *digit == 0).collect();
        let weight = digits.len() - 1;
        let end = digits.iter().rposition(|digit| *digit > 0).unwrap() + 1;
        let digits = digits[..end].iter().map(|digit| format!("{digit:04x}")).collect::<Vec<_>>().concat();
        format!("{end:04x}{weight:04x}00000000{digits}")
    }

    #[test]
    fn what_is_sent_is_read() {
        let largest = 999_999_999_999;
        for bins in [
            vec![(-1, 1)],
            vec![(-1, 10), (0, 100)],
            vec![(0, 120_000), (7, 30_000_000), (8, 1)],
            vec![(-1, largest), (0, largest), (300, largest)],
            vec![(343, 100_000_000_000)],
            vec![(2_206, 5)],
        ] {
            let text = sent(&bins);
            assert_eq!(text.parse::<Histogram>().unwrap().bins(), bins, "{text}");
            let json = serde_json::to_string(&text).unwrap();
            assert_eq!(serde_json::from_str::<Histogram>(&json).unwrap().bins(), bins);
        }
    }

    #[test]
    fn what_is_no_histogram_is_an_error() {
        for (text, what) in [
            ("", "nothing"),
            ("00010000000000", "cut off"),
            ("0002000000000000ffff", "a digit too few"),
            ("00010000400000000001", "a negative number"),
            ("00010000000000020001", "a scale"),
            ("0001ffff000000000001", "a fraction"),
            ("0002000000000000000100ff", "digits behind the point"),
            ("0001000000000000000g", "not hexadecimal"),
            ("0001000000000000é01", "not ASCII"),
        ] {
            assert_eq!(text.parse::<Histogram>(), Err(NotAHistogram), "{what}");
        }
        assert!(serde_json::from_str::<Histogram>("7").is_err());
    }
}
