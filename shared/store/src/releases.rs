//! Releases: everything that a resolve call needs to know about a prompt in an environment.

use domain::{Environment, Error, Id};
use platform::database::{Database, Statement};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::run;
use crate::statement::read_statement;
use crate::versions::Content;

const LOAD: Statement = read_statement!("releases/load", [Text, Text, Text]);
const LOAD_MANY: Statement = read_statement!("releases/load_many", [Text, Json, Text]);
const LOAD_VERSION: Statement = read_statement!("releases/load_version", [Text, Text, Text, Text]);

pub(crate) const STATEMENTS: &[&Statement] = &[&LOAD, &LOAD_MANY, &LOAD_VERSION];

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
    /// What is live, if anything is.
    pub version: Option<ReleasedVersion>,
    /// The running experiment.
    #[serde(default)]
    pub experiment: Option<Value>,
    /// The running canary.
    #[serde(default)]
    pub canary: Option<Value>,
    /// Whether experiments are switched off here.
    #[serde(default)]
    pub killed: bool,
}

/// A version as a part of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// The release of a prompt, archived or not; none when there is no such prompt.
pub async fn load(
    database: &Database,
    team_id: &Id,
    reference: &str,
    environment: Environment,
) -> Result<Option<Release>, Error> {
    let parameters = [team_id.as_str().into(), reference.into(), environment.name().into()];
    run::optional(database, &LOAD, &parameters).await
}

/// The releases of several prompts: one answer for each reference, in their order.
pub async fn load_many(
    database: &Database,
    team_id: &Id,
    references: &[&str],
    environment: Environment,
) -> Result<Vec<Option<Release>>, Error> {
    let parameters = [team_id.as_str().into(), run::json(references)?, environment.name().into()];
    run::rows(database, &LOAD_MANY, &parameters).await
}

/// The release of a prompt, but with the version that `selector` names, as in [`crate::versions::get`], in place of
/// the live one.
pub async fn load_version(
    database: &Database,
    team_id: &Id,
    reference: &str,
    selector: &str,
    environment: Environment,
) -> Result<Option<Release>, Error> {
    let parameters = [team_id.as_str().into(), reference.into(), selector.into(), environment.name().into()];
    run::optional(database, &LOAD_VERSION, &parameters).await
}
