//! Ids: `TypeID`s (<https://github.com/jetify-com/typeid>, version 0.3), a prefix that names the kind and a
//! UUID version 7 in 26 characters of Crockford's base 32.

use serde::{Deserialize, Serialize};

/// An id as text, `prm_01h455vb4pex5vsknk084sn02q`. Ids of one kind sort by the time they were made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(String);

/// What an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says it")]
pub enum Kind {
    Audit,
    Canary,
    Collection,
    Conversation,
    EvaluationRun,
    Event,
    Experiment,
    Feedback,
    Key,
    Message,
    Prompt,
    Team,
    TestSet,
    User,
    Version,
}

/// Text that is no id of the kind it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct UnknownId;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const SUFFIX_LENGTH: usize = 26;

impl Kind {
    /// The part of the id before the underscore.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Audit => "aud",
            Self::Canary => "can",
            Self::Collection => "col",
            Self::Conversation => "conv",
            Self::EvaluationRun => "evr",
            Self::Event => "evt",
            Self::Experiment => "exp",
            Self::Feedback => "fb",
            Self::Key => "key",
            Self::Message => "msg",
            Self::Prompt => "prm",
            Self::Team => "team",
            Self::TestSet => "tst",
            Self::User => "usr",
            Self::Version => "ver",
        }
    }

    /// Whether `text` looks like an id of this kind.
    pub fn matches(self, text: &str) -> bool {
        text.strip_prefix(self.prefix()).and_then(|rest| rest.strip_prefix('_')).is_some_and(|suffix| {
            suffix.len() == SUFFIX_LENGTH
                && suffix.bytes().all(|byte| ALPHABET.contains(&byte))
                && suffix.as_bytes().first().is_some_and(|&first| first <= b'7')
        })
    }
}

impl Id {
    /// A new id from the time in milliseconds since the Unix epoch and ten random bytes.
    pub fn new(kind: Kind, now_ms: i64, random: [u8; 10]) -> Self {
        let milliseconds = u128::from(u64::try_from(now_ms).unwrap_or(0)) & 0xffff_ffff_ffff;
        let entropy = random.iter().fold(0_u128, |number, &byte| (number << 8) | u128::from(byte));
        let random_a = (entropy >> 62) & 0x0fff;
        let random_b = entropy & 0x3fff_ffff_ffff_ffff;
        let uuid = (milliseconds << 80) | (0x7 << 76) | (random_a << 64) | (0b10 << 62) | random_b;
        let suffix = (0..SUFFIX_LENGTH).rev().map(|position| {
            let index = usize::try_from((uuid >> (position * 5)) & 31).unwrap_or(0);
            char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
        });
        let mut text = String::with_capacity(kind.prefix().len() + 1 + SUFFIX_LENGTH);
        text.push_str(kind.prefix());
        text.push('_');
        text.extend(suffix);
        Self(text)
    }

    /// `text` as an id, if it looks like one of `kind`.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, UnknownId> {
        if kind.matches(text) { Ok(Self(text.to_owned())) } else { Err(UnknownId) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_that_of_the_specification() {
        // From the TypeID specification's valid.yml: UUID 0188bac7-4afa-78aa-bc3b-bd1eef28d881.
        let random = 0x8aa_u128 << 62 | 0x3c3b_bd1e_ef28_d881;
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.to_be_bytes()[6..]);
        let id = Id::new(Kind::Prompt, 0x0188_bac7_4afa, bytes);
        assert_eq!(id.as_str(), "prm_01h2xcejqtf2nbrexx3vqjhp41");
    }

    #[test]
    fn ids_sort_by_time_and_parse_back() {
        let early = Id::new(Kind::Version, 1, [255; 10]);
        let late = Id::new(Kind::Version, 2, [0; 10]);
        assert!(early < late);
        assert_eq!(Id::parse(Kind::Version, early.as_str()), Ok(early.clone()));
        assert_eq!(Id::parse(Kind::Prompt, early.as_str()), Err(UnknownId));
        for text in ["", "ver_", "ver_01h2xcejqtf2nbrexx3vqjhp4", "ver_81h2xcejqtf2nbrexx3vqjhp41", "ver_ü"]
        {
            assert_eq!(Id::parse(Kind::Version, text), Err(UnknownId), "{text}");
        }
    }
}
