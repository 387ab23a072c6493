//! Spans of a caller's trace, on the way of all events: whoever answers a request carries no exporter, and what exports
//! them (`otlp.rs`) runs after the drain has stored everything else.

use std::fmt::Write;

use domain::Id;
use platform::Context;

use crate::{Event, new_id, record};

/// Whether spans are wanted: whether there is an OTLP/HTTP receiver.
pub fn exports_spans(context: &Context) -> bool {
    context.config.get("OTEL_EXPORTER_OTLP_ENDPOINT").is_some()
}

/// Which side of a call a span is on: OTLP's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says it")]
pub enum SpanKind {
    Internal = 1,
    Server = 2,
    Client = 3,
}

/// A piece of work that is over.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    /// The team.
    pub team_id: &'a Id,
    /// The function that did it: its part of the service's name.
    pub function: &'static str,
    /// The trace, 32 hexadecimal digits.
    pub trace_id: &'a str,
    /// The span, 16 hexadecimal digits.
    pub span_id: &'a str,
    /// What it is a part of.
    pub parent_span_id: &'a str,
    /// What was done, in few different words.
    pub name: &'a str,
    /// Which side of a call it was.
    pub kind: SpanKind,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: i64,
    /// What went wrong, by its code.
    pub error: Option<&'a str>,
    /// More about it.
    pub attributes: &'a [(&'a str, Attribute<'a>)],
}

/// What an attribute says. An empty text says nothing, and is left out.
#[derive(Debug, Clone, Copy)]
pub enum Attribute<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(i64),
}

/// Sends a span on its way. It waits for nothing and never fails; spans are given up before anything else is.
pub fn record_span(context: &Context, span: &Span<'_>) {
    record(context, Event::Span { team_id: span.team_id.clone(), text: entry(span) });
}

/// The span as an entry of the stream: what the drain asks of every event, and the span as OTLP writes it in JSON.
fn entry(span: &Span<'_>) -> String {
    let Span { team_id, function, trace_id, span_id, parent_span_id, kind, started_ms, ended_ms, .. } = span;
    let kind = *kind as u8;
    let ended_ms = ended_ms.max(started_ms);
    let name = quoted(span.name);
    let mut attributes = String::new();
    let given = [("promptlab.team.id", Attribute::Text(team_id.as_str()))];
    let error = span.error.map(|code| ("error.type", Attribute::Text(code)));
    for (key, value) in given.iter().chain(span.attributes).chain(&error) {
        let value = match value {
            Attribute::Text("") => continue,
            Attribute::Text(text) => format!("{{\"stringValue\":{}}}", quoted(text)),
            // 64 bits are a text in protobuf's JSON.
            Attribute::Number(number) => format!("{{\"intValue\":\"{number}\"}}"),
        };
        let comma = if attributes.is_empty() { "" } else { "," };
        // Into a text nothing fails.
        let _written = write!(attributes, "{comma}{{\"key\":\"{key}\",\"value\":{value}}}");
    }
    // Whether a server's error is one of the whole trace is for those to say who asked.
    let status = if span.error.is_some() { "{\"code\":2}" } else { "{}" };
    format!(
        "{{\"type\":\"span\",\"id\":\"{}\",\"team_id\":\"{team_id}\",\"at_ms\":{ended_ms},\"function\":\"{function}\",\
         \"span\":{{\"traceId\":\"{trace_id}\",\"spanId\":\"{span_id}\",\"parentSpanId\":\"{parent_span_id}\",\
         \"name\":{name},\"kind\":{kind},\"startTimeUnixNano\":\"{started_ms}000000\",\
         \"endTimeUnixNano\":\"{ended_ms}000000\",\"attributes\":[{attributes}],\"status\":{status}}}}}",
        new_id()
    )
}

/// A text in JSON, without what is personal or secret. Functions whose events hold no texts have none in spans.
fn quoted(text: &str) -> String {
    #[cfg(feature = "contents")]
    let text: &str = &redaction::redact(text);
    serde_json::Value::from(text).to_string()
}

#[cfg(feature = "contents")]
#[cfg(test)]
mod tests {
    use super::*;
    use domain::Kind;
    use serde_json::{Value, json};

    #[test]
    fn a_span_is_written_as_otlp_wants_it() {
        let team_id = Id::new(Kind::Team, 1, [0; 10]);
        let span = Span {
            team_id: &team_id,
            function: "chat",
            trace_id: "0af7651916cd43dd8448eb211c80319c",
            span_id: "b7ad6b7169203331",
            parent_span_id: "00f067aa0ba902b7",
            name: "chat \"mine\" canary@example.com",
            kind: SpanKind::Client,
            started_ms: 1_763_717_400_001,
            // A clock that was set back.
            ended_ms: 1_763_717_400_000,
            error: Some("timeout"),
            attributes: &[
                ("gen_ai.request.model", Attribute::Text("m")),
                ("nothing", Attribute::Text("")),
                ("gen_ai.usage.input_tokens", Attribute::Number(7)),
            ],
        };
        let entry: Value = serde_json::from_str(&entry(&span)).unwrap();
        assert_eq!((&entry["type"], &entry["function"]), (&json!("span"), &json!("chat")));
        assert_eq!(
            entry["span"],
            json!({
                "traceId": "0af7651916cd43dd8448eb211c80319c",
                "spanId": "b7ad6b7169203331",
                "parentSpanId": "00f067aa0ba902b7",
                "name": "chat \"mine\" [email]",
                "kind": 3,
                "startTimeUnixNano": "1763717400001000000",
                "endTimeUnixNano": "1763717400001000000",
                "attributes": [
                    {"key": "promptlab.team.id", "value": {"stringValue": team_id.as_str()}},
                    {"key": "gen_ai.request.model", "value": {"stringValue": "m"}},
                    {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "7"}},
                    {"key": "error.type", "value": {"stringValue": "timeout"}},
                ],
                "status": {"code": 2},
            })
        );
    }
}
