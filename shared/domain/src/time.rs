//! Times as the API shows them.

use chrono::{DateTime, SecondsFormat, Utc};

/// RFC 3339 in UTC with milliseconds: `2026-11-21T09:30:00.000Z`.
pub fn timestamp(milliseconds_since_epoch: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(milliseconds_since_epoch)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Whether `text` is what [`timestamp`] writes, to the letter.
///
/// ```
/// assert!(domain::is_timestamp("2026-11-21T09:30:00.000Z"));
/// assert!(!domain::is_timestamp("2026-11-21T09:30:00.000+00:00"));
/// ```
pub fn is_timestamp(text: &str) -> bool {
    DateTime::parse_from_rfc3339(text).is_ok_and(|time| timestamp(time.timestamp_millis()) == text)
}
