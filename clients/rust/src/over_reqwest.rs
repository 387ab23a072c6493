//! Requests by `reqwest`.

use std::sync::Arc;

use crate::Error;
use crate::transport::{BoxFuture, Request, Response, Transport, TransportError};

/// Sends by `reqwest`.
#[derive(Debug, Clone)]
pub struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    /// With a client of its own.
    pub fn new() -> Result<Self, Error> {
        // A key is for one server, and nothing of the API redirects.
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        client.map(Self).map_err(|error| Error::Connection(Arc::new(error)))
    }

    /// With the application's client, its proxy and its certificates. It should follow no redirects.
    pub fn from_client(client: reqwest::Client) -> Self {
        Self(client)
    }
}

impl Transport for ReqwestTransport {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let mut builder = self.0.post(&request.url).body(request.body.clone());
            for (name, value) in &request.headers {
                builder = builder.header(*name, value);
            }
            let response = builder.send().await?;
            let status = response.status().as_u16();
            let headers = response.headers().iter().map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            });
            let headers = headers.collect();
            Ok(Response { status, headers, body: response.bytes().await?.to_vec() })
        })
    }
}
