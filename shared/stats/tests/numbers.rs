//! Published and agreed numbers, each to the precision given.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use stats::{
    Bandit, ConfidenceSequence, Direction, Estimate, Guardrail, MixedUnits, Moments, Outcome, Posterior,
    Readiness, SampleRatio, Standing, Verdict, compare, fixed_horizon_samples, period_weighted,
    period_weighted_of, probability_best, sequential_samples, verdict, wilson_interval,
};

use Direction::{HigherIsBetter, LowerIsBetter};

#[track_caller]
fn close(ours: f64, reference: f64, tolerance: f64) {
    assert!((ours - reference).abs() <= tolerance, "{ours} is not within {tolerance} of {reference}");
}

fn proportion(successes: u64, trials: u64) -> Estimate {
    Estimate::proportion(successes, trials).expect("a proportion")
}

fn beta(alpha: f64, beta: f64) -> Posterior {
    Posterior::Beta { alpha, beta }
}

fn normal(mean: f64, standard_deviation: f64) -> Posterior {
    Posterior::Normal { mean, standard_deviation }
}

fn best(arms: &[Posterior], direction: Direction) -> Vec<f64> {
    probability_best(arms, direction).expect("valid posteriors")
}

mod sequence {
    use super::*;

    #[test]
    fn relative_lift_of_the_worked_example() {
        let lift = Estimate::relative_lift(&proportion(1396, 3000), &proportion(2422, 3461)).expect("a lift");
        close(lift.value, 0.50386, 5e-6);
        close(lift.standard_error, 0.03386, 5e-6);
        assert_eq!(lift.samples, 6461);
        let interval = ConfidenceSequence::new(0.05, 5_000.0).expect("valid").two_sided(&lift);
        close(interval.low, 0.40098, 5e-6);
        close(interval.high, 0.60675, 5e-6);
    }

    /// The formula as printed, with n, σ̂ and ρ spelt out.
    #[test]
    fn widths_follow_the_formula() {
        let (n, sigma, alpha) = (2_000.0_f64, 3.0_f64, 0.1_f64);
        let rho = ((-2.0 * alpha.ln() + (-2.0 * alpha.ln() + 1.0).ln()) / 800.0).sqrt();
        let grown = n * rho * rho + 1.0;
        let width = |factor: f64| sigma * (2.0 * grown / (n * n * rho * rho) * factor).sqrt();
        let estimate = Estimate { value: 10.0, standard_error: sigma / n.sqrt(), samples: 2_000 };
        let sequence = ConfidenceSequence::new(alpha, 800.0).expect("valid");
        close(sequence.half_width(&estimate), width((grown.sqrt() / alpha).ln()), 1e-13);
        let one_sided = width((1.0 + grown.sqrt() / (2.0 * alpha)).ln());
        close(sequence.lower_bound(&estimate), 10.0 - one_sided, 1e-13);
        close(sequence.upper_bound(&estimate), 10.0 + one_sided, 1e-13);
    }

    #[test]
    fn it_is_tightest_in_standard_errors_near_its_tuning() {
        let sequence = ConfidenceSequence::default();
        let width = |samples| sequence.half_width(&Estimate { value: 0.0, standard_error: 1.0, samples });
        let tightest = (1..200).map(|step| step * 100).min_by(|a, b| width(*a).total_cmp(&width(*b)));
        // The closed form of ρ approximates the best one.
        assert_eq!(tightest, Some(5_200));
    }

    #[test]
    fn comparisons_share_the_error_level_and_bad_levels_are_refused() {
        let shared = ConfidenceSequence::default().shared_by(4);
        close(shared.alpha(), 0.0125, 1e-15);
        // ρ is fixed before looking, however many comparisons there will be.
        let level = -2.0 * 0.05_f64.ln();
        let spent = 2_000.0 * (level + (level + 1.0).ln()) / 5_000.0;
        let estimate = Estimate { value: 0.0, standard_error: 1.0, samples: 2_000 };
        let width = (2.0 * (spent + 1.0) / spent * ((spent + 1.0_f64).sqrt() / 0.0125).ln()).sqrt();
        close(shared.half_width(&estimate), width, 1e-12);
        for (alpha, tightest_at) in
            [(0.0, 1.0), (1.0, 1.0), (f64::NAN, 1.0), (0.05, 0.0), (0.05, f64::INFINITY)]
        {
            assert_eq!(ConfidenceSequence::new(alpha, tightest_at), None);
        }
    }
}

