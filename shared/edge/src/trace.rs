//! The trace that a request is part of, as its caller says: W3C Trace Context, <https://www.w3.org/TR/trace-context/>.
//! Traces are gone on with and never begun here. Spans are exported of those that their caller samples: see
//! [`events::record_span`].

use domain::Id;
use events::{Attribute, SpanKind};
use platform::{Context, time};

use crate::Function;

/// A request's place in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    parent: u64,
    flags: u8,
}

/// A piece of work that belongs to a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    trace: Trace,
    id: u64,
}

const SAMPLED: u8 = 0b01;
/// What version 00 knows: that the trace is sampled, and that its id is random. Other bits are not passed on.
const KNOWN_FLAGS: u8 = 0b11;

impl Trace {
    /// Reads a `traceparent` header. What is malformed, or of another version, says nothing.
    ///
    /// ```
    /// let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// assert_eq!(edge::Trace::parse(header).unwrap().trace_id(), "0af7651916cd43dd8448eb211c80319c");
    /// assert_eq!(edge::Trace::parse(&header.to_uppercase()), None);
    /// ```
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version != "00" || parts.next().is_some() {
            return None;
        }
        let trace = Self {
            id: hexadecimal(id, 32)?,
            parent: hexadecimal(parent, 16)?.try_into().ok()?,
            flags: hexadecimal(flags, 2)?.try_into().ok()?,
        };
        (trace.id != 0 && trace.parent != 0).then_some(trace)
    }

    /// The trace's id, 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.id)
    }

    /// Whether its caller wants its spans exported, and we know where to.
    pub(crate) fn is_exported(&self, context: &Context) -> bool {
        self.flags & SAMPLED != 0 && events::exports_spans(context)
    }

    /// Work for the request, under an id that is random.
    pub fn span(self, random: [u8; 8]) -> Span {
        // Zero is no id.
        Span { trace: self, id: u64::from_be_bytes(random).max(1) }
    }
}

/// What was done in a span, when it is over.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// What was done, in few different words.
    pub name: &'a str,
    /// Which side of a call it was.
    pub kind: SpanKind,
    /// When it began, in milliseconds since the Unix epoch.
    pub started_ms: i64,
    /// What went wrong, by its code.
    pub error: Option<&'a str>,
    /// More about it.
    pub attributes: &'a [(&'a str, Attribute<'a>)],
}

impl Span {
    /// Work within this span.
    pub(crate) fn within(self) -> Trace {
        Trace { parent: self.id, ..self.trace }
    }

    /// Sends the span on its way to where traces are looked at, if its caller samples and there is such a place. It
    /// ends now.
    pub fn end(&self, context: &Context, function: Function, team_id: &Id, work: &Work<'_>) {
        if !self.trace.is_exported(context) {
            return;
        }
        let &Work { name, kind, started_ms, error, attributes } = work;
        let (trace_id, span_id, parent) = (self.trace_id(), self.span_id(), self.parent_span_id());
        let span = events::Span {
            team_id,
            function: function.name(),
            trace_id: &trace_id,
            span_id: &span_id,
            parent_span_id: &parent,
            name,
            kind,
            started_ms,
            ended_ms: time::now_ms(),
            error,
            attributes,
        };
        events::record_span(context, &span);
    }

    /// The trace's id, 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        self.trace.trace_id()
    }

    /// The span's own id, 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.id)
    }

    /// The id of the caller's span, which this one is part of.
    pub fn parent_span_id(&self) -> String {
        format!("{:016x}", self.trace.parent)
    }

    /// The header with which the trace goes on elsewhere.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-{:02x}", self.trace_id(), self.span_id(), self.trace.flags & KNOWN_FLAGS)
    }
}

/// A number of so many digits, all of which are written as the standard asks.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(is_lower) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn a_trace_goes_on_under_a_new_span() {
        let trace = Trace::parse(&format!("00-{TRACE_ID}-{PARENT}-01")).unwrap();
        let span = trace.span([0, 0, 0, 0, 0, 0, 0xab, 0xcd]);
        assert_eq!(span.trace_id(), TRACE_ID);
        assert_eq!((span.span_id().as_str(), span.parent_span_id().as_str()), ("000000000000abcd", PARENT));
        assert_eq!(span.traceparent(), format!("00-{TRACE_ID}-000000000000abcd-01"));
        assert_eq!(Trace::parse(&span.traceparent()).unwrap().parent, 0xabcd);
        assert_eq!(trace.span([0; 8]).span_id(), "0000000000000001");
    }

    #[test]
    fn flags_that_nobody_knows_are_not_passed_on() {
        for (given, passed) in [("00", "00"), ("01", "01"), ("03", "03"), ("ff", "03"), ("fc", "00")] {
            let trace = Trace::parse(&format!("00-{TRACE_ID}-{PARENT}-{given}")).unwrap();
            assert!(trace.span([1; 8]).traceparent().ends_with(&format!("-{passed}")), "{given}");
        }
    }

    #[test]
    fn what_is_malformed_says_nothing() {
        let zeros = "0".repeat(32);
        for header in [
            String::new(),
            "-".to_owned(),
            "00".to_owned(),
            format!("00-{TRACE_ID}-{PARENT}"),
            format!("00-{TRACE_ID}-{PARENT}-"),
            format!("00-{TRACE_ID}-{PARENT}-1"),
            format!("00-{TRACE_ID}-{PARENT}-001"),
            format!("00-{TRACE_ID}-{PARENT}-01-"),
            format!("00-{TRACE_ID}-{PARENT}-01-more"),
            format!("01-{TRACE_ID}-{PARENT}-01"),
            format!("ff-{TRACE_ID}-{PARENT}-01"),
            format!("0-{TRACE_ID}-{PARENT}-01"),
            format!(" 00-{TRACE_ID}-{PARENT}-01"),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{TRACE_ID}-{}-01", &zeros[..16]),
            format!("00-{}-{PARENT}-01", TRACE_ID.to_uppercase()),
            format!("00-{TRACE_ID}-{}-01", PARENT.to_uppercase()),
            format!("00-{TRACE_ID}-{PARENT}-0A"),
            format!("00-{}-{PARENT}-01", &TRACE_ID[1..]),
            format!("00-+{}-{PARENT}-01", &TRACE_ID[1..]),
            format!("00-{}g-{PARENT}-01", &TRACE_ID[1..]),
            format!("00-{TRACE_ID}-{}é-01", &PARENT[2..]),
            format!("00-{TRACE_ID}-{PARENT}-01,00-{TRACE_ID}-{PARENT}-01"),
        ] {
            assert_eq!(Trace::parse(&header), None, "{header}");
        }
    }
}
