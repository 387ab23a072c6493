//! From a release to the text that a model is sent.
//!
//! Every prompt is resolved here, whoever asks: the resolve routes, chat, evaluations and previews.
//! [`find`] and [`find_in_memory`] bring the [`Prepared`] release from the nearest place that knows it,
//! [`bind`] chooses the version and finds the values of its variables, [`resolve()`] fills in its templates as well,
//! [`expose`] records who met which arm of an experiment, and [`publish()`] is how a change reaches the edge.
//!
//! Out of scope: HTTP.

mod answer;
mod arms;
mod exposure;
mod json;
mod prepared;
mod publish;
mod releases;
mod resolve;
mod warm_up;

pub use exposure::{expose, fail};
pub use prepared::{Live, Prepared};
pub use publish::{Change, Propagation, publish};
pub use releases::{Place, find, find_in_memory, find_many};
pub use resolve::{
    Assignment, Bound, Chosen, LARGEST_RENDERING_BYTES, Request, Resolved, ResolvedMessage, Tracked,
    Variables, bind, resolve,
};
pub use warm_up::warm_up;
