//! API keys. Only their hashes are stored.

use domain::{Error, Id, KeyHash, Role};
use platform::database::{Database, Parameter, Statement};
use serde::{Deserialize, Serialize};

use crate::page::{self, Page, Position, SortedBy};
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const FIND_BY_HASH: Statement = read_statement!("keys/find_by_hash", [Text]);
const CREATE: Statement = change_statement!("keys/create", [Text, Json, Json]);
const LIST: Statement = read_statement!("keys/list", [Text, Text, Text, Integer]);
const ROTATE: Statement = change_statement!("keys/rotate", [Text, Json, Text, Json, Float]);
const REVOKE: Statement = change_statement!("keys/revoke", [Text, Json, Text]);
const TOUCH: Statement = read_statement!("keys/touch", [Json]);

pub(crate) const STATEMENTS: &[&Statement] = &[&FIND_BY_HASH, &CREATE, &LIST, &ROTATE, &REVOKE, &TOUCH];

/// What the edge keeps about a key to decide whether it may be used, and for what. It may be expired or revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownKey {
    /// The key.
    pub key_id: Id,
    /// What its team calls it.
    pub key_name: String,
    /// The team it belongs to.
    pub team_id: Id,
    /// The team's name.
    pub team_name: String,
    /// Whether that team runs this installation.
    pub is_operator: bool,
    /// The user it belongs to.
    pub user_id: Id,
    /// The user's name.
    pub user_name: String,
    /// What it may do.
    pub role: Role,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: Option<i64>,
    /// Set once it is rotated: when it ends for that reason.
    pub grace_until_ms: Option<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// How many chat requests its user may send in an hour, when it is not the default.
    pub chat_requests_per_hour: Option<i64>,
}

/// A key as its team sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyRow {
    /// The key.
    pub id: Id,
    /// The same.
    pub key_id: Id,
    /// What its team calls it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Its first characters.
    pub hint: String,
    /// The user it belongs to.
    pub user_id: Id,
    /// The user's name.
    pub user_name: String,
    /// How many chat requests its user may send in an hour, when it is not the default.
    pub chat_requests_per_hour: Option<i64>,
    /// When it was made.
    pub created_at: String,
    /// The user who made it.
    pub created_by: Id,
    /// When it ends.
    pub expires_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    /// The key that took its place.
    pub replaced_by: Option<Id>,
    /// Until when it works although it was replaced.
    pub grace_until: Option<String>,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<String>,
}

/// A key to make.
#[derive(Debug, Clone, Serialize)]
pub struct NewKey<'a> {
    /// Its id.
    pub id: &'a Id,
    /// The user it belongs to.
    pub user_id: &'a Id,
    /// What its team calls it.
    pub name: &'a str,
    /// What it may do.
    pub role: Role,
    /// The hash of the secret.
    pub key_hash: &'a KeyHash,
    /// Its first characters.
    pub hint: &'a str,
    /// How many chat requests its user may send in an hour, when it is not the default.
    pub chat_requests_per_hour: Option<i64>,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: Option<i64>,
}

/// The secret that takes another's place.
#[derive(Debug, Clone, Serialize)]
pub struct Replacement<'a> {
    /// The new key's id.
    pub id: &'a Id,
    /// The hash of its secret.
    pub key_hash: &'a KeyHash,
    /// Its first characters.
    pub hint: &'a str,
}

/// A key and the one that it replaced.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rotation {
    /// The new key.
    pub key: ApiKeyRow,
    /// The old key.
    pub previous_key_id: Id,
    /// The old key's hash, by which caches know it.
    pub previous_key_hash: KeyHash,
    /// Until when the old key works, in milliseconds since the Unix epoch.
    pub previous_grace_until_ms: i64,
}

/// A use of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    /// The key's team.
    pub team_id: Id,
    /// The key.
    pub key_id: Id,
}

/// What is known of the key with this hash.
pub async fn find_by_hash(database: &Database, hash: &KeyHash) -> Result<Option<KnownKey>, Error> {
    run::optional(database, &FIND_BY_HASH, &[hash.as_str().into()]).await
}

/// Makes a key.
pub async fn create(database: &Database, actor: &Actor, key: &NewKey<'_>) -> Result<ApiKeyRow, Error> {
    run::change(database, &CREATE, &[actor.team(), actor.document(), run::json(key)?]).await
}

/// A team's keys, the newest first. Positions are times.
pub async fn list(
    database: &Database,
    team_id: &Id,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<ApiKeyRow>, Error> {
    let [value, id] = page::after(after, SortedBy::Time)?;
    let parameters = [team_id.as_str().into(), value, id, page::one_more_than(limit)];
    let rows = run::rows(database, &LIST, &parameters).await?;
    Ok(Page::new(rows, limit, |key: &ApiKeyRow| Position::new(&key.created_at, key.id.as_str())))
}

/// Puts a new secret in a key's place. The old one goes on working for `grace_seconds`.
pub async fn rotate(
    database: &Database,
    actor: &Actor,
    key_id: &str,
    replacement: &Replacement<'_>,
    grace_seconds: u32,
) -> Result<Rotation, Error> {
    let parameters = [
        actor.team(),
        actor.document(),
        key_id.into(),
        run::json(replacement)?,
        Parameter::from(f64::from(grace_seconds)),
    ];
    run::change(database, &ROTATE, &parameters).await
}

/// Ends a key at once. The answer is its hash, by which caches know it.
pub async fn revoke(database: &Database, actor: &Actor, key_id: &str) -> Result<KeyHash, Error> {
    run::change(database, &REVOKE, &[actor.team(), actor.document(), key_id.into()]).await
}

/// Notes that keys were used just now. For the edge to call once in a while, not for each request.
pub async fn touch(database: &Database, uses: &[Use]) -> Result<(), Error> {
    let _touched: i64 = run::one(database, &TOUCH, &[run::json(uses)?]).await?;
    Ok(())
}
