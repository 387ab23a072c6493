//! Conversations and messages, page by page.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::Error;
use edge::{Call, Checks, Problem, Query};
use futures_util::stream::{self, StreamExt};
use platform::time;
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
    /// Whether the file begins with a byte order mark.
    bom: bool,
}

/// How many rows are read at once: as many as make about so many bytes.
const FIRST_PAGE: u32 = 100;
const SMALLEST_PAGE: u32 = 5;
const LARGEST_PAGE: u32 = 1_000;
const PAGE_BYTES: usize = 512 << 10;

pub(crate) async fn conversations(call: Call, Query(query): Query<ExportQuery>) -> Result<Response, Problem> {
    export(call, &query, Table::Conversations, "conversations").await
}

pub(crate) async fn messages(call: Call, Query(query): Query<ExportQuery>) -> Result<Response, Problem> {
    export(call, &query, Table::Messages, "messages").await
}

impl ExportQuery {
    /// What the file begins with.
    pub(crate) fn beginning(&self) -> String {
        if self.bom { csv::BYTE_ORDER_MARK.to_owned() } else { String::new() }
    }

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
async fn export(call: Call, query: &ExportQuery, table: Table, name: &str) -> Result<Response, Problem> {
    let range = query.range()?;
    let policy = events::policy(&call.database, call.team_id()).await?;
    let mut reader = Reader {
        call,
        table,
        range,
        redaction: Redaction::new(policy, table),
        after: None,
        limit: FIRST_PAGE,
        is_over: false,
        rows: 0,
        started_ms: time::now_ms(),
    };
    let mut head = query.beginning();
    csv::line(&mut head, table.columns().iter().map(|column| Cell::Text(column)));
    head.push_str(&reader.page().await?);
    let first = stream::once(async move { Ok::<_, Error>(Bytes::from(head)) });
    let rest = stream::try_unfold(reader, |mut reader| async move {
        if reader.is_over {
            reader.log(None);
            return Ok(None);
        }
        let page = reader.page().await.inspect_err(|error| reader.log(Some(error)))?;
        Ok(Some((Bytes::from(page), reader)))
    });
    Ok(csv::response(name, Body::from_stream(first.chain(rest))))
}

/// Where an export is.
struct Reader {
    call: Call,
    table: Table,
    range: Range,
    redaction: Redaction,
    after: Option<Position>,
    limit: u32,
    is_over: bool,
    rows: u64,
    started_ms: i64,
}

impl Reader {
    /// The next page's lines.
    async fn page(&mut self) -> Result<String, Error> {
        let (database, team_id, redaction) = (&self.call.database, self.call.team_id(), &self.redaction);
        let mut page = String::new();
        let read = exports::page(
            database,
            team_id,
            self.table,
            self.range,
            self.after.as_ref(),
            self.limit,
            |mut row| {
                redaction.apply(&mut row);
                csv::line(&mut page, row.iter().map(|value| Cell::from(Some(value))));
            },
        )
        .await?;
        self.rows += u64::from(read.rows);
        // Without a position the next page would be the first one again.
        self.is_over = read.rows < self.limit || read.last.is_none();
        self.after = read.last;
        self.limit = next_limit(self.limit, page.len());
        Ok(page)
    }

    /// How it ended, and what it took.
    fn log(&self, error: Option<&Error>) {
        let message = if error.is_some() { "export broke off" } else { "export ended" };
        let level = if error.is_some() { platform::log::Level::Error } else { platform::log::Level::Info };
        let fields = serde_json::json!({
            "rows": self.rows,
            "duration_ms": time::now_ms() - self.started_ms,
            "memory_bytes": platform::memory_bytes(),
            "error": error.map(ToString::to_string),
            "request_id": &*self.call.request_id,
            "trace_id": self.call.trace_id(),
            "team_id": self.call.team_id(),
        });
        if let Value::Object(fields) = fields {
            platform::log::line(level, message, fields);
        }
    }
}

/// What people and models wrote in a row, as their team wants it: what users say is `input`, what models say `output`, and
/// a title is the beginning of what a user said.
struct Redaction {
    policy: std::sync::Arc<Policy>,
    title: Option<usize>,
    user_id: Option<usize>,
    content: Option<usize>,
    role: Option<usize>,
}

impl Redaction {
    fn new(policy: std::sync::Arc<Policy>, table: Table) -> Self {
        let place = |name: &str| table.columns().iter().position(|column| *column == name);
        let [title, user_id, content, role] = ["title", "user_id", "content", "role"].map(place);
        Self { policy, title, user_id, content, role }
    }

    fn apply(&self, row: &mut Row) {
        let is_answer = self.role.and_then(|place| row.get(place)?.as_str()) == Some("assistant");
        let content = if is_answer { "output" } else { "input" };
        for (place, mode) in [
            (self.title, self.policy.mode_like("title", "input")),
            (self.user_id, self.policy.mode("user_id")),
            (self.content, self.policy.mode(content)),
        ] {
            if let Some(value) = place.and_then(|place| row.get_mut(place)) {
                *value = self.policy.apply(mode, value.take()).unwrap_or(Value::Null);
            }
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
    use serde_json::json;

    /// What is left of a title, of a user, of what the user says and of what the model answers.
    fn left(settings: &Value) -> [Value; 4] {
        let policy = std::sync::Arc::new(Policy::read(settings).unwrap());
        let row = |table: Table, given: &[(&str, &str)]| {
            let mut row = vec![Value::Null; table.columns().len()];
            let place = |name: &str| table.columns().iter().position(|column| *column == name).unwrap();
            for (name, text) in given {
                row[place(name)] = json!(text);
            }
            Redaction::new(policy.clone(), table).apply(&mut row);
            given.iter().map(|(name, _)| row[place(name)].clone()).collect::<Vec<_>>()
        };
        let conversation = row(Table::Conversations, &[("title", "of a@b.de"), ("user_id", "u@b.de")]);
        let asked = row(Table::Messages, &[("content", "I am a@b.de"), ("role", "user")]);
        let answered = row(Table::Messages, &[("content", "Hi a@b.de"), ("role", "assistant")]);
        [&conversation[0], &conversation[1], &asked[0], &answered[0]].map(Clone::clone)
    }

    #[test]
    fn users_and_models_have_their_own_rules() {
        let masked = ["of [email]", "[email]", "I am [email]", "Hi [email]"].map(|text| json!(text));
        assert_eq!(left(&json!({})), masked);
        let [title, user_id, asked, answered] = masked;
        let input_dropped = left(&json!({ "fields": { "input": "drop" } }));
        assert_eq!(input_dropped, [Value::Null, user_id.clone(), Value::Null, answered.clone()]);
        let output_off = left(&json!({ "fields": { "output": "off" } }));
        assert_eq!(output_off, [title.clone(), user_id.clone(), asked, json!("Hi a@b.de")]);
        let title_kept = left(&json!({ "mode": "drop", "fields": { "title": "mask", "user_id": "off" } }));
        assert_eq!(title_kept, [title, json!("u@b.de"), Value::Null, Value::Null]);
    }

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
        let query = |from: &str, to: &str| ExportQuery {
            from: Some(from.to_owned()),
            to: Some(to.to_owned()),
            bom: false,
        };
        assert!(query("2026-11-21T00:00:00Z", "2026-11-20T00:00:00Z").range().is_err());
        assert!(query("yesterday", "2026-11-20T00:00:00Z").range().is_err());
        let range = query("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z").range().unwrap();
        assert_eq!(range.to_ms.unwrap() - range.from_ms.unwrap(), 86_400_000);
    }
}
