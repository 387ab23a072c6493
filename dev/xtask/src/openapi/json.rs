//! JSON whose members stay in the order in which somebody wrote them: readers see the document in it.
//!
//! `serde_json` can do so too, but only for every crate of a build at once, which would hide from tests that maps
//! are sorted in what is deployed.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The members of an object, in order.
pub(super) type Members = IndexMap<String, Json>;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Json {
    Null,
    Boolean(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Json>),
    Object(Members),
}

impl Json {
    /// The member `name` of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }

    /// Sets a member of an object; anything else has none.
    pub(super) fn insert(&mut self, name: &str, value: Self) {
        if let Self::Object(members) = self {
            members.insert(name.to_owned(), value);
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list; of anything else, none.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl FromIterator<Json> for Json {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}

/// An object of these members.
pub(super) fn object<const COUNT: usize, N: AsRef<str>>(members: [(N, Json); COUNT]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.as_ref().to_owned(), value)).collect())
}

/// A reference to a component.
pub(super) fn reference(kind: &str, name: &str) -> Json {
    object([("$ref", Json::Text(format!("#/components/{kind}/{name}")))])
}
