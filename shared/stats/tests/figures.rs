//! Simulations whose figures the decisions rest on. Deterministic: the generator is seeded and part of this file.
//!
//! `cargo test -p stats --test figures -- --nocapture` prints them.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a failed expectation is a failed test")]

use stats::{
    Bandit, ConfidenceSequence, Direction, Estimate, Guardrail, Moments, Outcome, Posterior, SampleRatio,
    Standing, compare, fixed_horizon_samples, period_weighted, probability_best, sequential_samples,
};

/// `SplitMix64` (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn happens(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    fn uniform(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).expect("32 bits")) / 4_294_967_296.0
    }

    fn successes(&mut self, trials: u64, probability: f64) -> u64 {
        (0..trials).map(|_| u64::from(self.happens(probability))).sum()
    }
}

fn percent(part: u32, whole: u32) -> f64 {
    100.0 * f64::from(part) / f64::from(whole)
}

fn z_score(control: &Estimate, treatment: &Estimate) -> f64 {
    let difference = Estimate::difference(control, treatment);
    (difference.value / difference.standard_error).abs()
}

/// Which rules had declared a difference by the last look.
#[derive(Default, Clone, Copy)]
struct Declared {
    naive: bool,
    posterior: bool,
    sequence: bool,
}

/// Equal arms of p = 0.3, 30 looks up to 6,000 units per arm.
fn peek_at_equal_arms(random: &mut Random) -> Declared {
    let sequence = ConfidenceSequence::default();
    let mut declared = Declared::default();
    let mut successes = [0, 0];
    for look in 1..=30 {
        successes = successes.map(|sum| sum + random.successes(200, 0.3));
        let [control, treatment] =
            successes.map(|sum| Estimate::proportion(sum, 200 * look).expect("trials"));
        let z = z_score(&control, &treatment);
        declared.naive |= z > 1.96;
        // A posterior of at least 400 trials is normal to three digits: 95 % to win is z > 1.645.
        declared.posterior |= z > 1.645;
        let standing = compare(&control, &treatment, Direction::HigherIsBetter, &sequence).standing;
        declared.sequence |= standing != Standing::Undecided;
    }
    declared
}

#[test]
fn peeking_at_equal_arms_keeps_the_error_level() {
    const RUNS: u32 = 10_000;
    let mut random = Random(1);
    let runs: Vec<Declared> = (0..RUNS).map(|_| peek_at_equal_arms(&mut random)).collect();
    let share =
        |rule: fn(&Declared) -> bool| percent(runs.iter().map(|run| u32::from(rule(run))).sum(), RUNS);
    let (naive, posterior) = (share(|run| run.naive), share(|run| run.posterior));
    let sequence = share(|run| run.sequence);
    println!("A/A, 30 looks: naive z {naive:.1} %, 95 % to win {posterior:.1} %, sequence {sequence:.1} %");
    assert!((25.0..33.0).contains(&naive) && (41.0..50.0).contains(&posterior));
    assert!(sequence <= 2.5, "{sequence}");
}

/// Units per arm until the sequence decides on 0.30 against 0.35, looking every 100 per arm; `None` by 10,000.
fn samples_to_decide(random: &mut Random, direction: Direction) -> Option<u64> {
    let sequence = ConfidenceSequence::default();
    let (mut control, mut treatment) = (0, 0);
    for look in 1..=100 {
        control += random.successes(100, 0.30);
        treatment += random.successes(100, 0.35);
        let arms = [control, treatment].map(|sum| Estimate::proportion(sum, 100 * look).expect("trials"));
        match compare(&arms[0], &arms[1], direction, &sequence).standing {
            Standing::Undecided => {}
            standing => {
                let wanted =
                    if direction == Direction::HigherIsBetter { Standing::Better } else { Standing::Worse };
                assert_eq!(standing, wanted, "decided for the wrong side");
                return Some(100 * look);
            }
        }
    }
    None
}

