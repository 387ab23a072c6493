//! The statistical and monotone properties of assignment, over ids that look like real ones.
//!
//! Hashes are deterministic, so a statistical check either holds for ever or never: the thresholds are the 99.9 %
//! quantiles of χ², except where many checks share one threshold.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use assignment::{Arm, Definition, Experiment, Reason, assign};
use proptest::prelude::*;

const UNITS: u32 = 100_000;

fn experiment(salt: &str, coverage_bp: u32, weights: &[u32]) -> Experiment {
    let arms = weights.iter().enumerate().map(|(index, &weight)| Arm::new(format!("arm{index}"), weight));
    Experiment::new(Definition {
        salt: salt.into(),
        coverage_bp,
        arms: arms.collect(),
        ..Definition::default()
    })
    .expect("a valid definition")
}

/// The kinds of id that callers use.
const KINDS: [fn(u32) -> String; 5] = [
    |n| n.to_string(),
    |n| format!("reader.{n}@example.com"),
    |n| {
        let (a, b) = (scramble(n.into()), scramble(u64::from(n) ^ 0xdead_beef));
        let (node, version) = (b & 0xffff_ffff_ffff, a & 0xfff);
        format!("{:08x}-{:04x}-4{version:03x}-a{:03x}-{node:012x}", a >> 32, a >> 16 & 0xffff, b >> 52)
    },
    |n| format!("пользователь-{n}"),
    |n| format!("用户{}🦀", char::from_u32(0x4e00 + n % 20_000).map_or(n.to_string(), |c| format!("{c}{n}"))),
];

