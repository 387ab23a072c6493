//! The entry point on WASI: exports `wasi:http/incoming-handler`.

use std::time::Duration;

pub use ::wasi;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http_body::Body as _;
use wasi::http::types::{Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam};
use wasi::io::streams::OutputStream;

use super::assets;
use super::body::{self, Gone, Incoming};
use super::reactor;
use crate::config::SETTINGS;
use crate::serve::{
    Application, BODY_LIMIT_BYTES, BodyInterrupted, BodyTooLarge, FIXED_HEADERS, Head, REQUEST_HEADERS,
};
use crate::{Config, Context, Tasks};

const REQUEST_ID: &str = "x-request-id";

/// Exports the function that the host calls for each request.
#[macro_export]
macro_rules! entry_point {
    ($application:expr) => {
        #[doc(hidden)]
        #[allow(unsafe_code, missing_docs, reason = "an export of the component model")]
        mod wasi_entry_point {
            use super::*;
            use $crate::entry::wasi;

            struct Component;

            impl wasi::exports::http::incoming_handler::Guest for Component {
                fn handle(
                    request: wasi::http::types::IncomingRequest,
                    response: wasi::http::types::ResponseOutparam,
                ) {
                    $crate::entry::handle(&$application, request, response);
                }
            }

            wasi::http::proxy::export!(Component with_types_in wasi);
        }
    };
}

/// Answers one request and stays until the work that it left behind is done.
pub fn handle(application: &Application, request: IncomingRequest, response: ResponseOutparam) {
    let context = Context { config: settings(), tasks: Tasks::default() };
    let tasks = context.tasks.clone();
    reactor::run(tasks.drive(answer(application, request, response, context)));
}

/// The host's variables cannot be listed, only asked for one by one.
fn settings() -> Config {
    SETTINGS
        .iter()
        .filter_map(|name| Some((*name, spin_sdk::variables::get(&name.to_ascii_lowercase()).ok()?)))
        .collect()
}

/// A request's body, or why there is none.
enum Received {
    Complete(Bytes),
    TooLarge,
    Interrupted,
}

async fn answer(
    application: &Application,
    request: IncomingRequest,
    out: ResponseOutparam,
    context: Context,
) {
    let packed = pack(&request);
    let received = receive(&request).await;
    let head = Head::parse(&packed);
    if let Received::Complete(body) = &received
        && let Some(answer) = application.answer_at_once(&head, body, &context)
    {
        let mut response = http::Response::builder().status(answer.status);
        for (name, value) in answer.headers {
            response = response.header(name, value.as_ref());
        }
        return respond(out, response.body(Body::from(answer.body)).unwrap_or_default()).await;
    }
    let named = |mut file: http::Response<Body>| {
        let id = application.file_request_id.map(|name| name(head.header(REQUEST_ID)));
        if let Some(id) = id.and_then(|id| http::HeaderValue::from_str(&id).ok()) {
            file.headers_mut().insert(REQUEST_ID, id);
        }
        file
    };
    if let Some(file) = assets::find(&head) {
        return respond(out, named(file)).await;
    }
    let body = if let Received::Complete(body) = &received { body.clone() } else { Bytes::new() };
    let mut request = head.to_request(body, &context);
    match received {
        Received::Complete(_) => {}
        Received::TooLarge => _ = request.extensions_mut().insert(BodyTooLarge),
        Received::Interrupted => _ = request.extensions_mut().insert(BodyInterrupted),
    }
    let response = (application.handler)().answer(request).await;
    let page = if response.status() == http::StatusCode::NOT_FOUND { assets::page(&head) } else { None };
    respond(out, page.map_or(response, named)).await;
}

/// The head in the form that [`Head::parse`] reads.
fn pack(request: &IncomingRequest) -> String {
    let method = method(request.method());
    let target = request.path_with_query().unwrap_or_else(|| "/".to_owned());
    let mut packed = format!("{method}\n{target}");
    let headers = request.headers();
    for name in REQUEST_HEADERS {
        if let Some(value) = header(&headers, name) {
            packed.push('\n');
            packed.push_str(name);
            packed.push(':');
            packed.push_str(&value);
        }
    }
    packed
}

fn method(method: Method) -> String {
    let name = match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => return name.to_ascii_uppercase(),
    };
    name.to_owned()
}

/// A header's values as one.
fn header(headers: &Fields, name: &str) -> Option<String> {
    let values = headers.get(&name.to_owned());
    let texts: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value)).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

async fn receive(request: &IncomingRequest) -> Received {
    let announced = header(&request.headers(), "content-length").and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT_BYTES) {
        return Received::TooLarge;
    }
    let Some(mut incoming) = request.consume().ok().and_then(Incoming::new) else {
        return Received::Interrupted;
    };
    let mut whole = BytesMut::new();
    while let Some(chunk) = incoming.next().await {
        let Ok(chunk) = chunk else { return Received::Interrupted };
        if whole.len() + chunk.len() > BODY_LIMIT_BYTES {
            return Received::TooLarge;
        }
        whole.extend_from_slice(&chunk);
    }
    if announced.is_some_and(|length| length != whole.len()) {
        return Received::Interrupted;
    }
    Received::Complete(whole.freeze())
}

async fn respond(out: ResponseOutparam, response: http::Response<Body>) {
    let (parts, body) = response.into_parts();
    let outgoing = OutgoingResponse::new(fields(&parts.headers, body.size_hint().exact()));
    // Every status that the `http` crate has is one that the host takes.
    let _status = outgoing.set_status_code(parts.status.as_u16());
    let Ok(outgoing_body) = outgoing.body() else { return };
    ResponseOutparam::set(out, Ok(outgoing));
    let Ok(stream) = outgoing_body.write() else { return };
    let sent = send(&stream, body).await;
    drop(stream);
    match sent {
        Ok(()) => _ = OutgoingBody::finish(outgoing_body, None),
        // Not finished, so the client sees a broken response and not a short one.
        Err(Gone) => drop(outgoing_body),
    }
}

fn fields(headers: &http::HeaderMap, length: Option<u64>) -> Fields {
    let fields = Fields::new();
    for (name, value) in FIXED_HEADERS.iter().filter(|(name, _)| !headers.contains_key(*name)) {
        let _added = fields.append(&(*name).to_owned(), &value.as_bytes().to_vec());
    }
    for (name, value) in headers {
        // The answer to HEAD announces a body that does not come, and the host would wait for it.
        let is_wrong_length = *name == http::header::CONTENT_LENGTH
            && length.is_none_or(|length| value.as_bytes() != length.to_string().as_bytes());
        // The host refuses headers of the connection, which is its own.
        if !is_wrong_length {
            let _added = fields.append(&name.to_string(), &value.as_bytes().to_vec());
        }
    }
    fields
}

async fn send(stream: &OutputStream, body: Body) -> Result<(), Gone> {
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = next(&mut chunks, stream).await? {
        body::write(stream, &chunk).await?;
    }
    body::flush(stream).await
}

/// How often a silent body looks whether the client is still there.
const CLIENT_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// The body's next chunk. When the client has left, or the body failed, the body is dropped at the latest after
/// [`CLIENT_CHECK_INTERVAL`]: the host says so only when asked.
async fn next(chunks: &mut axum::body::BodyDataStream, stream: &OutputStream) -> Result<Option<Bytes>, Gone> {
    loop {
        match crate::time::timeout(CLIENT_CHECK_INTERVAL, chunks.next()).await {
            Ok(chunk) => return chunk.transpose().map_err(|_| Gone),
            Err(_) if body::is_gone(stream) => return Err(Gone),
            Err(_) => {}
        }
    }
}