#[test]
fn a_true_lift_is_found_at_a_known_price() {
    const RUNS: u32 = 500;
    let mut random = Random(2);
    for direction in [Direction::HigherIsBetter, Direction::LowerIsBetter] {
        let mut needed: Vec<u64> =
            (0..RUNS).filter_map(|_| samples_to_decide(&mut random, direction)).collect();
        needed.sort_unstable();
        let found = percent(u32::try_from(needed.len()).expect("small"), RUNS);
        let variance = 0.5 * (0.3 * 0.7 + 0.35 * 0.65);
        let fixed = fixed_horizon_samples(variance, 0.05, 0.05, 0.8).expect("reachable");
        let planned =
            sequential_samples(variance, 0.05, &ConfidenceSequence::default(), 0.8).expect("reachable");
        let (median, eighty) = (needed[needed.len() / 2], needed[needed.len() * 4 / 5]);
        println!(
            "0.30 v 0.35, {direction:?}: found {found:.1} %, units per arm median {median}, 80 % by {eighty} \
             (planned {planned}; fixed horizon, one look: {fixed})"
        );
        assert!(found > 99.0 && eighty <= planned && planned < 3 * fixed);
    }
}

/// A guardrail on a rare error rate, looked at from ten units per arm on: the worst case for a normal approximation.
#[test]
fn an_early_guardrail_on_rare_errors_keeps_the_error_level() {
    const RUNS: u32 = 2_000;
    let mut random = Random(3);
    let guardrail = Guardrail {
        direction: Direction::LowerIsBetter,
        outcome: Outcome::Share,
        max_relative_regression: 0.0,
    };
    let sequence = ConfidenceSequence::default();
    let mut fails = |control_rate: f64, treatment_rate: f64| {
        let (mut control, mut treatment) = (0, 0);
        (1..=100).find(|look| {
            control += random.successes(10, control_rate);
            treatment += random.successes(10, treatment_rate);
            let arms = [control, treatment].map(|sum| Estimate::proportion(sum, 10 * look).expect("trials"));
            guardrail.check(&arms[0], &arms[1], &sequence).failed
        })
    };
    for rate in [0.001, 0.01, 0.05] {
        let failed = (0..RUNS).map(|_| u32::from(fails(rate, rate).is_some())).sum();
        println!(
            "guardrail, error rate {rate} in both arms, 100 looks: failed {:.2} %",
            percent(failed, RUNS)
        );
        assert!(percent(failed, RUNS) <= 5.0);
    }
    let mut needed: Vec<u64> = (0..200).filter_map(|_| fails(0.01, 0.30)).map(|look| 10 * look).collect();
    needed.sort_unstable();
    println!(
        "guardrail, 0.01 against 0.30: units per arm median {}, all by {:?}",
        needed[100],
        needed.last()
    );
    assert!(needed.len() == 200 && needed[100] <= 100);
}

/// What is measured of two equal arms: values that often agree, which is where a spread is underestimated.
fn draw(random: &mut Random, metric: &str) -> f64 {
    let chance = random.uniform();
    match metric {
        // Half of the people give five stars and most others four, or nearly everybody gives five.
        "stars" => [(0.50, 5.0), (0.90, 4.0), (0.95, 3.0), (0.97, 2.0)]
            .into_iter()
            .find(|step| chance < step.0)
            .map_or(1.0, |step| step.1),
        "stars, nearly all 5" => {
            if chance < 0.98 {
                5.0
            } else {
                1.0
            }
        }
        // Whole milliseconds: log-normal, and nearly constant.
        "latency" => (6.5 + 0.6 * normal(random)).exp().round(),
        "latency, nearly constant" => (20.0 + 0.4 * normal(random)).round(),
        _ => {
            if chance < 0.9 {
                0.001
            } else {
                0.004
            }
        }
    }
}

