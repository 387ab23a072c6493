//! Experiments and canaries: two arms or more on a pointer, and how much of its traffic each gets.
//!
//! A canary is an experiment of two arms; both are rows of one table, read and changed by the same statements.

use domain::{Environment, Error, Id, Role};
use platform::database::{Database, Parameter, Statement};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trials::Live;

use crate::page::{self, Page, Position, SortedBy};
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const CREATE: Statement = change_statement!("experiments/create", [Text, Json, Text, Json]);
const CHANGE: Statement = change_statement!("experiments/change", [Text, Json, Text, Json]);
const SWITCH: Statement = change_statement!("experiments/switch", [Text, Json, Boolean, Text]);
const GET: Statement = read_statement!("experiments/get", [Text, Text, Text]);
const LIST: Statement = read_statement!("experiments/list", [Text, Text, Text, Text, Text, Text, Integer]);
const EVIDENCE: Statement = read_statement!("experiments/evidence", [Text, Text]);
const SWITCH_STATE: Statement = read_statement!("experiments/switch_state", [Text]);
const DUE: Statement = read_statement!("experiments/due", [Text]);

pub(crate) const STATEMENTS: &[&Statement] =
    &[&CREATE, &CHANGE, &SWITCH, &SWITCH_STATE, &GET, &LIST, &EVIDENCE, &DUE];

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExperimentKind {
    /// Arms side by side, to learn which is best.
    Experiment,
    /// A new version that takes over step by step.
    Canary,
}

/// Where an experiment or canary is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExperimentStatus {
    /// An experiment assigns.
    Active,
    /// A canary assigns, and is moved on.
    Running,
    /// An experiment gives everybody its control; a canary stays where it is.
    Paused,
    /// Everybody gets the control, at once.
    Killed,
    /// An experiment is over.
    Stopped,
    /// A canary's version is live.
    Completed,
    /// A canary's version is gone.
    RolledBack,
}

/// An experiment or a canary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// Its id: `exp_…` or `can_…`.
    pub id: Id,
    /// Which of the two.
    pub kind: ExperimentKind,
    /// The prompt.
    pub prompt_id: Id,
    /// The prompt's name.
    pub prompt_name: String,
    /// Where.
    pub environment: Environment,
    /// What people call it; may be empty.
    pub name: String,
    /// Where it is in its life.
    pub status: ExperimentStatus,
    /// `fixed_split` or `thompson_sampling`.
    pub allocation_strategy: String,
    /// The share of all units that take part.
    pub coverage: f64,
    /// The arms, the control first.
    pub variants: Vec<Variant>,
    /// What decides; none for a canary.
    pub primary_metric: Option<String>,
    /// Units with a value that every arm needs before a verdict.
    pub min_samples: i64,
    /// Limits, as the API shows them.
    pub guardrails: Vec<GuardrailRow>,
    /// Unit to arm.
    pub forced: Map<String, Value>,
    /// What makes its hashes its own.
    pub salt: String,
    /// The allocation period in force.
    pub period: i64,
    /// When it began.
    pub period_started_at: String,
    /// A canary's steps.
    pub steps: Vec<Step>,
    /// Where it is in them, from 0.
    pub step: i64,
    /// When that step began.
    pub step_started_at: String,
    /// What an ended experiment decided for.
    pub winner_version_id: Option<Id>,
    /// Why it is paused, killed or over.
    pub reason: Option<String>,
    /// Whether the team's main switch has all experiments at control.
    pub all_killed: bool,
    /// Every change, the oldest first. Lists and evidence leave it out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Transition>,
    /// The revision of its last change.
    pub revision: i64,
    /// The revision of its pointer; 0 before anything was live there.
    pub pointer_revision: i64,
    /// When the last of its events was.
    pub last_event_at: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// By which user.
    pub created_by: Id,
    /// When it last changed.
    pub updated_at: String,
    /// When it ended.
    pub ended_at: Option<String>,
}

