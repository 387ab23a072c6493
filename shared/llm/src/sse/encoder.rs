//! Writing a stream.

use std::fmt::Write;

/// One event in wire form. An empty `id` or `event` is left out. Each line of `data` becomes a `data:` line; a
/// reader gets `\r` and `\r\n` back as `\n`, as the standard has it.
///
/// ```
/// assert_eq!(llm::sse::encode("7", "delta", "{}"), "id: 7\nevent: delta\ndata: {}\n\n");
/// ```
pub fn encode(id: &str, event: &str, data: &str) -> String {
    let mut wire = String::with_capacity(id.len() + event.len() + data.len() + 32);
    field(&mut wire, "id", id);
    field(&mut wire, "event", event);
    for line in data.replace("\r\n", "\n").split(['\n', '\r']) {
        let _ = writeln!(wire, "data: {line}");
    }
    wire.push('\n');
    wire
}

/// A comment, which readers skip: it keeps a silent connection open.
///
/// ```
/// assert_eq!(llm::sse::comment("still here"), ": still here\n\n");
/// ```
pub fn comment(text: &str) -> String {
    format!(": {}\n\n", text.replace(['\n', '\r'], " "))
}

fn field(wire: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        // A line break would end the field, and a NUL voids an id.
        let value = value.replace(['\n', '\r', '\0'], "");
        let _ = writeln!(wire, "{name}: {value}");
    }
}
