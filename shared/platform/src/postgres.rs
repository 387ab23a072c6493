//! What the platforms that speak the `PostgreSQL` protocol themselves have in common.

mod places;

use std::time::Duration;

use bytes::{BufMut, BytesMut};
use futures_util::lock::Mutex;
use tokio_postgres::Client;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as SqlType, to_sql_checked};

use crate::database::{
    CONNECT_TIMEOUT_MS, Doubt, Error, Parameter, Row, STATEMENT_TIMEOUT_MS, Statement, Type,
};
use crate::host::database::connect;
use places::Place;

/// One connection, opened on first use. It belongs to one request: the runtime refuses a socket that another
/// request opened.
pub(crate) struct Connection {
    url: String,
    session: Mutex<Option<(Session, Place)>>,
    pub(crate) doubt: Doubt,
}

impl Connection {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), session: Mutex::new(None), doubt: Doubt::default() }
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
        let (session, place) = if let Some(open) = slot.take() {
            open
        } else {
            let place = Place::take().await?;
            let session = within(CONNECT_TIMEOUT_MS, connect(&self.url)).await?;
            places::opened();
            (session, place)
        };
        let result = within(STATEMENT_TIMEOUT_MS, session.query(statement, parameters)).await;
        self.doubt.note(statement, &result);
        if !matches!(result, Err(Error::Unavailable(_))) {
            *slot = Some((session, place));
        }
        result
    }
}

async fn within<T>(limit_ms: u64, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    crate::time::timeout(Duration::from_millis(limit_ms), future)
        .await
        .unwrap_or_else(|elapsed| Err(Error::Unavailable(elapsed.to_string())))
}

/// An open connection's client side.
pub(crate) struct Session(Client);

impl Session {
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    /// Runs one unnamed statement with declared types: nothing is left behind in the server's session, so a
    /// transaction pooler may give the next statement another session.
    pub(crate) async fn query(
        &self,
        statement: &Statement,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        let typed: Vec<(&(dyn ToSql + Sync), SqlType)> = parameters
            .iter()
            .zip(statement.parameters)
            .map(|(parameter, kind)| (parameter as &(dyn ToSql + Sync), sql_type(*kind)))
            .collect();
        let rows =
            self.0.query_typed(statement.sql, &typed).await.map_err(|error| explain(statement, &error))?;
        rows.iter()
            .map(|row| match row.try_get::<_, Option<JsonText>>(0) {
                Ok(value) => Ok(value.map_or_else(|| b"null".to_vec(), |json| json.0)),
                Err(error) => Err(explain(statement, &error)),
            })
            .collect()
    }
}

fn sql_type(kind: Type) -> SqlType {
    match kind {
        Type::Text => SqlType::TEXT,
        Type::Integer => SqlType::INT8,
        Type::Float => SqlType::FLOAT8,
        Type::Boolean => SqlType::BOOL,
        Type::Json => SqlType::JSONB,
    }
}

pub(crate) fn unavailable(error: impl std::fmt::Display) -> Error {
    Error::Unavailable(error.to_string())
}

fn explain(statement: &Statement, error: &tokio_postgres::Error) -> Error {
    let Some(refusal) = error.as_db_error() else { return unavailable(error) };
    let code = refusal.code().code();
    // Shutdown, crash and connection classes: the statement was not at fault.
    if code.starts_with("57P") || code.starts_with("08") || code.starts_with("53") {
        return unavailable(refusal.message());
    }
    Error::Refused {
        statement: statement.name,
        code: code.to_owned(),
        message: refusal.message().to_owned(),
        constraint: refusal.constraint().map(str::to_owned),
    }
}

/// The version byte that precedes the text of a binary `jsonb`.
const JSONB_VERSION: u8 = 1;

impl ToSql for Parameter<'_> {
    fn to_sql(
        &self,
        kind: &SqlType,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => return Ok(IsNull::Yes),
            Self::Text(text) => text.as_ref().to_sql(kind, out)?,
            Self::Integer(number) => number.to_sql(kind, out)?,
            Self::Float(number) => number.to_sql(kind, out)?,
            Self::Boolean(value) => value.to_sql(kind, out)?,
            Self::Json(text) => {
                out.put_u8(JSONB_VERSION);
                out.put_slice(text.as_bytes());
                IsNull::No
            }
        };
        Ok(IsNull::No)
    }

    fn accepts(kind: &SqlType) -> bool {
        [SqlType::TEXT, SqlType::INT8, SqlType::FLOAT8, SqlType::BOOL, SqlType::JSONB].contains(kind)
    }

    to_sql_checked!();
}

/// The text of a `jsonb` column, undecoded.
struct JsonText(Vec<u8>);

impl<'a> FromSql<'a> for JsonText {
    fn from_sql(kind: &SqlType, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        let text = match raw {
            [JSONB_VERSION, text @ ..] if *kind == SqlType::JSONB => text,
            text => text,
        };
        Ok(Self(text.to_vec()))
    }

    fn accepts(kind: &SqlType) -> bool {
        [SqlType::JSONB, SqlType::JSON].contains(kind)
    }
}

/// Where a database is and how to log in.
pub(crate) struct Address {
    pub(crate) config: tokio_postgres::Config,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Whether the address allows an encrypted connection: all but `sslmode=disable`.
    #[cfg_attr(not(target_os = "unknown"), expect(dead_code, reason = "only Workers can encrypt"))]
    pub(crate) encrypted: bool,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        // The message of a parse error may quote the address, and the address holds the password.
        let mut config: tokio_postgres::Config =
            url.parse().map_err(|_| Error::Unavailable("DATABASE_URL is not a valid address".to_owned()))?;
        let host = match config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            _ => return Err(Error::Unavailable("DATABASE_URL names no host".to_owned())),
        };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let encrypted = config.get_ssl_mode() != SslMode::Disable;
        config.application_name("promptlab");
        Ok(Self { config, host, port, encrypted })
    }
}