/// An arm and its share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name, unique in the experiment.
    pub name: String,
    /// What it serves; none only for a canary's control while nothing is live.
    pub version_id: Option<Id>,
    /// That version's number.
    pub version_number: Option<i64>,
    /// Its weight in the caller's unit.
    pub traffic_weight: f64,
    /// Its share of the units that take part.
    pub weight: f64,
}

/// How much worse than the control an arm may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardrailRow {
    /// A metric's name.
    pub metric: String,
    /// 0.1 allows a latency 10 % higher, an approval 10 % lower.
    pub max_relative_regression: f64,
}

/// A canary's step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The canary's share of all units, in percent.
    pub percent: f64,
    /// Samples that the canary needs before the next step.
    #[serde(default = "cautious_samples")]
    pub min_samples: i64,
    /// Minutes that this step lasts at least.
    #[serde(default = "cautious_minutes")]
    pub min_minutes: i64,
}

/// Who says nothing does not want a new version to be everywhere within seconds.
fn cautious_samples() -> i64 {
    100
}

fn cautious_minutes() -> i64 {
    10
}

/// A change in an experiment's life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// What was done: `create`, `pause`, `advance`, `roll_back`, ….
    pub action: String,
    /// What it was afterwards.
    pub status: ExperimentStatus,
    /// The same, by the word that is used of canaries.
    pub state: ExperimentStatus,
    /// Where a canary was afterwards.
    pub step: Option<i64>,
    /// Why.
    pub reason: Option<String>,
    /// The numbers that decided it.
    pub numbers: Option<Value>,
    /// The revision that the pointer got.
    pub revision: i64,
    /// When.
    pub at: String,
    /// Who; none is the schedule.
    pub user_id: Option<Id>,
    /// What a canary was compared with until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_version_id: Option<Id>,
    /// That version's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control_version_number: Option<i64>,
}

/// An experiment or canary to make.
#[derive(Debug, Clone, Serialize)]
pub struct NewExperiment<'a> {
    /// A new id, which is the salt too.
    pub id: &'a Id,
    /// Which of the two.
    pub kind: ExperimentKind,
    /// Where.
    pub environment: Environment,
    /// What people call it.
    pub name: &'a str,
    /// `fixed_split` or `thompson_sampling`.
    pub allocation_strategy: &'a str,
    /// Basis points of all units.
    pub coverage: u32,
    /// The arms, the control first.
    pub arms: &'a [NewArm],
    /// Basis points by arm.
    pub weights: &'a [u32],
    /// The same in the caller's unit.
    pub traffic_weights: &'a [f64],
    /// What decides.
    pub primary_metric: Option<&'a str>,
    /// Units with a value that every arm needs before a verdict.
    pub min_samples: i64,
    /// Limits.
    pub guardrails: &'a [GuardrailRow],
    /// Unit to arm.
    pub forced: &'a Map<String, Value>,
    /// A canary's steps.
    pub steps: &'a [Step],
}

/// An arm to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewArm {
    /// Its name.
    pub name: String,
    /// What it serves; none is what the pointer says.
    pub version_id: Option<String>,
}

/// A change to make. Fields that are `None` leave things as they are.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct ExperimentChange<'a> {
    /// What history and audit log call it.
    pub action: &'static str,
    /// Which of the two it must be.
    pub kind: ExperimentKind,
    /// In which states it may be; a conflict in others.
    pub allowed: &'a [ExperimentStatus],
    /// The period in which this was decided; a conflict in others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_period: Option<i64>,
    /// The step in which this was decided; a conflict in others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_step: Option<i64>,
    /// The revision of the pointer when this was decided; a conflict at others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_pointer_revision: Option<i64>,
    /// Whether this changes nothing and is recorded all the same; a conflict at the second time in a period.
    pub once_in_period: bool,
    /// What it becomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ExperimentStatus>,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    /// Units with a value that every arm needs before a verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_samples: Option<i64>,
    /// Limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guardrails: Option<&'a [GuardrailRow]>,
    /// Unit to arm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forced: Option<&'a Map<String, Value>>,
    /// Basis points of all units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<u32>,
    /// Basis points by arm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<&'a [u32]>,
    /// The same in the caller's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic_weights: Option<&'a [f64]>,
    /// Whether an allocation period begins even with the same weights.
    pub opens_period: bool,
    /// Where a canary is in its steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<i64>,
    /// What it decided for: one of its versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winner_version_id: Option<&'a str>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    /// The numbers that decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<&'a Value>,
}

