//! The two hashes of the algorithm, and the numbers made from them.

use sha2::{Digest, Sha256};

/// ASCII's unit separator, between the parts of a hashed input.
pub(crate) const SEPARATOR: u8 = 0x1f;

/// A unit's place in one experiment, from which each arm's score is derived.
///
/// Hashing salt and unit once leaves one block of SHA-256 per arm, instead of two or three for ids of usual length.
pub(crate) struct Seed([u8; 16]);

/// The inclusion bucket of a unit, 0 to 9,999.
#[expect(clippy::cast_possible_truncation, reason = "a product below 10,000 · 2⁶⁴, shifted, is below 10,000")]
pub(crate) fn bucket(salt: &str, unit: &str) -> u32 {
    let hash = leading_u64(&salted(salt, "inclusion", unit));
    ((u128::from(hash) * 10_000) >> 64) as u32
}

impl Seed {
    /// The seed of a unit under a salt.
    pub(crate) fn new(salt: &str, unit: &str) -> Self {
        let mut seed = [0; 16];
        seed.iter_mut().zip(salted(salt, "variant", unit)).for_each(|(to, from)| *to = from);
        Self(seed)
    }

    /// The rendezvous score in an arm: exponential with rate `weight_bp`; `None` for a weight of zero.
    pub(crate) fn score(&self, key: &str, weight_bp: u32) -> Option<f64> {
        if weight_bp == 0 {
            return None;
        }
        let hash = leading_u64(&Sha256::new().chain_update(self.0).chain_update(key).finalize().into());
        Some(-libm::log(open_unit_interval(hash)) / f64::from(weight_bp))
    }
}

/// Maps a hash to the middle of one of 2⁵² equal cells of (0, 1). Exact: the numerator takes 53 bits.
#[expect(clippy::cast_precision_loss, reason = "a 52-bit integer is exact in a double")]
fn open_unit_interval(hash: u64) -> f64 {
    const CELLS: f64 = (1_u64 << 52) as f64;
    ((hash >> 12) as f64 + 0.5) / CELLS
}

/// SHA-256 of `salt ‖ 0x1f ‖ purpose ‖ 0x1f ‖ unit`.
fn salted(salt: &str, purpose: &str, unit: &str) -> [u8; 32] {
    let prefix = Sha256::new().chain_update(salt).chain_update([SEPARATOR]).chain_update(purpose);
    prefix.chain_update([SEPARATOR]).chain_update(unit).finalize().into()
}

/// The first eight bytes, big-endian.
fn leading_u64(digest: &[u8; 32]) -> u64 {
    digest.iter().take(8).fold(0, |hash, &byte| hash << 8 | u64::from(byte))
}

#[cfg(test)]
mod tests {
    use super::open_unit_interval;

    #[test]
    fn the_open_interval_never_touches_its_ends() {
        assert_eq!(open_unit_interval(0).to_bits(), 2.0_f64.powi(-53).to_bits());
        assert_eq!(open_unit_interval(u64::MAX).to_bits(), (1.0 - 2.0_f64.powi(-53)).to_bits());
    }
}
