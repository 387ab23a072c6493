//! Events: stored and counted once, however often they arrive.

use domain::{Error, Id};
use platform::database::{self, Database, Parameter, Statement};
use serde::Deserialize;
use serde_json::Value;

use crate::run;
use crate::statement::read_statement;

const INGEST: Statement = read_statement!("events/ingest", [Json]);
const KNOWN: Statement = read_statement!("events/known", [Text, Json]);
const MAINTAIN: Statement = read_statement!("events/maintain", [Integer]);
const PRUNE: Statement = read_statement!("events/prune", [Integer]);
const REDACTION: Statement = read_statement!("events/redaction", [Text]);

pub(crate) const STATEMENTS: &[&Statement] = &[&INGEST, &KNOWN, &MAINTAIN, &PRUNE, &REDACTION];

/// What came of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct Ingested {
    /// Events that were stored and counted.
    pub accepted: u64,
    /// Events that had been before, or came twice in the batch: they changed nothing.
    pub duplicates: u64,
}

/// Why a batch was not stored. Nothing of it was then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The database is down, slow or busy: the same batch may pass later.
    #[error("{0}")]
    Unavailable(String),
    /// Something in the batch can never be stored.
    #[error("{0}")]
    Refused(String),
}

/// What maintenance did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Maintained {
    /// Partitions that were made.
    pub partitions_made: u64,
    /// Partitions that were dropped.
    pub partitions_dropped: u64,
}

/// What pruning did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Pruned {
    /// Ids of events older than seven days that were deleted.
    pub ids_forgotten: u64,
    /// Cells of rollups that were deleted.
    pub rollups_pruned: u64,
    /// Series of which no cell was left.
    pub series_forgotten: u64,
    /// Rows of the audit log older than twelve months that were deleted.
    pub audit_forgotten: u64,
    /// Whether nothing is left that is too old, the audit log not looked at.
    pub is_done: bool,
}

/// Stores a batch: a JSON array of events, of any teams. All or nothing.
pub async fn ingest(database: &Database, events: &str) -> Result<Ingested, Failure> {
    let rows = database.query(&INGEST, &[Parameter::Json(events.into())]).await.map_err(explain)?;
    let row = rows.first().map_or(b"null".as_slice(), Vec::as_slice);
    serde_json::from_slice(row).map_err(|error| Failure::Unavailable(error.to_string()))
}

/// Data that is not of its type (22), or that a constraint refuses (23), will be so at the next try as well.
fn explain(error: database::Error) -> Failure {
    match &error {
        database::Error::Refused { code, .. } if code.starts_with("22") || code.starts_with("23") => {
            Failure::Refused(error.to_string())
        }
        database::Error::Refused { .. } | database::Error::Unavailable(_) => {
            Failure::Unavailable(error.to_string())
        }
    }
}

/// Which of `ids` a team has used within seven days.
pub async fn known(database: &Database, team_id: &Id, ids: &[&str]) -> Result<Vec<String>, Error> {
    run::rows(database, &KNOWN, &[team_id.as_str().into(), run::json(ids)?]).await
}

/// Makes partitions ahead and drops those older than the retention; none when somebody else is at it.
pub async fn maintain(database: &Database, retention_days: i64) -> Result<Option<Maintained>, Error> {
    run::optional(database, &MAINTAIN, &[retention_days.into()]).await
}

/// Deletes what is older than it is kept, at most so many rows of each kind; none when somebody else is at it. In
/// transactions of their own, so that nobody waits for many rows.
pub async fn prune(database: &Database, most: i64) -> Result<Option<Pruned>, Error> {
    run::optional(database, &PRUNE, &[most.into()]).await
}

/// What a team has set for the redaction of its events.
pub async fn redaction(database: &Database, team_id: &Id) -> Result<Option<Value>, Error> {
    run::optional(database, &REDACTION, &[team_id.as_str().into()]).await
}
