//! What a key may do.

use serde::{Deserialize, Serialize};

/// A key's role. Each may do what the ones before it may, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
