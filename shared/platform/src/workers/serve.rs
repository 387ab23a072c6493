//! The entry point on Workers.
//!
//! `entry.mjs` hands a request's head over as one text and its body as bytes, and gets back a promise of a `Response`.
//! The head of what may be answered at once it writes into wasm's memory, and it takes the response that is left for it. A
//! complete body crosses as bytes; only a stream becomes a stream. This is what keeps the hot path near a bare Worker:
//! every call between JavaScript and wasm costs about as much as a hash.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::OnceLock;

pub use ::wasm_bindgen;
use ::wasm_bindgen::prelude::wasm_bindgen;
use ::wasm_bindgen::{JsCast, JsValue};
use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::stream::{AbortHandle, Abortable, abortable};
use futures_util::{FutureExt, StreamExt};
use http_body::Body as _;
use http_body_util::BodyExt;
use js_sys::{Array, Object, Uint8Array};
use wasm_bindgen_futures::future_to_promise;

use crate::serve::{
    Answer, Application, BODY_LIMIT_BYTES, BodyInterrupted, BodyTooLarge, Handler, Head, Refused, WarmUp,
};
use crate::{Config, Context, Tasks};

#[wasm_bindgen(raw_module = "./exchange.mjs")]
unsafe extern "C" {
    /// Says where the places are that the other functions are given, and where the head is read of a request that may be
    /// answered at once: it has room for [`HEAD_BYTES`].
    #[wasm_bindgen(js_name = useMemory)]
    fn use_memory(memory: JsValue, head_place: usize);
    /// The bindings of the request that is being answered at once.
    #[wasm_bindgen(js_name = settingsAtHand)]
    fn settings_at_hand() -> JsValue;
    /// The response that was left.
    #[wasm_bindgen(js_name = takeResponse)]
    fn take_response() -> JsValue;
}

#[wasm_bindgen(raw_module = "./respond.mjs")]
unsafe extern "C" {
    /// Leaves a `Response` with the bytes at a place, for whoever takes it; the head is a [`PackedHead`], `is_same` if the response before had its
    /// shape. It crosses as bytes because the runtime's `TextDecoder` costs more than a string made of character codes.
    fn respond(
        status: u16,
        head: usize,
        shape_length: usize,
        head_length: usize,
        is_same: bool,
        body: usize,
        body_length: usize,
    );
    /// A `Response` that streams what `source` gives.
    #[wasm_bindgen(js_name = respondStream)]
    fn respond_stream(
        status: u16,
        head: usize,
        shape_length: usize,
        head_length: usize,
        is_same: bool,
        source: BodySource,
    ) -> JsValue;
}

/// Exports the functions that `entry.mjs` calls.
#[macro_export]
macro_rules! entry_point {
    ($application:expr) => {
        #[doc(hidden)]
        mod workers_entry_point {
            use super::*;
            use $crate::entry::wasm_bindgen;
            use $crate::entry::wasm_bindgen::prelude::wasm_bindgen;

            thread_local! {
                static ENTRY: $crate::entry::Entry = $crate::entry::Entry::new($application);
            }

            #[wasm_bindgen]
            pub fn handle(
                head: &str,
                body: Option<Vec<u8>>,
                state: u8,
                environment: wasm_bindgen::JsValue,
                execution_context: wasm_bindgen::JsValue,
            ) -> wasm_bindgen::JsValue {
                ENTRY.with(|entry| entry.handle(head, body, state, &environment, execution_context))
            }

            #[wasm_bindgen(js_name = answerAtOnce)]
            pub fn answer_at_once(length: usize, body: Option<Vec<u8>>) -> bool {
                ENTRY.with(|entry| entry.answer_at_once(length, body))
            }

            #[wasm_bindgen(js_name = headBytes)]
            pub fn head_bytes() -> usize {
                $crate::entry::HEAD_BYTES
            }

            #[wasm_bindgen(js_name = answersAtOnce)]
            pub fn answers_at_once() -> bool {
                ENTRY.with($crate::entry::Entry::answers_at_once)
            }

            #[wasm_bindgen(js_name = warmUp)]
            pub fn warm_up() {
                ENTRY.with($crate::entry::Entry::warm_up)
            }

            #[wasm_bindgen]
            pub fn forwards() -> bool {
                ENTRY.with($crate::entry::Entry::forwards)
            }

            #[wasm_bindgen]
            pub fn forward(method: &str, path: &str) -> Option<String> {
                ENTRY.with(|entry| entry.forward(method, path))
            }

            #[wasm_bindgen(js_name = fileRequestId)]
            pub fn file_request_id(given: Option<String>) -> Option<String> {
                ENTRY.with(|entry| entry.file_request_id(given.as_deref()))
            }

            #[wasm_bindgen]
            pub fn scheduled(
                environment: wasm_bindgen::JsValue,
                execution_context: wasm_bindgen::JsValue,
            ) -> wasm_bindgen::JsValue {
                ENTRY.with(|entry| entry.scheduled(&environment, execution_context))
            }
        }
    };
}

