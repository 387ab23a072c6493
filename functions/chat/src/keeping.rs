//! What of a conversation is stored, as its team wants it.

use std::borrow::Cow;
use std::sync::Arc;

use edge::Call;
use redaction::{Mode, Policy};

/// The rules of a call's team.
pub(crate) struct Keeping(Arc<Policy>);

impl Keeping {
    pub(crate) async fn of(call: &Call) -> Self {
        Self(events::policy_or_unknown(&call.database, call.team_id()).await)
    }

    /// What is stored of what somebody said.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.in_conversation(text)
    }

    /// What a user is called where users are stored: as where their inferences are counted.
    pub(crate) fn user(&self, user_id: &str) -> String {
        if self.0.conversations() == Mode::Off { user_id.to_owned() } else { events::unit(user_id) }
    }
}
