//! Work that goes on after the response.

pub use crate::host::task::Tasks;

// On every platform `Tasks` has:
//   fn spawn(&self, future: impl Future<Output = ()> + Send + 'static)
// The platform keeps the request alive until the future is done: on Workers at most 30 s after the response.
