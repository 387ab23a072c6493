//! What a definition must satisfy, and what special units get.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use assignment::{Arm, Assignment, Definition, DefinitionError, Experiment, Reason, assign, explain};

fn halves() -> Definition {
    Definition {
        salt: "exp_halves".into(),
        coverage_bp: 10_000,
        arms: vec![Arm::new("control", 5_000), Arm::new("treatment", 5_000)],
        ..Definition::default()
    }
}

fn refused(change: impl FnOnce(&mut Definition)) -> DefinitionError {
    let mut definition = halves();
    change(&mut definition);
    Experiment::new(definition).expect_err("a refused definition")
}

#[test]
fn bad_definitions_are_refused() {
    let forced = |unit: &str, arm: &str| DefinitionError::Forced { unit: unit.into(), arm: arm.into() };
    assert_eq!(refused(|d| d.salt.clear()), DefinitionError::Salt);
    assert_eq!(refused(|d| d.salt = "a\u{1f}b".into()), DefinitionError::Salt);
    assert_eq!(refused(|d| d.coverage_bp = 10_001), DefinitionError::Coverage(10_001));
    assert_eq!(refused(|d| d.arms.clear()), DefinitionError::NoArm);
    assert_eq!(refused(|d| d.arms[1].key.clear()), DefinitionError::ArmKey(String::new()));
    assert_eq!(refused(|d| d.arms[1].key = "control".into()), DefinitionError::ArmKey("control".into()));
    assert_eq!(
        refused(|d| d.arms[1].weight_bp = 10_001),
        DefinitionError::Weight { key: "treatment".into(), weight_bp: 10_001 }
    );
    assert_eq!(refused(|d| d.arms.iter_mut().for_each(|a| a.weight_bp = 0)), DefinitionError::NoWeight);
    assert_eq!(refused(|d| d.forced = [("u".into(), "gone".into())].into()), forced("u", "gone"));
    assert_eq!(refused(|d| d.forced = [(String::new(), "control".into())].into()), forced("", "control"));
}

#[test]
fn json_is_checked_when_it_is_read() {
    let experiment = Experiment::new(halves()).expect("a valid definition");
    let json = serde_json::to_string(&experiment).expect("serialises");
    assert_eq!(serde_json::from_str::<Experiment>(&json).expect("reads back"), experiment);
    let error = serde_json::from_str::<Experiment>(&json.replace("5000", "0")).expect_err("no weight");
    assert!(error.to_string().contains("every weight is zero"), "{error}");
}

#[test]
fn an_empty_unit_gets_control_and_is_not_counted() {
    let experiment = Experiment::new(halves()).expect("a valid definition");
    let assignment = assign(&experiment, "");
    assert_eq!(assignment, Assignment { arm: 0, reason: Reason::NoUnit });
    assert!(!assignment.is_randomised());
    let explanation = explain(&experiment, "");
    assert_eq!((explanation.bucket, explanation.included), (None, false));
    assert!(explanation.arms.iter().all(|arm| arm.score.is_none()));
}

#[test]
fn a_forced_unit_ignores_coverage_and_weight() {
    let mut definition = halves();
    definition.coverage_bp = 0;
    definition.arms[1].weight_bp = 0;
    definition.forced = [("tester".into(), "treatment".into())].into();
    let experiment = Experiment::new(definition).expect("a valid definition");
    assert_eq!(assign(&experiment, "tester"), Assignment { arm: 1, reason: Reason::Forced });
    assert!(!assign(&experiment, "tester").is_randomised());
    assert_eq!(assign(&experiment, "other"), Assignment { arm: 0, reason: Reason::NotIncluded });
}

#[test]
fn the_kill_switch_wins_over_everything() {
    let mut definition = halves();
    definition.forced = [("tester".into(), "treatment".into())].into();
    definition.killed = true;
    let experiment = Experiment::new(definition).expect("a valid definition");
    for unit in ["tester", "other", ""] {
        assert_eq!(assign(&experiment, unit), Assignment { arm: 0, reason: Reason::Killed });
    }
}

#[test]
fn an_explanation_scores_every_arm_even_when_scores_did_not_decide() {
    let mut definition = halves();
    definition.coverage_bp = 0;
    definition.arms.push(Arm::new("off", 0));
    let experiment = Experiment::new(definition).expect("a valid definition");
    let explanation = explain(&experiment, "user-17");
    assert_eq!(explanation.assignment.reason, Reason::NotIncluded);
    let scored: Vec<bool> = explanation.arms.iter().map(|arm| arm.score.is_some()).collect();
    assert_eq!(scored, [true, true, false]);
}
