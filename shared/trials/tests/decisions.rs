//! Results and decisions, with the numbers that the statistics are specified by.

#![expect(clippy::indexing_slicing, reason = "a failed expectation is a failed test")]

use std::collections::BTreeMap;

use stats::Moments;
use trials::{
    Canary, CanaryMove, ExperimentMove, Guardrail, Live, Metric, Observations, PeriodObservations, Step,
    Trial, VerdictName, Withheld, next_canary_move, next_experiment_move, report,
};

fn period(
    number: i64,
    weights: &[u32],
    exposures: &[u64],
    metrics: &[(Metric, Vec<Moments>)],
) -> PeriodObservations {
    PeriodObservations {
        period: number,
        weights: weights.to_vec(),
        coverage: 10_000,
        exposures: exposures.to_vec(),
        in_two_arms: vec![0; weights.len()],
        metrics: metrics.iter().cloned().collect::<BTreeMap<_, _>>(),
    }
}

fn observations(periods: Vec<PeriodObservations>) -> Observations {
    let arms = periods[0].weights.len();
    let names = ["control", "b", "c", "d"];
    Observations { arms: names[..arms].iter().map(ToString::to_string).collect(), periods }
}

fn approval(counts: &[(u64, u64)]) -> (Metric, Vec<Moments>) {
    (Metric::Approval, counts.iter().map(|&(successes, units)| Moments::binary(successes, units)).collect())
}

fn latency(arms: &[(u64, f64)]) -> (Metric, Vec<Moments>) {
    let moments = arms.iter().map(|&(units, mean)| {
        let mut moments = Moments::default();
        for unit in 0..units {
            moments.add(mean + if unit % 2 == 0 { 20.0 } else { -20.0 });
        }
        moments
    });
    (Metric::LatencyMs, moments.collect())
}

#[track_caller]
fn close(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value}, not {expected}");
}

#[test]
fn results_have_the_numbers_of_the_specification() {
    let counts = approval(&[(1_396, 3_000), (2_422, 3_461)]);
    let seen = observations(vec![period(1, &[5_000, 5_000], &[3_230, 3_231], &[counts])]);
    let results = report(&seen, Some(Metric::Approval), 100, &[]);
    let [control, treatment] = results.variants.as_slice() else { panic!() };
    assert_eq!(
        (control.exposures, control.primary.samples, treatment.primary.samples),
        (3_230, 3_000, 3_461)
    );
    assert_eq!((control.primary.relative_lift, control.primary.relative_interval), (None, None));
    close(treatment.primary.relative_lift.unwrap(), 0.50386, 1e-5);
    let [low, high] = treatment.primary.relative_interval.unwrap();
    close(low, 0.40098, 5e-5);
    close(high, 0.60675, 5e-5);
    close(treatment.primary.probability_best.unwrap(), 1.0, 1e-9);
    assert_eq!((results.verdict, results.verdict_variant.as_deref()), (VerdictName::Winner, Some("b")));
    assert!(!results.srm.alert && results.sequential);
    close(results.alpha, 0.05, 0.0);
}

#[test]
fn probabilities_of_being_best_are_exact_in_either_direction() {
    for (arms, expected) in [([(10, 100), (20, 100)], 0.975_173), ([(50, 1_000), (60, 1_000)], 0.835_611)] {
        for (metric, of_second) in [(Metric::Approval, expected), (Metric::ErrorRate, 1.0 - expected)] {
            let moments = arms.iter().map(|&(hits, units)| Moments::binary(hits, units)).collect();
            let seen = observations(vec![period(1, &[5_000, 5_000], &[1_000, 1_000], &[(metric, moments)])]);
            let results = report(&seen, Some(metric), 10, &[]);
            close(results.variants[1].primary.probability_best.unwrap(), of_second, 1e-3);
        }
    }
}

