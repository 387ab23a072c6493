//! HTTP requests through `wasi:http/outgoing-handler`. The host resolves names and speaks TLS.

use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{CONTENT_LENGTH, HOST};
use wasi::http::outgoing_handler;
use wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    Scheme,
};

use super::body::{self, Incoming};
use super::reactor;
use crate::http::{BodyStream, Error};

pub(crate) async fn send(request: http::Request<Bytes>) -> Result<http::Response<BodyStream>, Error> {
    let (outgoing, outgoing_body) = convert(&request)?;
    // Dropping the future, and later the body, aborts the request.
    let future = outgoing_handler::handle(outgoing, None).map_err(|code| explain(&code))?;
    write_body(outgoing_body, request.body()).await;
    let response = head(&future).await?;
    let mut builder = http::Response::builder().status(response.status());
    for (name, value) in response.headers().entries() {
        builder = builder.header(name, value);
    }
    let interrupted = || Error::Interrupted("the response has no body".to_owned());
    let incoming = Incoming::new(response.consume().map_err(|()| interrupted())?).ok_or_else(interrupted)?;
    let body: BodyStream = Box::pin(incoming.map(|chunk| chunk.map_err(Error::Interrupted)));
    builder.body(body).map_err(|error| Error::Interrupted(error.to_string()))
}

fn convert(request: &http::Request<Bytes>) -> Result<(OutgoingRequest, OutgoingBody), Error> {
    let invalid = |part: &str| Error::Invalid(format!("the host refuses the {part}"));
    let outgoing = OutgoingRequest::new(fields(request)?);
    let uri = request.uri();
    let scheme = match uri.scheme_str() {
        Some("http") => Scheme::Http,
        Some("https") => Scheme::Https,
        _ => return Err(Error::Invalid("the address is neither http nor https".to_owned())),
    };
    outgoing.set_method(&method(request.method())).map_err(|()| invalid("method"))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| invalid("scheme"))?;
    outgoing
        .set_authority(uri.authority().map(http::uri::Authority::as_str))
        .map_err(|()| invalid("host"))?;
    let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    outgoing.set_path_with_query(Some(target)).map_err(|()| invalid("path"))?;
    let body = outgoing.body().map_err(|()| invalid("body"))?;
    Ok((outgoing, body))
}

fn fields(request: &http::Request<Bytes>) -> Result<Fields, Error> {
    let fields = Fields::new();
    // The host writes `host` itself. Without a length it would send the body in chunks, which some servers refuse.
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != HOST && *name != CONTENT_LENGTH)
    {
        fields
            .append(&name.to_string(), &value.as_bytes().to_vec())
            .map_err(|error| Error::Invalid(format!("header {name}: {error:?}")))?;
    }
    let expects_body = !matches!(*request.method(), http::Method::GET | http::Method::HEAD);
    if expects_body || !request.body().is_empty() {
        let length = request.body().len().to_string().into_bytes();
        fields
            .append(&CONTENT_LENGTH.to_string(), &length)
            .map_err(|error| Error::Invalid(format!("content-length: {error:?}")))?;
    }
    Ok(fields)
}

fn method(method: &http::Method) -> Method {
    match method.as_str() {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "OPTIONS" => Method::Options,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_owned()),
    }
}

/// Sends the body. A server may answer without reading it, so what goes wrong here is left to the response.
async fn write_body(outgoing: OutgoingBody, bytes: &[u8]) {
    if !bytes.is_empty()
        && let Ok(stream) = outgoing.write()
        && body::write(&stream, bytes).await.is_ok()
    {
        let _left = body::flush(&stream).await;
    }
    let _result = OutgoingBody::finish(outgoing, None);
}

async fn head(future: &FutureIncomingResponse) -> Result<IncomingResponse, Error> {
    loop {
        match future.get() {
            Some(Ok(Ok(response))) => return Ok(response),
            Some(Ok(Err(code))) => return Err(explain(&code)),
            Some(Err(())) => return Err(Error::Interrupted("the response was taken before".to_owned())),
            None => reactor::ready(future.subscribe()).await,
        }
    }
}

fn explain(code: &ErrorCode) -> Error {
    match code {
        ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestHeaderSectionSize(_) => Error::Invalid(format!("{code:?}")),
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::DnsTimeout
        | ErrorCode::HttpResponseTimeout => Error::Timeout,
        _ => Error::Connect(format!("{code:?}")),
    }
}
