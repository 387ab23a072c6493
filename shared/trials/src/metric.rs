//! What is measured of a unit.

use serde::{Deserialize, Serialize};
use stats::{Direction, Outcome};

/// A metric. A unit's value is the mean over its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The share of rated answers that were approved of.
    Approval,
    /// Stars, 1 to 5.
    UserRating,
    /// Milliseconds until an answer was complete.
    LatencyMs,
    /// What an answer cost.
    CostUsd,
    /// The share of answers that failed.
    ErrorRate,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Approval, Self::UserRating, Self::LatencyMs, Self::CostUsd, Self::ErrorRate];

    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approval => "approval",
            Self::UserRating => "user_rating",
            Self::LatencyMs => "latency_ms",
            Self::CostUsd => "cost_usd",
            Self::ErrorRate => "error_rate",
        }
    }

    /// The metric called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Which way it improves.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Approval | Self::UserRating => Direction::HigherIsBetter,
            Self::LatencyMs | Self::CostUsd | Self::ErrorRate => Direction::LowerIsBetter,
        }
    }

    /// What its values can be.
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Approval | Self::ErrorRate => Outcome::Share,
            Self::UserRating | Self::LatencyMs | Self::CostUsd => Outcome::Real,
        }
    }
}
