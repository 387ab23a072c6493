//! One walk over a text.

use std::borrow::Cow;

use crate::{identifiers, numbers, secrets};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the README's table says it")]
pub enum Kind {
    ApiKey,
    Bearer,
    Card,
    Email,
    Iban,
    Ip,
    Jwt,
    Phone,
    PrivateKey,
    Ssn,
}

impl Kind {
    /// What stands in its place.
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::ApiKey => "[api_key]",
            Self::Bearer => "[bearer]",
            Self::Card => "[card]",
            Self::Email => "[email]",
            Self::Iban => "[iban]",
            Self::Ip => "[ip]",
            Self::Jwt => "[jwt]",
            Self::Phone => "[phone]",
            Self::PrivateKey => "[private_key]",
            Self::Ssn => "[ssn]",
        }
    }
}

/// Something that was found, as a range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The text with placeholders for what is personal or secret; the same text when nothing is.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut result = String::new();
    let mut copied = 0;
    let mut at = 0;
    // Few texts have any: those that have none are not asked at each letter.
    let has_escapes = text.contains('\\');
    while let Some(found) = next(text, copied, at, has_escapes) {
        result.push_str(text.get(copied..found.start).unwrap_or_default());
        result.push_str(found.kind.placeholder());
        copied = found.end;
        at = found.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(result)
}

/// Where something begins that is found before `place` and goes on behind it.
#[cfg(feature = "policies")]
pub(crate) fn start_across(text: &str, place: usize) -> Option<usize> {
    let has_escapes = text.contains('\\');
    let mut at = 0;
    while let Some(found) = next(text, at, at, has_escapes).filter(|found| found.start < place) {
        if found.end > place {
            return Some(found.start);
        }
        at = found.end;
    }
    None
}

/// The first thing that is found at `at` or behind it. Nothing before `floor` is looked at again.
fn next(text: &str, floor: usize, at: usize, has_escapes: bool) -> Option<Found> {
    let bytes = text.as_bytes();
    let mut at = at;
    while let Some(&byte) = bytes.get(at) {
        let goes_before =
            at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|&byte| is_word(byte));
        let is_first = !goes_before || (has_escapes && ends_escape(bytes, at));
        let found = match byte {
            b'@' => identifiers::email(text, floor, at),
            _ if !is_first => None,
            b'0'..=b'9' | b'+' | b'(' => numbers::number(bytes, at).or_else(|| identifiers::ipv6(text, at)),
            b':' => identifiers::ipv6(text, at),
            b'-' => secrets::private_key(text, at),
            b'A'..=b'Z' | b'a'..=b'z' => secrets::secret(text, at)
                .or_else(|| identifiers::iban(bytes, at))
                .or_else(|| identifiers::ipv6(text, at)),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
        // The digits of a long number are not the beginning of another one; is_first sees to that for words.
        at += 1;
    }
    None
}

/// What continues a word, so that what begins behind it is not a beginning. Bytes of other scripts do not: in some,
/// words have no spaces between them.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// How JSON writes what is between words: a text may hold JSON, such as a tool's arguments, where a line begins `\n4111`.
const ESCAPES: &[u8] = b"ntrbf";
/// `\u000a`.
const UNICODE_ESCAPE: usize = 6;

/// Whether an escape of JSON ends before `at`, so that its letter is no part of what begins there.
pub(crate) fn ends_escape(bytes: &[u8], at: usize) -> bool {
    let back = |count: usize| at.checked_sub(count).and_then(|place| bytes.get(place)).copied();
    let is_short = back(2) == Some(b'\\') && back(1).is_some_and(|letter| ESCAPES.contains(&letter));
    is_short || (back(UNICODE_ESCAPE) == Some(b'\\') && back(UNICODE_ESCAPE - 1) == Some(b'u'))
}

/// How many bytes from `start` on satisfy a condition, `most` at most.
pub(crate) fn run(bytes: &[u8], start: usize, most: usize, wanted: impl Fn(u8) -> bool) -> usize {
    bytes.iter().skip(start).take(most).take_while(|&&byte| wanted(byte)).count()
}

/// Whether the text goes on with a word at `at`.
pub(crate) fn goes_on(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(|&byte| is_word(byte))
}