#[test]
fn a_mismatch_alarms_at_one_in_a_thousand() {
    for (weights, exposures, chi_squared, p_value, alert) in [
        ([5_000, 5_000], [5_150, 4_850], 9.0, 0.0027, false),
        ([9_000, 1_000], [9_100, 900], 11.11, 0.00086, true),
    ] {
        let srm = report(&observations(vec![period(1, &weights, &exposures, &[])]), None, 0, &[]).srm;
        close(srm.chi_squared, chi_squared, 0.005);
        close(srm.p_value, p_value, 5e-5);
        assert_eq!(srm.alert, alert);
    }
    // Many sound periods do not hide one that is not.
    let sound = |number| period(number, &[5_000, 5_000], &[1_000, 1_000], &[]);
    let mut periods: Vec<_> = (1..=30).map(sound).collect();
    periods.push(period(31, &[5_000, 5_000], &[400, 250], &[]));
    let srm = report(&observations(periods), None, 0, &[]).srm;
    assert!(srm.p_value > 0.001 && srm.alert && srm.periods[30].alert && !srm.periods[0].alert);
}

#[test]
fn without_data_nothing_is_said() {
    let seen = observations(vec![period(1, &[5_000, 5_000], &[0, 0], &[])]);
    let results = report(&seen, Some(Metric::LatencyMs), 100, &[]);
    assert_eq!(results.verdict, VerdictName::NotEnoughData);
    let json = serde_json::to_value(&results).unwrap();
    assert!(json["variants"][0]["mean"].is_null() && json["variants"][1]["probability_best"].is_null());
    assert_eq!((&json["srm"]["alert"], &json["srm"]["p_value"]), (&false.into(), &1.0.into()));
}

#[test]
fn lower_is_better_where_it_is() {
    let slower = [latency(&[(2_000, 100.0), (2_000, 130.0)])];
    let seen = observations(vec![period(1, &[5_000, 5_000], &[2_000, 2_000], &slower)]);
    let results = report(&seen, Some(Metric::LatencyMs), 100, &[]);
    assert_eq!(results.verdict, VerdictName::Loser);
    close(results.variants[1].primary.relative_lift.unwrap(), 0.3, 1e-9);
    close(results.variants[0].primary.probability_best.unwrap(), 1.0, 1e-9);
}

/// An arm that was set aside leaves the others' comparison as it would be without it: by period.
#[test]
fn an_arm_without_weight_pools_nobody_s_periods() {
    let third = |weights: [u32; 3], counts: [(u64, u64); 3], number| {
        let exposures = counts.map(|(_, units)| units);
        period(number, &weights, &exposures, &[approval(&counts)])
    };
    // Everybody approves more as time goes by, and the second arm gets its traffic late.
    let seen = observations(vec![
        third([4_500, 1_000, 4_500], [(180, 900), (40, 200), (180, 900)], 1),
        third([1_000, 9_000, 0], [(120, 200), (1_080, 1_800), (0, 0)], 2),
        third([1_000, 9_000, 0], [(120, 200), (1_080, 1_800), (0, 0)], 3),
    ]);
    let results = report(&seen, Some(Metric::Approval), 100, &[NO_WORSE]);
    assert_eq!(results.verdict, VerdictName::NoDifference, "{results:?}");
    for variant in &results.variants[1..] {
        close(variant.primary.relative_lift.unwrap(), 0.0, 1e-12);
    }
    // A canary's last step has no control, and no older one is compared with it.
    let canary = observations(vec![
        period(1, &[5_000, 5_000], &[1_000, 1_000], &[approval(&[(800, 1_000), (800, 1_000)])]),
        period(2, &[0, 10_000], &[0, 3_000], &[approval(&[(0, 0), (900, 3_000)])]),
    ]);
    let outcomes = report(&canary, None, 0, &[NO_WORSE]).guardrails;
    close(outcomes[0].regression.unwrap(), 0.0, 1e-12);
    assert!(!outcomes[0].failed);
}

