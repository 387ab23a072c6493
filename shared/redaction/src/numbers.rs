//! What digits are made into: cards, social security numbers, telephone numbers, IPv4 addresses.

use crate::scan::{Found, Kind, goes_on};

/// The longest number with its separators that is read.
const LONGEST: usize = 32;

/// A number as it is written: its digits, and its shape, where each group of digits is its length.
struct Written {
    digits: Vec<u8>,
    /// The lengths of groups of digits.
    groups: Vec<usize>,
    /// What stands between them.
    separators: Vec<u8>,
    /// `+` or `(` at the front.
    has_plus: bool,
    has_parenthesis: bool,
    /// Where it ends after each group.
    ends: Vec<usize>,
}

impl Written {
    fn read(bytes: &[u8], start: usize) -> Option<Self> {
        let mut written = Self {
            digits: Vec::with_capacity(20),
            groups: Vec::with_capacity(6),
            separators: Vec::with_capacity(6),
            has_plus: bytes.get(start) == Some(&b'+'),
            has_parenthesis: false,
            ends: Vec::with_capacity(6),
        };
        let mut at = start + usize::from(written.has_plus);
        let opens = bytes.get(at) == Some(&b'(');
        if opens {
            written.has_parenthesis = true;
            at += 1;
        }
        while at < start + LONGEST {
            let length = crate::scan::run(bytes, at, LONGEST, |byte| byte.is_ascii_digit());
            if length == 0 {
                break;
            }
            written.digits.extend_from_slice(bytes.get(at..at + length)?);
            written.groups.push(length);
            at += length;
            let (separator, width) = separator(bytes, at);
            written.ends.push(at + usize::from(separator == b')' && width == 1));
            written.separators.push(separator);
            written.has_parenthesis |= matches!(separator, b'(' | b')');
            if width == 0 {
                break;
            }
            at += width;
        }
        // A parenthesis around the whole is not a part of it; the digits behind it are looked at next.
        let is_closed = !opens || written.separators.contains(&b')');
        (!written.groups.is_empty() && is_closed).then_some(written)
    }

    fn end(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Whether only these stand between the groups.
    fn is_separated_by(&self, allowed: &[u8]) -> bool {
        let between = self.separators.len().saturating_sub(1);
        self.separators.iter().take(between).all(|separator| allowed.contains(separator))
    }

    /// The number without what follows its last space, which may be another number: only a space parts two.
    fn shorten(&mut self) -> bool {
        while let Some(length) = self.groups.pop() {
            let is_parted = self.separators.iter().nth_back(1) == Some(&b' ');
            self.digits.truncate(self.digits.len() - length);
            self.ends.pop();
            self.separators.pop();
            if is_parted {
                return true;
            }
        }
        false
    }
}

/// What stands between two groups of digits, and its width; 0 where the number ends.
fn separator(bytes: &[u8], at: usize) -> (u8, usize) {
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    match bytes.get(at) {
        Some(&byte @ (b' ' | b'-' | b'.' | b'/')) if is_digit(at + 1) => (byte, 1),
        Some(b' ') if bytes.get(at + 1) == Some(&b'(') && is_digit(at + 2) => (b'(', 2),
        Some(b'(') if is_digit(at + 1) => (b'(', 1),
        Some(b')') if is_digit(at + 1) => (b')', 1),
        Some(b')') if matches!(bytes.get(at + 1), Some(b' ' | b'-')) && is_digit(at + 2) => (b')', 2),
        _ => (0, 0),
    }
}

/// The card, social security number, address or telephone number that begins at `start`.
pub(crate) fn number(bytes: &[u8], start: usize) -> Option<Found> {
    // A sign, a decimal point or a hyphen before it makes it a part of something else.
    let before = start.checked_sub(1).and_then(|before| bytes.get(before));
    if matches!(before, Some(b'.' | b'-' | b'/' | b'+' | b'#' | b'$')) && before_is_glued(bytes, start) {
        return None;
    }
    let mut written = Written::read(bytes, start)?;
    loop {
        let end = written.end();
        let is_whole = !goes_on(bytes, end) && bytes.get(end) != Some(&b'@');
        let kind = if is_whole { classify(&written) } else { None };
        if let Some(kind) = kind {
            return Some(Found { kind, start, end });
        }
        if !written.shorten() {
            return None;
        }
    }
}

/// Whether something that belongs to the number stands before its sign: `1.2`, `a-2`, `$3`.
fn before_is_glued(bytes: &[u8], start: usize) -> bool {
    let Some(sign) = start.checked_sub(1) else { return false };
    if matches!(bytes.get(sign), Some(b'#' | b'$')) {
        return true;
    }
    sign.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric)
}

fn classify(number: &Written) -> Option<Kind> {
    if is_card(number) {
        Some(Kind::Card)
    } else if is_ssn(number) {
        Some(Kind::Ssn)
    } else if is_ipv4(number) {
        Some(Kind::Ip)
    } else if is_phone(number) {
        Some(Kind::Phone)
    } else {
        None
    }
}

