//! E-mail addresses, IBANs and IPv6 addresses.

use std::net::Ipv6Addr;

use crate::scan::{Found, Kind, ends_escape, goes_on, run};

const LONGEST_LOCAL_PART: usize = 64;
const LONGEST_DOMAIN: usize = 253;
/// The shortest top level, and the shortest domain: `a.de`.
const SHORTEST_TOP_LEVEL: usize = 2;
/// Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic: all that stands before this.
const LAST_ALPHABET: char = '\u{800}';

/// The address around the `@` at `at`. Letters of alphabets may stand in both parts; those of scripts that put no
/// spaces between words may not, or the sentence around an address would be taken for a part of it.
pub(crate) fn email(text: &str, floor: usize, at: usize) -> Option<Found> {
    let is_letter = |letter: char| letter.is_alphanumeric() && letter < LAST_ALPHABET;
    let is_local = |letter: &char| is_letter(*letter) || ".!#$%&'*+?^_~-".contains(*letter);
    let before = text.get(floor..at)?;
    let local: String = before.chars().rev().take(LONGEST_LOCAL_PART).take_while(is_local).collect();
    // Punctuation before the address is not a part of it: 'a@b.de', *a@b.de.
    let local = local.trim_end_matches(|letter: char| !is_letter(letter) && letter != '_');
    // Nor is what is left of an escape: \njane@example.com.
    let begin = at - local.len();
    let escaped = [1, 5]
        .into_iter()
        .find(|&length| length <= local.len() && ends_escape(text.as_bytes(), begin + length));
    let local = local.get(escaped.unwrap_or(0)..).unwrap_or(local);
    if local.is_empty() {
        return None;
    }
    let is_domain = |letter: &char| is_letter(*letter) || matches!(letter, '.' | '-');
    let domain: String = text.get(at + 1..)?.chars().take(LONGEST_DOMAIN).take_while(is_domain).collect();
    let domain = domain.trim_end_matches(['.', '-']);
    let (rest, top_level) = domain.rsplit_once('.')?;
    let is_top_level = top_level.chars().count() >= SHORTEST_TOP_LEVEL
        && (top_level.chars().all(char::is_alphabetic) || top_level.starts_with("xn--"));
    let is_one = is_top_level && !rest.is_empty() && !domain.contains("..");
    is_one.then_some(Found { kind: Kind::Email, start: at - local.len(), end: at + 1 + domain.len() })
}

/// Lengths of IBANs by country, from the registry of ISO 13616.
const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// An IBAN, compact or in groups of four.
pub(crate) fn iban(bytes: &[u8], start: usize) -> Option<Found> {
    let country = [bytes.get(start)?.to_ascii_uppercase(), bytes.get(start + 1)?.to_ascii_uppercase()];
    let &(_, length) = IBAN_LENGTHS.iter().find(|(code, _)| **code == country)?;
    let mut remainder: Remainder = Remainder::default();
    let mut head = [0; 4];
    let mut count = 0;
    let mut at = start;
    while count < length {
        let byte = bytes.get(at)?.to_ascii_uppercase();
        if matches!(byte, b' ' | b'-') && count > 0 && count % 4 == 0 {
            at += 1;
            continue;
        }
        if !byte.is_ascii_alphanumeric() || (matches!(count, 2 | 3) && !byte.is_ascii_digit()) {
            return None;
        }
        match head.get_mut(count) {
            Some(place) => *place = byte,
            None => remainder.add(byte),
        }
        count += 1;
        at += 1;
    }
    for byte in head {
        remainder.add(byte);
    }
    (remainder.0 == 1 && !goes_on(bytes, at)).then_some(Found { kind: Kind::Iban, start, end: at })
}

/// Of a number that is read from its front, modulo 97. Letters count as two digits from 10 on.
#[derive(Default)]
struct Remainder(u32);

impl Remainder {
    fn add(&mut self, byte: u8) {
        self.0 = match byte {
            b'0'..=b'9' => self.0 * 10 + u32::from(byte - b'0'),
            _ => self.0 * 100 + u32::from(byte.saturating_sub(b'A')) + 10,
        } % 97;
    }
}

const LONGEST_IPV6: usize = 45;

/// An IPv6 address. What programs write with colons, `std::net` or `12:30`, is none.
pub(crate) fn ipv6(text: &str, start: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let mut end = start + run(bytes, start, LONGEST_IPV6, is_part);
    // Punctuation behind it: a full stop, or one colon.
    let ends_with = |end: usize, tail: &[u8]| bytes.get(start..end).is_some_and(|part| part.ends_with(tail));
    while ends_with(end, b".") || (ends_with(end, b":") && !ends_with(end, b"::")) {
        end -= 1;
    }
    let candidate = text.get(start..end)?;
    let is_plain = candidate.bytes().filter(|&byte| byte == b':').count() >= 2
        && candidate.bytes().any(|byte| byte.is_ascii_digit())
        && candidate.len() > 2;
    let is_one = is_plain && !goes_on(bytes, end) && candidate.parse::<Ipv6Addr>().is_ok();
    is_one.then_some(Found { kind: Kind::Ip, start, end })
}
