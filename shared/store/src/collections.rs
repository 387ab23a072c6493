//! Collections: folders for prompts.

use domain::{Error, Id};
use platform::database::{Database, Parameter, Statement};
use serde::{Deserialize, Serialize};

use crate::page::{self, Page, Position, SortedBy};
use crate::prompts::Revisions;
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const CREATE: Statement = change_statement!("collections/create", [Text, Json, Json]);
const GET: Statement = read_statement!("collections/get", [Text, Text]);
const LIST: Statement = read_statement!("collections/list", [Text, Text, Text, Integer]);
const UPDATE: Statement = change_statement!("collections/update", [Text, Json, Text, Json]);
const DELETE: Statement = change_statement!("collections/delete", [Text, Json, Text, Boolean]);

pub(crate) const STATEMENTS: &[&Statement] = &[&CREATE, &GET, &LIST, &UPDATE, &DELETE];

/// A collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// The collection.
    pub id: Id,
    /// The same.
    pub collection_id: Id,
    /// Unique in the team.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created_at: String,
    /// The user who made it.
    pub created_by: Id,
    /// When it was last changed.
    pub updated_at: String,
    /// The user who did.
    pub updated_by: Id,
}

/// A collection to make.
#[derive(Debug, Clone, Serialize)]
pub struct NewCollection<'a> {
    /// Its id.
    pub id: &'a Id,
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
}

/// What to change about a collection; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CollectionChanges {
    /// Another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What happens to the living prompts of a collection that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cascade {
    /// If there are any, the collection is not deleted.
    Refuse,
    /// They are archived.
    Archive,
}

/// A prompt that was archived with its collection: resolve must not find it any more.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ArchivedPrompt {
    /// The prompt.
    pub prompt_id: Id,
    /// Its name.
    pub name: String,
    /// The revisions from which on it is archived.
    pub revisions: Revisions,
}

/// Makes a collection.
pub async fn create(
    database: &Database,
    actor: &Actor,
    collection: &NewCollection<'_>,
) -> Result<Collection, Error> {
    run::change(database, &CREATE, &[actor.team(), actor.document(), run::json(collection)?]).await
}

/// A collection.
pub async fn get(database: &Database, team_id: &Id, collection_id: &str) -> Result<Collection, Error> {
    run::optional(database, &GET, &[team_id.as_str().into(), collection_id.into()])
        .await?
        .ok_or(Error::NotFound("collection"))
}

/// A team's collections, by name. Positions are names.
pub async fn list(
    database: &Database,
    team_id: &Id,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Collection>, Error> {
    let [value, id] = page::after(after, SortedBy::Text)?;
    let parameters = [team_id.as_str().into(), value, id, page::one_more_than(limit)];
    let rows = run::rows(database, &LIST, &parameters).await?;
    Ok(Page::new(rows, limit, |collection: &Collection| {
        Position::new(&collection.name, collection.id.as_str())
    }))
}

/// Changes a collection.
pub async fn update(
    database: &Database,
    actor: &Actor,
    collection_id: &str,
    changes: &CollectionChanges,
) -> Result<Collection, Error> {
    let parameters = [actor.team(), actor.document(), collection_id.into(), run::json(changes)?];
    run::change(database, &UPDATE, &parameters).await
}

/// Deletes a collection. The answer is the prompts that were archived with it.
pub async fn delete(
    database: &Database,
    actor: &Actor,
    collection_id: &str,
    cascade: Cascade,
) -> Result<Vec<ArchivedPrompt>, Error> {
    let archive = Parameter::from(cascade == Cascade::Archive);
    run::change(database, &DELETE, &[actor.team(), actor.document(), collection_id.into(), archive]).await
}