/// The finaliser of `SplitMix64`: spreads a counter over 64 bits.
fn scramble(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn chi_squared(observed: &[f64], expected: &[f64]) -> f64 {
    observed.iter().zip(expected).map(|(o, e)| (o - e).powi(2) / e).sum()
}

/// χ² of a cross table against independence of rows and columns.
fn chi_squared_independence<const COLUMNS: usize>(table: &[[f64; COLUMNS]]) -> f64 {
    let total: f64 = table.iter().flatten().sum();
    let mut columns = [0.0; COLUMNS];
    for row in table {
        columns.iter_mut().zip(row).for_each(|(column, cell)| *column += cell);
    }
    let of_row = |row: &[f64; COLUMNS]| {
        let row_sum: f64 = row.iter().sum();
        let expected: Vec<f64> = columns.iter().map(|column| row_sum * column / total).collect();
        chi_squared(row, &expected)
    };
    table.iter().map(of_row).sum()
}

#[test]
fn shares_match_weights_for_every_kind_of_id() {
    let weights = [5_000, 2_500, 1_500, 1_000];
    let experiment = experiment("exp_shares", 10_000, &weights);
    let expected = weights.map(|w| f64::from(UNITS) * f64::from(w) / 10_000.0);
    for (kind, id) in KINDS.iter().enumerate() {
        let mut observed = [0.0; 4];
        (0..UNITS).for_each(|n| observed[assign(&experiment, &id(n)).arm] += 1.0);
        let chi_squared = chi_squared(&observed, &expected);
        println!("kind {kind} ({}): chi-squared {chi_squared:.2} of 3 degrees", id(7));
        assert!(chi_squared < 16.27, "kind {kind}: {chi_squared}, {observed:?}");
    }
}

#[test]
fn inclusion_matches_coverage_for_every_kind_of_id() {
    let experiment = experiment("exp_coverage", 1_000, &[5_000, 5_000]);
    for (kind, id) in KINDS.iter().enumerate() {
        let included =
            (0..UNITS).map(|n| f64::from(u8::from(assign(&experiment, &id(n)).is_randomised()))).sum();
        let all = f64::from(UNITS);
        let chi_squared = chi_squared(&[included, all - included], &[all * 0.1, all * 0.9]);
        assert!(chi_squared < 10.83, "kind {kind}: {chi_squared}, {included}");
    }
}

#[test]
fn two_experiments_are_independent() {
    let (one, other) = (
        experiment("exp_one", 10_000, &[3_400, 3_300, 3_300]),
        experiment("exp_other", 10_000, &[5_000, 5_000]),
    );
    for (kind, id) in KINDS.iter().enumerate() {
        let mut table = [[0.0; 2]; 3];
        for n in 0..UNITS {
            let unit = id(n);
            table[assign(&one, &unit).arm][assign(&other, &unit).arm] += 1.0;
        }
        let chi_squared = chi_squared_independence(&table);
        println!("kind {kind}: chi-squared {chi_squared:.2} of 2 degrees");
        assert!(chi_squared < 13.82, "kind {kind}: {chi_squared}");
    }
}

/// With one hash for both, a coverage of 10 % would fill the first arm only.
#[test]
fn inclusion_and_variant_are_independent() {
    let (covered, full) =
        (experiment("exp_same", 1_000, &[5_000, 5_000]), experiment("exp_same", 10_000, &[5_000, 5_000]));
    for (kind, id) in KINDS.iter().enumerate() {
        let mut table = [[0.0; 2]; 2];
        for n in 0..UNITS {
            let unit = id(n);
            let included = usize::from(assign(&covered, &unit).is_randomised());
            table[included][assign(&full, &unit).arm] += 1.0;
        }
        let chi_squared = chi_squared_independence(&table);
        println!("kind {kind}: chi-squared {chi_squared:.2} of 1 degree");
        assert!(chi_squared < 10.83, "kind {kind}: {chi_squared}");
    }
}

#[test]
fn a_ramp_never_sends_a_unit_back_or_to_another_arm() {
    let ramp = [100, 1_000, 5_000, 10_000].map(|coverage| experiment("exp_ramp", coverage, &[5_000, 5_000]));
    for id in KINDS {
        for n in 0..UNITS / 10 {
            let unit = id(n);
            let mut earlier = None;
            for step in &ramp {
                let assignment = assign(step, &unit);
                if let Some(earlier) = earlier {
                    assert_eq!(assignment, earlier, "{unit}");
                }
                earlier = assignment.is_randomised().then_some(assignment);
            }
        }
    }
}

#[test]
fn a_canary_that_grows_by_weight_never_sends_a_unit_back() {
    let steps = [100, 1_000, 5_000, 10_000].map(|w| experiment("exp_canary", 10_000, &[10_000 - w, w]));
    for n in 0..UNITS / 10 {
        let unit = n.to_string();
        let arms = steps.each_ref().map(|step| assign(step, &unit).arm);
        assert!(arms.is_sorted(), "{unit}: {arms:?}");
        assert_eq!(arms[3], 1);
    }
}

#[test]
fn weight_zero_receives_nobody() {
    for weights in [[0, 10_000], [10_000, 0]] {
        let experiment = experiment("exp_zero", 10_000, &weights);
        assert!((0..UNITS / 10).all(|n| weights[assign(&experiment, &n.to_string()).arm] > 0));
    }
}

/// The bounds are 3.3 standard deviations of a fair coin.
#[test]
fn a_unit_is_spread_over_many_experiments() {
    let treated = (0..10_000)
        .filter(|n| assign(&experiment(&format!("exp_{n}"), 10_000, &[5_000, 5_000]), "user-17").arm == 1)
        .count();
    assert!((4_835..5_165).contains(&treated), "{treated}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_unit_gets_the_same_arm(salt in "[a-z]{1,9}", unit in any::<String>(), weights in weights()) {
        let first = assign(&experiment(&salt, 7_000, &weights), &unit);
        prop_assert_eq!(first, assign(&experiment(&salt, 7_000, &weights), &unit));
        prop_assert!(first.arm < weights.len());
        prop_assert_eq!(first.reason == Reason::NoUnit, unit.is_empty());
    }

    #[test]
    fn raising_a_weight_moves_units_only_into_it(
        weights in weights(), arm in 0_usize..10, raise in 1_u32..5_000, unit in "[^\\x00]{1,40}"
    ) {
        let arm = arm % weights.len();
        let mut raised = weights.clone();
        raised[arm] += raise;
        let before = assign(&experiment("exp_moves", 10_000, &weights), &unit).arm;
        let after = assign(&experiment("exp_moves", 10_000, &raised), &unit).arm;
        // Read forwards this is a raise, read backwards the same weight lowered.
        prop_assert!(after == before || after == arm);
    }

    #[test]
    fn scaling_every_weight_moves_nobody(weights in weights(), unit in "[^\\x00]{1,40}") {
        let halved: Vec<u32> = weights.iter().map(|w| w * 2).collect();
        prop_assert_eq!(
            assign(&experiment("exp_scale", 10_000, &weights), &unit),
            assign(&experiment("exp_scale", 10_000, &halved), &unit)
        );
    }
}

fn weights() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![Just(0_u32), 1_u32..5_000], 2..=10)
        .prop_filter("some weight", |weights| weights.iter().any(|&w| w > 0))
}
