//! Counts text of six kinds with this crate and with tiktoken-rs, in turns, and prints the throughput of both.
//!
//! `cargo run --release -p tokens --example throughput [FILE…]`: with files, their text is counted instead.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "runs natively, and only for who measures"
)]

#[path = "../tests/strings/mod.rs"]
mod strings;

use std::time::{Duration, Instant};

use strings::{Kind, Strings};
use tokens::Encoding;

/// Bytes of a text.
const SIZE: usize = 1 << 20;

/// Times that each text is counted; the fastest counts.
const ROUNDS: usize = 5;

fn main() {
    let (_, ours) = timed(|| tokens::count(Encoding::O200kBase, "The first text of all."));
    let (oracle, theirs) = timed(|| {
        let oracle = tiktoken_rs::o200k_base().unwrap();
        oracle.encode_ordinary("The first text of all.");
        oracle
    });
    println!("first count: {:.3} ms, tiktoken-rs {:.1} ms", milliseconds(ours), milliseconds(theirs));
    let cl100k = tiktoken_rs::cl100k_base().unwrap();
    for (name, text) in texts(&oracle) {
        compare(
            &name,
            "o200k",
            &text,
            |text| tokens::count(Encoding::O200kBase, text),
            |text| oracle.encode_ordinary(text).len(),
        );
        compare(
            &name,
            "cl100k",
            &text,
            |text| tokens::count(Encoding::Cl100kBase, text),
            |text| cl100k.encode_ordinary(text).len(),
        );
    }
}

/// The files named on the command line, or a text of each kind.
fn texts(oracle: &tiktoken_rs::CoreBPE) -> Vec<(String, String)> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        let mut strings = Strings::new(1, oracle);
        return Kind::ALL.map(|kind| (format!("{kind:?}"), strings.string(kind, SIZE))).into();
    }
    files.into_iter().map(|file| (file.clone(), std::fs::read_to_string(file).unwrap())).collect()
}

fn compare(
    kind: &str,
    encoding: &str,
    text: &str,
    ours: impl Fn(&str) -> usize,
    theirs: impl Fn(&str) -> usize,
) {
    let (mut our_best, mut their_best) = (Duration::MAX, Duration::MAX);
    let (mut our_count, mut their_count) = (0, 0);
    for _ in 0..ROUNDS {
        let (count, time) = timed(|| ours(text));
        (our_count, our_best) = (count, our_best.min(time));
        let (count, time) = timed(|| theirs(text));
        (their_count, their_best) = (count, their_best.min(time));
    }
    assert_eq!(our_count, their_count, "{kind}");
    let rate = |time: Duration| text.len() as f64 / time.as_secs_f64() / 1e6;
    let (ours, theirs) = (rate(our_best), rate(their_best));
    println!(
        "{kind:>12} {encoding:>7}: {ours:6.1} MB/s, tiktoken-rs {theirs:5.1} MB/s, {:.1} times",
        ours / theirs
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
