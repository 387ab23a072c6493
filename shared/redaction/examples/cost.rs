//! What redaction costs, in µs for each kB of text: `make bench ONLY=redaction` runs it as WebAssembly.

#![expect(
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement, not a function"
)]

use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

/// What people and models write to each other, with something personal in every few hundred bytes.
const TEXT: &str = "\
    Hello! I ordered two shelves on 2026-11-03 (order 100-2231-7) and only one has arrived. The tracking page says \
    that both were delivered at 14:35, but the second one, 80 x 200 cm, is not here. You can reach me under \
    jane.roe@example.com or +49 30 901820 until Friday.\n\n\
    I am sorry to hear that. The parcel was scanned at the depot in Hamburg and should be with you within three working \
    days; if it is not, we refund EUR 129.90 to the card ending in 1111. Version 2.4.1 of our app shows where it is: \
    see https://example.com/orders/100-2231-7?lang=en#status. Is there anything else that I can do for you?\n";
const ROUNDS: usize = 40;

fn main() {
    for kilobytes in [1, 16] {
        let mut text = String::new();
        while text.len() < kilobytes * 1_000 {
            let _infallible = write!(text, "{TEXT}");
        }
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let began = Instant::now();
                black_box(redaction::redact(black_box(&text)));
                began.elapsed().as_secs_f64() * 1e6 / (text.len() as f64 / 1_000.0)
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{kilobytes} {:.3}", times.get(ROUNDS / 2).copied().unwrap_or_default());
    }
}
