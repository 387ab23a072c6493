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

    /// The title of a conversation that begins with a line, at most 80 characters of it. It is cut where nothing personal is:
    /// what is left of that would stay in a title that is masked later, in an export.
    pub(crate) fn title(&self, line: &str) -> String {
        const LONGEST: usize = 80;
        let kept = self.text(line);
        let beginning = self.0.beginning(&kept, LONGEST);
        if beginning.len() == kept.len() { kept.into_owned() } else { format!("{beginning}…") }
    }

    /// What a user is called where users are stored: as where their inferences are counted.
    pub(crate) fn user(&self, user_id: &str) -> String {
        if self.0.conversations() == Mode::Off { user_id.to_owned() } else { events::unit(user_id) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn title(settings: serde_json::Value, line: &str) -> String {
        Keeping(Arc::new(Policy::read(&settings).unwrap())).title(line)
    }

    #[test]
    fn a_title_is_short() {
        let title = |line: &str| title(json!({}), line);
        assert_eq!(title("Where is it?"), "Where is it?");
        assert_eq!(title(&"ü".repeat(80)), "ü".repeat(80));
        assert_eq!(title(&"ü".repeat(81)), format!("{}…", "ü".repeat(80)));
    }

    #[test]
    fn no_part_of_what_is_personal_is_in_a_title() {
        let words = "w ".repeat(33);
        let words = words.trim_end();
        let masked = json!({ "fields": { "conversations": "mask" }, "patterns": [{ "name": "ticket", "pattern": "T-[0-9]{6}" }] });
        let kept = json!({ "patterns": [{ "name": "ticket", "pattern": "T-[0-9]{6}" }] });
        for personal in ["robert.smith@example.com", "4111 1111 1111 1111", "reference T-123456"] {
            let line = format!("{words} {personal} and so on");
            let cut = title(kept.clone(), &line);
            assert!(cut.starts_with(words) && !cut.contains(['@', '1']), "{cut}");
            let cut = title(masked.clone(), &line);
            assert!(cut.contains('[') && !cut.contains(['@', '1']), "{cut}");
        }
    }
}