mod estimates {
    use super::*;

    #[test]
    fn moments_give_mean_and_unbiased_variance() {
        let mut moments = Moments::default();
        for value in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0] {
            moments.add(value);
        }
        let estimate = Estimate::mean(&moments, Outcome::Real).expect("eight units");
        close(estimate.value, 5.0, 1e-15);
        close(estimate.standard_error, (32.0_f64 / 7.0 / 8.0).sqrt(), 1e-15);
        assert_eq!(Estimate::mean(&Moments::binary(1, 1), Outcome::Real), None);
        assert_eq!(Estimate::mean(&Moments { count: 2, sum: f64::NAN, ..moments }, Outcome::Real), None);
    }

    #[test]
    fn shares_that_all_agree_still_leave_doubt() {
        for none in [proportion(0, 10), Estimate::mean(&Moments::binary(0, 10), Outcome::Share).expect("ten")]
        {
            close(none.value, 0.0, 0.0);
            close(none.standard_error, (11.0_f64 / 144.0 / 10.0).sqrt(), 1e-15);
        }
        let equal = Moments { count: 1_000, sum: 100.0, sum_of_squares: 10.0 };
        close(Estimate::mean(&equal, Outcome::Real).expect("units").standard_error, 0.0, 0.0);
    }

    #[test]
    fn a_lift_over_nothing_is_none() {
        assert_eq!(Estimate::relative_lift(&proportion(0, 10), &proportion(1, 10)), None);
        assert_eq!(Estimate::proportion(3, 2), None);
        assert_eq!(Estimate::proportion(0, 0), None);
    }
}

mod sample_ratio {
    use super::*;

    #[test]
    fn agreed_numbers() {
        let even = SampleRatio::test(&[5150, 4850], &[5000, 5000]).expect("testable");
        close(even.chi_squared, 9.0, 1e-12);
        close(even.p_value, 0.0027, 5e-5);
        assert!(!even.alert);
        let skewed = SampleRatio::test(&[9100, 900], &[9000, 1000]).expect("testable");
        close(skewed.chi_squared, 11.11, 5e-3);
        close(skewed.p_value, 0.00086, 5e-6);
        assert!(skewed.alert);
    }

    #[test]
    fn an_arm_without_weight_has_no_exposures() {
        let broken = SampleRatio::test(&[50, 50, 1], &[5000, 5000, 0]).expect("testable");
        assert!(broken.alert && broken.chi_squared.is_infinite());
        let sound = SampleRatio::test(&[50, 50, 0], &[5000, 5000, 0]).expect("testable");
        assert_eq!((sound.degrees_of_freedom, sound.alert), (1, false));
    }

    #[test]
    fn untestable_splits_are_none() {
        let cases: [(&[u64], &[u32]); 4] =
            [(&[], &[]), (&[0, 0], &[1, 1]), (&[5, 0], &[1, 0]), (&[5, 5], &[1, 1, 1])];
        for (exposures, weights) in cases {
            assert_eq!(SampleRatio::test(exposures, weights), None);
        }
    }

    #[test]
    fn periods_add_up_and_small_ones_are_pooled() {
        let both = [(&[5150, 4850][..], &[1, 1][..]), (&[910, 90], &[9, 1])];
        let sum = SampleRatio::over_periods(both).expect("testable");
        close(sum.chi_squared, 9.0 + 100.0 / 900.0 + 1.0, 1e-12);
        assert_eq!(sum.degrees_of_freedom, 2);
        // One exposure where 0.1 were expected would alone be χ² ≈ 8; a hundred such periods are sound together.
        let small = [(&[9, 1][..], &[99, 1][..]); 10].into_iter().chain([(&[10, 0][..], &[99, 1][..]); 90]);
        let pooled = SampleRatio::over_periods(small).expect("testable");
        close(pooled.chi_squared, 0.0, 1e-12);
        assert_eq!(pooled.degrees_of_freedom, 1);
    }