/// The request's state, as `entry.mjs` numbers it.
const BODY_TOO_LARGE: u8 = 1;
const BODY_INTERRUPTED: u8 = 2;
const FAILED: u8 = 3;

/// The longest head of a request that is answered at once, in bytes.
pub const HEAD_BYTES: usize = 8_192;

/// An application with its handler made.
pub struct Entry {
    application: Application,
    handler: Handler,
    config: OnceLock<Config>,
    /// Where `entry.mjs` writes the head of a request that may be answered at once.
    head: RefCell<Box<[u8]>>,
}

impl Entry {
    /// Makes the handler.
    pub fn new(application: Application) -> Self {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            crate::error!("panic", place = place);
        }));
        let handler = (application.handler)();
        let head = vec![0; HEAD_BYTES].into_boxed_slice();
        use_memory(::wasm_bindgen::memory(), place(&head));
        Self { application, handler, config: OnceLock::new(), head: RefCell::new(head) }
    }

    /// Answers one request: a `Response`, or a promise of one.
    pub fn handle(
        &self,
        head: &str,
        body: Option<Vec<u8>>,
        state: u8,
        environment: &JsValue,
        execution_context: JsValue,
    ) -> JsValue {
        let context = self.context(environment, execution_context);
        let body = Bytes::from(body.unwrap_or_default());
        debug_assert!(body.len() <= BODY_LIMIT_BYTES);
        let head = Head::parse(head);
        let mut request = match state {
            FAILED => head.to_refused(Refused::Failed, &context),
            _ => head.to_request(body, &context),
        };
        match state {
            BODY_TOO_LARGE => _ = request.extensions_mut().insert(BodyTooLarge),
            BODY_INTERRUPTED => _ = request.extensions_mut().insert(BodyInterrupted),
            _ => {}
        }
        let answered = self.handler.answer(request);
        future_to_promise(async move { Ok(convert(answered.await).await) }).into()
    }

    /// Whether some requests are answered from memory.
    pub fn answers_at_once(&self) -> bool {
        self.application.immediate.is_some()
    }

    /// Answers one request from memory and leaves the `Response` where `entry.mjs` takes it; `false` when it takes more
    /// than that. Its head was written where [`use_memory`] said, in ASCII; bindings and execution context are asked for
    /// when they are needed.
    pub fn answer_at_once(&self, length: usize, body: Option<Vec<u8>>) -> bool {
        let Some(answer) = self.answer_from_memory(length, body) else { return false };
        let headers = answer.headers.iter().map(|(name, value)| (*name, value.as_ref()));
        PackedHead::new(answer.status, headers).respond(&answer.body);
        true
    }

    fn answer_from_memory(&self, length: usize, body: Option<Vec<u8>>) -> Option<Answer> {
        let written = self.head.borrow();
        let head = Head::parse(str::from_utf8(written.get(..length)?).ok()?);
        let config = self.config.get_or_init(|| read_settings(&settings_at_hand())).clone();
        let context = Context { config, tasks: Tasks::at_hand() };
        let body = Bytes::from(body.unwrap_or_default());
        self.application.answer_at_once(&head, &body, &context)
    }

    /// Does what [`WarmUp`](crate::serve::WarmUp) says.
    pub fn warm_up(&self) {
        let Some(WarmUp { request, beyond }) = self.application.warm_up else { return };
        let context = Context { config: Config::default(), tasks: Tasks::new(JsValue::UNDEFINED) };
        let head = Head::parse(request);
        crate::log::silently(|| {
            let _nothing_known = self.application.answer_at_once(&head, &Bytes::new(), &context);
            let answering = self.handler.answer(head.to_request(Bytes::new(), &context));
            // No `Response` can be made yet.
            let _packed = async { pack(answering.await).await }.now_or_never();
            beyond(&context);
        });
    }

    /// Whether some requests go to other services.
    pub fn forwards(&self) -> bool {
        self.application.forward.is_some()
    }

    /// The binding of the service that answers this request in our place.
    pub fn forward(&self, method: &str, path: &str) -> Option<String> {
        self.application.forward.and_then(|forward| forward(method, path)).map(str::to_owned)
    }

    /// The `x-request-id` of a response that is a static file.
    pub fn file_request_id(&self, given: Option<&str>) -> Option<String> {
        self.application.file_request_id.map(|name| name(given).to_string())
    }

    /// Runs the schedule: a promise, or undefined when there is none.
    pub fn scheduled(&self, environment: &JsValue, execution_context: JsValue) -> JsValue {
        let Some(scheduled) = self.application.scheduled else { return JsValue::UNDEFINED };
        let work = scheduled(self.context(environment, execution_context));
        future_to_promise(async move {
            work.await;
            Ok(JsValue::UNDEFINED)
        })
        .into()
    }

    fn context(&self, environment: &JsValue, execution_context: JsValue) -> Context {
        // Bindings of an isolate never change: a deployment starts new ones.
        let config = self.config.get_or_init(|| read_settings(environment)).clone();
        Context { config, tasks: Tasks::new(execution_context) }
    }
}

