//! `PostgreSQL` over TCP.

use std::time::Duration;

use futures_util::lock::Mutex;
use tokio::net::TcpStream;
use tokio_postgres::NoTls;

use crate::database::{CONNECT_TIMEOUT_MS, Error, Parameter, Row, STATEMENT_TIMEOUT_MS, Statement};
use crate::postgres::{self, Session, unavailable};

/// One connection, opened on first use.
pub(crate) struct Connection {
    url: String,
    session: Mutex<Option<Session>>,
}

impl Connection {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), session: Mutex::new(None) }
    }

    pub(crate) async fn query(
        &self,
        statement: &Statement,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, Error> {
        let mut slot = self.session.lock().await;
        let session = match slot.take() {
            Some(session) => session,
            None => within(CONNECT_TIMEOUT_MS, connect(&self.url)).await?,
        };
        let result = within(STATEMENT_TIMEOUT_MS, session.query(statement, parameters)).await;
        if !matches!(result, Err(Error::Unavailable(_))) {
            *slot = Some(session);
        }
        result
    }
}

async fn within<T>(limit_ms: u64, future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    crate::time::timeout(Duration::from_millis(limit_ms), future)
        .await
        .unwrap_or_else(|elapsed| Err(Error::Unavailable(elapsed.to_string())))
}

async fn connect(url: &str) -> Result<Session, Error> {
    let address = postgres::Address::parse(url)?;
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(unavailable)?;
    stream.set_nodelay(true).map_err(unavailable)?;
    let (client, connection) = address.config.connect_raw(stream, NoTls).await.map_err(unavailable)?;
    tokio::spawn(async move {
        // The session's own calls report what goes wrong.
        let _closed = connection.await;
    });
    Ok(Session::new(client))
}