#[test]
fn a_broken_split_withholds_the_verdict_and_not_the_guardrail() {
    let counts = || approval(&[(100, 1_000), (300, 1_000)]);
    let seen = |exposures: &[u64]| observations(vec![period(1, &[5_000, 5_000], exposures, &[counts()])]);
    let judged = |seen: &Observations, guardrails: &[Guardrail]| {
        let results = report(seen, Some(Metric::Approval), 100, guardrails);
        (results.verdict, results.verdict_withheld)
    };
    let mut sound = seen(&[1_010, 1_000]);
    assert_eq!(judged(&sound, &[]), (VerdictName::Winner, None));
    sound.periods[0].in_two_arms = vec![20, 10];
    assert_eq!(judged(&sound, &[]), (VerdictName::NotEnoughData, Some(Withheld::InTwoArms)));
    let skewed = seen(&[1_300, 1_000]);
    assert_eq!(judged(&skewed, &[]), (VerdictName::NotEnoughData, Some(Withheld::Srm)));
    let skewed_and_bad = observations(vec![period(
        1,
        &[5_000, 5_000],
        &[1_300, 1_000],
        &[approval(&[(900, 1_000), (300, 1_000)])],
    )]);
    assert_eq!(judged(&skewed_and_bad, &[NO_WORSE]), (VerdictName::GuardrailFailed, None));
}

#[test]
fn an_experiment_whose_split_is_broken_alarms_once_and_freezes() {
    let counts = || approval(&[(30, 100), (70, 100)]);
    let mut seen = observations(vec![period(1, &[5_000, 5_000], &[600, 400], &[counts()])]);
    for is_bandit in [true, false] {
        let fresh = Trial { is_bandit, ..trial(&seen, &[]) };
        let ExperimentMove::Alarm(finding) = next_experiment_move(&fresh) else { panic!("no alarm") };
        assert!(finding.reason.contains("split") && finding.numbers["srm"]["alert"] == true);
        assert_eq!(next_experiment_move(&Trial { is_alarmed: true, ..fresh }), ExperimentMove::Wait);
    }
    // Whoever resumed it has seen that.
    seen.periods.push(period(2, &[5_000, 5_000], &[100, 100], &[]));
    let resumed = Trial { trusted_from: 1, ..trial(&seen, &[]) };
    assert!(matches!(next_experiment_move(&resumed), ExperimentMove::Reallocate { .. }));
}

/// JSON has no infinity.
#[test]
fn an_arm_without_weight_that_somebody_met_has_a_number() {
    let seen = observations(vec![period(1, &[10_000, 0, 0], &[90, 10, 0], &[])]);
    let two = observations(vec![period(1, &[5_000, 5_000, 0], &[90, 90, 10], &[])]);
    assert!(!report(&seen, None, 0, &[]).srm.alert, "one arm is no split");
    let srm = report(&two, None, 0, &[]).srm;
    assert!(srm.alert && srm.chi_squared.is_finite() && srm.periods[0].chi_squared.is_finite());
}

#[test]
fn units_in_two_arms_are_shown_and_alarm_above_one_percent() {
    let mut seen = observations(vec![period(1, &[5_000, 5_000], &[500, 500], &[])]);
    seen.periods[0].in_two_arms = vec![6, 4];
    let shown = report(&seen, None, 0, &[]).in_two_arms;
    assert!(shown.units == 10 && !shown.alert);
    seen.periods[0].in_two_arms = vec![7, 4];
    assert!(report(&seen, None, 0, &[]).in_two_arms.alert);
}

fn trial<'a>(observations: &'a Observations, guardrails: &'a [Guardrail]) -> Trial<'a> {
    Trial {
        observations,
        primary: Metric::Approval,
        guardrails,
        is_bandit: true,
        seconds_in_period: 900,
        trusted_from: 0,
        is_alarmed: false,
    }
}

