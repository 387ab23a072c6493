//! Any range of time as the sum of few cells.

use store::analytics::{Period, Piece};

/// The lengths of cells in seconds, the longest first.
const RESOLUTIONS: [i64; 4] = [86_400, 3_600, 900, 60];

/// The pieces of a range that begins and ends with a minute: days in the middle, and towards the ends what is left of
/// hours, quarters of an hour and minutes. A month is some hundred cells of each series in place of 43,200 minutes.
pub(crate) fn pieces(period: Period, from_ms: i64, to_ms: i64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    fill(&mut pieces, period, from_ms, to_ms, &RESOLUTIONS);
    pieces
}

fn fill(pieces: &mut Vec<Piece>, period: Period, from_ms: i64, to_ms: i64, resolutions: &[i64]) {
    let Some((&resolution, finer)) = resolutions.split_first() else { return };
    if from_ms >= to_ms {
        return;
    }
    let length_ms = resolution * 1_000;
    let first_ms = (from_ms + length_ms - 1).div_euclid(length_ms) * length_ms;
    let last_ms = to_ms.div_euclid(length_ms) * length_ms;
    if first_ms >= last_ms {
        fill(pieces, period, from_ms, to_ms, finer);
        return;
    }
    fill(pieces, period, from_ms, first_ms, finer);
    pieces.push(Piece { period, resolution, from_ms: first_ms, to_ms: last_ms });
    fill(pieces, period, last_ms, to_ms, finer);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;

    /// Every minute is in exactly one cell, and no piece has a cell that is not whole.
    #[test]
    fn pieces_cover_a_range_exactly() {
        let mut seed = 7_i64;
        let mut random = |bound: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33).rem_euclid(bound)
        };
        for _ in 0..2_000 {
            let from_ms = random(1_000_000) * MINUTE_MS;
            let length = [10, 100, 2_000, 50_000][usize::try_from(random(4)).unwrap()];
            let to_ms = from_ms + random(length) * MINUTE_MS;
            let mut at_ms = from_ms;
            let pieces = pieces(Period::Current, from_ms, to_ms);
            let mut cells = 0;
            for piece in &pieces {
                assert_eq!(piece.from_ms, at_ms);
                assert!(piece.from_ms < piece.to_ms);
                assert_eq!(
                    (piece.from_ms % (piece.resolution * 1_000), piece.to_ms % (piece.resolution * 1_000)),
                    (0, 0)
                );
                cells += (piece.to_ms - piece.from_ms) / (piece.resolution * 1_000);
                at_ms = piece.to_ms;
            }
            assert_eq!(at_ms, to_ms);
            let days = (to_ms - from_ms) / 86_400_000;
            assert!(cells <= days + 2 * (14 + 3 + 23), "{cells}");
        }
    }
}
