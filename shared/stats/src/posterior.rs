//! Posteriors of an arm's metric, and the probability that each arm is the best.

use alloc::vec::Vec;

use crate::estimate::{Direction, Estimate, Outcome};
use crate::quadrature::{AtNodes, GaussLegendre, NODES};
use crate::special::float;

/// What is believed of an arm's true metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Posterior {
    /// A Beta distribution of a share, both parameters at least ½.
    Beta {
        /// Successes plus prior.
        alpha: f64,
        /// Failures plus prior.
        beta: f64,
    },
    /// A normal distribution of a mean.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation of the mean, in its unit.
        standard_deviation: f64,
    },
}

impl Posterior {
    /// The posterior of a share under the uniform prior Beta(1, 1). Counts may be fractional: a unit that approved of
    /// three answers in four adds ¾ and ¼.
    pub fn beta(successes: f64, failures: f64) -> Self {
        Self::Beta { alpha: 1.0 + successes, beta: 1.0 + failures }
    }

    /// The posterior that an estimate stands for: Beta under the uniform prior for shares, with as many trials as give
    /// the estimate's standard error, at most its samples; for real outcomes normal under a flat prior.
    pub fn of(estimate: &Estimate, outcome: Outcome) -> Self {
        let (mean, standard_deviation) = (estimate.value, estimate.standard_error);
        match outcome {
            Outcome::Real => Self::Normal { mean, standard_deviation },
            Outcome::Share => {
                let spread = mean * (1.0 - mean);
                let implied = spread / (standard_deviation * standard_deviation) + 1.0;
                let samples = float(estimate.samples);
                // Shares that are all 0 or all 1 have no spread to imply a number of trials.
                let trials = if spread > 0.0 { implied.min(samples) } else { samples };
                Self::beta(mean * trials, (1.0 - mean) * trials)
            }
        }
    }

    /// The posterior of the same metric with its sign turned.
    fn reflected(self) -> Self {
        match self {
            Self::Beta { alpha, beta } => Self::Beta { alpha: beta, beta: alpha },
            Self::Normal { mean, standard_deviation } => Self::Normal { mean: -mean, standard_deviation },
        }
    }
}

/// The probability of each arm to be the best, in the order given; they sum to 1.
///
/// Exact up to rounding (about 1e-12): Pᵢ = ∫ fᵢ ∏ Fⱼ, by Gauss–Legendre quadrature on panels no wider than 1.5 standard
/// deviations of any arm that has mass there. Shares are integrated over their log-odds, where every Beta density is
/// smooth and log-concave whatever its counts. `None` when there is no arm, when Beta and normal are mixed (they share
/// no scale), or when a parameter is out of range.
pub fn probability_best(arms: &[Posterior], direction: Direction) -> Option<Vec<f64>> {
    let densities = arms.iter().map(|&arm| match direction {
        Direction::HigherIsBetter => Density::of(arm),
        Direction::LowerIsBetter => Density::of(arm.reflected()),
    });
    let densities: Vec<Density> = densities.collect::<Option<_>>()?;
    let log_odds = arms.iter().filter(|arm| matches!(arm, Posterior::Beta { .. })).count();
    if densities.is_empty() || (log_odds > 0 && log_odds < arms.len()) {
        return None;
    }
    let wins = integrate_wins(&densities);
    let total: f64 = wins.iter().sum();
    (total > 0.0 && total.is_finite()).then(|| wins.iter().map(|win| (win / total).max(0.0)).collect())
}

/// ∫ fᵢ ∏ Fⱼ over j ≠ i, each up to the same factor: the product of all normalising constants.
fn integrate_wins(densities: &[Density]) -> Vec<f64> {
    let rule = GaussLegendre::new();
    let mut breaks: Vec<f64> = densities.iter().flat_map(Density::breaks).collect();
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    let mut wins = alloc::vec![0.0; densities.len()];
    let mut below = alloc::vec![0.0; densities.len()];
    for pair in breaks.windows(2) {
        let &[start, end] = pair else { continue };
        let panel = Panel::new(&rule, densities, &below, start, end);
        for (index, win) in wins.iter_mut().enumerate() {
            *win += panel.win(&rule, index);
        }
        panel.advance(&rule, &mut below);
    }
    wins
}

/// One panel of the integral: every arm's density and distribution function at its nodes.
struct Panel {
    half: f64,
    arms: Vec<PanelArm>,
}

struct PanelArm {
    /// `None` where the arm has no mass.
    density: Option<AtNodes>,
    distribution: AtNodes,
}

