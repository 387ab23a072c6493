//! What an experiment says about who gets what, and the check that makes it assignable.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

use crate::hash::SEPARATOR;

/// The index of the control arm.
pub const CONTROL: usize = 0;

/// Everything, in basis points: 100 %.
pub const FULL_BP: u32 = 10_000;

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Arm {
    /// Identifies the arm in the hash: renaming it shuffles its units. Unique in the experiment.
    pub key: String,
    /// The arm's share in basis points, relative to the sum over the arms; 0 receives nobody.
    pub weight_bp: u32,
}

impl Arm {
    /// An arm with this key and weight in basis points.
    pub fn new(key: impl Into<String>, weight_bp: u32) -> Self {
        Self { key: key.into(), weight_bp }
    }
}

/// An experiment as stored and sent. [`Experiment::new`] checks it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
pub struct Definition {
    /// Makes the experiment's hashes its own: usually the experiment's id. Changing it reshuffles everybody.
    pub salt: String,
    /// The share of all units that take part, in basis points.
    pub coverage_bp: u32,
    /// The arms; the first is the control.
    pub arms: Vec<Arm>,
    /// Unit to arm key: these units get this arm regardless of coverage and weights.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "BTreeMap::is_empty"))]
    pub forced: BTreeMap<String, String>,
    /// The kill switch: everybody gets the control.
    #[cfg_attr(feature = "serde", serde(default))]
    pub killed: bool,
}

/// Why a definition cannot be assigned from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// The salt is empty or contains the separator byte `0x1f`.
    #[error("the salt is empty or contains the separator U+001F")]
    Salt,
    /// The coverage is above 10 000 basis points.
    #[error("the coverage is {0} basis points, above 10000")]
    Coverage(u32),
    /// There is no arm.
    #[error("there is no arm")]
    NoArm,
    /// An arm's key is empty or repeats an earlier key.
    #[error("the arm key {0:?} is empty or occurs twice")]
    ArmKey(String),
    /// An arm's weight is above 10 000 basis points.
    #[error("the weight of {key:?} is {weight_bp} basis points, above 10000")]
    Weight {
        /// The arm.
        key: String,
        /// Its weight.
        weight_bp: u32,
    },
    /// Every weight is zero, so no arm could be chosen.
    #[error("every weight is zero")]
    NoWeight,
    /// A forced unit is empty or names an arm that does not exist.
    #[error("the forced unit {unit:?} is empty or names the unknown arm {arm:?}")]
    Forced {
        /// The unit.
        unit: String,
        /// The arm key it names.
        arm: String,
    },
}

/// A definition that has been checked: assigning from it cannot fail.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Definition", into = "Definition"))]
pub struct Experiment {
    definition: Definition,
}

impl Experiment {
    /// Checks a definition.
    pub fn new(definition: Definition) -> Result<Self, DefinitionError> {
        // The salt stands before a separator: containing one would make two inputs look the same.
        if definition.salt.is_empty() || definition.salt.as_bytes().contains(&SEPARATOR) {
            return Err(DefinitionError::Salt);
        }
        if definition.coverage_bp > FULL_BP {
            return Err(DefinitionError::Coverage(definition.coverage_bp));
        }
        check_arms(&definition.arms)?;
        check_forced(&definition)?;
        Ok(Self { definition })
    }

    /// The definition this was made from.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The arms, control first; never empty.
    pub fn arms(&self) -> &[Arm] {
        &self.definition.arms
    }

    /// The definition, to change it and check it again.
    pub fn into_definition(self) -> Definition {
        self.definition
    }

    /// The arm this unit is forced into, if any.
    pub(crate) fn forced_arm(&self, unit: &str) -> Option<usize> {
        let key = self.definition.forced.get(unit)?;
        self.definition.arms.iter().position(|arm| arm.key == *key)
    }
}

impl TryFrom<Definition> for Experiment {
    type Error = DefinitionError;

    fn try_from(definition: Definition) -> Result<Self, DefinitionError> {
        Self::new(definition)
    }
}

impl From<Experiment> for Definition {
    fn from(experiment: Experiment) -> Self {
        experiment.definition
    }
}

fn check_arms(arms: &[Arm]) -> Result<(), DefinitionError> {
    if arms.is_empty() {
        return Err(DefinitionError::NoArm);
    }
    for (index, arm) in arms.iter().enumerate() {
        let repeated = arms.iter().take(index).any(|earlier| earlier.key == arm.key);
        if repeated || arm.key.is_empty() {
            return Err(DefinitionError::ArmKey(arm.key.clone()));
        }
        if arm.weight_bp > FULL_BP {
            return Err(DefinitionError::Weight { key: arm.key.clone(), weight_bp: arm.weight_bp });
        }
    }
    if arms.iter().all(|arm| arm.weight_bp == 0) {
        return Err(DefinitionError::NoWeight);
    }
    Ok(())
}

fn check_forced(definition: &Definition) -> Result<(), DefinitionError> {
    for (unit, arm) in &definition.forced {
        let known = definition.arms.iter().any(|candidate| candidate.key == *arm);
        if unit.is_empty() || !known {
            return Err(DefinitionError::Forced { unit: unit.clone(), arm: arm.clone() });
        }
    }
    Ok(())
}