#[test]
fn a_bandit_waits_for_exposures_and_time_and_keeps_its_floor() {
    let counts = || approval(&[(30, 100), (70, 100), (50, 100)]);
    let seen =
        |exposures: &[u64]| observations(vec![period(1, &[3_334, 3_333, 3_333], exposures, &[counts()])]);
    assert_eq!(next_experiment_move(&trial(&seen(&[100, 99, 100]), &[])), ExperimentMove::Wait);
    let enough = seen(&[100, 100, 100]);
    let ExperimentMove::Reallocate { weights, finding } = next_experiment_move(&trial(&enough, &[])) else {
        panic!()
    };
    assert_eq!(weights.iter().sum::<u32>(), 10_000);
    assert!(weights.iter().all(|weight| *weight >= 100) && weights[1] > 9_500, "{weights:?}");
    assert!(finding.numbers["probability_best"][1].as_f64().unwrap() > 0.95);

    // Fifteen minutes between two changes, and none that is not worth a period.
    let second = || period(2, &weights, &[2, 96, 2], &[approval(&[(1, 2), (67, 96), (1, 2)])]);
    let later = observations(vec![enough.periods[0].clone(), second()]);
    let soon = Trial { seconds_in_period: 899, ..trial(&later, &[]) };
    assert_eq!(next_experiment_move(&soon), ExperimentMove::Wait);
    let exposed: Vec<u64> = weights.iter().copied().map(u64::from).collect();
    let settled = observations(vec![period(
        1,
        &weights,
        &exposed,
        &[approval(&[(30, 100), (3_500, 5_000), (50, 100)])],
    )]);
    assert_eq!(next_experiment_move(&trial(&settled, &[])), ExperimentMove::Wait);
    let fixed = Trial { is_bandit: false, ..trial(&enough, &[]) };
    assert_eq!(next_experiment_move(&fixed), ExperimentMove::Wait);
}

#[test]
fn a_bandit_learns_of_costs_the_right_way_round() {
    let metric = latency(&[(300, 200.0), (300, 150.0)]);
    let seen = observations(vec![period(1, &[5_000, 5_000], &[300, 300], &[metric])]);
    let bandit = Trial { primary: Metric::LatencyMs, ..trial(&seen, &[]) };
    let ExperimentMove::Reallocate { weights, .. } = next_experiment_move(&bandit) else { panic!() };
    assert_eq!(weights, [100, 9_900]);
}

const NO_WORSE: Guardrail = Guardrail { metric: Metric::Approval, max_relative_regression: 0.05 };

#[test]
fn an_experiment_stops_at_its_guardrail() {
    let bad =
        observations(vec![period(1, &[5_000, 5_000], &[400, 400], &[approval(&[(280, 400), (160, 400)])])]);
    let ExperimentMove::Stop(finding) = next_experiment_move(&trial(&bad, &[NO_WORSE])) else { panic!() };
    assert!(finding.reason.contains("approval"), "{}", finding.reason);
    close(finding.numbers["guardrail"]["regression"].as_f64().unwrap(), 0.428_571, 1e-6);
    let results = report(&bad, Some(Metric::Approval), 100, &[NO_WORSE]);
    assert_eq!(
        (results.verdict, results.verdict_variant.as_deref()),
        (VerdictName::GuardrailFailed, Some("b"))
    );
    let fair =
        observations(vec![period(1, &[5_000, 5_000], &[400, 400], &[approval(&[(280, 400), (270, 400)])])]);
    assert!(!matches!(next_experiment_move(&trial(&fair, &[NO_WORSE])), ExperimentMove::Stop(_)));
}

const STEPS: [Step; 3] = [
    Step { min_samples: 100, min_minutes: 10 },
    Step { min_samples: 200, min_minutes: 10 },
    Step { min_samples: 300, min_minutes: 10 },
];
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn canary(observations: &Observations) -> Canary<'_> {
    Canary {
        observations,
        guardrails: &[NO_WORSE],
        steps: &STEPS,
        step: 0,
        trusted_from: 0,
        is_paused: false,
        live: Live::Control,
        now_ms: DAY + 10 * MINUTE,
        step_started_ms: DAY,
        last_news_ms: DAY,
    }
}

