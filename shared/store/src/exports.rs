//! Rows for exports, a page at a time, the oldest first.

use domain::{Error, Id};
use platform::database::{Database, Statement};
use serde_json::{Map, Value};

use crate::statement::read_statement;
use crate::{Position, page, run};

const CONVERSATIONS: Statement =
    read_statement!("exports/conversations", [Text, Integer, Integer, Text, Text, Integer]);
const MESSAGES: Statement =
    read_statement!("exports/messages", [Text, Integer, Integer, Text, Text, Integer]);

pub(crate) const STATEMENTS: &[&Statement] = &[&CONVERSATIONS, &MESSAGES];

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Conversations, without what was said in them.
    Conversations,
    /// Messages.
    Messages,
}

/// Rows from a time on and before another, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// From this time on.
    pub from_ms: Option<i64>,
    /// Before this time.
    pub to_ms: Option<i64>,
}

/// A row: values by the name of their column.
pub type Row = Map<String, Value>;

/// Up to `limit` rows after a position.
pub async fn page(
    database: &Database,
    team_id: &Id,
    table: Table,
    range: Range,
    after: Option<&Position>,
    limit: u32,
) -> Result<Vec<Row>, Error> {
    let statement = match table {
        Table::Conversations => &CONVERSATIONS,
        Table::Messages => &MESSAGES,
    };
    let [value, id] = page::after(after);
    let parameters = [
        team_id.as_str().into(),
        range.from_ms.into(),
        range.to_ms.into(),
        value,
        id,
        i64::from(limit).into(),
    ];
    run::rows(database, statement, &parameters).await
}

/// Where a row stands.
pub fn position(table: Table, row: &Row) -> Option<Position> {
    let text = |column: &str| row.get(column).and_then(Value::as_str);
    let place = match table {
        Table::Conversations => text("id")?.to_owned(),
        Table::Messages => format!("{}{:012}", text("conversation_id")?, row.get("position")?.as_i64()?),
    };
    Some(Position::new(text("created_at")?, place))
}
