//! `PostgreSQL` through Spin's host interface: the host resolves the name, speaks TLS and keeps a pool.
//!
//! The host prepares a statement without being told its parameters' types, so they are written into its text.
//! And it prepares it by name, which a pooler in transaction mode may not follow: give Spin the database's direct
//! address.

use futures_util::lock::Mutex;
use spin_sdk::pg4::{self, DbValue, ParameterValue, PgError, QueryError};

use crate::database::{CONNECT_TIMEOUT_MS, Doubt, Error, Parameter, Row, Statement};
use crate::typed::with_types;

/// One connection, opened on first use. A call of the host interface blocks the whole instance, so there is no
/// time-out of ours for a statement: the database's own `statement_timeout` has to bound it.
pub(crate) struct Connection {
    address: String,
    session: Mutex<Option<pg4::Connection>>,
    pub(crate) doubt: Doubt,
}

impl Connection {
    pub(crate) fn new(url: &str) -> Self {
        Self { address: with_connect_timeout(url), session: Mutex::new(None), doubt: Doubt::default() }
    }

    pub(crate) async fn close(&self) {
        self.session.lock().await.take();
    }

    pub(crate) async fn query(
        &self,
        statement: &Statement,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        let mut slot = self.session.lock().await;
        let session = match slot.take() {
            Some(session) => session,
            None => pg4::Connection::open(&self.address).map_err(|error| explain(statement, error))?,
        };
        let parameters: Vec<ParameterValue> = parameters.iter().map(convert).collect();
        let result = session.query(&with_types(statement.sql, statement.parameters), &parameters);
        let result = result.map_err(|error| explain(statement, error)).and_then(rows);
        self.doubt.note(statement, &result);
        if !matches!(result, Err(Error::Unavailable(_))) {
            *slot = Some(session);
        }
        result
    }
}

fn with_connect_timeout(url: &str) -> String {
    if url.contains("connect_timeout=") {
        return url.to_owned();
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}connect_timeout={}", CONNECT_TIMEOUT_MS / 1_000)
}

fn convert(parameter: &Parameter<'_>) -> ParameterValue {
    match parameter {
        Parameter::Null => ParameterValue::DbNull,
        Parameter::Text(text) => ParameterValue::Str(text.to_string()),
        Parameter::Integer(number) => ParameterValue::Int64(*number),
        Parameter::Float(number) => ParameterValue::Floating64(*number),
        Parameter::Boolean(value) => ParameterValue::Boolean(*value),
        Parameter::Json(text) => ParameterValue::Jsonb(text.as_bytes().to_vec()),
    }
}

fn rows(set: pg4::RowSet) -> Result<Vec<Row>, Error> {
    set.rows
        .into_iter()
        .map(|row| match row.into_iter().next() {
            Some(DbValue::Jsonb(text)) => Ok(text),
            Some(DbValue::DbNull) => Ok(b"null".to_vec()),
            _ => Err(Error::Unavailable("the first column is not jsonb".to_owned())),
        })
        .collect()
}

fn explain(statement: &Statement, error: PgError) -> Error {
    let refusal = match error {
        PgError::QueryFailed(QueryError::DbError(refusal)) => refusal,
        PgError::QueryFailed(QueryError::Text(text))
        | PgError::ConnectionFailed(text)
        | PgError::BadParameter(text)
        | PgError::ValueConversionFailed(text)
        | PgError::Other(text) => return Error::Unavailable(text),
    };
    // Shutdown, crash and connection classes: the statement was not at fault.
    if ["57P", "08", "53"].iter().any(|class| refusal.code.starts_with(class)) {
        return Error::Unavailable(refusal.message);
    }
    let constraint =
        refusal.extras.into_iter().find(|(name, _)| name == "constraint").map(|(_, value)| value);
    Error::Refused { statement: statement.name, code: refusal.code, message: refusal.message, constraint }
}
