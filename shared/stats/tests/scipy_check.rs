//! Cross-check against scipy, by `scipy_check.py`. Skipped, and said so, where no Python with scipy is found; the
//! variable `STATS_SCIPY_PYTHON` names one, and then a failure to run it fails the test.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use stats::{
    ConfidenceSequence, Direction, Estimate, Moments, Outcome, Posterior, SampleRatio, fixed_horizon_samples,
    probability_best, wilson_interval,
};

#[test]
fn scipy_agrees() {
    let Some(python) = python_with_scipy() else {
        println!("skipped: python3 cannot import scipy; set STATS_SCIPY_PYTHON to one that can");
        return;
    };
    let cases: Vec<Value> = [means(), sample_ratios(), intervals(), sequences(), posteriors()].concat();
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scipy_check.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(json!({ "cases": cases }).to_string().as_bytes()).expect("python reads");
    drop(input);
    let output = child.wait_with_output().expect("python ends");
    let report = String::from_utf8_lossy(&output.stdout);
    println!("{report}");
    assert!(output.status.success(), "{report}");
}

fn python_with_scipy() -> Option<String> {
    if let Ok(python) = std::env::var("STATS_SCIPY_PYTHON") {
        return Some(python);
    }
    let imported = Command::new("python3").args(["-c", "import scipy"]).stderr(Stdio::null()).status();
    imported.is_ok_and(|status| status.success()).then(|| "python3".to_owned())
}

fn case(kind: &str, arguments: Value, ours: &[f64], tolerance: f64) -> Value {
    json!({ "kind": kind, "arguments": arguments, "ours": ours, "tolerance": tolerance })
}

fn means() -> Vec<Value> {
    let samples = [vec![1.0, 2.0], vec![0.25, 1e6, -3.0, 7.5], vec![812.5, 813.25, 811.0, 815.75, 812.0]];
    let check = |values: &Vec<f64>| {
        let mut moments = Moments::default();
        for &value in values {
            moments.add(value);
        }
        let mean = Estimate::mean(&moments, Outcome::Real).expect("two units");
        case("mean", json!([values]), &[mean.value, mean.standard_error], 1e-9)
    };
    samples.iter().map(check).collect()
}

fn sample_ratios() -> Vec<Value> {
    let splits: [(&[u64], &[u32]); 5] = [
        (&[5150, 4850], &[1, 1]),
        (&[9100, 900], &[9, 1]),
        (&[100, 100, 100, 130], &[2500, 2500, 2500, 2500]),
        (&[1_000_300, 999_000, 2_001_000], &[2500, 2500, 5000]),
        (&[11, 9, 10, 8, 12, 7, 13, 10, 10, 10], &[1; 10]),
    ];
    let check = |&(exposures, weights): &(&[u64], &[u32])| {
        let ratio = SampleRatio::test(exposures, weights).expect("testable");
        case("sample_ratio", json!([exposures, weights]), &[ratio.chi_squared, ratio.p_value], 1e-11)
    };
    splits.iter().map(check).collect()
}

fn intervals() -> Vec<Value> {
    let wilson = [(0, 5, 0.05), (9, 10, 0.05), (190, 200, 0.05), (3, 7, 0.2), (1, 10_000_000, 0.001)];
    let wilson = wilson.map(|(successes, trials, alpha)| {
        let interval = wilson_interval(successes, trials, alpha).expect("trials");
        case("wilson", json!([successes, trials, alpha]), &[interval.low, interval.high], 1e-12)
    });
    let planned = [(0.25, 0.05, 0.05, 0.8), (1e6, 10.0, 0.01, 0.9), (4.0, 0.001, 0.05, 0.5)];
    let planned = planned.map(|(variance, effect, alpha, power)| {
        let samples = fixed_horizon_samples(variance, effect, alpha, power).expect("reachable");
        let samples = f64::from(u32::try_from(samples).expect("small"));
        case("fixed_horizon", json!([variance, effect, alpha, power]), &[samples], 1e-12)
    });
    [wilson.to_vec(), planned.to_vec()].concat()
}

fn sequences() -> Vec<Value> {
    let settings = [(0.034, 6_461, 0.05, 5_000.0), (1.0, 2, 0.001, 100.0), (1e-4, 10_000_000, 0.5, 1e5)];
    let check = |(standard_error, samples, alpha, tightest_at): (f64, u64, f64, f64)| {
        let sequence = ConfidenceSequence::new(alpha, tightest_at).expect("valid");
        let estimate = Estimate { value: 0.0, standard_error, samples };
        let widths = [sequence.half_width(&estimate), sequence.upper_bound(&estimate)];
        case("sequence", json!([standard_error, samples, alpha, tightest_at]), &widths, 1e-12)
    };
    settings.map(check).to_vec()
}

fn posteriors() -> Vec<Value> {
    let shares: [&[(f64, f64)]; 7] = [
        &[(1.0, 1.0), (1.0, 1.0)],
        &[(11.0, 91.0), (21.0, 81.0)],
        &[(301.0, 701.0), (331.0, 671.0)],
        &[(1.0, 1.0), (30.0, 5.0), (300.0, 60.0)],
        &[(1.0, 1_001.0), (2.0, 1_000.0), (1.0, 501.0), (4.0, 2_000.5)],
        &[(3_000_001.0, 7_000_001.0), (3_000_601.0, 6_999_401.0)],
        &[(5.0, 5.0), (6.0, 5.0), (7.0, 5.0), (8.0, 5.0), (5.5, 5.0), (6.5, 5.0), (7.5, 5.0), (2.0, 1.0)],
    ];
    let means: [&[(f64, f64)]; 3] = [
        &[(1.0, 0.3), (1.5, 0.4)],
        &[(812.0, 3.0), (815.0, 0.5), (810.0, 20.0)],
        &[(0.001, 1e-5), (0.001_01, 2e-5)],
    ];
    let mut cases = Vec::new();
    for direction in [Direction::HigherIsBetter, Direction::LowerIsBetter] {
        cases.extend(shares.map(|arms| best("beta", arms, direction)));
        cases.extend(means.map(|arms| best("norm", arms, direction)));
    }
    cases
}

fn best(family: &str, parameters: &[(f64, f64)], direction: Direction) -> Value {
    let posterior = |&(first, second): &(f64, f64)| match family {
        "beta" => Posterior::Beta { alpha: first, beta: second },
        _ => Posterior::Normal { mean: first, standard_deviation: second },
    };
    let arms: Vec<Posterior> = parameters.iter().map(posterior).collect();
    let ours = probability_best(&arms, direction).expect("valid");
    let lower_is_better = direction == Direction::LowerIsBetter;
    // scipy's own distribution functions lose digits at ten million trials.
    case("probability_best", json!([family, parameters, lower_is_better]), &ours, 1e-8)
}
