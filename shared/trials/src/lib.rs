//! What follows from an experiment's numbers: its results, a bandit's new weights, a canary's next step.
//!
//! Pure: no I/O, no clock, no randomness. Numbers and times come in, decisions go out, with the numbers that led to
//! them. In scope: metrics and which way they improve, weights, [`report()`], [`next_experiment_move`],
//! [`next_canary_move`]. Out of scope: the statistics themselves (`stats`), who is assigned what (`assignment`), and
//! doing what was decided.

mod canary;
mod doubt;
mod experiment;
mod metric;
mod observations;
mod report;
mod weights;

pub use canary::{Canary, CanaryMove, Live, Step, Waiting, next_canary_move};
pub use experiment::{ExperimentMove, Trial, next_experiment_move};
pub use metric::Metric;
pub use observations::{Guardrail, Observations, PeriodObservations};
pub use report::{
    GuardrailOutcome, InTwoArms, MetricReport, Report, SampleRatioReport, VariantReport, VerdictName,
    Withheld, report,
};
pub use weights::{Split, basis_points, canary_split};

/// Why something was decided, for people, and the numbers that decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// In words.
    pub reason: String,
    /// The numbers.
    pub numbers: serde_json::Value,
}
