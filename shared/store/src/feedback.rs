//! What people think of answers.

use domain::{Error, Id};
use platform::database::{Database, Parameter, Statement};
use serde::{Deserialize, Serialize};

use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const PUT: Statement = change_statement!("feedback/put", [Text, Json, Json]);
const STATS: Statement = read_statement!("feedback/stats", [Text, Text, Text, Integer, Integer]);

pub(crate) const STATEMENTS: &[&Statement] = &[&PUT, &STATS];

/// How many stars there are at most.
pub const MOST_STARS: usize = 5;

/// What ratings are given in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "String")]
pub enum Scale {
    /// −1 or 1.
    #[default]
    Thumbs,
    /// 1 to 5.
    Stars,
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for Scale {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "thumbs" => Ok(Self::Thumbs),
            "stars" => Ok(Self::Stars),
            _ => Err("unknown variant, expected thumbs or stars"),
        }
    }
}

/// A rating, to store.
#[derive(Debug, Clone, Serialize)]
pub struct NewFeedback<'a> {
    /// Its id, unless it takes another's place.
    pub id: &'a Id,
    /// The message that it is about.
    pub message_id: Option<&'a str>,
    /// The request that it is about, where there is no message.
    pub request_id: Option<&'a str>,
    /// The same request as inferences name it.
    pub request_name: Option<&'a str>,
    /// The same person as experiments know them: [`user_id`](Self::user_id) as events name it.
    pub unit: Option<&'a str>,
    /// Who thinks so; the conversation's user, or the caller, if nobody is named.
    pub user_id: Option<&'a str>,
    /// On its scale.
    pub rating: i64,
    /// In what it is given.
    pub scale: Scale,
    /// Why, in words.
    pub comment: Option<&'a str>,
    /// What was answered with, for requests of which nothing is known: the prompt.
    pub prompt_id: Option<&'a str>,
    /// Its version.
    pub version_id: Option<&'a str>,
    /// The experiment.
    pub experiment_id: Option<&'a str>,
    /// The arm.
    pub variant: Option<&'a str>,
}

/// A rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// The rating.
    pub id: Id,
    /// The same.
    pub feedback_id: Id,
    /// The message that it is about.
    pub message_id: Option<Id>,
    /// The request that it is about.
    pub request_id: Option<String>,
    /// Who thinks so.
    pub user_id: String,
    /// On its scale.
    pub rating: i64,
    /// In what it is given.
    pub scale: Scale,
    /// Why, in words.
    pub comment: Option<String>,
    /// The answer's prompt.
    pub prompt_id: Option<Id>,
    /// Its version.
    pub version_id: Option<Id>,
    /// The experiment, or the canary.
    pub experiment_id: Option<Id>,
    /// The arm.
    pub variant: Option<String>,
    /// When the person first said something.
    pub created_at: String,
    /// The user of the key.
    pub created_by: Id,
    /// When the person said this.
    pub updated_at: String,
}

/// A rating that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Stored {
    /// It.
    pub feedback: Feedback,
    /// The unit of experiments that got the answer.
    pub unit: Option<String>,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// What it takes the place of.
    pub previous: Option<Previous>,
}

/// What somebody thought before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Previous {
    /// On its scale.
    pub rating: i64,
    /// In what it was given.
    pub scale: Scale,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// Which ratings to count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<'a> {
    /// Of this prompt, by id or name.
    pub prompt: Option<&'a str>,
    /// Of this experiment.
    pub experiment_id: Option<&'a str>,
    /// From this time on, in milliseconds since the Unix epoch.
    pub from_ms: Option<i64>,
    /// Before this time.
    pub to_ms: Option<i64>,
}

/// What ratings are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// All of them.
    All,
    /// Those of a prompt.
    Prompt,
    /// Those of a version.
    Version,
    /// Those of an arm.
    Variant,
}

/// Ratings, counted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Counts {
    /// What is counted together.
    pub group: Group,
    /// The prompt.
    pub prompt_id: Option<Id>,
    /// Its name.
    pub prompt_name: Option<String>,
    /// The version.
    pub version_id: Option<Id>,
    /// Its number.
    pub version_number: Option<i64>,
    /// The experiment, or the canary.
    pub experiment_id: Option<Id>,
    /// The arm.
    pub variant: Option<String>,
    /// All ratings.
    pub count: u64,
    /// Thumbs up.
    pub positive: u64,
    /// Thumbs down.
    pub negative: u64,
    /// Ratings of one star, of two stars, ….
    pub stars: [u64; MOST_STARS],
}

/// Stores what somebody thinks, in place of what the same person thought of the same answer before. Not audited: the row
/// is its own record.
pub async fn put(database: &Database, actor: &Actor, feedback: &NewFeedback<'_>) -> Result<Stored, Error> {
    run::change(database, &PUT, &[actor.team(), actor.document(), run::json(feedback)?]).await
}

/// Counts ratings. The first entry counts them all.
pub async fn stats(database: &Database, team_id: &Id, query: &Query<'_>) -> Result<Vec<Counts>, Error> {
    let parameters = [
        team_id.as_str().into(),
        query.prompt.into(),
        query.experiment_id.into(),
        Parameter::from(query.from_ms),
        Parameter::from(query.to_ms),
    ];
    run::rows(database, &STATS, &parameters).await
}
