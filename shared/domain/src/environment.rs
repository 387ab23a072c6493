//! Where a release is live.

use serde::{Deserialize, Serialize};

use crate::Role;

/// An environment with a pointer per prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Environment {
    /// For trying out.
    Staging,
    /// For users.
    #[default]
    Production,
}

impl Environment {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Staging, Self::Production];

    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }

    /// The environment called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.name() == name)
    }

    /// The role that may change what is live here.
    pub const fn role_to_change(self) -> Role {
        match self {
            Self::Staging => Role::Editor,
            Self::Production => Role::Publisher,
        }
    }
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for Environment {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        Self::parse(&name).ok_or("unknown variant, expected staging or production")
    }
}
