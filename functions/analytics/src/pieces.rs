//! Any range of time as the sum of few cells.

use store::analytics::{Period, Piece};

const DAY_MS: i64 = 86_400_000;
/// The lengths of cells in seconds, the longest first.
const RESOLUTIONS: [i64; 4] = [86_400, 3_600, 900, 60];
/// For how many days they are kept: see `prune_events`, in a migration.
const KEPT_DAYS: [i64; 4] = [800, 400, 100, 35];
/// What is about to be pruned is not relied on, nor what a cell begins with that lies across.
const MARGIN_DAYS: i64 = 1;

/// From when on there are cells of so many seconds.
pub(crate) fn kept_since_ms(resolution: i64, now_ms: i64) -> i64 {
    let kept = RESOLUTIONS.iter().zip(KEPT_DAYS).find(|(known, _)| **known == resolution);
    now_ms - kept.map_or(0, |(_, days)| days - MARGIN_DAYS) * DAY_MS
}

/// The beginning of the first day of which anything is kept.
pub(crate) fn earliest_ms(now_ms: i64) -> i64 {
    kept_since_ms(86_400, now_ms).div_euclid(DAY_MS) * DAY_MS
}

/// How long the shortest cell is that there is of a time. Ranges begin and end with such a cell, or what is older
/// than the shortest would be missing from their ends.
fn shortest_ms(at_ms: i64, now_ms: i64) -> i64 {
    let is_kept = |resolution: &&i64| kept_since_ms(**resolution, now_ms) <= at_ms;
    RESOLUTIONS.iter().rev().find(is_kept).map_or(DAY_MS, |resolution| resolution * 1_000)
}

/// Where the cell begins in which this time lies.
pub(crate) fn align_down(at_ms: i64, now_ms: i64) -> i64 {
    let length_ms = shortest_ms(at_ms, now_ms);
    at_ms.div_euclid(length_ms) * length_ms
}

/// Where the cell ends in which this time lies; the time itself if one ends there.
pub(crate) fn align_up(at_ms: i64, now_ms: i64) -> i64 {
    let length_ms = shortest_ms(at_ms, now_ms);
    at_ms.saturating_add(length_ms - 1).div_euclid(length_ms) * length_ms
}

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

    /// Whatever a range's age is, its pieces ask for no cell that is not kept.
    #[test]
    fn pieces_of_old_ranges_are_made_of_cells_that_exist() {
        let now_ms = 1_795_253_430_500;
        let gone_ms = |resolution: i64| {
            let place = RESOLUTIONS.iter().position(|known| *known == resolution).unwrap();
            now_ms - KEPT_DAYS[place] * DAY_MS
        };
        for from_days in (1..799).step_by(7) {
            for length_minutes in [7, 100, 1_441, 100_003] {
                let from_ms = now_ms - from_days * DAY_MS - 37 * MINUTE_MS;
                let to_ms = (from_ms + length_minutes * MINUTE_MS).min(now_ms);
                let (begin_ms, end_ms) = (align_down(from_ms, now_ms), align_up(to_ms, now_ms));
                assert!(begin_ms <= from_ms && end_ms >= to_ms);
                let pieces = pieces(Period::Current, begin_ms, end_ms);
                assert_eq!((pieces[0].from_ms, pieces.last().unwrap().to_ms), (begin_ms, end_ms));
                for piece in pieces {
                    assert!(
                        piece.from_ms >= gone_ms(piece.resolution),
                        "{from_days} {length_minutes}: {piece:?}"
                    );
                }
            }
        }
        assert!(earliest_ms(now_ms) >= gone_ms(86_400));
    }

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
