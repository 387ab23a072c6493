//! `PostgreSQL` over TCP.

use tokio::net::TcpStream;
use tokio_postgres::NoTls;

use crate::database::Error;
pub(crate) use crate::postgres::Connection;
use crate::postgres::{Address, Session, unavailable};

/// Opens a connection.
pub(crate) async fn connect(url: &str) -> Result<Session, Error> {
    let address = Address::parse(url)?;
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(unavailable)?;
    stream.set_nodelay(true).map_err(unavailable)?;
    let (client, connection) = address.config.connect_raw(stream, NoTls).await.map_err(unavailable)?;
    tokio::spawn(async move {
        // The session's own calls report what goes wrong.
        let _closed = connection.await;
    });
    Ok(Session::new(client))
}