impl<'a> ExperimentChange<'a> {
    /// A change that leaves everything as it is: fill in with `..ExperimentChange::new(…)`.
    pub fn new(action: &'static str, kind: ExperimentKind, allowed: &'a [ExperimentStatus]) -> Self {
        Self {
            action,
            kind,
            allowed,
            expected_period: None,
            expected_step: None,
            expected_pointer_revision: None,
            once_in_period: false,
            status: None,
            name: None,
            min_samples: None,
            guardrails: None,
            forced: None,
            coverage: None,
            weights: None,
            traffic_weights: None,
            opens_period: false,
            step: None,
            winner_version_id: None,
            reason: None,
            numbers: None,
        }
    }
}

/// What is known of an experiment's events, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The experiment.
    pub experiment: Experiment,
    /// The allocation periods, the oldest first.
    pub periods: Vec<Period>,
    /// Exposures, by period and arm.
    pub totals: Vec<Total>,
    /// Metrics, by period and arm.
    pub metrics: Vec<MetricTotal>,
    /// Milliseconds since the Unix epoch, by the database's clock, as all times here.
    pub now_ms: i64,
    /// When the period began.
    pub period_started_ms: i64,
    /// When the step began.
    pub step_started_ms: i64,
    /// When the last of its events was, or its state changed.
    pub last_news_ms: i64,
    /// The first period whose measurement is judged: whoever resumed it has looked at those before.
    pub trusted_from: i64,
    /// Whether people were told in this period that the measurement is in doubt.
    pub is_alarmed: bool,
    /// What is live, as a canary sees it.
    pub live: Live,
    /// Who made it.
    pub created_actor: CreatedBy,
    /// The role of their key, or of its successor; none if it is no longer in force.
    pub creator_role: Option<Role>,
}

/// Who made an experiment, as the audit log has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedBy {
    /// The user.
    pub user_id: Id,
    /// Their key.
    pub key_id: Id,
}

/// An allocation period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// Its number, from 1.
    pub period: i64,
    /// Basis points by arm.
    pub weights: Vec<u32>,
    /// Basis points of all units.
    pub coverage: u32,
    /// What opened it.
    pub reason: Option<String>,
    /// When.
    pub started_at: String,
}

/// Exposures of an arm in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The period.
    pub period: i64,
    /// The arm.
    pub variant: String,
    /// Units.
    pub exposures: u64,
    /// Those of them that were seen in another arm in the same period.
    pub in_two_arms: u64,
}

/// A metric of an arm in a period, over units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricTotal {
    /// The period.
    pub period: i64,
    /// The arm.
    pub variant: String,
    /// The metric's name.
    pub metric: String,
    /// Units that have a value.
    pub units: u64,
    /// The sum of their means.
    pub total: f64,
    /// The sum of their means' squares.
    pub total_squares: f64,
}

/// Something that the schedule must look at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Due {
    /// Its team.
    pub team_id: Id,
    /// Its id.
    pub id: Id,
}

/// Where the main switch is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchState {
    /// Whether all experiments and canaries are at control.
    pub killed: bool,
    /// Why it was turned there.
    pub reason: Option<String>,
    /// When; none if it never was.
    pub changed_at: Option<String>,
    /// By which user.
    pub changed_by: Option<Id>,
    /// How many experiments and canaries there are to feel it.
    pub experiments: u64,
}

/// What turning the main switch did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switched {
    /// Where the switch is.
    pub killed: bool,
    /// Whether it was elsewhere.
    pub changed: bool,
    /// The pointers that feel it.
    pub places: Vec<SwitchedPlace>,
}

