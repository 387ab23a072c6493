//! Conversations and messages, page by page.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::Error;
use edge::{Call, Checks, Problem, Query};
use futures_util::stream::{self, StreamExt};
use redaction::Policy;
use serde::Deserialize;
use serde_json::Value;
use store::Position;
use store::exports::{self, Range, Row, Table};

use crate::csv::{self, Cell};

/// The query.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ExportQuery {
    from: Option<String>,
    to: Option<String>,
}

const CONVERSATION_COLUMNS: &[&str] =
    &["id", "title", "user_id", "prompt_id", "message_count", "created_at", "created_by", "updated_at"];

const MESSAGE_COLUMNS: &[&str] = &[
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
];

/// What users and models wrote: personal data in it is replaced, as in everything that leaves for other uses.
const WRITTEN: &[&str] = &["title", "content", "user_id"];

/// How many rows are read at once: as many as make about so many bytes.
const FIRST_PAGE: u32 = 100;
const SMALLEST_PAGE: u32 = 5;
const LARGEST_PAGE: u32 = 1_000;
const PAGE_BYTES: usize = 512 << 10;

pub(crate) async fn conversations(call: Call, Query(query): Query<ExportQuery>) -> Result<Response, Problem> {
    export(call, &query, Table::Conversations, CONVERSATION_COLUMNS, "conversations").await
}

pub(crate) async fn messages(call: Call, Query(query): Query<ExportQuery>) -> Result<Response, Problem> {
    export(call, &query, Table::Messages, MESSAGE_COLUMNS, "messages").await
}

impl ExportQuery {
    pub(crate) fn range(&self) -> Result<Range, Error> {
        let mut checks = Checks::default();
        let from_ms = checks.time("from", self.from.as_deref());
        let to_ms = checks.time("to", self.to.as_deref());
        if let (Some(from_ms), Some(to_ms)) = (from_ms, to_ms)
            && from_ms > to_ms
        {
            checks.refuse("from", "out_of_range", "not after `to`");
        }
        checks.finish()?;
        Ok(Range { from_ms, to_ms })
    }
}

/// The first page is read before the response begins, so that a database that is down is a problem and no file.
async fn export(
    call: Call,
    query: &ExportQuery,
    table: Table,
    columns: &'static [&'static str],
    name: &str,
) -> Result<Response, Problem> {
    let range = query.range()?;
    let policy = events::policy(&call.database, call.team_id()).await;
    let mut reader =
        Reader { call, table, range, columns, policy, after: None, limit: FIRST_PAGE, is_over: false };
    let mut head = String::new();
    csv::line(&mut head, columns.iter().map(|column| Cell::Text(column)));
    head.push_str(&reader.page().await?);
    let first = stream::once(async move { Ok::<_, Error>(Bytes::from(head)) });
    let rest = stream::try_unfold(reader, |mut reader| async move {
        if reader.is_over {
            return Ok(None);
        }
        let page = reader.page().await.inspect_err(|error| {
            platform::error!(
                "export broke off",
                error = error.to_string(),
                request_id = reader.call.request_id,
                trace_id = reader.call.trace_id(),
                team_id = reader.call.team_id()
            );
        })?;
        Ok(Some((Bytes::from(page), reader)))
    });
    Ok(csv::response(name, Body::from_stream(first.chain(rest))))
}

/// Where an export is.
struct Reader {
    call: Call,
    table: Table,
    range: Range,
    columns: &'static [&'static str],
    policy: std::sync::Arc<Policy>,
    after: Option<Position>,
    limit: u32,
    is_over: bool,
}

impl Reader {
    /// The next page's lines.
    async fn page(&mut self) -> Result<String, Error> {
        let (database, team_id) = (&self.call.database, self.call.team_id());
        let rows =
            exports::page(database, team_id, self.table, self.range, self.after.as_ref(), self.limit).await?;
        self.is_over = rows.len() < usize::try_from(self.limit).unwrap_or(usize::MAX);
        self.after = rows.last().and_then(|row| exports::position(self.table, row));
        // Without a position the next page would be the first one again.
        self.is_over |= self.after.is_none();
        let mut page = String::new();
        for mut row in rows {
            self.redact(&mut row);
            csv::line(&mut page, self.columns.iter().map(|column| Cell::from(row.get(*column))));
        }
        self.limit = next_limit(self.limit, page.len());
        Ok(page)
    }

    fn redact(&self, row: &mut Row) {
        for column in WRITTEN {
            let Some(value) = row.get_mut(*column) else { continue };
            let field = if *column == "content" { "output" } else { *column };
            *value = self.policy.value(field, value.take()).unwrap_or(Value::Null);
        }
    }
}

/// Pages of long texts become shorter, and those of short ones longer.
fn next_limit(limit: u32, page_bytes: usize) -> u32 {
    let next = if page_bytes > 2 * PAGE_BYTES {
        limit / 4
    } else if page_bytes > PAGE_BYTES {
        limit / 2
    } else if page_bytes < PAGE_BYTES / 2 {
        limit * 2
    } else {
        limit
    };
    next.clamp(SMALLEST_PAGE, LARGEST_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_about_as_large_as_they_should_be() {
        assert_eq!(next_limit(100, 1_000), 200);
        assert_eq!(next_limit(1_000, 1_000), 1_000);
        assert_eq!(next_limit(100, PAGE_BYTES + 1), 50);
        assert_eq!(next_limit(100, 10 * PAGE_BYTES), 25);
        assert_eq!(next_limit(6, 10 * PAGE_BYTES), 5);
        assert_eq!(next_limit(100, PAGE_BYTES), 100);
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_refused() {
        let query =
            |from: &str, to: &str| ExportQuery { from: Some(from.to_owned()), to: Some(to.to_owned()) };
        assert!(query("2026-11-21T00:00:00Z", "2026-11-20T00:00:00Z").range().is_err());
        assert!(query("yesterday", "2026-11-20T00:00:00Z").range().is_err());
        let range = query("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z").range().unwrap();
        assert_eq!(range.to_ms.unwrap() - range.from_ms.unwrap(), 86_400_000);
    }
}