fn seen(exposures: [u64; 2], counts: [(u64, u64); 2]) -> Observations {
    observations(vec![period(1, &[5_000, 5_000], &exposures, &[approval(&counts)])])
}

#[test]
fn a_canary_goes_step_by_step_and_then_live() {
    let good = seen([410, 400], [(280, 400), (285, 390)]);
    let at = |step| Canary { step, ..canary(&good) };
    assert!(matches!(next_canary_move(&at(0)), CanaryMove::Advance(1, _)));
    assert!(matches!(next_canary_move(&at(1)), CanaryMove::Advance(2, _)));
    let CanaryMove::Complete(finding) = next_canary_move(&at(2)) else { panic!() };
    assert_eq!(finding.numbers["exposures"], serde_json::json!([410, 400]));
    assert_eq!(finding.numbers["guardrails"][0]["failed"], false);

    let early = Canary { now_ms: DAY + 10 * MINUTE - 1, ..canary(&good) };
    assert!(matches!(next_canary_move(&early), CanaryMove::Wait(waiting) if waiting.remaining_ms == 1));
    // Exposures alone are no evidence for a guardrail.
    let unrated = seen([410, 400], [(60, 99), (60, 99)]);
    assert!(
        matches!(next_canary_move(&canary(&unrated)), CanaryMove::Wait(waiting) if waiting.samples == 99)
    );
    let unguarded = Canary { guardrails: &[], ..canary(&unrated) };
    assert!(matches!(next_canary_move(&unguarded), CanaryMove::Advance(1, _)));
}

/// With the same minimum in each step, each is passed by units of its own.
#[test]
fn a_step_s_samples_are_those_of_whom_it_took_in() {
    let counts = |units: u64| approval(&[(units / 2, units), (units / 2, units)]);
    let step = |number, coverage, units| PeriodObservations {
        coverage,
        ..period(number, &[5_000, 5_000], &[units, units], &[counts(units)])
    };
    let waiting = |periods: Vec<PeriodObservations>| {
        let seen = observations(periods);
        Canary { step: 1, steps: &[STEPS[0]; 3], ..canary(&seen) }.waiting()
    };
    let first = || step(1, 200, 150);
    assert_eq!(waiting(vec![first(), step(2, 2_000, 30)]).samples, 30);
    // A resumption takes nobody in, and nor does a step from one half to everybody.
    assert_eq!(waiting(vec![first(), step(2, 2_000, 30), step(3, 2_000, 20)]).samples, 50);
    let last = PeriodObservations {
        weights: vec![0, 10_000],
        ..period(4, &[0, 10_000], &[0, 10], &[approval(&[(0, 0), (5, 10)])])
    };
    assert_eq!(waiting(vec![first(), step(2, 2_000, 30), step(3, 10_000, 120), last]).samples, 130);
}

#[test]
fn what_people_promote_meanwhile_is_not_overwritten() {
    let good = seen([410, 400], [(280, 400), (285, 390)]);
    let last = |live| Canary { step: 2, live, ..canary(&good) };
    let CanaryMove::Pause(finding) = next_canary_move(&last(Live::Other)) else { panic!("not paused") };
    assert!(finding.reason.contains("another version"), "{}", finding.reason);
    let paused = Canary { is_paused: true, ..last(Live::Other) };
    assert!(matches!(next_canary_move(&paused), CanaryMove::Wait(_)));
    for is_paused in [false, true] {
        let promoted = Canary { is_paused, step: 0, ..last(Live::Canary) };
        assert!(matches!(next_canary_move(&promoted), CanaryMove::Complete(_)));
    }
    let bad = seen([400, 400], [(280, 400), (160, 400)]);
    let replaced = Canary { live: Live::Other, ..canary(&bad) };
    assert!(matches!(next_canary_move(&replaced), CanaryMove::RollBack(_)));
}

