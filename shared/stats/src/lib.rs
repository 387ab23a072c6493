#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod bandit;
mod estimate;
mod guardrail;
mod periods;
mod planning;
mod posterior;
mod quadrature;
mod sample_ratio;
mod sequence;
mod special;
mod verdict;
mod wilson;

pub use bandit::{Bandit, Readiness};
pub use estimate::{Direction, Estimate, Moments, Outcome};
pub use guardrail::{Guardrail, GuardrailReading};
pub use periods::{period_weighted, period_weighted_of};
pub use planning::{fixed_horizon_samples, sequential_samples};
pub use posterior::{Posterior, probability_best};
pub use sample_ratio::{MixedUnits, SampleRatio};
pub use sequence::{ConfidenceSequence, DEFAULT_ALPHA, DEFAULT_TIGHTEST_AT, Interval};
pub use verdict::{Comparison, Standing, Verdict, compare, verdict};
pub use wilson::wilson_interval;
