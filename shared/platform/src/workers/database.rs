//! `PostgreSQL` over the runtime's TCP sockets.

use worker::postgres_tls::PassthroughTls;
use worker::send::SendFuture;
use worker::{SecureTransport, Socket};

use crate::database::Error;
pub(crate) use crate::postgres::Connection;
use crate::postgres::{Address, Session, unavailable};

/// Opens a connection.
pub(crate) async fn connect(url: &str) -> Result<Session, Error> {
    SendFuture::new(open(url)).await
}

async fn open(url: &str) -> Result<Session, Error> {
    let address = Address::parse(url)?;
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