/// The sum of twelve uniform numbers, less its mean, is normal enough.
fn normal(random: &mut Random) -> f64 {
    (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0
}

/// A guardrail without any allowance on equal arms, looked at after each unit: the most that it can fail by chance. Without
/// a minimum of units 4 % of such stars fail, nearly all of them at two units in each arm.
#[test]
fn an_early_guardrail_on_stars_latency_and_cost_keeps_the_error_level() {
    const RUNS: u32 = 2_000;
    let mut random = Random(6);
    let sequence = ConfidenceSequence::default();
    for (metric, direction) in [
        ("stars", Direction::HigherIsBetter),
        ("stars, nearly all 5", Direction::HigherIsBetter),
        ("latency", Direction::LowerIsBetter),
        ("latency, nearly constant", Direction::LowerIsBetter),
        ("cost of two values", Direction::LowerIsBetter),
    ] {
        let guardrail = Guardrail { direction, outcome: Outcome::Real, max_relative_regression: 0.0 };
        let mut fails = || {
            let mut arms = [Moments::default(); 2];
            (1..=500).any(|_| {
                for arm in &mut arms {
                    arm.add(draw(&mut random, metric));
                }
                let [control, treatment] = arms.map(|arm| Estimate::mean(&arm, Outcome::Real));
                let (Some(control), Some(treatment)) = (control, treatment) else { return false };
                guardrail.check(&control, &treatment, &sequence).failed
            })
        };
        let failed = (0..RUNS).map(|_| u32::from(fails())).sum();
        println!("guardrail, {metric}, equal arms, 500 looks: failed {:.2} %", percent(failed, RUNS));
        assert!(percent(failed, RUNS) <= 1.0, "{metric}");
    }
}

/// One bandit experiment: the aggregates and weights of each period.
struct Run {
    periods: Vec<Vec<Moments>>,
    weights: Vec<Vec<u32>>,
}

const PERIOD_UNITS: u64 = 400;

/// What a bandit learns from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Evidence {
    Pooled,
    PeriodWeighted,
}

/// Runs a bandit over 40 periods of 400 units, arm rates given per period.
fn run_bandit(
    random: &mut Random,
    rates: impl Fn(u32) -> Vec<f64>,
    direction: Direction,
    evidence: Evidence,
) -> Run {
    let arms = rates(0).len();
    let bandit = Bandit::default();
    let mut weights = bandit.weights(&vec![1.0; arms]).expect("weights");
    let mut run = Run { periods: Vec::new(), weights: Vec::new() };
    for period in 0..40 {
        run.periods.push(expose(random, &weights, &rates(period)));
        run.weights.push(weights);
        let posteriors = posteriors(&run.periods, evidence);
        weights = bandit.weights(&probability_best(&posteriors, direction).expect("valid")).expect("weights");
    }
    run
}

fn posteriors(periods: &[Vec<Moments>], evidence: Evidence) -> Vec<Posterior> {
    let arms = match evidence {
        Evidence::PeriodWeighted => period_weighted(periods, Outcome::Share),
        Evidence::Pooled => period_weighted(&[pooled(periods)], Outcome::Share),
    };
    let estimates = arms.expect("equal arms").into_iter();
    estimates.map(|estimate| Posterior::of(&estimate.expect("units"), Outcome::Share)).collect()
}

fn pooled(periods: &[Vec<Moments>]) -> Vec<Moments> {
    let mut pooled = vec![Moments::default(); periods[0].len()];
    for period in periods {
        pooled.iter_mut().zip(period).for_each(|(sum, moments)| *sum = sum.merged(*moments));
    }
    pooled
}

fn expose(random: &mut Random, weights: &[u32], rates: &[f64]) -> Vec<Moments> {
    let mut moments = vec![Moments::default(); weights.len()];
    for _ in 0..PERIOD_UNITS {
        let mut ticket = random.uniform() * 10_000.0;
        let arm = weights.iter().position(|&weight| {
            ticket -= f64::from(weight);
            ticket < 0.0
        });
        let arm = arm.expect("weights sum to the whole");
        moments[arm].add(f64::from(u8::from(random.happens(rates[arm]))));
    }
    moments
}

