//! Doubts about a measurement: what makes every other number worthless.

use serde_json::{Value, json};

use crate::Observations;
use crate::report::sample_ratio;

/// Below this, one unit in two arms would be an alarm.
const FEWEST_FOR_MIXED_ALARM: u64 = 100;

/// Why a measurement cannot be trusted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Doubt {
    /// In words.
    pub(crate) reason: &'static str,
    /// What the number that says so is called.
    pub(crate) name: &'static str,
    /// That number.
    pub(crate) value: Value,
}

/// What is wrong with the split, if anything is.
pub(crate) fn doubt(observations: &Observations) -> Option<Doubt> {
    let ratio = sample_ratio(observations);
    if ratio.alert {
        return Some(Doubt {
            reason: "traffic does not split as it should",
            name: "srm",
            value: json!(ratio),
        });
    }
    let exposed: u64 = observations.exposures().iter().sum();
    let mixed = observations.mixed().filter(|mixed| mixed.alert && exposed >= FEWEST_FOR_MIXED_ALARM)?;
    Some(Doubt {
        reason: "too many units met two arms",
        name: "share_in_two_arms",
        value: json!(mixed.share),
    })
}
