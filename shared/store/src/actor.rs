//! Who does it.

use domain::Id;
use platform::database::Parameter;

/// Who asks for a change, for the audit log and the `…_by` columns. It also says in which team.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The team of the key.
    pub team_id: Id,
    /// The user of the key.
    pub user_id: Id,
    /// The key.
    pub key_id: Id,
    /// The request.
    pub request_id: String,
}

impl Actor {
    /// `$1` of every change.
    pub(crate) fn team(&self) -> Parameter<'_> {
        Parameter::from(self.team_id.as_str())
    }

    /// `$2` of every change.
    pub(crate) fn document(&self) -> Parameter<'static> {
        let document = serde_json::json!({
            "user_id": self.user_id,
            "key_id": self.key_id,
            "request_id": self.request_id,
        });
        Parameter::from(&document)
    }
}