/// The bindings that are strings. `entry.mjs` has put the address of a Hyperdrive binding among them.
fn read_settings(environment: &JsValue) -> Config {
    let entries = Object::entries(environment.unchecked_ref());
    entries
        .iter()
        .filter_map(|entry| {
            let pair = Array::from(&entry);
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        })
        .collect()
}

/// A response's head as `respond.mjs` reads it. First the shape, which is what many responses share: the names
/// separated by tabs, the content type with its value, because it has few. Then the other values, each with a newline.
struct PackedHead {
    status: u16,
    shape_length: usize,
    text: Vec<u8>,
}

impl PackedHead {
    fn new<'a>(status: u16, headers: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Self {
        let mut text = Vec::with_capacity(192);
        for (index, (name, value)) in headers.clone().enumerate() {
            if index > 0 {
                text.push(b'\t');
            }
            text.extend_from_slice(name.as_bytes());
            if name == SHAPING {
                text.push(b':');
                text.extend_from_slice(value.as_bytes());
            }
        }
        let shape_length = text.len();
        for (_, value) in headers.filter(|(name, _)| *name != SHAPING) {
            text.extend_from_slice(value.as_bytes());
            text.push(b'\n');
        }
        Self { status, shape_length, text }
    }

    /// Leaves the response where `entry.mjs` takes it, or [`take_response`].
    fn respond(&self, body: &[u8]) {
        self.with_shape(|is_same| {
            let Self { status, shape_length, text } = self;
            respond(*status, place(text), *shape_length, text.len(), is_same, place(body), body.len());
        });
    }

    fn respond_stream(&self, source: BodySource) -> JsValue {
        self.with_shape(|is_same| {
            let Self { status, shape_length, text } = self;
            respond_stream(*status, place(text), *shape_length, text.len(), is_same, source)
        })
    }

    /// Tells `make` whether the response before had this shape. It counts as known once its response was made.
    fn with_shape<T>(&self, make: impl FnOnce(bool) -> T) -> T {
        thread_local! {
            static LAST: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        let shape = self.text.get(..self.shape_length).unwrap_or_default();
        let is_same = !shape.is_empty() && LAST.with_borrow(|last| last == shape);
        let response = make(is_same);
        if !is_same {
            LAST.with_borrow_mut(|last| shape.clone_into(last));
        }
        response
    }
}

/// Where JavaScript finds these bytes, as long as they are borrowed.
fn place(bytes: &[u8]) -> usize {
    bytes.as_ptr().expose_provenance()
}

/// The header whose value is part of a shape.
const SHAPING: &str = "content-type";

async fn convert(response: http::Response<Body>) -> JsValue {
    let (head, body) = pack(response).await;
    match body {
        Packed::Whole(bytes) => {
            head.respond(&bytes);
            take_response()
        }
        Packed::Streamed(stream) => head.respond_stream(BodySource::new(stream)),
    }
}

enum Packed {
    Whole(Bytes),
    Streamed(BodyDataStream),
}

async fn pack(response: http::Response<Body>) -> (PackedHead, Packed) {
    let (parts, body) = response.into_parts();
    // A name that occurs twice (`vary`) is one header with two values.
    let joined = |name| {
        let values = parts.headers.get_all(name).iter();
        values.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ")
    };
    let headers: Vec<(&str, String)> =
        parts.headers.keys().map(|name| (name.as_str(), joined(name))).collect();
    let headers = headers.iter().map(|(name, value)| (*name, value.as_str()));
    let head = PackedHead::new(parts.status.as_u16(), headers);
    if body.size_hint().exact().is_none() {
        return (head, Packed::Streamed(body.into_data_stream()));
    }
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    (head, Packed::Whole(bytes))
}

/// A response body that JavaScript pulls from.
#[wasm_bindgen]
pub struct BodySource {
    body: Rc<RefCell<Option<Abortable<BodyDataStream>>>>,
    abort: AbortHandle,
}

impl BodySource {
    fn new(stream: BodyDataStream) -> Self {
        let (body, abort) = abortable(stream);
        Self { body: Rc::new(RefCell::new(Some(body))), abort }
    }
}

#[wasm_bindgen]
impl BodySource {
    /// A promise of the next chunk: bytes, or undefined at the end. It rejects when the body failed, so that
    /// the client sees a broken response and not a short one.
    pub fn pull(&self) -> js_sys::Promise {
        let slot = self.body.clone();
        future_to_promise(async move {
            // The body is out of its slot while it is read, so that nothing is borrowed across the wait.
            let taken = slot.borrow_mut().take();
            let Some(mut body) = taken else { return Ok(JsValue::UNDEFINED) };
            let step = body.next().await;
            match step {
                Some(Ok(chunk)) => {
                    *slot.borrow_mut() = Some(body);
                    Ok(Uint8Array::from(chunk.as_ref()).into())
                }
                Some(Err(error)) => Err(JsValue::from_str(&error.to_string())),
                None => Ok(JsValue::UNDEFINED),
            }
        })
    }

    /// The client left: the body is dropped, also while a pull waits for it.
    pub fn cancel(&self) {
        self.abort.abort();
        self.body.borrow_mut().take();
    }
}
