//! Log lines on the component's standard output and error, which Spin keeps in files.

use crate::log::Level;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where log lines go")]
pub(crate) fn write(level: Level, line: &str) {
    if level == Level::Info { println!("{line}") } else { eprintln!("{line}") }
}
