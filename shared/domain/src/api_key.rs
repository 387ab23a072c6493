//! API keys: `pl_` and 32 random bytes in hexadecimal; only their SHA-256 is ever stored.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A key as its owner holds it. It has no `Debug` and no `Display`: it must reach no log.
#[derive(Clone)]
pub struct ApiKey(String);

/// The SHA-256 of a key, in lower-case hexadecimal: what is stored and looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyHash(String);

const PREFIX: &str = "pl_";
const LONGEST: usize = 128;

impl ApiKey {
    /// A new key from 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", hex::encode(random)))
    }

    /// The key that a client sent, if it could be one.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(PREFIX)?;
        let plausible =
            !body.is_empty() && text.len() <= LONGEST && body.bytes().all(|byte| byte.is_ascii_graphic());
        plausible.then(|| Self(text.to_owned()))
    }

    /// The key itself, for the one answer that shows it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The first characters, enough to recognise a key and too few to use it.
    pub fn hint(&self) -> &str {
        self.0.get(..PREFIX.len() + 6).unwrap_or(PREFIX)
    }

    /// Whether it is the same key, in a time that does not depend on where they differ.
    pub fn is(&self, other: &Self) -> bool {
        let (left, right) = (self.0.as_bytes(), other.0.as_bytes());
        let difference = left.iter().zip(right).fold(0, |sum, (left, right)| sum | (left ^ right));
        left.len() == right.len() && difference == 0
    }

    /// What is stored and looked up.
    pub fn hash(&self) -> KeyHash {
        KeyHash(hex::encode(Sha256::digest(self.0.as_bytes())))
    }
}

impl KeyHash {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plausible_keys_parse() {
        assert!(ApiKey::parse("pl_abc").is_some());
        for text in ["", "pl_", "sk_abc", "pl_a b", "pl_ä", &format!("pl_{}", "a".repeat(200))] {
            assert!(ApiKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        let key = ApiKey::parse("pl_abc").unwrap();
        assert_eq!(key.hash().as_str(), hex::encode(Sha256::digest(b"pl_abc")));
        assert_eq!(ApiKey::new([0; 32]).reveal().len(), 67);
        assert_eq!(ApiKey::new([0; 32]).hint(), "pl_000000");
        assert!(key.is(&key.clone()));
        for other in ["pl_abd", "pl_ab", "pl_abcd"] {
            assert!(!key.is(&ApiKey::parse(other).unwrap()), "{other}");
        }
    }
}
