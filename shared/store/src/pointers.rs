//! Pointers: which version of a prompt is live where, and their history.

use domain::{Environment, Error, Id};
use platform::database::{Database, Parameter, Statement};
use serde::{Deserialize, Serialize};

use crate::page::{self, Page, Position, SortedBy};
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const MOVE: Statement =
    change_statement!("pointers/move", [Text, Json, Text, Text, Text, Text, Integer, Boolean, Text]);
const HISTORY: Statement = read_statement!("pointers/history", [Text, Text, Text, Text, Integer]);

pub(crate) const STATEMENTS: &[&Statement] = &[&MOVE, &HISTORY];

/// Where a pointer is after a promotion or a rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// The prompt.
    pub prompt_id: Id,
    /// The prompt's name.
    pub name: String,
    /// Where it is live.
    pub environment: Environment,
    /// What is live.
    pub version_id: Id,
    /// The version's number.
    pub version_number: i64,
    /// The pointer's revision.
    pub revision: i64,
    /// What was live before.
    pub previous_version_id: Option<Id>,
    /// Whether it moved. It does not when the version was live already: no revision, no history then.
    pub moved: bool,
}

/// A move in a prompt's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointerMove {
    /// The prompt.
    pub prompt_id: Id,
    /// Where it is live.
    pub environment: Environment,
    /// The revision it got. Newer moves have greater ones.
    pub revision: i64,
    /// What went live.
    pub version_id: Id,
    /// Its number.
    pub version_number: i64,
    /// What was live before.
    pub previous_version_id: Option<Id>,
    /// Its number.
    pub previous_version_number: Option<i64>,
    /// What was asked for.
    pub action: Action,
    /// Why, in the user's words.
    pub justification: Option<String>,
    /// Whether an evaluation gate was overridden.
    pub override_gate: bool,
    /// When.
    pub moved_at: String,
    /// By which user.
    pub moved_by: Id,
    /// The user's name.
    pub moved_by_name: Option<String>,
}

/// The two ways to move a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// To a version, usually a new one.
    Promote,
    /// To a version that was live before.
    Rollback,
}

/// A promotion to make.
#[derive(Debug, Clone, Copy)]
pub struct Promotion<'a> {
    /// The version to go live.
    pub version_id: &'a str,
    /// Where.
    pub environment: Environment,
    /// Why, in the user's words.
    pub justification: Option<&'a str>,
    /// The revision that the pointer must have; [`Error::RevisionMismatch`] when it has another.
    pub expected_revision: Option<i64>,
    /// Whether an evaluation gate is overridden, for the record.
    pub override_gate: bool,
}

/// A rollback to make.
#[derive(Debug, Clone, Copy)]
pub struct Rollback<'a> {
    /// The version to go back to; without one, what was live before. Doing that twice undoes it.
    pub target_version_id: Option<&'a str>,
    /// Where.
    pub environment: Environment,
    /// Why, in the user's words.
    pub justification: Option<&'a str>,
    /// The revision that the pointer must have; [`Error::RevisionMismatch`] when it has another.
    pub expected_revision: Option<i64>,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Rollback => "rollback",
        }
    }
}

/// Makes a version of a prompt live.
pub async fn promote(
    database: &Database,
    actor: &Actor,
    reference: &str,
    promotion: &Promotion<'_>,
) -> Result<Moved, Error> {
    let parameters = [
        actor.team(),
        actor.document(),
        reference.into(),
        promotion.version_id.into(),
        promotion.environment.name().into(),
        promotion.justification.into(),
        promotion.expected_revision.into(),
        promotion.override_gate.into(),
        Action::Promote.name().into(),
    ];
    run::change(database, &MOVE, &parameters).await
}

/// Makes an earlier version live again.
pub async fn roll_back(
    database: &Database,
    actor: &Actor,
    reference: &str,
    rollback: &Rollback<'_>,
) -> Result<Moved, Error> {
    let parameters = [
        actor.team(),
        actor.document(),
        reference.into(),
        rollback.target_version_id.into(),
        rollback.environment.name().into(),
        rollback.justification.into(),
        rollback.expected_revision.into(),
        Parameter::from(false),
        Action::Rollback.name().into(),
    ];
    run::change(database, &MOVE, &parameters).await
}

/// The moves of a prompt's pointers, the newest first, in one environment or both. Positions are revisions.
pub async fn history(
    database: &Database,
    team_id: &Id,
    reference: &str,
    environment: Option<Environment>,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<PointerMove>, Error> {
    let [value, _] = page::after(after, SortedBy::Number)?;
    let parameters = [
        team_id.as_str().into(),
        reference.into(),
        environment.map(Environment::name).into(),
        value,
        page::one_more_than(limit),
    ];
    let rows = run::optional(database, &HISTORY, &parameters).await?.ok_or(Error::NotFound("prompt"))?;
    Ok(Page::new(rows, limit, |pointer_move: &PointerMove| {
        Position::new(pointer_move.revision.to_string(), pointer_move.version_id.as_str())
    }))
}