#[test]
fn a_bandit_leaves_the_worse_arms_in_either_direction() {
    for (direction, rates) in
        [(Direction::HigherIsBetter, [0.60, 0.70, 0.65]), (Direction::LowerIsBetter, [0.10, 0.04, 0.08])]
    {
        for evidence in [Evidence::Pooled, Evidence::PeriodWeighted] {
            let mut random = Random(4);
            let runs: Vec<Run> =
                (0..50).map(|_| run_bandit(&mut random, |_| rates.to_vec(), direction, evidence)).collect();
            let worse = |period: usize| {
                let best: u32 = runs.iter().map(|run| run.weights[period][1]).sum();
                100.0 - f64::from(best) / f64::from(50 * 100)
            };
            let [first, fifth, tenth, last] = [0, 5, 10, 39].map(worse);
            println!(
                "bandit {direction:?} {rates:?} {evidence:?}: on worse arms {first:.0} %, {fifth:.0} % after 2,000 \
                 units, {tenth:.0} % after 4,000, {last:.0} % after 15,600; fixed split 67 %"
            );
            assert!(last < 10.0 && last < tenth && tenth < first);
        }
    }
}

/// Equal arms whose rate drifts from 0.5 to 0.7 while the bandit moves weights about.
#[test]
fn effects_under_a_bandit_are_unbiased_and_keep_the_error_level() {
    let pooled = drift(Evidence::Pooled);
    let weighted = drift(Evidence::PeriodWeighted);
    assert!(
        weighted.weighted_error < weighted.pooled_error && weighted.weighted_error < pooled.weighted_error
    );
}

struct Drift {
    weighted_error: f64,
    pooled_error: f64,
}

fn drift(evidence: Evidence) -> Drift {
    const RUNS: u32 = 500;
    let mut random = Random(5);
    let rates = |period: u32| vec![0.5 + 0.005 * f64::from(period); 2];
    let (mut declared, mut alarms, mut squares) = (0, 0, [0.0, 0.0]);
    for _ in 0..RUNS {
        let run = run_bandit(&mut random, rates, Direction::HigherIsBetter, evidence);
        declared +=
            u32::from((1..=run.periods.len()).any(|look| difference_is_declared(&run.periods[..look])));
        alarms += u32::from(ratio(&run).alert);
        let last = [difference(&run.periods), difference(&[pooled(&run.periods)])];
        squares.iter_mut().zip(last).for_each(|(sum, difference)| *sum += difference.value.powi(2));
    }
    let [weighted_error, pooled_error] = squares.map(|sum: f64| (sum / f64::from(RUNS)).sqrt());
    let (declared, alarms) = (percent(declared, RUNS), percent(alarms, RUNS));
    println!(
        "equal drifting arms, bandit learning from {evidence:?}: declared different {declared:.1} % over 40 looks, \
         split alarms {alarms:.1} %, error of the difference {weighted_error:.4} (pooled {pooled_error:.4})"
    );
    assert!(declared <= 5.0 && alarms <= 1.0);
    Drift { weighted_error, pooled_error }
}

fn arms(periods: &[Vec<Moments>]) -> [Estimate; 2] {
    let arms = period_weighted(periods, Outcome::Share).expect("equal arms");
    [0, 1].map(|arm| arms[arm].expect("units in both arms"))
}

fn difference(periods: &[Vec<Moments>]) -> Estimate {
    let [control, treatment] = arms(periods);
    Estimate::difference(&control, &treatment)
}

fn difference_is_declared(periods: &[Vec<Moments>]) -> bool {
    let [control, treatment] = arms(periods);
    let sequence = ConfidenceSequence::default();
    compare(&control, &treatment, Direction::HigherIsBetter, &sequence).standing != Standing::Undecided
}

fn ratio(run: &Run) -> SampleRatio {
    let exposures: Vec<Vec<u64>> =
        run.periods.iter().map(|period| period.iter().map(|moments| moments.count).collect()).collect();
    let periods =
        exposures.iter().zip(&run.weights).map(|(seen, weights)| (seen.as_slice(), weights.as_slice()));
    SampleRatio::over_periods(periods).expect("testable")
}
