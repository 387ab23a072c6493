//! Prompts: names, descriptions, places. What they say is in their [versions](crate::versions).
//!
//! Wherever a function takes a `reference`, it is a prompt's id or its name.

use domain::{Environment, Error, Id};
use platform::database::{Database, Parameter, Statement};
use serde::{Deserialize, Serialize};

use crate::page::{self, Page, Position, SortedBy};
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const CREATE: Statement = change_statement!("prompts/create", [Text, Json, Json]);
const GET: Statement = read_statement!("prompts/get", [Text, Text]);
const LIST: Statement =
    read_statement!("prompts/list", [Text, Text, Text, Text, Boolean, Text, Text, Text, Text, Integer]);
const TAGS: Statement = read_statement!("prompts/tags", [Text, Boolean, Text, Integer]);
const UPDATE: Statement = change_statement!("prompts/update", [Text, Json, Text, Json]);
const SET_ARCHIVED: Statement = change_statement!("prompts/set_archived", [Text, Json, Text, Boolean]);

pub(crate) const STATEMENTS: &[&Statement] = &[&CREATE, &GET, &LIST, &TAGS, &UPDATE, &SET_ARCHIVED];

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The prompt.
    pub id: Id,
    /// The same.
    pub prompt_id: Id,
    /// Unique in the team, archived prompts included.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The collection it is in.
    pub collection_id: Option<Id>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The number of its newest version.
    pub latest_version_number: Option<i64>,
    /// What is live.
    pub pointers: Pointers,
    /// Whether it is archived.
    pub archived: bool,
    /// Since when.
    pub archived_at: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// The user who made it.
    pub created_by: Id,
    /// When it was last changed: its own fields, archived or not, or a new version; not a pointer.
    pub updated_at: String,
    /// The user who did.
    pub updated_by: Id,
}

/// A tag, and how many prompts have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The word.
    pub tag: String,
    /// How many prompts.
    pub prompts: i64,
}

/// What is live in each environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointers {
    /// For trying out.
    pub staging: Option<Pointer>,
    /// For users.
    pub production: Option<Pointer>,
}

/// The version that is live in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The version.
    pub version_id: Id,
    /// Its number.
    pub version_number: i64,
    /// Grows with whatever changes what resolve answers.
    pub revision: i64,
    /// When the pointer was moved here.
    pub updated_at: String,
    /// The user who moved it.
    pub updated_by: Id,
}

/// The revisions of a prompt's two pointers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revisions {
    /// In staging.
    pub staging: i64,
    /// In production.
    pub production: i64,
}

/// A prompt whose releases changed with it, with what caches need to know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Changed {
    /// The prompt as it is now.
    pub prompt: Prompt,
    /// The name it had, if it has another now: resolve must not find it there any more.
    #[serde(default)]
    pub previous_name: Option<String>,
    /// The new revisions, if what resolve answers has changed.
    pub revisions: Option<Revisions>,
}

/// A prompt to make. The caller has checked the name; one that looks like a prompt's id is refused here too.
#[derive(Debug, Clone, Serialize)]
pub struct NewPrompt<'a> {
    /// Its id.
    pub id: &'a Id,
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// The collection to put it in.
    pub collection_id: Option<&'a str>,
    /// Words to find it by.
    pub tags: &'a [String],
}

/// What to change about a prompt; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PromptChanges {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Another collection, or `Some(None)` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection_id: Option<Option<String>>,
    /// Other tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

/// Which prompts, and in which order.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// Part of a name or a description, in any case.
    pub search: Option<&'a str>,
    /// In this collection.
    pub collection_id: Option<&'a str>,
    /// With this tag.
    pub tag: Option<&'a str>,
    /// Archived ones, or living ones; `None` for both.
    pub state: Option<State>,
    /// What they are sorted by, and so what a position's value is.
    pub sort: Sort,
    /// In which direction.
    pub order: Order,
}

/// Whether a prompt is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Living,
    /// Not any more; it can be restored.
    Archived,
}

/// What prompts can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Their names.
    Name,
    /// When they were made.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
}