    #[test]
    fn mixed_units_alarm_above_one_per_cent() {
        assert_eq!(MixedUnits::new(10, 1_000).map(|mixed| mixed.alert), Some(false));
        assert_eq!(MixedUnits::new(11, 1_000).map(|mixed| mixed.alert), Some(true));
        assert_eq!(MixedUnits::new(0, 0), None);
    }
}

mod posterior {
    use super::*;

    /// P(B > A) for pairs of Beta distributions.
    #[test]
    fn agreed_numbers() {
        for (a, b, expected, tolerance) in [
            ((1.0, 1.0), (1.0, 1.0), 0.5, 1e-13),
            ((11.0, 91.0), (21.0, 81.0), 0.975_173, 5e-7),
            ((51.0, 951.0), (61.0, 941.0), 0.835_611, 5e-7),
            ((301.0, 701.0), (331.0, 671.0), 0.925_53, 5e-6),
        ] {
            let probabilities = best(&[beta(a.0, a.1), beta(b.0, b.1)], HigherIsBetter);
            close(probabilities[1], expected, tolerance);
            let lower = best(&[beta(a.0, a.1), beta(b.0, b.1)], LowerIsBetter);
            close(lower[0], expected, tolerance);
        }
    }

    /// P(B > A) = Φ((μ(B) − μ(A)) / √(σ²(A) + σ²(B))), and of equal arms each has the same chance.
    #[test]
    fn normal_posteriors_agree_with_the_closed_form() {
        let probabilities = best(&[normal(1.0, 0.3), normal(1.5, 0.4)], HigherIsBetter);
        close(probabilities[1], 0.841_344_746_068_542_9, 1e-13);
        for arms in 2..=10_u32 {
            for one in best(&vec![normal(-4e6, 1e-3); arms as usize], LowerIsBetter) {
                close(one, 1.0 / f64::from(arms), 1e-12);
            }
            for one in best(&vec![beta(3.0, 1e7); arms as usize], HigherIsBetter) {
                close(one, 1.0 / f64::from(arms), 1e-12);
            }
        }
    }

    /// For whole α of B: P(B > A) = Σ B(α(A) + i, β(A) + β(B)) / ((β(B) + i) B(1 + i, β(B)) B(α(A), β(A))), here with
    /// α(B) = 1, where it is B(α, β + b) / B(α, β) = ∏ (β + k) / (α + β + k) over k < b.
    #[test]
    fn beta_posteriors_agree_with_the_closed_form_at_extreme_counts() {
        for (a, b) in [(2.0, 1e7), (1e7, 2.0), (1e7, 1e7), (12.5, 3e6), (0.5, 0.5)] {
            // B ~ Beta(3, 1): P(B > A) = 1 − E[A³]; B ~ Beta(1, 3): P(B > A) = E[(1 − A)³].
            let moment =
                |x: f64, y: f64| x * (x + 1.0) * (x + 2.0) / ((x + y) * (x + y + 1.0) * (x + y + 2.0));
            close(best(&[beta(a, b), beta(3.0, 1.0)], HigherIsBetter)[0], moment(a, b), 1e-12);
            close(best(&[beta(a, b), beta(1.0, 3.0)], HigherIsBetter)[1], moment(b, a), 1e-12);
        }
    }

