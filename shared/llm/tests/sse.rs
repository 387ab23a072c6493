//! The parser of server-sent events against the standard, and against every way to cut a stream.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::VecDeque;

use llm::sse::{Event, EventTooLarge, Parser, comment, encode};
use proptest::prelude::*;

const LIMIT: usize = 1 << 20;

fn parse<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Event> {
    let mut parser = Parser::new(LIMIT);
    let mut events = VecDeque::new();
    for chunk in chunks {
        parser.push(chunk, &mut events).unwrap();
    }
    events.into()
}

fn event(id: &str, event: &str, data: &str) -> Event {
    Event { id: id.into(), event: event.into(), data: data.into() }
}

#[track_caller]
fn check(stream: &str, expected: &[Event]) {
    assert_eq!(parse([stream.as_bytes()]), expected, "{stream:?}");
    let single: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
    assert_eq!(parse(single), expected, "byte by byte: {stream:?}");
}

#[test]
fn the_standards_own_examples() {
    check("data: YHOO\ndata: +2\ndata: 10\n\n", &[event("", "", "YHOO\n+2\n10")]);
    check(
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        &[event("1", "", "first event"), event("", "", "second event"), event("", "", " third event")],
    );
    check("data\n\ndata\ndata\n\ndata:\n", &[event("", "", ""), event("", "", "\n")]);
    check("data:test\n\ndata: test\n\n", &[event("", "", "test"), event("", "", "test")]);
}

#[test]
fn line_ends_byte_order_mark_and_characters() {
    let one = [event("", "x", "größe 🌍")];
    for end in ["\n", "\r", "\r\n"] {
        check(&format!("event: x{end}data: größe 🌍{end}{end}"), &one);
        check(&format!("\u{feff}event: x{end}data: größe 🌍{end}{end}"), &one);
    }
    check("data: a\r\rdata: b\r\n\r\n", &[event("", "", "a"), event("", "", "b")]);
    // Only one mark at the start is dropped; elsewhere it is part of the line.
    check("\u{feff}\u{feff}data: a\n\n", &[]);
    check("data: \u{feff}a\n\n", &[event("", "", "\u{feff}a")]);
}

#[test]
fn fields() {
    check("id: 1\ndata: a\n\ndata: b\n\n", &[event("1", "", "a"), event("1", "", "b")]);
    check("id: 1\n\nid: 2\0\ndata: a\n\n", &[event("1", "", "a")]);
    check("retry: 10\nfoo: bar\ndata: a:b\n\n", &[event("", "", "a:b")]);
    // The type belongs to one event, also when that event never fires.
    check("event: x\n\ndata: a\n\n", &[event("", "", "a")]);
    // Field names are case-sensitive and a space before the colon is part of the name.
    check("Data: a\ndata : b\n data: c\n\n", &[]);
    check("data: half an event\n", &[]);
}

#[test]
fn invalid_utf8_is_replaced() {
    assert_eq!(parse([b"data: a\xffb\xf0\x9f\n\n".as_slice()]), [event("", "", "a\u{fffd}b\u{fffd}")]);
}

#[test]
fn an_event_has_a_limit() {
    let mut parser = Parser::new(64);
    let mut events = VecDeque::new();
    assert_eq!(parser.push(b"data: fits\n\n", &mut events), Ok(()));
    assert_eq!(parser.push(&[b'x'; 65], &mut events), Err(EventTooLarge { limit: 64 }));
    let mut parser = Parser::new(64);
    let lines = b"data: 0123456789\n".repeat(8);
    assert_eq!(parser.push(&lines, &mut events), Err(EventTooLarge { limit: 64 }));
    assert_eq!(events.len(), 1);
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("data: ".to_owned()),
        Just("data:".to_owned()),
        Just("event: ".to_owned()),
        Just("id: ".to_owned()),
        Just("retry: 5".to_owned()),
        Just(": comment".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\u{feff}".to_owned()),
        "\\PC{0,8}",
    ];
    prop_oneof![
        9 => prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_cut_gives_the_same_events(stream in pieces(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40)) {
        let whole = parse([stream.as_slice()]);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream[pair[0]..pair[1]]).collect();
        prop_assert_eq!(parse(parts), whole);
    }

    #[test]
    fn what_is_encoded_is_parsed(id in "[0-9a-z]{1,10}", name in "[a-z]{0,10}", data in "(\\PC|\n){0,60}") {
        let wire = format!("{}{}", comment("a\nb"), encode(&id, &name, &data));
        prop_assert_eq!(parse([wire.as_bytes()]), [event(&id, &name, &data)]);
    }
}