/// ISO/IEC 7812: a range that is given out to card networks, and Luhn's check digit.
fn is_card(number: &Written) -> bool {
    let digits = &number.digits;
    if number.has_plus || number.has_parenthesis || !(13..=19).contains(&digits.len()) {
        return false;
    }
    let is_grouped = number.is_separated_by(b" ") || number.is_separated_by(b"-");
    // Groups as cards have them: no date, and no list of small numbers.
    let has_shape = match number.groups.as_slice() {
        [_] | [4, 6, 4 | 5] => true,
        groups => {
            groups.iter().rev().skip(1).all(|&length| length == 4)
                && groups.last().is_some_and(|&last| last <= 4)
        }
    };
    is_grouped && has_shape && is_issued(digits) && has_check_digit(digits)
}

fn is_issued(digits: &[u8]) -> bool {
    let prefix = |count: usize| {
        digits
            .iter()
            .take(count)
            .fold(0_u32, |number, &digit| number * 10 + u32::from(digit.wrapping_sub(b'0')))
    };
    match prefix(2) {
        // American Express and Diners Club.
        34 | 37 => digits.len() == 15,
        36 | 38 | 39 => digits.len() >= 14,
        30 => (300..=305).contains(&prefix(3)) || prefix(3) == 309,
        // JCB.
        35 => (3528..=3589).contains(&prefix(4)) && digits.len() >= 16,
        // Visa.
        40..=49 => matches!(digits.len(), 13 | 16 | 19),
        // Mastercard.
        51..=55 => digits.len() == 16,
        22..=27 => (2221..=2720).contains(&prefix(4)) && digits.len() == 16,
        // Maestro, UnionPay, Discover, RuPay.
        50 | 56..=69 | 81 | 82 => digits.len() >= 16 || prefix(2) < 60,
        _ => false,
    }
}

fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit.wrapping_sub(b'0'));
            if place % 2 == 0 { digit } else { digit * 2 % 10 + digit / 5 }
        })
        .sum();
    sum.is_multiple_of(10)
}

fn is_ssn(number: &Written) -> bool {
    let has_shape = !number.has_plus
        && number.groups == [3, 2, 4]
        && (number.is_separated_by(b"-") || number.is_separated_by(b" "));
    let part = |from: usize, to: usize| number.digits.get(from..to).unwrap_or_default();
    has_shape
        && !matches!(part(0, 3), b"000" | b"666" | [b'9', ..])
        && part(3, 5) != b"00"
        && part(5, 9) != b"0000"
}

fn is_ipv4(number: &Written) -> bool {
    if number.has_plus || number.groups.len() != 4 || !number.is_separated_by(b".") || number.has_parenthesis
    {
        return false;
    }
    let mut digits = number.digits.as_slice();
    number.groups.iter().all(|&length| {
        let Some((octet, rest)) = digits.split_at_checked(length) else { return false };
        digits = rest;
        let value =
            octet.iter().fold(0_u32, |value, &digit| value * 10 + u32::from(digit.wrapping_sub(b'0')));
        length <= 3 && value <= 255 && (length == 1 || octet.first() != Some(&b'0'))
    })
}

/// E.164, or a form that some country writes. A bare run of digits is none: it is an order, an id, a time.
fn is_phone(number: &Written) -> bool {
    let count = number.digits.len();
    let groups = number.groups.as_slice();
    let first = number.digits.first();
    if number.has_plus {
        return (8..=15).contains(&count) && first != Some(&b'0') && number.is_separated_by(b" -./()");
    }
    if first == Some(&b'0') && number.digits.get(1) == Some(&b'0') {
        // The international prefix 00.
        return (10..=17).contains(&count) && groups.len() >= 3 && number.is_separated_by(b" -/()");
    }
    match groups {
        // North America: (212) 555-0123, 212-555-0123, 212.555.0123, 1-212-555-0123.
        [3, 3, 4] => {
            let is_area =
                matches!(first, Some(b'2'..=b'9')) && matches!(number.digits.get(3), Some(b'2'..=b'9'));
            is_area && (number.has_parenthesis || !number.is_separated_by(b"/"))
        }
        [1, 3, 3, 4] => first == Some(&b'1') && number.is_separated_by(b" -.()"),
        // France, Belgium: 01 23 45 67 89.
        [2, 2, 2, 2, 2] => first == Some(&b'0') && number.is_separated_by(b" .-"),
        // Germany, the United Kingdom, Italy, Japan, Australia…: a trunk 0, an area, and the rest.
        [area, rest @ ..] if first == Some(&b'0') && !rest.is_empty() => {
            let is_date = groups.len() == 3 && groups.iter().all(|&length| matches!(length, 1 | 2 | 4));
            let written = if number.has_parenthesis { b" -./()".as_slice() } else { b" -/".as_slice() };
            (2..=6).contains(area)
                && (9..=12).contains(&count)
                && !is_date
                && number.is_separated_by(written)
                && rest.iter().all(|&length| length >= 2)
        }
        // Spain, Poland and others: 612 345 678.
        [3, 3, 3] => matches!(first, Some(b'5'..=b'9')) && number.is_separated_by(b" "),
        _ => false,
    }
}
