//! Counts text of seven kinds with this crate and with tiktoken-rs, in turns, and prints the throughput of both.
//!
//! `cargo run --release -p tokens --example throughput [first | ENCODING [FILE…]]`: `first` prints only what the first
//! count takes in milliseconds, ours and theirs; an encoding, `o200k` or `cl100k`, prints MB a second, ours and theirs,
//! for each kind of text, or for the files that are named. `make bench` runs it as WebAssembly.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "runs only for who measures"
)]

#[path = "../tests/strings/mod.rs"]
mod strings;

use std::time::{Duration, Instant};

use strings::{Kind, Strings};
use tiktoken_rs::CoreBPE;
use tokens::Encoding;

/// Bytes of a text: counted within the time that a busy machine leaves one process alone.
const SIZE: usize = 1 << 17;

/// Turns that each of the two has with a text.
const TURNS: usize = 16;

/// Times that a text is counted in a turn; the fastest of all counts. The first finds the processor's caches full of what
/// the other one has read.
const IN_A_ROW: usize = 3;

const FIRST: &str = "The first text of all.";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (encoding, load): (_, fn() -> CoreBPE) = match arguments.next().as_deref() {
        Some("first") => return first(),
        Some("cl100k") => (Encoding::Cl100kBase, || tiktoken_rs::cl100k_base().unwrap()),
        _ => (Encoding::O200kBase, || tiktoken_rs::o200k_base().unwrap()),
    };
    let oracle = load();
    for (name, text) in texts(&oracle, arguments.collect()) {
        let count = |text: &str| tokens::count(encoding, text);
        compare(&name, &text, count, |text| oracle.encode_ordinary(text).len());
    }
}

/// Nothing was counted before in this process, by neither.
fn first() {
    let (_, ours) = timed(|| tokens::count(Encoding::O200kBase, FIRST));
    let (_, theirs) = timed(|| tiktoken_rs::o200k_base().unwrap().encode_ordinary(FIRST));
    println!("first_count_ms {:.3} {:.3}", milliseconds(ours), milliseconds(theirs));
}

/// The files named on the command line, or a text of each kind.
fn texts(oracle: &CoreBPE, files: Vec<String>) -> Vec<(String, String)> {
    if files.is_empty() {
        let mut strings = Strings::new(1, oracle);
        let text = |kind| (format!("{kind:?}").to_lowercase(), strings.string(kind, SIZE));
        return Kind::ALL.map(text).into();
    }
    files.into_iter().map(|file| (file.clone(), std::fs::read_to_string(file).unwrap())).collect()
}

fn compare(name: &str, text: &str, ours: impl Fn(&str) -> usize, theirs: impl Fn(&str) -> usize) {
    let (mut our_best, mut their_best) = (Duration::MAX, Duration::MAX);
    let (mut our_count, mut their_count) = (0, 0);
    for _ in 0..TURNS {
        for _ in 0..IN_A_ROW {
            let (count, time) = timed(|| ours(text));
            (our_count, our_best) = (count, our_best.min(time));
        }
        for _ in 0..IN_A_ROW {
            let (count, time) = timed(|| theirs(text));
            (their_count, their_best) = (count, their_best.min(time));
        }
    }
    assert_eq!(our_count, their_count, "{name}");
    let rate = |time: Duration| text.len() as f64 / time.as_secs_f64() / 1e6;
    println!("{name} {:.2} {:.2}", rate(our_best), rate(their_best));
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