    #[test]
    fn far_apart_and_degenerate_posteriors_are_decided() {
        for arms in [
            [beta(1.0, 1e7), beta(1e7, 1.0)],
            [normal(1.0, 0.0), normal(2.0, 0.0)],
            [normal(0.0, 0.0), normal(1e9, 1e-9)],
            [normal(0.000_1, 1e-9), normal(0.000_2, 1e-9)],
        ] {
            close(best(&arms, HigherIsBetter)[1], 1.0, 1e-12);
            close(best(&arms, LowerIsBetter)[0], 1.0, 1e-12);
        }
        close(best(&[normal(0.0, 0.0), normal(0.0, 0.0)], HigherIsBetter)[0], 0.5, 1e-12);
        close(best(&[normal(7.0, 0.0), normal(7.0, 1.0)], HigherIsBetter)[0], 0.5, 1e-9);
    }

    /// A known implementation picks the wrong arm here: the fast arm must get the weight.
    #[test]
    fn lower_is_better_prefers_the_lower_arm() {
        let latency = [normal(900.0, 10.0), normal(850.0, 10.0), normal(880.0, 10.0)];
        let probabilities = best(&latency, LowerIsBetter);
        assert!(probabilities[1] > 0.97 && probabilities[0] < 0.001, "{probabilities:?}");
        let errors = [beta(41.0, 961.0), beta(11.0, 991.0)];
        assert!(best(&errors, LowerIsBetter)[1] > 0.999);
        let weights = Bandit::default().weights(&best(&errors, LowerIsBetter)).expect("weights");
        assert_eq!(weights, [100, 9_900]);
    }

    #[test]
    fn an_estimate_of_a_share_gives_back_its_counts() {
        for (successes, trials) in [(0, 10), (3, 10), (10, 10), (700, 1_000)] {
            let moments = Moments::binary(successes, trials);
            let estimate = Estimate::mean(&moments, Outcome::Share).expect("an estimate");
            let Posterior::Beta { alpha, beta } = Posterior::of(&estimate, Outcome::Share) else {
                panic!("a share has a Beta posterior")
            };
            let wanted = [successes, trials - successes]
                .map(|count| 1.0 + f64::from(u32::try_from(count).expect("small")));
            close(alpha, wanted[0], 1e-9);
            close(beta, wanted[1], 1e-9);
        }
    }

    #[test]
    fn invalid_posteriors_are_none() {
        for arms in [
            vec![],
            vec![beta(1.0, 1.0), normal(0.0, 1.0)],
            vec![beta(0.1, 1.0)],
            vec![beta(f64::NAN, 1.0)],
            vec![beta(f64::INFINITY, 1.0)],
            vec![normal(f64::NAN, 1.0)],
            vec![normal(0.0, f64::INFINITY)],
        ] {
            assert_eq!(probability_best(&arms, HigherIsBetter), None, "{arms:?}");
        }
    }
}

mod bandit {
    use super::*;

    #[test]
    fn weights_keep_the_floor_and_sum_to_the_whole() {
        let bandit = Bandit::default();
        assert_eq!(bandit.weights(&[0.5, 0.5]), Some(vec![5_000, 5_000]));
        assert_eq!(bandit.weights(&[0.0, 1.0]), Some(vec![100, 9_900]));
        assert_eq!(bandit.weights(&[1.0, 1.0, 1.0]), Some(vec![3_334, 3_333, 3_333]));
        for arms in 2..=10_u32 {
            let probabilities: Vec<f64> = (0..arms).map(|arm| 1.0 / f64::from(arm * arm + 1)).collect();
            let weights = bandit.weights(&probabilities).expect("weights");
            assert_eq!(weights.iter().sum::<u32>(), 10_000);
            assert!(weights.iter().all(|&weight| weight >= 100) && weights.is_sorted_by(|a, b| a >= b));
        }
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let bandit = Bandit { floor_bp: 4_000, ..Bandit::default() };
        for probabilities in [&[][..], &[0.3, 0.3, 0.4], &[0.0, 0.0], &[f64::NAN, 1.0], &[-0.1, 1.1]] {
            assert_eq!(bandit.weights(probabilities), None, "{probabilities:?}");
        }
    }

