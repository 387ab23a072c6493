//! From a release to the text that a model is sent.
//!
//! Every prompt is resolved here, whoever asks: the resolve routes, chat, evaluations and previews.
//! [`find`] and [`find_in_memory`] bring the [`Prepared`] release from the nearest place that knows it,
//! [`resolve()`] fills in its templates, and [`publish()`] is how a change reaches the edge.
//!
//! Out of scope: HTTP.

mod prepared;
mod publish;
mod releases;
mod resolve;

pub use prepared::Prepared;
pub use publish::{Change, Propagation, publish};
pub use releases::{Place, find, find_in_memory, warm};
pub use resolve::{Assignment, LARGEST_RENDERING_BYTES, Request, Resolved, ResolvedMessage, resolve};
