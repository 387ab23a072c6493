//! Log lines: one JSON object each, on the platform's log output.
//!
//! Whatever is done [`within`] a request's [`Origin`], also by tasks that it leaves behind, says in each of its lines
//! which request and team it is done for: code that has something to report need not be told.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::sync::{Arc, OnceLock};

use futures_util::{Stream, StreamExt, stream};
use serde_json::{Map, Value};

/// How urgent a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What happened in the normal course of things.
    Info,
    /// Something degraded that the system works around.
    Warn,
    /// Something failed that somebody should look at.
    Error,
}

/// The request that work is done for.
#[derive(Debug)]
pub struct Origin {
    request: Arc<str>,
    trace: Option<String>,
    team: OnceLock<String>,
}

thread_local! {
    /// Whose work is being polled.
    static NOW: RefCell<Option<Arc<Origin>>> = const { RefCell::new(None) };
    /// Whether what is done is only for practice.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

impl Origin {
    /// A request of nobody known yet, and the trace that it is part of.
    pub fn new(request_id: Arc<str>, trace_id: Option<String>) -> Arc<Self> {
        Arc::new(Self { request: request_id, trace: trace_id, team: OnceLock::new() })
    }

    /// Says whose request it is, once that is known.
    pub fn set_team_id(&self, team_id: &str) {
        self.team.get_or_init(|| team_id.to_owned());
    }

    fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let known = [
            ("request_id", Some(&*self.request)),
            ("team_id", self.team.get().map(String::as_str)),
            ("trace_id", self.trace.as_deref()),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// Does `work` for the request `origin`.
pub async fn within<F: Future>(origin: Option<Arc<Origin>>, work: F) -> F::Output {
    let mut work = pin!(work);
    std::future::poll_fn(|context| polled(origin.as_ref(), || work.as_mut().poll(context))).await
}

/// Makes a stream's items for the request `origin`.
pub fn stream_within<S: Stream + Unpin>(
    origin: Option<Arc<Origin>>,
    mut items: S,
) -> impl Stream<Item = S::Item> {
    stream::poll_fn(move |context| polled(origin.as_ref(), || items.poll_next_unpin(context)))
}

/// Goes on with `work` for the request that is being answered now.
pub(crate) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    within(NOW.with_borrow(Clone::clone), work)
}

fn polled<T>(origin: Option<&Arc<Origin>>, poll: impl FnOnce() -> T) -> T {
    let before = NOW.replace(origin.cloned());
    let result = poll();
    NOW.set(before);
    result
}

/// Writes one line: `{"level", "time_ms", "message", "request_id", "team_id", …fields}`. Fields never hold a key, a
/// prompt's text, a user's words or an address.
pub fn line(level: Level, message: &str, fields: Map<String, Value>) {
    let line = Value::Object(entry(level, message, fields)).to_string();
    if !IS_SILENT.get() {
        crate::host::log::write(level, &line);
    }
}

/// Does `work` without writing what it logs.
#[cfg_attr(not(target_os = "unknown"), expect(dead_code, reason = "only an isolate practises"))]
pub(crate) fn silently(work: impl FnOnce()) {
    IS_SILENT.set(true);
    work();
    IS_SILENT.set(false);
}

fn entry(level: Level, message: &str, fields: Map<String, Value>) -> Map<String, Value> {
    let mut entry = Map::new();
    let name = match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    entry.insert("level".into(), name.into());
    entry.insert("time_ms".into(), crate::time::now_ms().into());
    entry.insert("message".into(), message.into());
    NOW.with_borrow(|origin| {
        for (name, value) in origin.iter().flat_map(|origin| origin.fields()) {
            entry.insert(name.into(), value.into());
        }
    });
    entry.extend(fields);
    entry
}

/// Logs at [`Level::Info`]: `info!("prompt resolved", prompt_id = id, duration_ms = 3)`.
#[macro_export]
macro_rules! info {
    ($($rest:tt)*) => { $crate::log_line!($crate::log::Level::Info, $($rest)*) };
}

/// Logs at [`Level::Warn`]; see [`info!`](crate::info!).
#[macro_export]
macro_rules! warn {
    ($($rest:tt)*) => { $crate::log_line!($crate::log::Level::Warn, $($rest)*) };
}

/// Logs at [`Level::Error`]; see [`info!`](crate::info!).
#[macro_export]
macro_rules! error {
    ($($rest:tt)*) => { $crate::log_line!($crate::log::Level::Error, $($rest)*) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! log_line {
    ($level:expr, $message:expr $(, $name:ident = $value:expr)* $(,)?) => {{
        #[allow(unused_mut, reason = "a line may have no fields")]
        let mut fields = $crate::log::Fields::new();
        $(fields.insert(stringify!($name).to_owned(), $crate::log::json(&$value));)*
        $crate::log::line($level, $message, fields);
    }};
}

#[doc(hidden)]
pub type Fields = Map<String, Value>;

#[doc(hidden)]
pub fn json<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tasks;

    /// Request and team of a line that is written now.
    fn said() -> (Option<String>, Option<String>) {
        let entry = entry(Level::Info, "said", Map::new());
        let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
        (text("request_id"), text("team_id"))
    }

    #[tokio::test]
    async fn work_says_whom_it_is_done_for_wherever_it_goes_on() {
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let tasks = Tasks::default();
        let work = async |number: usize| {
            let origin = Origin::new(format!("r{number}").into(), None);
            let inner = async {
                assert_eq!(said(), (Some(format!("r{number}")), None));
                origin.set_team_id(&format!("t{number}"));
                let (told, left) = (told.clone(), tasks.clone());
                tasks.spawn(async move {
                    tokio::task::yield_now().await;
                    left.spawn(async move { told.send((number, said())).unwrap() });
                });
                tokio::task::yield_now().await;
                assert_eq!(said().1, Some(format!("t{number}")));
            };
            within(Some(origin.clone()), inner).await;
        };
        futures_util::future::join_all((0..10).map(work)).await;
        assert_eq!(said(), (None, None));
        tasks.finish().await;
        for _ in 0..10 {
            let (number, said) = heard.recv().await.unwrap();
            assert_eq!(said, (Some(format!("r{number}")), Some(format!("t{number}"))));
        }
    }

    #[tokio::test]
    async fn a_stream_says_whom_it_is_made_for() {
        let origin = Origin::new("r".into(), None);
        let items = stream_within(Some(origin), stream::iter(0..2).map(|_| said().0));
        assert_eq!(items.collect::<Vec<_>>().await, vec![Some("r".to_owned()); 2]);
    }

    #[test]
    fn what_a_line_says_itself_counts() {
        let mut fields = Map::new();
        fields.insert("team_id".to_owned(), "another".into());
        let origin = Origin::new("r".into(), Some("trace".to_owned()));
        origin.set_team_id("t");
        let entry = polled(Some(&origin), || entry(Level::Warn, "said", fields));
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        assert_eq!(["request_id", "team_id", "trace_id"].map(text), ["r", "another", "trace"]);
    }
}
