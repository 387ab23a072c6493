//! Log lines on standard error.

use crate::log::Level;

#[expect(clippy::print_stderr, reason = "this is where native log lines go")]
pub(crate) fn write(_level: Level, line: &str) {
    eprintln!("{line}");
}
