//! The events of a turn, and how they are written.

use domain::Id;
use serde::Serialize;

/// What is known before the first token.
#[derive(Debug, Serialize)]
pub(crate) struct Meta {
    pub(crate) conversation_id: Id,
    pub(crate) message_id: Id,
    /// What the user said, as a message of the conversation.
    pub(crate) user_message_id: Id,
    pub(crate) request_id: String,
    pub(crate) prompt_id: Option<Id>,
    pub(crate) version_id: Option<Id>,
    pub(crate) experiment_id: Option<Id>,
    pub(crate) variant: Option<String>,
    pub(crate) model: String,
    pub(crate) estimated_tokens_in: u64,
    /// The prompt's variables without a value.
    pub(crate) missing_variables: Vec<String>,
    /// Earlier messages that the model does not see, for they do not fit.
    pub(crate) dropped_messages: usize,
}

/// What an answer took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Usage {
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out: u64,
    pub(crate) cached_tokens_in: u64,
    /// Whether the tokens are our estimate, for the provider has not counted them.
    pub(crate) tokens_estimated: bool,
    pub(crate) latency_ms: i64,
    pub(crate) ttft_ms: Option<i64>,
    pub(crate) cost_usd: Option<f64>,
}

/// How a complete answer ended.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Done {
    pub(crate) finish_reason: &'static str,
}

/// Why an answer is not complete.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
}

/// What happens after the beginning.
#[derive(Debug)]
pub(crate) enum Event {
    Delta(String),
    Usage(Usage),
    Done(Done),
    Error(Failure),
}

/// Writes events as server-sent events, numbered from 1.
#[derive(Default)]
pub(crate) struct Encoder {
    last_id: u64,
}

#[derive(Serialize)]
struct Delta<'a> {
    text: &'a str,
}

impl Encoder {
    /// The first event.
    pub(crate) fn meta(&mut self, meta: &Meta) -> String {
        self.write("meta", meta)
    }

    /// Any other.
    pub(crate) fn event(&mut self, event: &Event) -> String {
        match event {
            Event::Delta(text) => self.write("delta", &Delta { text }),
            Event::Usage(usage) => self.write("usage", usage),
            Event::Done(done) => self.write("done", done),
            Event::Error(failure) => self.write("error", failure),
        }
    }

    fn write(&mut self, name: &str, data: &impl Serialize) -> String {
        self.last_id += 1;
        // Structs of texts and numbers can always be written.
        let data = serde_json::to_string(data).unwrap_or_default();
        llm::sse::encode(&self.last_id.to_string(), name, &data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_numbered() {
        let mut encoder = Encoder::default();
        let delta = encoder.event(&Event::Delta("a\n“b”".to_owned()));
        assert_eq!(delta, "id: 1\nevent: delta\ndata: {\"text\":\"a\\n“b”\"}\n\n");
        let done = encoder.event(&Event::Done(Done { finish_reason: "stop" }));
        assert_eq!(done, "id: 2\nevent: done\ndata: {\"finish_reason\":\"stop\"}\n\n");
    }

    #[test]
    fn an_unknown_cost_is_null() {
        let usage = Usage {
            tokens_in: 1,
            tokens_out: 2,
            cached_tokens_in: 0,
            tokens_estimated: false,
            latency_ms: 3,
            ttft_ms: None,
            cost_usd: None,
        };
        let event = Encoder::default().event(&Event::Usage(usage));
        assert!(event.contains("\"cost_usd\":null") && event.contains("\"ttft_ms\":null"), "{event}");
    }
}
