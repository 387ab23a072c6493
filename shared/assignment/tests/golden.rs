//! The golden vectors that every build must reproduce.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use assignment::{Experiment, Reason, assign, explain};
use serde::Deserialize;

#[derive(Deserialize)]
struct Group {
    definition: Experiment,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    unit: String,
    bucket: Option<u32>,
    scores: Vec<Option<String>>,
    arm: usize,
    reason: Reason,
}

fn groups() -> Vec<Group> {
    serde_json::from_str(include_str!("../golden.json")).expect("golden.json parses")
}

#[test]
fn every_vector_is_reproduced() {
    let mut cases = 0;
    for group in groups() {
        for case in &group.cases {
            check(&group.definition, case);
            cases += 1;
        }
    }
    assert!(cases > 200, "only {cases} cases");
}

fn check(experiment: &Experiment, case: &Case) {
    let context = format!("{} {:?}", experiment.definition().salt, case.unit);
    let assignment = assign(experiment, &case.unit);
    assert_eq!((assignment.arm, assignment.reason), (case.arm, case.reason), "{context}");

    let explanation = explain(experiment, &case.unit);
    assert_eq!(explanation.assignment, assignment, "{context}");
    assert_eq!(explanation.bucket, case.bucket, "{context}");
    assert_eq!(explanation.arms.len(), case.scores.len(), "{context}");
    for (arm, golden) in explanation.arms.iter().zip(&case.scores) {
        let golden = golden.as_ref().map(|text| text.parse::<f64>().expect("a number"));
        assert!(within_two_ulps(arm.score, golden), "{context} {}: {:?} != {golden:?}", arm.key, arm.score);
    }
}

/// The C library and `libm` may each round a logarithm the other way, and the division may double that. Scores are
/// positive, where neighbouring doubles have neighbouring bits.
fn within_two_ulps(ours: Option<f64>, golden: Option<f64>) -> bool {
    match (ours, golden) {
        (Some(ours), Some(golden)) => ours.to_bits().abs_diff(golden.to_bits()) <= 2,
        (ours, golden) => ours == golden,
    }
}

/// Folds the bits of every score into one number, so that a target whose logarithm differs in the last bit
/// shows.
#[test]
fn scores_have_the_same_bits_on_every_target() {
    let mut folded = 0_u64;
    for group in groups() {
        for case in &group.cases {
            for score in explain(&group.definition, &case.unit).arms.iter().filter_map(|arm| arm.score) {
                folded = folded.rotate_left(5) ^ score.to_bits();
            }
        }
    }
    assert_eq!(folded, 0xb148_06b5_385b_e4be, "{folded:#x}");
}
