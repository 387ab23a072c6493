//! Server-sent events, read as a browser reads them.

use serde_json::Value;

/// One event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// A stream of events. Dropping it is leaving.
pub(crate) struct Events {
    response: reqwest::Response,
    unread: Vec<u8>,
}

impl Events {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        Self { response, unread: Vec::new() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).map(|value| value.to_str().expect("a header in ASCII"))
    }

    /// The next event; `None` at the stream's end.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                match parse(&String::from_utf8(block).expect("UTF-8")) {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let chunk = self.response.chunk().await.expect("the stream goes on or ends");
            let Some(chunk) = chunk else {
                assert!(self.unread.is_empty(), "the stream ended inside an event");
                return None;
            };
            self.unread.extend_from_slice(&chunk);
        }
    }

    /// All events to the end.
    pub(crate) async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The event of a block; `None` when it is only a comment.
fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let name = field("event")?.trim().to_owned();
    let id = field("id").and_then(|id| id.trim().parse().ok());
    let lines = block.lines().filter_map(|line| line.strip_prefix("data:"));
    let data = lines.collect::<Vec<_>>().join("\n");
    Some(Event {
        id: id.unwrap_or_else(|| panic!("an event with a number for its id: {block}")),
        name,
        data: serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {block}")),
    })
}
