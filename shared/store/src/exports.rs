//! Rows for exports, a page at a time, the oldest first.

use domain::{Error, Id};
use platform::database::{Database, Statement};
use serde_json::Value;

use crate::page::{self, SortedBy};
use crate::statement::read_statement;
use crate::{Position, run};

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

impl Table {
    /// What a row holds, in this order.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Conversations => &[
                "id",
                "title",
                "user_id",
                "prompt_id",
                "message_count",
                "created_at",
                "created_by",
                "updated_at",
            ],
            Self::Messages => &[
                "id",
                "conversation_id",
                "position",
                "role",
                "content",
                "status",
                "prompt_id",
                "prompt_name",
                "version_id",
                "version_number",
                "environment",
                "experiment_id",
                "variant",
                "model",
                "tokens_in",
                "tokens_out",
                "cached_tokens_in",
                "cost_usd",
                "latency_ms",
                "ttft_ms",
                "finish_reason",
                "error_code",
                "request_id",
                "created_at",
                "completed_at",
            ],
        }
    }
}

/// Rows from a time on and before another, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Range {
    /// From this time on.
    pub from_ms: Option<i64>,
    /// Before this time.
    pub to_ms: Option<i64>,
}

/// A row's values, one for each column. Without names, which would be most of what the database sends.
pub type Row = Vec<Value>;

/// What was read of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// How many rows.
    pub rows: u32,
    /// Where the last one stands.
    pub last: Option<Position>,
}

/// Up to `limit` rows after a position. One at a time: of the others there is no more than what the database sent.
pub async fn page(
    database: &Database,
    team_id: &Id,
    table: Table,
    range: Range,
    after: Option<&Position>,
    limit: u32,
    mut each: impl FnMut(Row),
) -> Result<Read, Error> {
    let statement = match table {
        Table::Conversations => &CONVERSATIONS,
        Table::Messages => &MESSAGES,
    };
    let [value, id] = page::after(after, SortedBy::Time)?;
    let parameters = [
        team_id.as_str().into(),
        range.from_ms.into(),
        range.to_ms.into(),
        value,
        id,
        i64::from(limit).into(),
    ];
    let mut read = Read { rows: 0, last: None };
    run::for_each(database, statement, &parameters, |row: Row| {
        read.rows += 1;
        read.last = position(table, &row);
        each(row);
    })
    .await?;
    Ok(read)
}

/// Where a row stands.
fn position(table: Table, row: &Row) -> Option<Position> {
    let value = |column: &str| row.get(table.columns().iter().position(|name| *name == column)?);
    let text = |column: &str| value(column)?.as_str();
    let place = match table {
        Table::Conversations => text("id")?.to_owned(),
        Table::Messages => format!("{}{:012}", text("conversation_id")?, value("position")?.as_i64()?),
    };
    Some(Position::new(text("created_at")?, place))
}
