//! What every function does with a request.
//!
//! [`serve`] wraps a function's handlers: it finds the route in the one table of routes ([`ROUTES`]),
//! authenticates the key and checks its role, refuses bodies that are too large, replays answers to repeated
//! idempotency keys, gives every response its request id, and logs one line. Handlers take a [`Call`] and, with
//! [`Body`] and [`Query`], input that was read strictly; they return [`Problem`]s.
//!
//! Out of scope: what a route does.

mod authenticate;
mod body;
mod call;
mod checks;
mod cors;
mod cursor;
mod idempotency;
mod openai;
mod pipeline;
mod problem;
mod query;
mod routes;
mod trace;

pub use authenticate::{Caller, CallerLookup, caller_from_memory, forget_key, key_document, warm_up};
pub use body::{Body, NoBody, null_is_default, object, objects, objects_if_any, read_json};
pub use call::{Call, stores};
pub use checks::{Checks, present};
pub use cursor::{CursorKey, ListPage};
pub use idempotency::Streamed;
pub use pipeline::{request_id, serve, serve_by_hand, serve_reading};
pub use problem::{Problem, no_content, to_json_response};
pub use query::{Query, decode_component, not_utf8};
pub use routes::{Access, Function, ROUTES, Route, find_function};
pub use trace::{Span, Trace, Work};
