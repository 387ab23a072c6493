//! Teams' keys for model providers. What is stored is sealed; sealing is another crate's business.

use domain::{Error, Id};
use platform::database::{Database, Statement};
use serde::{Deserialize, Serialize};

use crate::page::{self, Page, Position, SortedBy};
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const PUT: Statement = change_statement!("providers/put", [Text, Json, Json]);
const DELETE: Statement = change_statement!("providers/delete", [Text, Json, Text]);
const GET: Statement = read_statement!("providers/get", [Text, Text]);
const LIST: Statement = read_statement!("providers/list", [Text, Text, Integer]);
const LOAD: Statement = read_statement!("providers/load", [Text]);
const RESEAL: Statement = read_statement!("providers/reseal", [Text, Text, Text, Text, Text]);

pub(crate) const STATEMENTS: &[&Statement] = &[&PUT, &DELETE, &GET, &LIST, &LOAD, &RESEAL];

/// A provider as its team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// `openai`, `anthropic`, `gemini`, or the team's own name for an endpoint.
    pub provider: String,
    /// The key's last four characters; empty if the key is too short to show that much.
    pub last_four: String,
    /// Where it is, unless that is the provider's own address.
    pub base_url: Option<String>,
    /// Which of the installation's keys it is sealed under.
    pub encryption_key_id: String,
    /// When it was first set.
    pub created_at: String,
    /// Who did.
    pub created_by: Id,
    /// When it was last set.
    pub updated_at: String,
    /// Who did.
    pub updated_by: Id,
}

/// A provider to store.
#[derive(Debug, Clone, Serialize)]
pub struct NewProvider<'a> {
    /// Its name.
    pub name: &'a str,
    /// The sealed key.
    pub sealed_key: &'a str,
    /// What it is sealed under.
    pub encryption_key_id: &'a str,
    /// What may be shown of the key.
    pub last_four: &'a str,
    /// Where it is.
    pub base_url: Option<&'a str>,
}

/// A provider as a call of a model needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedProvider {
    /// Its name.
    pub name: String,
    /// The sealed key.
    pub sealed_key: String,
    /// What it is sealed under.
    pub encryption_key_id: String,
    /// Where it is.
    pub base_url: Option<String>,
}

/// All providers of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamProviders {
    /// It grows with every change.
    pub revision: i64,
    /// By name.
    pub providers: Vec<SealedProvider>,
}

/// Sets a provider's key and address, in place of those that it had.
pub async fn put(database: &Database, actor: &Actor, provider: &NewProvider<'_>) -> Result<Provider, Error> {
    run::change(database, &PUT, &[actor.team(), actor.document(), run::json(provider)?]).await
}

/// Forgets a provider's key and address.
pub async fn delete(database: &Database, actor: &Actor, name: &str) -> Result<(), Error> {
    let _name: String =
        run::change(database, &DELETE, &[actor.team(), actor.document(), name.into()]).await?;
    Ok(())
}

/// A provider.
pub async fn get(database: &Database, team_id: &Id, name: &str) -> Result<Provider, Error> {
    let found = run::optional(database, &GET, &[team_id.as_str().into(), name.into()]).await?;
    found.ok_or(Error::NotFound("provider"))
}

/// A team's providers by name. Positions are names.
pub async fn list(
    database: &Database,
    team_id: &Id,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Provider>, Error> {
    let [value, _] = page::after(after, SortedBy::Text)?;
    let parameters = [team_id.as_str().into(), value, page::one_more_than(limit)];
    let rows = run::rows(database, &LIST, &parameters).await?;
    Ok(Page::new(rows, limit, |row: &Provider| Position::new(&row.provider, &row.provider)))
}

/// All that a call of a model needs of a team's providers.
pub async fn load(database: &Database, team_id: &Id) -> Result<TeamProviders, Error> {
    run::one(database, &LOAD, &[team_id.as_str().into()]).await
}

/// Stores the same key sealed anew, if it is still the stored one. Says whether it was.
pub async fn reseal(
    database: &Database,
    team_id: &Id,
    old: &SealedProvider,
    sealed_key: &str,
    encryption_key_id: &str,
) -> Result<bool, Error> {
    let parameters = [
        team_id.as_str().into(),
        old.name.as_str().into(),
        old.sealed_key.as_str().into(),
        sealed_key.into(),
        encryption_key_id.into(),
    ];
    run::one(database, &RESEAL, &parameters).await
}