/// The direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The smallest or oldest first.
    Ascending,
    /// The greatest or newest first.
    Descending,
}

impl Revisions {
    /// The one of `environment`.
    pub const fn of(self, environment: Environment) -> i64 {
        match environment {
            Environment::Staging => self.staging,
            Environment::Production => self.production,
        }
    }
}

impl Sort {
    /// The name in the API, if `name` is one.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Name, Self::CreatedAt, Self::UpdatedAt].into_iter().find(|sort| sort.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
        }
    }

    const fn sorted_by(self) -> SortedBy {
        match self {
            Self::Name => SortedBy::Text,
            Self::CreatedAt | Self::UpdatedAt => SortedBy::Time,
        }
    }

    fn position(self, prompt: &Prompt) -> Position {
        let value = match self {
            Self::Name => &prompt.name,
            Self::CreatedAt => &prompt.created_at,
            Self::UpdatedAt => &prompt.updated_at,
        };
        Position::new(value, prompt.id.as_str())
    }
}

impl Order {
    /// The name in the API, if `name` is one.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Ascending, Self::Descending].into_iter().find(|order| order.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }
}

/// Makes a prompt, with nothing live.
pub async fn create(database: &Database, actor: &Actor, prompt: &NewPrompt<'_>) -> Result<Prompt, Error> {
    run::change(database, &CREATE, &[actor.team(), actor.document(), run::json(prompt)?]).await
}

/// A prompt, archived or not.
pub async fn get(database: &Database, team_id: &Id, reference: &str) -> Result<Prompt, Error> {
    run::optional(database, &GET, &[team_id.as_str().into(), reference.into()])
        .await?
        .ok_or(Error::NotFound("prompt"))
}

/// A team's prompts.
pub async fn list(
    database: &Database,
    team_id: &Id,
    query: &Query<'_>,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Prompt>, Error> {
    let [value, id] = page::after(after, query.sort.sorted_by())?;
    let parameters = [
        team_id.as_str().into(),
        Parameter::from(query.search.map(page::pattern)),
        query.collection_id.into(),
        query.tag.into(),
        Parameter::from(query.state.map(|state| state == State::Archived)),
        query.sort.name().into(),
        query.order.name().into(),
        value,
        id,
        page::one_more_than(limit),
    ];
    let rows = run::rows(database, &LIST, &parameters).await?;
    Ok(Page::new(rows, limit, |prompt| query.sort.position(prompt)))
}

/// The tags of a team's prompts in alphabetical order, those of archived prompts, of living ones, or of both.
pub async fn tags(
    database: &Database,
    team_id: &Id,
    state: Option<State>,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Tag>, Error> {
    let [value, _] = page::after(after, SortedBy::Text)?;
    let archived = Parameter::from(state.map(|state| state == State::Archived));
    let parameters = [team_id.as_str().into(), archived, value, page::one_more_than(limit)];
    let rows = run::rows(database, &TAGS, &parameters).await?;
    Ok(Page::new(rows, limit, |row: &Tag| Position::new(&row.tag, "")))
}

/// Changes a prompt's own fields.
pub async fn update(
    database: &Database,
    actor: &Actor,
    reference: &str,
    changes: &PromptChanges,
) -> Result<Changed, Error> {
    let parameters = [actor.team(), actor.document(), reference.into(), run::json(changes)?];
    run::change(database, &UPDATE, &parameters).await
}

/// Takes a prompt out of use. It keeps its name, its versions and its pointers.
pub async fn archive(database: &Database, actor: &Actor, reference: &str) -> Result<Changed, Error> {
    set_archived(database, actor, reference, State::Archived).await
}

/// Takes an archived prompt into use again, as it was.
pub async fn restore(database: &Database, actor: &Actor, reference: &str) -> Result<Changed, Error> {
    set_archived(database, actor, reference, State::Living).await
}

async fn set_archived(
    database: &Database,
    actor: &Actor,
    reference: &str,
    state: State,
) -> Result<Changed, Error> {
    let archived = Parameter::from(state == State::Archived);
    run::change(database, &SET_ARCHIVED, &[actor.team(), actor.document(), reference.into(), archived]).await
}
