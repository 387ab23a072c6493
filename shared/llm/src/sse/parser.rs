//! Reading a stream, by the rules of the WHATWG:
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>.

use std::collections::VecDeque;

use super::Event;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An event, or a line of one, is larger than the parser's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {limit} bytes")]
pub struct EventTooLarge {
    /// The limit, in bytes.
    pub limit: usize,
}

/// An incremental parser: the bytes may be cut anywhere, also inside a character or between CR and LF.
///
/// An event is complete at its blank line and only then: what a broken connection leaves behind is no event.
#[derive(Debug)]
pub struct Parser {
    limit: usize,
    at_start: bool,
    after_carriage_return: bool,
    line: Vec<u8>,
    event: Event,
    has_data: bool,
}

impl Parser {
    /// A parser for one stream, whose events may have up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            at_start: true,
            after_carriage_return: false,
            line: Vec::new(),
            event: Event::default(),
            has_data: false,
        }
    }

    /// Reads the next bytes and appends the events that they complete to `events`. After an error the stream
    /// cannot be read on.
    pub fn push(&mut self, bytes: &[u8], events: &mut VecDeque<Event>) -> Result<(), EventTooLarge> {
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.after_carriage_return) && first == b'\n' {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r') else {
                return self.keep(rest);
            };
            let (text, after) = rest.split_at(end);
            self.keep(text)?;
            self.after_carriage_return = after.first() == Some(&b'\r');
            rest = after.get(1..).unwrap_or_default();
            self.end_line(events)?;
        }
        Ok(())
    }

    fn keep(&mut self, text: &[u8]) -> Result<(), EventTooLarge> {
        self.check(text.len() + self.line.len())?;
        self.line.extend_from_slice(text);
        Ok(())
    }

    fn check(&self, more: usize) -> Result<(), EventTooLarge> {
        let limit = self.limit;
        if self.event.data.len() + more > limit { Err(EventTooLarge { limit }) } else { Ok(()) }
    }

    fn end_line(&mut self, events: &mut VecDeque<Event>) -> Result<(), EventTooLarge> {
        let mut line = std::mem::take(&mut self.line);
        let bytes = if std::mem::take(&mut self.at_start) {
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&line)
        } else {
            &line
        };
        if bytes.is_empty() {
            self.dispatch(events);
        } else {
            // A line break never falls inside a character, so a whole line decodes as the whole stream would.
            self.field(&String::from_utf8_lossy(bytes))?;
        }
        line.clear();
        self.line = line;
        Ok(())
    }

    fn field(&mut self, line: &str) -> Result<(), EventTooLarge> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                self.check(value.len() + 1)?;
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            "event" => value.clone_into(&mut self.event.event),
            "id" if !value.contains('\0') => value.clone_into(&mut self.event.id),
            // A comment has an empty name. `retry` is for clients that reconnect, which we do not.
            _ => {}
        }
        Ok(())
    }

    fn dispatch(&mut self, events: &mut VecDeque<Event>) {
        let event = std::mem::take(&mut self.event.event);
        let data = std::mem::take(&mut self.event.data);
        if std::mem::take(&mut self.has_data) {
            events.push_back(Event { id: self.event.id.clone(), event, data });
        }
    }
}