impl Panel {
    fn new(rule: &GaussLegendre, densities: &[Density], below: &[f64], start: f64, end: f64) -> Self {
        let (half, centre) = (0.5 * (end - start), 0.5 * (start + end));
        let arm = |(density, &below): (&Density, &f64)| {
            if centre < density.low || centre > density.high {
                return PanelArm { density: None, distribution: [below; NODES] };
            }
            let values = rule.nodes.map(|node| density.at(centre + half * node));
            let distribution = rule.running_integrals(&values, half).map(|within| below + within);
            PanelArm { density: Some(values), distribution }
        };
        Self { half, arms: densities.iter().zip(below).map(arm).collect() }
    }

    fn win(&self, rule: &GaussLegendre, index: usize) -> f64 {
        let Some(mut product) = self.arms.get(index).and_then(|arm| arm.density) else { return 0.0 };
        for (_, other) in self.arms.iter().enumerate().filter(|&(other, _)| other != index) {
            product.iter_mut().zip(&other.distribution).for_each(|(product, below)| *product *= below);
        }
        rule.integral(&product, self.half)
    }

    fn advance(&self, rule: &GaussLegendre, below: &mut [f64]) {
        for (below, arm) in below.iter_mut().zip(&self.arms) {
            *below += arm.density.map_or(0.0, |density| rule.integral(&density, self.half));
        }
    }
}

/// Below e⁻⁴⁰ of its peak a density counts as zero.
const CUTOFF: f64 = -40.0;

/// A density with its peak at `centre`, divided by `scale` instead of normalised.
struct Density {
    shape: Shape,
    centre: f64,
    scale: f64,
    low: f64,
    high: f64,
}

enum Shape {
    Normal,
    /// Over log-odds; `fewer` is the smaller parameter and `share` its part of their sum.
    Beta {
        fewer: f64,
        sum: f64,
        share: f64,
        successes_are_fewer: bool,
    },
}

impl Density {
    fn of(posterior: Posterior) -> Option<Self> {
        let (shape, centre, scale) = match posterior {
            Posterior::Normal { mean, standard_deviation } => {
                // A spread of nothing would be a point mass; a trace of width keeps ties even.
                let scale = standard_deviation.max(mean.abs() * 1e-9).max(1e-150);
                (Shape::Normal, mean, scale)
            }
            Posterior::Beta { alpha, beta } => {
                if !(alpha >= 0.5 && beta >= 0.5) {
                    return None;
                }
                let (fewer, sum) = (alpha.min(beta), alpha + beta);
                let successes_are_fewer = alpha <= beta;
                let shape = Shape::Beta { fewer, sum, share: fewer / sum, successes_are_fewer };
                // The curvature at the peak, but never wider than the poles of the logistic function allow.
                (shape, libm::log(alpha / beta), libm::sqrt(1.0 / alpha + 1.0 / beta).min(1.0))
            }
        };
        let valid = centre.is_finite() && scale.is_finite() && scale > 0.0;
        valid.then(|| Self { shape, centre, scale, low: 0.0, high: 0.0 }.with_window())
    }

    fn with_window(mut self) -> Self {
        self.low = self.centre - self.reach(-1.0);
        self.high = self.centre + self.reach(1.0);
        self
    }

    fn panel_width(&self) -> f64 {
        1.5 * self.scale
    }

    /// How far the density reaches in a direction, in whole panels.
    fn reach(&self, sign: f64) -> f64 {
        let mut panels = 1.0;
        while self.log_at(sign * panels * self.panel_width()) > CUTOFF && panels < 1_000.0 {
            panels += 1.0;
        }
        panels * self.panel_width()
    }

    fn breaks(&self) -> impl Iterator<Item = f64> {
        let (low, high, width) = (self.low, self.high, self.panel_width());
        let inner = (1_u32..).map(move |panel| low + f64::from(panel) * width);
        // Half a panel of slack, so that rounding does not leave a sliver before the end.
        let inner = inner.take_while(move |&at| at < high - 0.5 * width);
        core::iter::once(low).chain(inner).chain(core::iter::once(high))
    }

    fn at(&self, x: f64) -> f64 {
        libm::exp(self.log_at(x - self.centre)) / self.scale
    }

    /// The logarithm of the density relative to its peak, `offset` away from it.
    fn log_at(&self, offset: f64) -> f64 {
        match self.shape {
            Shape::Normal => {
                let z = offset / self.scale;
                -0.5 * z * z
            }
            // a t − (a + b) ln(1 + eᵗ) relative to the peak at ln(a / b), written from the side of the smaller
            // parameter, where the two terms do not cancel.
            Shape::Beta { fewer, sum, share, successes_are_fewer } => {
                let offset = if successes_are_fewer { offset } else { -offset };
                fewer * offset - sum * libm::log1p(share * libm::expm1(offset))
            }
        }
    }
}
