#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;

mod assign;
mod definition;
mod hash;

pub use assign::{ArmScore, Assignment, Explanation, Reason, assign, explain};
pub use definition::{Arm, CONTROL, Definition, DefinitionError, Experiment, FULL_BP};