#[test]
fn a_bad_canary_is_rolled_back_even_while_it_is_paused() {
    let bad = seen([400, 400], [(280, 400), (160, 400)]);
    for is_paused in [false, true] {
        let CanaryMove::RollBack(finding) = next_canary_move(&Canary { is_paused, ..canary(&bad) }) else {
            panic!()
        };
        assert!(finding.numbers["guardrail"]["excess_at_least"].as_f64().unwrap() > 0.0);
    }
    let good = seen([400, 400], [(280, 400), (285, 400)]);
    let paused = Canary { is_paused: true, ..canary(&good) };
    assert!(matches!(next_canary_move(&paused), CanaryMove::Wait(waiting) if waiting.paused));
}

#[test]
fn a_canary_whose_measurement_is_in_doubt_is_paused() {
    #[track_caller]
    fn paused(canary: &Canary<'_>, word: &str) {
        let CanaryMove::Pause(finding) = next_canary_move(canary) else { panic!("not paused") };
        assert!(finding.reason.contains(word), "{}", finding.reason);
    }
    let mut skewed = seen([600, 400], [(280, 400), (285, 400)]);
    paused(&canary(&skewed), "split");
    // Who resumed it has seen that.
    skewed.periods.push(period(2, &[5_000, 5_000], &[50, 50], &[]));
    let resumed = Canary { trusted_from: 1, ..canary(&skewed) };
    assert!(matches!(next_canary_move(&resumed), CanaryMove::Advance(1, _)));
    let mut mixed = seen([500, 500], [(280, 400), (285, 400)]);
    mixed.periods[0].in_two_arms = vec![6, 6];
    paused(&canary(&mixed), "two arms");
    let quiet = seen([40, 40], [(20, 40), (20, 40)]);
    paused(&Canary { now_ms: 2 * DAY, ..canary(&quiet) }, "24 hours");
    let not_yet = Canary { now_ms: 2 * DAY - 1, ..canary(&quiet) };
    assert!(matches!(next_canary_move(&not_yet), CanaryMove::Wait(_)));
}

/// Time that nobody looked at is no step: each has its own minutes, from when it begins.
#[test]
fn a_schedule_that_did_not_run_for_a_day_does_what_one_run_does() {
    let good = seen([410, 400], [(280, 400), (285, 390)]);
    let late = Canary { now_ms: 2 * DAY + 60 * MINUTE, last_news_ms: 2 * DAY + 60 * MINUTE, ..canary(&good) };
    assert!(matches!(next_canary_move(&late), CanaryMove::Advance(1, _)));
    let next = Canary { step: 1, step_started_ms: late.now_ms, ..late };
    assert!(
        matches!(next_canary_move(&next), CanaryMove::Wait(waiting) if waiting.remaining_ms == 10 * MINUTE)
    );
    let bad = seen([400, 400], [(280, 400), (160, 400)]);
    let late = Canary { observations: &bad, ..late };
    assert!(matches!(next_canary_move(&late), CanaryMove::RollBack(_)));

    let learnt =
        observations(vec![period(1, &[5_000, 5_000], &[400, 400], &[approval(&[(120, 400), (280, 400)])])]);
    let late = Trial { seconds_in_period: 90_000, ..trial(&learnt, &[]) };
    let ExperimentMove::Reallocate { weights, .. } = next_experiment_move(&late) else { panic!() };
    let reallocated = observations(vec![
        learnt.periods[0].clone(),
        period(2, &weights, &[0, 0], &[approval(&[(0, 0), (0, 0)])]),
    ]);
    let next = Trial { seconds_in_period: 0, ..trial(&reallocated, &[]) };
    assert_eq!(next_experiment_move(&next), ExperimentMove::Wait);
}
