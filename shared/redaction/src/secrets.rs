//! API keys, tokens and private keys, by what they begin with.

use crate::scan::{Found, Kind, goes_on, run};

/// How a provider's keys look: what they begin with, and how many characters follow, at least and at most.
struct Shape {
    prefix: &'static str,
    least: usize,
    most: usize,
    /// Whether `-` and `_` stand in them.
    has_punctuation: bool,
}

const fn shape(prefix: &'static str, least: usize, most: usize, has_punctuation: bool) -> Shape {
    Shape { prefix, least, most, has_punctuation }
}

/// A longer prefix stands before one that it begins with.
const SHAPES: &[Shape] = &[
    // Ours.
    shape("pl_", 24, 128, true),
    // OpenAI, Anthropic and those that followed them; Stripe.
    shape("sk-", 20, 256, true),
    shape("sk_live_", 16, 256, false),
    shape("sk_test_", 16, 256, false),
    shape("rk_live_", 16, 256, false),
    shape("rk_test_", 16, 256, false),
    shape("whsec_", 16, 256, true),
    // GitHub, GitLab.
    shape("github_pat_", 22, 256, true),
    shape("ghp_", 36, 255, false),
    shape("gho_", 36, 255, false),
    shape("ghu_", 36, 255, false),
    shape("ghs_", 36, 255, false),
    shape("ghr_", 36, 255, false),
    shape("glpat-", 20, 255, true),
    // Amazon: the id of a key.
    shape("AKIA", 16, 16, false),
    shape("ASIA", 16, 16, false),
    // Google.
    shape("AIza", 35, 35, true),
    shape("ya29.", 20, 512, true),
    shape("GOCSPX-", 28, 28, true),
    // Slack.
    shape("xoxa-", 10, 256, true),
    shape("xoxb-", 10, 256, true),
    shape("xoxp-", 10, 256, true),
    shape("xoxr-", 10, 256, true),
    shape("xoxs-", 10, 256, true),
    shape("xapp-", 10, 256, true),
    // Hugging Face, npm, PyPI, SendGrid, DigitalOcean, Groq, xAI, Replicate, Shopify.
    shape("hf_", 30, 64, false),
    shape("npm_", 36, 36, false),
    shape("pypi-", 32, 256, true),
    shape("SG.", 32, 128, true),
    shape("dop_v1_", 64, 64, false),
    shape("gsk_", 32, 128, false),
    shape("xai-", 32, 128, false),
    shape("r8_", 37, 64, false),
    shape("shpat_", 32, 32, false),
];

const LONGEST_TOKEN: usize = 8_192;
const SHORTEST_BEARER: usize = 16;

/// The key or token that begins at `start`.
pub(crate) fn secret(text: &str, start: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    api_key(bytes, start).or_else(|| jwt(bytes, start)).or_else(|| bearer(bytes, start))
}

fn api_key(bytes: &[u8], start: usize) -> Option<Found> {
    let rest = bytes.get(start..)?;
    let shape = SHAPES.iter().find(|shape| rest.starts_with(shape.prefix.as_bytes()))?;
    let is_part = |byte: u8| {
        byte.is_ascii_alphanumeric() || (shape.has_punctuation && matches!(byte, b'-' | b'_' | b'.'))
    };
    let begin = start + shape.prefix.len();
    let mut length = run(bytes, begin, shape.most, is_part);
    // A full stop behind a key ends a sentence.
    while length > 0 && bytes.get(begin + length - 1) == Some(&b'.') {
        length -= 1;
    }
    let end = begin + length;
    let part = bytes.get(begin..end)?;
    // Words that are joined by hyphens have no digits: sk-learn-tutorial-for-beginners.
    let is_random = part.iter().any(u8::is_ascii_digit);
    let is_one = length >= shape.least && is_random && (length < shape.most || !goes_on(bytes, end));
    is_one.then_some(Found { kind: Kind::ApiKey, start, end })
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// RFC 7519: `{"` in base 64 is `eyJ`.
fn jwt(bytes: &[u8], start: usize) -> Option<Found> {
    // In the middle of something longer it is no beginning: otherwise every hyphen could be one, and each is followed.
    let before = start.checked_sub(1).and_then(|before| bytes.get(before));
    if !bytes.get(start..)?.starts_with(b"eyJ") || matches!(before, Some(b'-' | b'.')) {
        return None;
    }
    let mut at = start;
    for part in 0..3 {
        let length = run(bytes, at, LONGEST_TOKEN, is_base64url);
        // The signature may be empty.
        if length == 0 && part < 2 {
            return None;
        }
        at += length;
        if part < 2 {
            if bytes.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
    }
    Some(Found { kind: Kind::Jwt, start, end: at })
}

/// RFC 6750: what follows `Bearer`. The word stays.
fn bearer(bytes: &[u8], start: usize) -> Option<Found> {
    const WORD: &[u8] = b"bearer";
    if !bytes.get(start..start + WORD.len())?.eq_ignore_ascii_case(WORD) {
        return None;
    }
    let begin =
        start + WORD.len() + run(bytes, start + WORD.len(), 4, |byte| matches!(byte, b' ' | b'\t' | b':'));
    let is_part = |byte: u8| is_base64url(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=');
    let length = run(bytes, begin, LONGEST_TOKEN, is_part);
    let token = bytes.get(begin..begin + length)?;
    let is_random = token.iter().any(u8::is_ascii_digit);
    let is_one = begin > start + WORD.len() && length >= SHORTEST_BEARER && is_random;
    is_one.then_some(Found { kind: Kind::Bearer, start: begin, end: begin + length })
}

const LONGEST_PEM: usize = 16_384;
const LONGEST_LABEL: usize = 40;

/// RFC 7468: from the first hyphen to the last one. A key that breaks off is one all the same.
pub(crate) fn private_key(text: &str, start: usize) -> Option<Found> {
    const BEGIN: &str = "-----BEGIN ";
    let most = (start..=text.len().min(start + LONGEST_PEM)).rev().find(|&end| text.is_char_boundary(end))?;
    let rest = text.get(start..most)?;
    let label = rest.strip_prefix(BEGIN)?;
    let length = run(label.as_bytes(), 0, LONGEST_LABEL, |byte| byte.is_ascii_uppercase() || byte == b' ');
    let head = label.get(..length)?;
    if !head.ends_with("PRIVATE KEY") || !label.get(length..)?.starts_with("-----") {
        return None;
    }
    let marker = format!("-----END {head}-----");
    let end = rest.find(&marker).map_or(most, |at| start + at + marker.len());
    Some(Found { kind: Kind::PrivateKey, start, end })
}
