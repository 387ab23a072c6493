//! Log lines: one JSON object each, on the platform's log output.

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

/// Writes one line: `{"level", "time_ms", "message", …fields}`. Fields never hold a key, a prompt's text, a
/// user's words or an address.
pub fn line(level: Level, message: &str, fields: Map<String, Value>) {
    let mut entry = Map::new();
    let name = match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    entry.insert("level".into(), name.into());
    entry.insert("time_ms".into(), crate::time::now_ms().into());
    entry.insert("message".into(), message.into());
    entry.extend(fields);
    crate::host::log::write(level, &Value::Object(entry).to_string());
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
