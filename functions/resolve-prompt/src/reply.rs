//! The answer to one resolution.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::Response;
use http::header::HeaderValue;
use platform::serve::Answer;
use resolution::Bound;

/// The answer to `input`, the query or the body as it came, from a release of this age, in milliseconds: 200, or 304 when the caller has it already.
pub(crate) fn answer(
    bound: &Bound<'_>,
    age_ms: i64,
    is_stale: bool,
    input: &[u8],
    if_none_match: Option<&str>,
) -> Answer {
    let etag = etag(bound, input);
    let known = if_none_match.is_some_and(|tags| tags == "*" || tags.split(',').any(|tag| same(tag, &etag)));
    let mut headers = vec![
        ("content-type", Cow::Borrowed("application/json")),
        ("etag", Cow::Owned(etag)),
        ("x-promptlab-age-ms", Cow::Owned(age_ms.to_string())),
    ];
    if is_stale {
        headers.push(("x-promptlab-stale", Cow::Borrowed("true")));
    }
    let (status, body) = if known { (304, Vec::new()) } else { (200, bound.to_json()) };
    Answer { status, headers, body }
}

/// Changes whenever the body may: what it says follows from the revision, the version and the input. The tag protects
/// against nothing.
fn etag(bound: &Bound<'_>, input: &[u8]) -> String {
    ["\"", &bound.live.tag, "-", &hex::encode(hash(input).to_be_bytes()), "\""].concat()
}

/// Eight bytes at a time: `MurmurHash64A` (<https://github.com/aappleby/smhasher>), with zeros for what is missing at
/// the end; the length is in the seed.
fn hash(input: &[u8]) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    let mix = |hash: u64, word: u64| {
        let word = word.wrapping_mul(FACTOR);
        (hash ^ (word ^ word >> 47).wrapping_mul(FACTOR)).wrapping_mul(FACTOR)
    };
    let (words, rest) = input.as_chunks::<8>();
    let seed = (input.len() as u64).wrapping_mul(FACTOR);
    let mut hash = words.iter().fold(seed, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    hash = mix(hash, u64::from_le_bytes(last));
    hash = (hash ^ hash >> 47).wrapping_mul(FACTOR);
    hash ^ hash >> 47
}

fn same(tag: &str, etag: &str) -> bool {
    tag.trim().trim_start_matches("W/") == etag
}

/// The same answer as the handler gives it.
pub(crate) fn to_response(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::hash;

    #[test]
    fn other_inputs_have_other_hashes() {
        let mut hashes = HashSet::new();
        let long = "variables=%7B%22name%22:%22value%22%7D".repeat(4).into_bytes();
        for length in 0..long.len() {
            assert!(hashes.insert(hash(&long[..length])), "{length}");
            for bit in 0..8 {
                let mut other = long.clone();
                other[length] ^= 1 << bit;
                assert!(hashes.insert(hash(&other)), "{length} {bit}");
            }
        }
        for zeros in 1..40 {
            assert!(hashes.insert(hash(&vec![0; zeros])), "{zeros}");
        }
        let changed = (hash(&long) ^ hash(&long[1..])).count_ones();
        assert!((8..56).contains(&changed), "{changed}");
    }
}
