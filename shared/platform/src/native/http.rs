//! HTTP requests through reqwest.

use bytes::Bytes;
use futures_util::StreamExt;

use crate::http::{BodyStream, Error};

thread_local! {
    // A client belongs to the runtime that made it, and each test has its own.
    static CLIENT: Option<reqwest::Client> = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build()
        .ok();
}

pub(crate) async fn send(request: http::Request<Bytes>) -> Result<http::Response<BodyStream>, Error> {
    let request = reqwest::Request::try_from(request)
        .map_err(|error| Error::Invalid(error.without_url().to_string()))?;
    let client = CLIENT
        .try_with(Clone::clone)
        .ok()
        .flatten()
        .ok_or_else(|| Error::Connect("no HTTP client".to_owned()))?;
    let response =
        client.execute(request).await.map_err(|error| Error::Connect(error.without_url().to_string()))?;
    let mut builder = http::Response::builder().status(response.status());
    if let Some(headers) = builder.headers_mut() {
        *headers = response.headers().clone();
    }
    let body: BodyStream = Box::pin(
        response
            .bytes_stream()
            .map(|chunk| chunk.map_err(|error| Error::Interrupted(error.without_url().to_string()))),
    );
    builder.body(body).map_err(|error| Error::Interrupted(error.to_string()))
}
