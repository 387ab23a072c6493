//! Versions: what a prompt says. Numbered 1, 2, 3, … per prompt without gaps, and never changed.

use domain::{Error, Id};
use platform::database::{Database, Statement};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::page::{self, Page, Position, SortedBy};
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const CREATE: Statement = change_statement!("versions/create", [Text, Json, Text, Json]);
const GET: Statement = read_statement!("versions/get", [Text, Text, Text]);
const LIST: Statement = read_statement!("versions/list", [Text, Text, Text, Integer]);

pub(crate) const STATEMENTS: &[&Statement] = &[&CREATE, &GET, &LIST];

/// How many models a version's `config.fallbacks` names at most.
pub const MOST_FALLBACKS: usize = 7;

/// What a version says: everything that its hash covers, under the API's names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Whether it is one text or several messages.
    #[serde(rename = "type")]
    pub kind: VersionKind,
    /// The template of a text.
    pub template_text: Option<String>,
    /// The templates of a chat.
    pub messages: Option<Vec<MessageTemplate>>,
    /// What the model is told before all else.
    pub system_prompt: Option<String>,
    /// Exchanges that show the model what is wanted.
    pub few_shot_examples: Vec<FewShotExample>,
    /// The model it is written for.
    pub model_id: String,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    pub max_tokens: Option<i64>,
    /// Whatever else the caller's code wants to know, and what chat goes by: `fallbacks`, `top_p`, `stop`, `reasoning`.
    pub config: Map<String, Value>,
}

/// The two kinds of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum VersionKind {
    /// One text.
    #[default]
    Text,
    /// Several messages.
    Chat,
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for VersionKind {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "text" => Ok(Self::Text),
            "chat" => Ok(Self::Chat),
            _ => Err("unknown variant, expected text or chat"),
        }
    }
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageTemplate {
    /// Who speaks: `system`, `user`, `assistant`, ….
    pub role: String,
    /// The template.
    pub content: String,
}

/// An exchange that shows what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FewShotExample {
    /// What a user might say.
    pub input: String,
    /// What the model should answer.
    pub output: String,
}

/// A version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// The version.
    pub id: Id,
    /// The same.
    pub version_id: Id,
    /// Its number in the prompt.
    pub version_number: i64,
    /// The prompt.
    pub prompt_id: Id,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// What its author wrote about it.
    pub commit_message: Option<String>,
    /// The hash of the content.
    pub content_hash: String,
    /// The variables of its templates.
    pub variables: Vec<String>,
    /// How its last evaluation went; `none` without one.
    pub eval_status: String,
    /// When it was made.
    pub created_at: String,
    /// The user who made it.
    pub created_by: Id,
    /// The user's name.
    pub created_by_name: Option<String>,
}

/// A version to make.
#[derive(Debug, Clone, Serialize)]
pub struct NewVersion<'a> {
    /// Its id.
    pub id: &'a Id,
    /// What it says.
    #[serde(flatten)]
    pub content: &'a Content,
    /// What its author writes about it.
    pub commit_message: Option<&'a str>,
    /// The hash of the content's canonical form.
    pub content_hash: &'a str,
    /// The variables of its templates.
    pub variables: &'a [String],
}

/// A version, and whether it was there already.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Created {
    /// The version with the content, old or new.
    pub version: Version,
    /// Whether the content was there already: nothing was made then.
    pub deduplicated: bool,
}

/// Adds a version to a prompt, unless the prompt has one of the same content.
pub async fn create(
    database: &Database,
    actor: &Actor,
    reference: &str,
    version: &NewVersion<'_>,
) -> Result<Created, Error> {
    let parameters = [actor.team(), actor.document(), reference.into(), run::json(version)?];
    run::change_or_repeat(database, &CREATE, &parameters).await
}

/// A version of a prompt: by id, by number, what is live in `staging` or `production`, or the `latest`.
pub async fn get(
    database: &Database,
    team_id: &Id,
    reference: &str,
    selector: &str,
) -> Result<Version, Error> {
    run::optional(database, &GET, &[team_id.as_str().into(), reference.into(), selector.into()])
        .await?
        .ok_or(Error::NotFound("version"))
}

/// A prompt's versions, the newest first. Positions are numbers.
pub async fn list(
    database: &Database,
    team_id: &Id,
    reference: &str,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Version>, Error> {
    let [value, _] = page::after(after, SortedBy::Number)?;
    let parameters = [team_id.as_str().into(), reference.into(), value, page::one_more_than(limit)];
    let rows = run::optional(database, &LIST, &parameters).await?.ok_or(Error::NotFound("prompt"))?;
    Ok(Page::new(rows, limit, |version: &Version| {
        Position::new(version.version_number.to_string(), version.id.as_str())
    }))
}
