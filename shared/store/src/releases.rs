//! Releases: everything that a resolve call needs to know about a prompt in an environment.

use std::collections::BTreeMap;

use domain::{Environment, Error, Id};
use platform::database::{Database, Statement};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::run;
use crate::statement::read_statement;
use crate::versions::{Content, FewShotExample, MessageTemplate, VersionKind};

const LOAD: Statement = read_statement!("releases/load", [Text, Text, Text]);
const LOAD_MANY: Statement = read_statement!("releases/load_many", [Text, Json]);

pub(crate) const STATEMENTS: &[&Statement] = &[&LOAD, &LOAD_MANY];

/// A prompt in an environment, as of a revision. Caches keep it as JSON in this form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// The prompt.
    pub prompt_id: Id,
    /// Its name.
    pub name: String,
    /// Where.
    pub environment: Environment,
    /// Grows with every change of anything else here.
    pub revision: i64,
    /// Whether the prompt is archived: resolve does not find it then.
    pub archived: bool,
    /// What is live, if anything is; or what the caller chose.
    pub version: Option<ReleasedVersion>,
    /// Whether the caller chose the version.
    #[serde(default)]
    pub pinned: bool,
    /// The running experiment.
    #[serde(default)]
    pub experiment: Option<ReleasedExperiment>,
    /// The running canary.
    #[serde(default)]
    pub canary: Option<ReleasedExperiment>,
    /// Whether the team's main switch has all experiments at control.
    #[serde(default)]
    pub killed: bool,
}

/// An experiment or canary as a part of a release: who gets what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleasedExperiment {
    /// The experiment or the canary.
    pub experiment_id: Id,
    /// What makes its hashes its own.
    pub salt: String,
    /// The share of units that take part, in basis points.
    pub coverage: u32,
    /// The allocation period in force.
    pub period: i64,
    /// The arms, the control first.
    pub arms: Vec<ReleasedArm>,
    /// Unit to arm.
    #[serde(default)]
    pub forced: BTreeMap<String, String>,
    /// Whether it is switched off.
    #[serde(default)]
    pub killed: bool,
    /// Whether it is paused.
    #[serde(default)]
    pub paused: bool,
}

/// An arm as a part of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleasedArm {
    /// Its name.
    pub name: String,
    /// Its weight in basis points.
    pub weight: u32,
    /// What it serves; none is what the pointer says.
    pub version: Option<ReleasedVersion>,
}

/// A version as a part of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "FlatVersion")]
pub struct ReleasedVersion {
    /// The version.
    pub version_id: Id,
    /// Its number.
    pub version_number: i64,
    /// The hash of its content.
    pub content_hash: String,
    /// The variables of its templates.
    pub variables: Vec<String>,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

/// A [`ReleasedVersion`] as it is read: one object. What serde does to flatten one struct into another would bring
/// 15 kB into the hot path, to read an object into memory before reading it into a struct.
#[derive(Deserialize)]
struct FlatVersion {
    version_id: Id,
    version_number: i64,
    content_hash: String,
    variables: Vec<String>,
    #[serde(rename = "type")]
    kind: VersionKind,
    template_text: Option<String>,
    messages: Option<Vec<MessageTemplate>>,
    system_prompt: Option<String>,
    few_shot_examples: Vec<FewShotExample>,
    model_id: String,
    temperature: Option<f64>,
    max_tokens: Option<i64>,
    config: Map<String, Value>,
}

impl From<FlatVersion> for ReleasedVersion {
    fn from(flat: FlatVersion) -> Self {
        Self {
            version_id: flat.version_id,
            version_number: flat.version_number,
            content_hash: flat.content_hash,
            variables: flat.variables,
            content: Content {
                kind: flat.kind,
                template_text: flat.template_text,
                messages: flat.messages,
                system_prompt: flat.system_prompt,
                few_shot_examples: flat.few_shot_examples,
                model_id: flat.model_id,
                temperature: flat.temperature,
                max_tokens: flat.max_tokens,
                config: flat.config,
            },
        }
    }
}

/// A release as the database writes it. Caches keep it so: it is read once, by who needs all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRelease {
    /// [`Release::name`].
    pub name: String,
    /// [`Release::revision`].
    pub revision: i64,
    /// [`Release::archived`].
    pub archived: bool,
    /// A [`Release`] as JSON.
    pub json: String,
}

impl WrittenRelease {
    fn of(json: Box<RawValue>) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            name: String,
            revision: i64,
            archived: bool,
        }
        let Head { name, revision, archived } = read(json.get())?;
        Ok(Self { name, revision, archived, json: Box::<str>::from(json).into() })
    }

    /// All of it.
    pub fn read(&self) -> Result<Release, Error> {
        read(&self.json)
    }
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Error> {
    serde_json::from_str(json)
        .map_err(|error| Error::Internal(format!("a release is not as expected: {error}")))
}

/// The release of a prompt, archived or not; none when there is no such prompt.
pub async fn load(
    database: &Database,
    team_id: &Id,
    reference: &str,
    environment: Environment,
) -> Result<Option<WrittenRelease>, Error> {
    let parameters = [team_id.as_str().into(), reference.into(), environment.name().into()];
    run::optional(database, &LOAD, &parameters).await?.map(WrittenRelease::of).transpose()
}

/// One of several releases.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Wanted<'a> {
    /// The prompt's id or name.
    pub reference: &'a str,
    /// Where.
    pub environment: Environment,
    /// The version to put in place of the live one, as in [`crate::versions::get`].
    pub version: Option<&'a str>,
}

/// Several releases: one answer for each that is wanted, in their order; none when there is no such prompt or version.
pub async fn load_many(
    database: &Database,
    team_id: &Id,
    wanted: &[Wanted<'_>],
) -> Result<Vec<Option<WrittenRelease>>, Error> {
    let parameters = [team_id.as_str().into(), run::json(wanted)?];
    let rows: Vec<Option<Box<RawValue>>> = run::rows(database, &LOAD_MANY, &parameters).await?;
    rows.into_iter().map(|row| row.map(WrittenRelease::of).transpose()).collect()
}

/// The release of a prompt, but with the version that `selector` names in place of the live one.
pub async fn load_version(
    database: &Database,
    team_id: &Id,
    reference: &str,
    selector: &str,
    environment: Environment,
) -> Result<Option<WrittenRelease>, Error> {
    let wanted = Wanted { reference, environment, version: Some(selector) };
    Ok(load_many(database, team_id, &[wanted]).await?.pop().flatten())
}
