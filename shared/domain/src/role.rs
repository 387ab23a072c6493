//! What a key may do.

use serde::{Deserialize, Serialize};

/// A key's role. Each may do what the ones before it may, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Role {
    /// Resolve, chat, feedback, ingest: for applications.
    Runtime,
    /// Read everything.
    Viewer,
    /// Write drafts, staging, and experiments in staging.
    Editor,
    /// Change production.
    Publisher,
    /// Keys, teams, settings.
    Admin,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 5] = [Self::Runtime, Self::Viewer, Self::Editor, Self::Publisher, Self::Admin];

    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Publisher => "publisher",
            Self::Admin => "admin",
        }
    }
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let role = Self::ALL.into_iter().find(|role| role.name() == name);
        role.ok_or_else(|| "unknown variant, expected runtime, viewer, editor, publisher or admin".to_owned())
    }
}