    #[test]
    fn it_waits_for_exposures_values_and_time() {
        let bandit = Bandit::default();
        let ready =
            |exposures: [u64; 2], samples: [u64; 2], seconds| bandit.readiness(&exposures, &samples, seconds);
        assert_eq!(ready([100, 99], [30, 30], None), Readiness::TooFewExposures { arm: 1 });
        assert_eq!(ready([100, 100], [29, 30], None), Readiness::TooFewSamples { arm: 0 });
        assert_eq!(ready([100, 100], [30, 30], None), Readiness::Ready);
        assert_eq!(ready([100, 100], [30, 30], Some(899)), Readiness::TooSoon { wait_seconds: 1 });
        assert_eq!(ready([100, 100], [30, 30], Some(900)), Readiness::Ready);
    }
}

mod periods {
    use super::*;

    /// The control is better in each period, yet worse when they are pooled: Simpson's paradox.
    #[test]
    fn weighting_by_period_undoes_simpsons_paradox() {
        let periods = [
            [Moments::binary(60, 100), Moments::binary(495, 900)],
            [Moments::binary(180, 900), Moments::binary(15, 100)],
        ];
        let pooled = [240.0 / 1_000.0, 510.0 / 1_000.0];
        assert!(pooled[1] > pooled[0]);
        let arms = period_weighted(&periods, Outcome::Share).expect("equal arms");
        let [Some(control), Some(treatment)] = arms[..] else { panic!("two estimates") };
        close(control.value, 0.4, 1e-15);
        close(treatment.value, 0.35, 1e-15);
        assert_eq!((control.samples, treatment.samples), (1_000, 1_000));
        let deviations: f64 = 60.0 * 0.4 + 180.0 * 0.8;
        close(
            control.standard_error,
            (deviations / 998.0 * 0.25 * (1.0 / 100.0 + 1.0 / 900.0)).sqrt(),
            1e-15,
        );
    }

    #[test]
    fn one_period_is_the_plain_mean() {
        let period = [Moments::binary(3, 10), Moments::binary(6, 10)];
        let arms = period_weighted(&[period], Outcome::Share).expect("equal arms");
        assert_eq!(arms[0], Estimate::mean(&period[0], Outcome::Share));
    }

    #[test]
    fn thin_periods_are_merged_with_their_neighbours() {
        let thin = [Moments::binary(2, 4), Moments::binary(0, 1)];
        let arms = period_weighted(&[thin; 13], Outcome::Share).expect("equal arms");
        let [Some(control), Some(treatment)] = arms[..] else { panic!("two estimates") };
        assert_eq!((control.samples, treatment.samples), (52, 13));
        close(control.value, 0.5, 1e-15);
        // Never any success, which is no certainty.
        assert!(treatment.value == 0.0 && treatment.standard_error > 0.0);
    }

    /// The third arm has nobody in the second period, which is no reason to pool it with the first.
    #[test]
    fn an_arm_without_units_leaves_the_others_strata_alone() {
        let periods = [
            [Moments::binary(20, 100), Moments::binary(180, 900), Moments::binary(50, 100)],
            [Moments::binary(450, 900), Moments::binary(50, 100), Moments::default()],
        ];
        let pair = period_weighted_of(&periods, &[0, 1], Outcome::Share).expect("equal arms");
        let [Some(control), Some(treatment)] = pair[..] else { panic!("two estimates") };
        close(control.value, treatment.value, 1e-12);
        // Only the first of the periods compares it with anything.
        let pair = period_weighted_of(&periods[..1], &[0, 2], Outcome::Share).expect("equal arms");
        let [Some(control), Some(third)] = pair[..] else { panic!("two estimates") };
        close(control.value, 0.2, 1e-15);
        close(third.value, 0.5, 1e-15);
    }

    #[test]
    fn arms_without_data_are_none() {
        let none: [[Moments; 2]; 0] = [];
        assert_eq!(period_weighted(&none, Outcome::Real), None);
        let uneven = [vec![Moments::default()], vec![]];
        assert_eq!(period_weighted(&uneven, Outcome::Real), None);
        let arms = period_weighted(&[[Moments::binary(5, 9), Moments::default()]], Outcome::Real);
        assert!(matches!(arms.as_deref(), Some([Some(_), None])));
    }
}

