//! Strings as JSON writes them.

/// Appends a JSON string.
pub(crate) fn write_string(text: &str, json: &mut Vec<u8>) {
    json.push(b'"');
    write_characters(text, json);
    json.push(b'"');
}

/// Appends what stands between a JSON string's quotes. A value may be thousands of bytes of which few need an escape:
/// eight are looked at together.
pub(crate) fn write_characters(text: &str, json: &mut Vec<u8>) {
    let mut rest = text.as_bytes();
    while let Some((plain, others)) = rest.split_at_checked(plain_length(rest)) {
        json.extend_from_slice(plain);
        let Some((&special, after)) = others.split_first() else { break };
        write_escape(special, json);
        rest = after;
    }
}

/// How many bytes stand for themselves before the first that does not.
fn plain_length(bytes: &[u8]) -> usize {
    let (words, remainder) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = special_bytes(u64::from_le_bytes(*word));
        if marks != 0 {
            return index * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let in_remainder = remainder.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\');
    words.len() * 8 + in_remainder.unwrap_or(remainder.len())
}

/// Marks bytes below 0x20, quotes and backslashes, exactly up to the lowest one: subtraction from all eight at once
/// borrows only upwards (<https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>).
const fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES * 0x80;
    const fn zero_bytes(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word & HIGH
    }
    let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
    controls | zero_bytes(word ^ (ONES * b'"' as u64)) | zero_bytes(word ^ (ONES * b'\\' as u64))
}

fn write_escape(byte: u8, json: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0C => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            json.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 0xF)]);
            return;
        }
    };
    json.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_written_as_serde_writes_them() {
        let specials = (0..0x80_u8).map(|byte| char::from(byte).to_string());
        for special in
            specials.chain(["é", "\u{80}", "日", "🦀", "\u{2028}", "\"\\", "\n\n"].map(String::from))
        {
            for before in 0..18 {
                for after in [0, 1, 7, 8, 9] {
                    let text = format!("{}{special}{}", "x".repeat(before), "ÿ\u{7f}".repeat(after));
                    let mut json = Vec::new();
                    write_string(&text, &mut json);
                    assert_eq!(String::from_utf8(json).unwrap(), serde_json::to_string(&text).unwrap());
                }
            }
        }
    }
}
