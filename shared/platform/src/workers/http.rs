//! HTTP requests through the runtime's `fetch`.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::FutureExt;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader};
use worker::send::{SendFuture, SendWrapper};

use super::message;
use crate::http::{BodyStream, Error};

#[wasm_bindgen]
unsafe extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn js_fetch(url: &str, init: &web_sys::RequestInit) -> js_sys::Promise;
}

pub(crate) async fn send(request: http::Request<Bytes>) -> Result<http::Response<BodyStream>, Error> {
    SendFuture::new(fetch(request)).await
}

async fn fetch(request: http::Request<Bytes>) -> Result<http::Response<BodyStream>, Error> {
    let invalid = |error: JsValue| Error::Invalid(message(&error));
    let abort = AbortOnDrop(AbortController::new().map_err(invalid)?);
    let init = request_init(&request, &abort.0).map_err(invalid)?;
    let response = JsFuture::from(js_fetch(&request.uri().to_string(), &init))
        .await
        .map_err(|error| Error::Connect(message(&error)))?;
    let response: web_sys::Response = response.unchecked_into();
    let mut builder = http::Response::builder().status(response.status());
    for entry in response.headers().entries().into_iter().flatten() {
        let pair = Array::from(&entry);
        if let (Some(name), Some(value)) = (pair.get(0).as_string(), pair.get(1).as_string()) {
            builder = builder.header(name, value);
        }
    }
    let body: BodyStream = match response.body() {
        Some(stream) => {
            let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
            Box::pin(Chunks(SendWrapper(ChunkReader { reader, reading: None, _abort: abort })))
        }
        None => Box::pin(futures_util::stream::empty()),
    };
    builder.body(body).map_err(|error| Error::Interrupted(error.to_string()))
}

fn request_init(
    request: &http::Request<Bytes>,
    abort: &AbortController,
) -> Result<web_sys::RequestInit, JsValue> {
    let headers = web_sys::Headers::new()?;
    for (name, value) in request.headers() {
        headers.append(name.as_str(), value.to_str().unwrap_or_default())?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(request.method().as_str());
    init.set_headers(&headers);
    init.set_signal(Some(&abort.signal()));
    // `RequestRedirect` as an enumeration would pull in a table; the property is one word.
    Reflect::set(&init, &"redirect".into(), &"manual".into())?;
    if !request.body().is_empty() {
        init.set_body(&Uint8Array::from(request.body().as_ref()));
    }
    Ok(init)
}

/// Aborts the request when nobody waits for its answer any more.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct ChunkReader {
    reader: ReadableStreamDefaultReader,
    reading: Option<JsFuture>,
    _abort: AbortOnDrop,
}

struct Chunks(SendWrapper<ChunkReader>);

impl Stream for Chunks {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let inner = &mut self.0.0;
        let reader = &inner.reader;
        let reading = inner.reading.get_or_insert_with(|| JsFuture::from(reader.read()));
        let Poll::Ready(result) = reading.poll_unpin(context) else { return Poll::Pending };
        inner.reading = None;
        Poll::Ready(match result {
            Ok(step) => chunk(&step).map(Ok),
            Err(error) => Some(Err(Error::Interrupted(message(&error)))),
        })
    }
}

/// The bytes of a `{done, value}`; `None` when done.
fn chunk(step: &JsValue) -> Option<Bytes> {
    let value = Reflect::get(step, &"value".into()).ok()?;
    value.dyn_ref::<Uint8Array>().map(|array| Bytes::from(array.to_vec()))
}
