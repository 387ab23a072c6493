//! Spans from the drain to a receiver: OTLP/HTTP in its JSON encoding, <https://opentelemetry.io/docs/specs/otlp/>.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use platform::config::Config;
use serde::Deserialize;
use serde_json::value::RawValue;

const TIMEOUT: Duration = Duration::from_secs(5);
const LARGEST_ANSWER_BYTES: usize = 64_000;

/// Where spans go.
pub(crate) struct Receiver {
    address: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// One that does not answer is not asked again in the same drain.
    is_down: bool,
}

/// What `span.rs` has written.
#[derive(Deserialize)]
struct Entry<'a> {
    function: &'a str,
    #[serde(borrow)]
    span: &'a RawValue,
}

impl Receiver {
    /// The receiver of an installation; none if it has none. The settings are OpenTelemetry's own: the traces' path is
    /// added to the endpoint, and the headers are `name=value` pairs between commas, the values percent-encoded.
    pub(crate) fn from_config(config: &Config) -> Option<Self> {
        let endpoint = config.get("OTEL_EXPORTER_OTLP_ENDPOINT")?.trim_end_matches('/');
        let given = config.get("OTEL_EXPORTER_OTLP_HEADERS").unwrap_or_default();
        let headers = given.split(',').filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
            Some((name.trim().parse().ok()?, HeaderValue::from_str(&value).ok()?))
        });
        Some(Self { address: format!("{endpoint}/v1/traces"), headers: headers.collect(), is_down: false })
    }

    /// Sends spans, once: what a receiver does not take is gone, and the log says how many.
    pub(crate) async fn export(&mut self, entries: &[&str]) {
        if entries.is_empty() {
            return;
        }
        let sent = if self.is_down { Err("not asked again".to_owned()) } else { self.send(entries).await };
        if let Err(error) = sent {
            self.is_down = true;
            platform::warn!("spans lost", spans = entries.len(), error = error);
        }
    }

    async fn send(&self, entries: &[&str]) -> Result<(), String> {
        let mut request = http::Request::post(&self.address)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(Bytes::from(document(entries)))
            .map_err(|error| error.to_string())?;
        request.headers_mut().extend(self.headers.iter().cloned());
        let response = platform::http::send(request, TIMEOUT).await.map_err(|error| error.to_string())?;
        let status = response.status();
        // Read in any case, so that the connection can be used again.
        let answer = platform::http::collect(response.into_body(), LARGEST_ANSWER_BYTES, TIMEOUT).await;
        if !status.is_success() {
            return Err(format!("status {status}"));
        }
        let rejected = answer.map_or(0, |answer| rejected_spans(&answer));
        if rejected > 0 {
            // The receiver is there, and has taken the others.
            platform::warn!("spans lost", spans = rejected, error = "rejected by the receiver");
        }
        Ok(())
    }
}

/// How many spans a receiver has not taken though it answers 200: `{"partialSuccess": {"rejectedSpans": "3"}}`. Protobuf
/// writes a number of 64 bits as a text in JSON, and not everybody does.
fn rejected_spans(answer: &[u8]) -> u64 {
    let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    let rejected = answer.pointer("/partialSuccess/rejectedSpans");
    let as_text = || rejected?.as_str()?.parse().ok();
    rejected.and_then(serde_json::Value::as_u64).or_else(as_text).unwrap_or(0)
}

/// Spans by the function that made them, which is the service of OpenTelemetry.
fn document(entries: &[&str]) -> String {
    let mut functions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for entry in entries {
        if let Ok(entry) = serde_json::from_str::<Entry<'_>>(entry) {
            functions.entry(entry.function).or_default().push(entry.span.get());
        }
    }
    let version = env!("CARGO_PKG_VERSION");
    let attribute =
        |key: &str, value: &str| format!(r#"{{"key":"{key}","value":{{"stringValue":"{value}"}}}}"#);
    let resources = functions.iter().map(|(function, spans)| {
        let attributes = [
            attribute("service.namespace", "promptlab"),
            attribute("service.name", &format!("promptlab-{function}")),
            attribute("service.version", version),
        ];
        format!(
            r#"{{"resource":{{"attributes":[{}]}},"scopeSpans":[{{"scope":{{"name":"promptlab","version":"{version}"}},"spans":[{}]}}]}}"#,
            attributes.join(","),
            spans.join(",")
        )
    });
    format!(r#"{{"resourceSpans":[{}]}}"#, resources.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_opentelemetry_has_them() {
        let config: Config = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://otlp.example.com:4318/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, x-team = t,broken,=none"),
        ]
        .into_iter()
        .collect();
        let receiver = Receiver::from_config(&config).unwrap();
        assert_eq!(receiver.address, "https://otlp.example.com:4318/v1/traces");
        let headers: Vec<_> = receiver.headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
        assert_eq!(headers, [("api-key", &"a b".parse().unwrap()), ("x-team", &"t".parse().unwrap())]);
        assert!(Receiver::from_config(&Config::default()).is_none());
    }

    #[test]
    fn what_a_receiver_rejects_is_counted() {
        let rejected = |answer: &str| rejected_spans(answer.as_bytes());
        assert_eq!(rejected(r#"{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "old"}}"#), 3);
        assert_eq!(rejected(r#"{"partialSuccess": {"rejectedSpans": 2}}"#), 2);
        assert_eq!(rejected(r#"{"partialSuccess": {}}"#) + rejected("{}") + rejected("") + rejected("no"), 0);
    }

    #[test]
    fn spans_are_apart_by_function() {
        let entry = |function: &str, name: &str| {
            format!(r#"{{"type":"span","id":"e","function":"{function}","span":{{"name":"{name}"}}}}"#)
        };
        let entries = [entry("chat", "a"), entry("keys", "b"), entry("chat", "c"), "broken".to_owned()];
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let document: serde_json::Value = serde_json::from_str(&document(&entries)).unwrap();
        let resources = document["resourceSpans"].as_array().unwrap();
        let spans: Vec<String> =
            resources.iter().map(|resource| resource["scopeSpans"][0]["spans"].to_string()).collect();
        assert_eq!(spans, [r#"[{"name":"a"},{"name":"c"}]"#, r#"[{"name":"b"}]"#]);
        let service = &resources[1]["resource"]["attributes"][1];
        assert_eq!(service["value"]["stringValue"], "promptlab-keys");
    }
}