/// A pointer that feels the main switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedPlace {
    /// The prompt.
    pub prompt_id: Id,
    /// Where.
    pub environment: Environment,
}

/// Which ones to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Query<'a> {
    /// In this state.
    pub status: Option<&'a str>,
    /// On this prompt, by id or name.
    pub prompt: Option<&'a str>,
}

/// Begins an experiment or a canary.
pub async fn create(
    database: &Database,
    actor: &Actor,
    reference: &str,
    new: &NewExperiment<'_>,
) -> Result<Experiment, Error> {
    let parameters = [actor.team(), actor.document(), reference.into(), run::json(new)?];
    run::change(database, &CREATE, &parameters).await
}

/// Changes an experiment or a canary, in the name of a person.
pub async fn change(
    database: &Database,
    actor: &Actor,
    id: &str,
    change: &ExperimentChange<'_>,
) -> Result<Experiment, Error> {
    let parameters = [actor.team(), actor.document(), id.into(), run::json(change)?];
    run::change(database, &CHANGE, &parameters).await
}

/// Changes an experiment or a canary by schedule: the audit log names no person.
pub async fn change_by_schedule(
    database: &Database,
    team_id: &Id,
    id: &Id,
    change: &ExperimentChange<'_>,
) -> Result<Experiment, Error> {
    let parameters = [team_id.as_str().into(), Parameter::Null, id.as_str().into(), run::json(change)?];
    run::change(database, &CHANGE, &parameters).await
}

/// Turns a team's main switch: all experiments and canaries to control, or back.
pub async fn switch(
    database: &Database,
    actor: &Actor,
    killed: bool,
    reason: Option<&str>,
) -> Result<Switched, Error> {
    let parameters = [actor.team(), actor.document(), killed.into(), reason.into()];
    run::change(database, &SWITCH, &parameters).await
}

/// Where a team's main switch is.
pub async fn switch_state(database: &Database, team_id: &Id) -> Result<SwitchState, Error> {
    run::one(database, &SWITCH_STATE, &[team_id.as_str().into()]).await
}

/// An experiment or a canary.
pub async fn get(
    database: &Database,
    team_id: &Id,
    kind: ExperimentKind,
    id: &str,
) -> Result<Experiment, Error> {
    let parameters = [team_id.as_str().into(), kind.name().into(), id.into()];
    run::optional(database, &GET, &parameters).await?.ok_or(Error::NotFound(kind.name()))
}

/// Experiments or canaries, the newest first.
pub async fn list(
    database: &Database,
    team_id: &Id,
    kind: ExperimentKind,
    query: &Query<'_>,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Experiment>, Error> {
    let [value, id] = page::after(after, SortedBy::Time)?;
    let parameters = [
        team_id.as_str().into(),
        kind.name().into(),
        query.status.into(),
        query.prompt.into(),
        value,
        id,
        page::one_more_than(limit),
    ];
    let rows = run::rows(database, &LIST, &parameters).await?;
    Ok(Page::new(rows, limit, |row: &Experiment| Position::new(&*row.created_at, row.id.as_str())))
}

/// An experiment or a canary with all that its events have added up to, without its history.
pub async fn evidence(database: &Database, team_id: &Id, id: &str) -> Result<Option<Evidence>, Error> {
    run::optional(database, &EVIDENCE, &[team_id.as_str().into(), id.into()]).await
}

/// What the schedule must look at, in one team or, without one, in all.
pub async fn due(database: &Database, team_id: Option<&Id>) -> Result<Vec<Due>, Error> {
    run::rows(database, &DUE, &[team_id.map(Id::as_str).into()]).await
}

impl ExperimentKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Experiment => "experiment",
            Self::Canary => "canary",
        }
    }
}

impl ExperimentStatus {
    /// Whether it is over.
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Stopped | Self::Completed | Self::RolledBack)
    }

    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Killed => "killed",
            Self::Stopped => "stopped",
            Self::Completed => "completed",
            Self::RolledBack => "rolled_back",
        }
    }
}