mod decisions {
    use super::*;

    #[test]
    fn wilson_interval_of_few_cases() {
        // `scipy.stats.binomtest(9, 10).proportion_ci(0.95, "wilson")`.
        let interval = wilson_interval(9, 10, 0.05).expect("ten cases");
        close(interval.low, 0.595_849_973_204_761_5, 1e-12);
        close(interval.high, 0.982_123_786_904_927_1, 1e-12);
        let all = wilson_interval(10, 10, 0.05).expect("ten cases");
        close(all.low, 0.722_467_200_137_110_9, 1e-12);
        close(all.high, 1.0, 0.0);
        assert_eq!(wilson_interval(0, 0, 0.05), None);
    }

    fn judge(arms: &[(u64, u64)], direction: Direction) -> Verdict {
        let arms: Vec<_> =
            arms.iter().map(|&(successes, trials)| Estimate::proportion(successes, trials)).collect();
        let (control, others) = arms.split_first().expect("a control");
        let pairs: Vec<_> = others.iter().map(|arm| [*control, *arm]).collect();
        verdict(&pairs, direction, 100, &ConfidenceSequence::default(), None)
    }

    #[test]
    fn verdicts() {
        assert_eq!(judge(&[(30, 99), (90, 100)], HigherIsBetter), Verdict::NotEnoughData);
        assert_eq!(judge(&[(30, 100), (0, 0)], HigherIsBetter), Verdict::NotEnoughData);
        assert_eq!(judge(&[(30, 100)], HigherIsBetter), Verdict::NotEnoughData);
        assert_eq!(judge(&[(300, 1_000), (310, 1_000)], HigherIsBetter), Verdict::NoDifference);
        assert_eq!(judge(&[(300, 1_000), (500, 1_000)], HigherIsBetter), Verdict::Winner { arm: 1 });
        assert_eq!(judge(&[(300, 1_000), (500, 1_000)], LowerIsBetter), Verdict::Loser);
        assert_eq!(
            judge(&[(500, 1_000), (300, 1_000), (200, 1_000)], LowerIsBetter),
            Verdict::Winner { arm: 2 }
        );
        assert_eq!(judge(&[(500, 1_000), (300, 1_000), (490, 1_000)], HigherIsBetter), Verdict::NoDifference);
        let failed = verdict(&[], HigherIsBetter, 100, &ConfidenceSequence::default(), Some(2));
        assert_eq!(failed, Verdict::GuardrailFailed { arm: 2 });
    }

    #[test]
    fn a_difference_without_spread_decides_nothing() {
        let constant = |value| Estimate { value, standard_error: 0.0, samples: 1_000 };
        let comparison =
            compare(&constant(1.0), &constant(2.0), HigherIsBetter, &ConfidenceSequence::default());
        assert_eq!(comparison.standing, Standing::Undecided);
    }

    #[test]
    fn guardrails_in_both_directions() {
        let sequence = ConfidenceSequence::default();
        let latency =
            Guardrail { direction: LowerIsBetter, outcome: Outcome::Real, max_relative_regression: 0.1 };
        let mean = |value| Estimate { value, standard_error: 5.0, samples: 2_000 };
        let check = |guardrail: Guardrail, control, treatment| {
            guardrail.check(&mean(control), &mean(treatment), &sequence)
        };
        assert!(!check(latency, 1_000.0, 1_090.0).failed && !check(latency, 1_000.0, 1_110.0).failed);
        let slow = check(latency, 1_000.0, 1_150.0);
        assert!(slow.failed);
        close(slow.regression.expect("a positive control"), 0.15, 1e-12);
        close(slow.excess.value, 50.0, 1e-9);
        close(slow.excess.standard_error, 5.0 * (1.0_f64 + 1.21).sqrt(), 1e-12);
        assert!(!check(latency, 1_000.0, 500.0).failed);

        let approval = Guardrail { direction: HigherIsBetter, ..latency };
        assert!(check(approval, 1_000.0, 850.0).failed);
        assert!(!check(approval, 1_000.0, 910.0).failed && !check(approval, 1_000.0, 2_000.0).failed);
    }

