//! Teams. The first one runs the installation and may add others.

use domain::{Error, Id, KeyHash};
use platform::database::{Database, Statement};
use serde::{Deserialize, Serialize};

use crate::keys::ApiKeyRow;
use crate::page::{self, Page, Position, SortedBy};
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const CREATE: Statement = change_statement!("teams/create", [Text, Json, Json]);
const LIST: Statement = read_statement!("teams/list", [Text, Text, Integer]);
const SET_SETTINGS: Statement = change_statement!("teams/set_settings", [Text, Json, Json]);

pub(crate) const STATEMENTS: &[&Statement] = &[&CREATE, &LIST, &SET_SETTINGS];

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The team.
    pub id: Id,
    /// The same.
    pub team_id: Id,
    /// Unique in the installation.
    pub name: String,
    /// Whether it runs the installation.
    pub is_operator: bool,
    /// Since when.
    pub created_at: String,
}

/// A team to make, with a first user who has an admin key.
#[derive(Debug, Clone, Serialize)]
pub struct NewTeam<'a> {
    /// The team's id.
    pub team_id: &'a Id,
    /// The team's name.
    pub team_name: &'a str,
    /// The user's id.
    pub user_id: &'a Id,
    /// The user's name.
    pub user_name: &'a str,
    /// The key's id.
    pub key_id: &'a Id,
    /// The key's name.
    pub key_name: &'a str,
    /// The hash of the key's secret.
    pub key_hash: &'a KeyHash,
    /// The key's first characters.
    pub hint: &'a str,
}

/// A new team and its first key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// The team.
    pub team: Team,
    /// The key.
    pub key: ApiKeyRow,
}

/// Makes a team. [`Error::Forbidden`] unless the actor's team runs the installation.
pub async fn create(database: &Database, actor: &Actor, team: &NewTeam<'_>) -> Result<Created, Error> {
    run::change(database, &CREATE, &[actor.team(), actor.document(), run::json(team)?]).await
}

/// The teams that a team may see, the oldest first: all for the one that runs the installation, else itself.
pub async fn list(
    database: &Database,
    team_id: &Id,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Team>, Error> {
    let [_, id] = page::after(after, SortedBy::Text)?;
    let rows = run::rows(database, &LIST, &[team_id.as_str().into(), id, page::one_more_than(limit)]).await?;
    Ok(Page::new(rows, limit, |team: &Team| Position::new(&team.created_at, team.id.as_str())))
}

/// Sets some of the actor's team's settings, an object, and leaves the others. All of them come back.
pub async fn set_settings<T: Serialize>(
    database: &Database,
    actor: &Actor,
    settings: &T,
) -> Result<serde_json::Value, Error> {
    run::change(database, &SET_SETTINGS, &[actor.team(), actor.document(), run::json(settings)?]).await
}
