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
    /// The model that is asked first. The one that answered is in `usage`.
    pub(crate) model: String,
    pub(crate) estimated_tokens_in: u64,
    /// The prompt's variables without a value.
    pub(crate) missing_variables: Vec<String>,
    pub(crate) context: Context,
    /// Whom else to ask should `model` fail, in this order.
    pub(crate) fallbacks: Vec<String>,
}

/// What the model sees of the conversation so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Context {
    /// Earlier messages that it sees.
    pub(crate) messages_kept: u64,
    /// Earlier messages that it does not see, because they do not fit.
    pub(crate) messages_dropped: u64,
    /// Whether it sees a summary in place of the beginning.
    pub(crate) summarised: bool,
}

/// What an answer took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Usage {
    /// The model that answered.
    pub(crate) model: String,
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
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Done {
    pub(crate) finish_reason: &'static str,
}

/// The finish reason of an answer that somebody stopped, or that nobody was there to read.
pub(crate) const CANCELLED: &str = "cancelled";

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

/// How much text is in one event, in bytes: what is larger comes in several.
pub(crate) const LARGEST_DELTA: usize = 16 << 10;

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
    /// An encoder whose first event comes after the one with the id `last_id`.
    pub(crate) fn after(last_id: u64) -> Self {
        Self { last_id }
    }

    /// The id of the last event that was written.
    pub(crate) fn last_id(&self) -> u64 {
        self.last_id
    }

    /// The first event.
    pub(crate) fn meta(&mut self, meta: &impl Serialize) -> String {
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

/// A text in pieces that fit into one event each.
pub(crate) fn pieces(text: String) -> Vec<String> {
    if text.len() <= LARGEST_DELTA {
        return vec![text];
    }
    let mut pieces = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (piece, left) = rest.split_at(rest.floor_char_boundary(LARGEST_DELTA));
        pieces.push(piece.to_owned());
        rest = left;
    }
    pieces
}

/// The part of `events` that comes after the event with the id `after`, and the id of the last event.
pub(crate) fn rest(events: &str, after: u64) -> (&str, u64) {
    let mut start = events.len();
    let (mut place, mut last_id) = (0, after);
    for block in events.split_inclusive("\n\n") {
        let id = block.strip_prefix("id: ").and_then(|rest| rest.split('\n').next()?.parse().ok());
        if let Some(id) = id.filter(|id| *id > after) {
            start = start.min(place);
            last_id = id;
        }
        place += block.len();
    }
    (events.get(start..).unwrap_or_default(), last_id)
}

/// The text of all deltas in `events`.
pub(crate) fn text_of(events: &str) -> String {
    #[derive(serde::Deserialize)]
    struct Delta {
        text: String,
    }
    let deltas = events.split("\n\n").filter(|block| block.contains("\nevent: delta\n"));
    let texts = deltas.filter_map(|block| serde_json::from_str(block.split_once("\ndata: ")?.1).ok());
    texts.map(|Delta { text }| text).collect()
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
    fn the_rest_begins_after_an_event_and_holds_whole_events() {
        let mut encoder = Encoder::default();
        let parts = ["a", "b\n\nid: 9", "c"].map(|text| encoder.event(&Event::Delta(text.to_owned())));
        let events = parts.concat();
        assert_eq!(rest(&events, 0), (events.as_str(), 3));
        assert_eq!(rest(&events, 1), (parts[1..].concat().as_str(), 3));
        assert_eq!(rest(&events, 2), (parts[2].as_str(), 3));
        assert_eq!(rest(&events, 3), ("", 3));
        assert_eq!(rest("", 7), ("", 7));
        assert_eq!(text_of(&events), "ab\n\nid: 9c");
    }

    #[test]
    fn a_large_text_comes_in_pieces() {
        let text = "ü".repeat(LARGEST_DELTA);
        let pieces = pieces(text.clone());
        assert_eq!((pieces.concat(), pieces.len()), (text, 2));
        assert_eq!(super::pieces("short".to_owned()), ["short"]);
        assert!(super::pieces("x€".repeat(LARGEST_DELTA)).iter().all(|piece| piece.len() <= LARGEST_DELTA));
    }

    #[test]
    fn an_unknown_cost_is_null() {
        let usage = Usage {
            model: "m".to_owned(),
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
