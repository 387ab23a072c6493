//! Random bytes from the platform's cryptographic source.

/// `N` random bytes.
///
/// # Panics
/// When the platform has no entropy source: nothing that needs secrets may run there.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(clippy::expect_used, reason = "without entropy no id and no key may be made")]
    getrandom::fill(&mut bytes).expect("the platform has a random source");
    bytes
}
