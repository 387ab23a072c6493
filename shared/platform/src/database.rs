//! The database port: run one statement with parameters, get rows.
//!
//! Deliberately narrow, so that one code path serves three transports. A statement takes scalars or JSON
//! documents and returns one `jsonb` column per row. There are no transactions and no named statements: a
//! transaction pooler, SQL over HTTP and Spin's host interface all allow exactly this.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One SQL statement. Its parameters have the types of the [`Parameter`]s that it is run with.
#[derive(Debug, Clone, Copy)]
pub struct Statement {
    /// What logs and tests call it: the path of its file.
    pub name: &'static str,
    /// The text; parameters are `$1`, `$2`, ….
    pub sql: &'static str,
    /// The types of its parameters, in order.
    pub parameters: &'static [Type],
    /// Whether running it twice changes no more than running it once, so that it may be retried on a new
    /// connection.
    pub idempotent: bool,
}

/// The type of a parameter: these five and no others, because every transport knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `text`.
    Text,
    /// `bigint`.
    Integer,
    /// `double precision`.
    Float,
    /// `boolean`.
    Boolean,
    /// `jsonb`.
    Json,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter<'a> {
    /// SQL null, of whatever type the statement declares.
    Null,
    /// A `text`.
    Text(Cow<'a, str>),
    /// A `bigint`.
    Integer(i64),
    /// A `double precision`.
    Float(f64),
    /// A `boolean`.
    Boolean(bool),
    /// A `jsonb`, as JSON text.
    Json(Cow<'a, str>),
}

impl<'a> From<&'a str> for Parameter<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Parameter<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Parameter<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Parameter<'_> {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for Parameter<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<&serde_json::Value> for Parameter<'_> {
    fn from(value: &serde_json::Value) -> Self {
        Self::Json(Cow::Owned(value.to_string()))
    }
}

impl<'a, T: Into<Parameter<'a>>> From<Option<T>> for Parameter<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row: the text of its one `jsonb` column. A null column is `null`.
pub type Row = Vec<u8>;

/// Why a statement gave no rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, the connection broke, or it did not answer in time.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The database refused the statement.
    #[error("statement {statement} failed with {code}: {message}")]
    Refused {
        /// The statement's name.
        statement: &'static str,
        /// SQLSTATE, five characters.
        code: String,
        /// The database's message.
        message: String,
        /// The violated constraint's name, where there is one.
        constraint: Option<String>,
    },
}

/// A request's way to the database: a connection that is opened on first use and closed with the last clone.
/// Never keep one beyond the request.
#[derive(Clone)]
pub struct Database(Arc<crate::host::database::Connection>);

/// Whether of a change that was sent nobody knows if it was made.
#[derive(Default)]
pub(crate) struct Doubt(AtomicBool);

impl Doubt {
    /// Notes what came of a statement that was sent.
    pub(crate) fn note(&self, statement: &Statement, result: &Result<Vec<Row>, Error>) {
        if !statement.idempotent && matches!(result, Err(Error::Unavailable(_))) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn exists(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long to wait for a connection, and for an answer to a statement.
pub(crate) const CONNECT_TIMEOUT_MS: u64 = 3_000;
#[cfg(not(target_os = "wasi"))]
pub(crate) const STATEMENT_TIMEOUT_MS: u64 = 10_000;

/// A failure that took longer than this is not repeated.
const RETRY_WITHIN_MS: i64 = 1_000;

impl Database {
    /// A database at `url` (`postgres://user:password@host:port/name?sslmode=disable|require`). Nothing is
    /// connected yet.
    pub fn new(url: &str) -> Self {
        Self(Arc::new(crate::host::database::Connection::new(url)))
    }

    /// Closes the connection, whoever else holds a clone, for before a long wait. The next statement opens another.
    pub async fn close(&self) {
        self.0.close().await;
    }

    /// Whether a change was sent of which nobody knows if it was made: its connection broke, or its time was over. A
    /// change that was refused, or that never found a connection, was not made.
    pub fn has_change_in_doubt(&self) -> bool {
        self.0.doubt.exists()
    }

    /// Runs one statement. A read that finds its connection broken is tried once more on a new one; one that waited
    /// in vain is not, because its caller would wait twice.
    pub async fn query(
        &self,
        statement: &Statement,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        debug_assert_eq!(statement.parameters.len(), parameters.len(), "{}", statement.name);
        let started_ms = crate::time::now_ms();
        let is_quick = || crate::time::now_ms() - started_ms < RETRY_WITHIN_MS;
        match self.0.query(statement, parameters).await {
            Err(Error::Unavailable(_)) if statement.idempotent && is_quick() => {
                self.0.query(statement, parameters).await
            }
            result => result,
        }
    }
}
