//! `PostgreSQL` over the runtime's TCP sockets.

use std::time::Duration;

use futures_util::lock::Mutex;
use worker::postgres_tls::PassthroughTls;
use worker::send::SendFuture;
use worker::{SecureTransport, Socket};

use crate::database::{CONNECT_TIMEOUT_MS, Error, Parameter, Row, STATEMENT_TIMEOUT_MS, Statement};
use crate::postgres::{self, Session, unavailable};

/// One connection, opened on first use. It belongs to one request: the runtime refuses a socket that another
/// request opened.
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
            None => within(CONNECT_TIMEOUT_MS, SendFuture::new(connect(&self.url))).await?,
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
    let transport = if address.encrypted { SecureTransport::StartTls } else { SecureTransport::Off };
    let socket = Socket::builder()
        .secure_transport(transport)
        .connect(address.host.as_str(), address.port)
        .map_err(unavailable)?;
    let (client, connection) =
        address.config.connect_raw(socket, PassthroughTls).await.map_err(unavailable)?;
    wasm_bindgen_futures::spawn_local(async move {
        // The session's own calls report what goes wrong.
        let _closed = connection.await;
    });
    Ok(Session::new(client))
}
