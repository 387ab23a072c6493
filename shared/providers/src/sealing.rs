//! Provider keys at rest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::Id;
use llm::Secret;
use platform::Config;
use sha2::{Digest, Sha256};
use store::providers::SealedProvider;

const SETTING: &str = "PROMPTLAB_SECRET";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// How much of the hash names a key.
const ID_DIGITS: usize = 12;
/// A key of fewer characters than this shows none of them.
const SHORTEST_TO_SHOW: usize = 8;

/// The installation's keys. The first seals, all open.
pub struct Keyring(Vec<EncryptionKey>);

struct EncryptionKey {
    id: String,
    cipher: XChaCha20Poly1305,
}

/// A provider key that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Nonce and ciphertext, in base64.
    pub text: String,
    /// Which key of the installation opens it.
    pub encryption_key_id: String,
}

/// A provider key, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The key.
    pub key: Secret,
    /// Whether it is sealed under an older key than the one that seals now.
    pub is_outdated: bool,
}

/// Why a provider key can be neither sealed nor opened. The text is for those who run the installation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsealable(&'static str);

impl Keyring {
    /// The keys of `PROMPTLAB_SECRET`.
    pub fn from_config(config: &Config) -> Result<Self, Unsealable> {
        let missing =
            "PROMPTLAB_SECRET is not set: 32 bytes in base64, with which provider keys are encrypted";
        Self::parse(config.get(SETTING).ok_or(Unsealable(missing))?)
    }

    fn parse(setting: &str) -> Result<Self, Unsealable> {
        let parts = setting.split(',').map(str::trim).filter(|part| !part.is_empty());
        let keys: Vec<EncryptionKey> = parts.map(EncryptionKey::parse).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(Unsealable("PROMPTLAB_SECRET holds no key")) } else { Ok(Self(keys)) }
    }

    /// Seals a provider's key for this team and provider.
    pub fn seal(&self, key: &str, team_id: &Id, provider: &str) -> Result<Sealed, Unsealable> {
        let current = self.0.first().ok_or(Unsealable("PROMPTLAB_SECRET holds no key"))?;
        let nonce: [u8; NONCE_BYTES] = platform::random::bytes();
        let bound_to = bound_to(team_id, provider);
        let payload = Payload { msg: key.as_bytes(), aad: &bound_to };
        let ciphertext = current.cipher.encrypt(XNonce::from_slice(&nonce), payload);
        let ciphertext = ciphertext.map_err(|_| Unsealable("the provider key cannot be sealed"))?;
        let text = STANDARD.encode([nonce.as_slice(), &ciphertext].concat());
        Ok(Sealed { text, encryption_key_id: current.id.clone() })
    }

    /// Opens a provider's key.
    pub fn open(&self, provider: &SealedProvider, team_id: &Id) -> Result<Opened, Unsealable> {
        let unknown = "the stored provider key is sealed under a key that PROMPTLAB_SECRET no longer has";
        let place = self.0.iter().position(|key| key.id == provider.encryption_key_id);
        let place = place.ok_or(Unsealable(unknown))?;
        let cipher = self.0.get(place).map(|key| &key.cipher).ok_or(Unsealable(unknown))?;
        let broken = || Unsealable("the stored provider key was sealed for another place or is damaged");
        let sealed = STANDARD.decode(&provider.sealed_key).map_err(|_| broken())?;
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(broken)?;
        let bound_to = bound_to(team_id, &provider.name);
        let payload = Payload { msg: ciphertext, aad: &bound_to };
        let key = cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| broken())?;
        let key = String::from_utf8(key).map_err(|_| broken())?;
        Ok(Opened { key: Secret::new(key), is_outdated: place > 0 })
    }
}

impl EncryptionKey {
    fn parse(text: &str) -> Result<Self, Unsealable> {
        let wrong = Unsealable("PROMPTLAB_SECRET holds something else than 32 bytes in base64");
        let bytes = STANDARD.decode(text).map_err(|_| wrong.clone())?;
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| wrong)?;
        let hash = Sha256::new().chain_update("promptlab encryption key id").chain_update(bytes).finalize();
        let id = hex::encode(hash).chars().take(ID_DIGITS).collect();
        Ok(Self { id, cipher: XChaCha20Poly1305::new(&bytes.into()) })
    }
}

/// What a sealed key is tied to.
fn bound_to(team_id: &Id, provider: &str) -> Vec<u8> {
    ["promptlab provider key", team_id.as_str(), provider].join("\u{1f}").into_bytes()
}

/// What may be shown of a key: its end, unless the key is so short that this would be half of it.
pub fn last_four(key: &str) -> &str {
    let count = key.chars().count();
    if count < SHORTEST_TO_SHOW {
        return "";
    }
    key.char_indices().nth(count - 4).and_then(|(start, _)| key.get(start..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Kind;

    fn secret(byte: u8) -> String {
        STANDARD.encode([byte; KEY_BYTES])
    }

    fn stored(sealed: Sealed, name: &str) -> SealedProvider {
        SealedProvider {
            name: name.to_owned(),
            sealed_key: sealed.text,
            encryption_key_id: sealed.encryption_key_id,
            base_url: None,
        }
    }

    fn team(number: u8) -> Id {
        Id::new(Kind::Team, 1, [number; 10])
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_team_and_provider_only() {
        let keyring = Keyring::parse(&secret(1)).unwrap();
        let sealed = keyring.seal("sk-1234", &team(1), "openai").unwrap();
        assert!(!sealed.text.contains("sk-1234"));
        let opened = keyring.open(&stored(sealed.clone(), "openai"), &team(1)).unwrap();
        assert_eq!((opened.key.expose(), opened.is_outdated), ("sk-1234", false));
        assert!(keyring.open(&stored(sealed.clone(), "openai"), &team(2)).is_err());
        assert!(keyring.open(&stored(sealed.clone(), "gemini"), &team(1)).is_err());
        let again = keyring.seal("sk-1234", &team(1), "openai").unwrap();
        assert_ne!(sealed.text, again.text, "every sealing has a nonce of its own");
    }

    #[test]
    fn an_old_key_opens_and_the_new_one_seals() {
        let old = Keyring::parse(&secret(1)).unwrap();
        let sealed = stored(old.seal("sk-1234", &team(1), "openai").unwrap(), "openai");
        let both = Keyring::parse(&format!("{}, {}", secret(2), secret(1))).unwrap();
        let opened = both.open(&sealed, &team(1)).unwrap();
        assert_eq!((opened.key.expose(), opened.is_outdated), ("sk-1234", true));
        let resealed = stored(both.seal("sk-1234", &team(1), "openai").unwrap(), "openai");
        let new = Keyring::parse(&secret(2)).unwrap();
        assert!(new.open(&sealed, &team(1)).is_err());
        assert_eq!(new.open(&resealed, &team(1)).unwrap().key.expose(), "sk-1234");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for setting in ["", ",", "secret", "c2hvcnQ=", &format!("{},x", secret(1))] {
            assert!(Keyring::parse(setting).is_err(), "{setting}");
        }
        assert!(Keyring::from_config(&Config::default()).is_err());
    }

    #[test]
    fn no_key_shows_more_than_half_of_itself() {
        assert_eq!(last_four("sk-1234567890"), "7890");
        assert_eq!(last_four("12345678"), "5678");
        assert_eq!(last_four("1234567"), "");
    }
}
