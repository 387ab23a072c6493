//! The audit log: who changed what, written by the statements that make the changes.

use domain::{Error, Id};
use platform::database::{Database, Statement};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::page::{self, Page, Position, SortedBy};
use crate::run;
use crate::statement::read_statement;

const LIST: Statement =
    read_statement!("audit/list", [Text, Text, Text, Integer, Integer, Text, Text, Integer]);

pub(crate) const STATEMENTS: &[&Statement] = &[&LIST];

/// A change that somebody made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The entry.
    pub id: Id,
    /// When.
    pub at: String,
    /// What was done: `prompt.promote`, `key.revoke`, ….
    pub action: String,
    /// The id of what it was done to.
    pub resource: String,
    /// The user who did it; none for what the schedule did.
    pub user_id: Option<Id>,
    /// The user's name, or `schedule`.
    pub user_name: Option<String>,
    /// The key it was done with; none for what the set-up or the schedule did.
    pub key_id: Option<Id>,
    /// The key's name.
    pub key_name: Option<String>,
    /// The request it was done in; none for what the set-up or the schedule did.
    pub request_id: Option<String>,
    /// What changed, as far as it is worth keeping.
    pub detail: Value,
}

/// Which entries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<'a> {
    /// About this id.
    pub resource: Option<&'a str>,
    /// By this user: an id or a name, or `schedule`.
    pub actor: Option<&'a str>,
    /// From this time on, in milliseconds since the Unix epoch.
    pub from_ms: Option<i64>,
    /// Before this time.
    pub to_ms: Option<i64>,
}

/// A team's entries, the newest first. Positions are times.
pub async fn list(
    database: &Database,
    team_id: &Id,
    query: &Query<'_>,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Entry>, Error> {
    let [value, id] = page::after(after, SortedBy::Time)?;
    let parameters = [
        team_id.as_str().into(),
        query.resource.into(),
        query.actor.into(),
        query.from_ms.into(),
        query.to_ms.into(),
        value,
        id,
        page::one_more_than(limit),
    ];
    let rows = run::rows(database, &LIST, &parameters).await?;
    Ok(Page::new(rows, limit, |entry: &Entry| Position::new(&entry.at, entry.id.as_str())))
}