    /// Two users who give five stars and two who give four are no spread of zero.
    #[test]
    fn a_few_equal_values_fail_no_guardrail() {
        let rating =
            Guardrail { direction: HigherIsBetter, outcome: Outcome::Real, max_relative_regression: 0.05 };
        let sequence = ConfidenceSequence::default();
        let failed = |spread: f64, samples: u64| {
            let arm = |value| Estimate { value, standard_error: spread, samples };
            rating.check(&arm(5.0), &arm(4.0), &sequence).failed
        };
        assert!(!failed(0.0, 2) && !failed(0.0, 10_000));
        assert!(!failed(0.01, 29) && failed(0.01, 30));
    }

    /// What people read beside a verdict must not contradict it.
    #[test]
    fn a_lift_s_interval_holds_zero_exactly_if_the_difference_is_undecided() {
        let sequence = ConfidenceSequence::default();
        let compared = |control: (u64, u64), treatment: (u64, u64)| {
            let (control, treatment) =
                (proportion(control.0, control.1), proportion(treatment.0, treatment.1));
            compare(&control, &treatment, HigherIsBetter, &sequence)
        };
        let narrow = compared((100, 1_000), (146, 1_000));
        let interval = narrow.lift_interval.expect("a lift");
        assert!(narrow.standing == Standing::Better && interval.low > 0.0, "{narrow:?}");
        assert!(interval.low < 0.46 && 0.46 < interval.high && interval.high < 1.3, "{narrow:?}");
        let rare = compared((6, 150), (0, 150));
        assert!(rare.standing == Standing::Undecided, "{rare:?}");
        assert!(rare.lift_interval.is_none_or(|lift| lift.low <= 0.0 && lift.high >= 0.0), "{rare:?}");
        let wide = compared((6, 60), (60, 60));
        assert!(wide.standing == Standing::Better && wide.lift_interval.is_none_or(|lift| lift.low > 0.0));
        for control in (0..=40).map(|step| (25 * step, 1_000)) {
            for treatment in (0..=40).map(|step| (step, 40)) {
                let comparison = compared(control, treatment);
                let Some(interval) = comparison.lift_interval else { continue };
                let holds_zero = interval.low <= 0.0 && interval.high >= 0.0;
                assert_eq!(
                    holds_zero,
                    comparison.standing == Standing::Undecided,
                    "{control:?} {treatment:?}"
                );
            }
        }
    }

    #[test]
    fn a_guardrail_works_without_a_single_error_in_the_control() {
        let errors =
            Guardrail { direction: LowerIsBetter, outcome: Outcome::Share, max_relative_regression: 0.2 };
        let sequence = ConfidenceSequence::default();
        assert!(!errors.check(&proportion(0, 10), &proportion(1, 10), &sequence).failed);
        let reading = errors.check(&proportion(0, 15), &proportion(15, 15), &sequence);
        assert!(reading.failed && reading.regression.is_none(), "{reading:?}");
    }

    #[test]
    fn planned_samples() {
        // The textbook 2 · 0.25 · (1.96 + 0.8416)² / 0.05² = 1570 for p = 0.5 and 5 points.
        assert_eq!(fixed_horizon_samples(0.25, 0.05, 0.05, 0.8), Some(1_570));
        let sequence = ConfidenceSequence::default();
        let samples = sequential_samples(0.25, 0.05, &sequence, 0.8).expect("reachable");
        assert!((2_500..3_500).contains(&samples), "{samples}");
        assert_eq!(fixed_horizon_samples(0.25, 0.0, 0.05, 0.8), None);
        assert_eq!(sequential_samples(1.0, 1e-12, &sequence, 0.8), None);
    }
}
