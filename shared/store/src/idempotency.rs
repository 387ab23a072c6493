//! Answers kept for requests that are sent again with the same `Idempotency-Key`.
//!
//! A request claims its key first. If it gets it, it does its work and completes the claim with its answer, or
//! releases it when nothing was done; when it cannot know, it leaves the claim, which lapses. If not, the claim says who has it, and the answer if there is one.

use domain::Error;
use platform::database::{Database, Parameter, Statement};
use serde::Deserialize;

use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const CLAIM: Statement =
    change_statement!("idempotency/claim", [Text, Text, Text, Text, Text, Text, Integer]);
const COMPLETE: Statement = read_statement!("idempotency/complete", [Text, Text, Text, Text, Integer, Text]);
const RELEASE: Statement = read_statement!("idempotency/release", [Text, Text, Text, Text]);
const PURGE: Statement = read_statement!("idempotency/purge", [Text]);

pub(crate) const STATEMENTS: &[&Statement] = &[&CLAIM, &COMPLETE, &RELEASE, &PURGE];

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// The request has the key: it must complete or release it.
    Claimed,
    /// An earlier request has it.
    Held(Held),
}

/// The earlier request that has the key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Held {
    /// Where it went.
    pub route: String,
    /// The hash of its body: another body under the same key is a mistake of the caller's.
    pub body_hash: String,
    /// The status it was answered with; none while it is still being worked on.
    pub status: Option<u16>,
    /// The answer, as it was given to [`complete`].
    pub response: Option<String>,
    /// Whether it changed something, and its answer is lost.
    pub is_lost: bool,
}

/// Claims `idempotency_key` for the actor's key and request. A claim of others that is older than `lease_seconds` is
/// one of a request that has died, and is taken over unless that request has changed something.
pub async fn claim(
    database: &Database,
    actor: &Actor,
    idempotency_key: &str,
    route: &str,
    body_hash: &str,
    lease_seconds: i64,
) -> Result<Claim, Error> {
    let [team_id, key_id, idempotency_key, request_id] = place(actor, idempotency_key);
    let parameters =
        [team_id, key_id, idempotency_key, route.into(), body_hash.into(), request_id, lease_seconds.into()];
    if let Some(claim) = run::optional(database, &CLAIM, &parameters).await? {
        return Ok(claim);
    }
    // Whoever took it between this statement's start and its end is visible now.
    run::one(database, &CLAIM, &parameters).await
}

/// Keeps the answer for a day. The text is the caller's to encrypt.
pub async fn complete(
    database: &Database,
    actor: &Actor,
    idempotency_key: &str,
    status: u16,
    response: &str,
) -> Result<(), Error> {
    let [team_id, key_id, idempotency_key, request_id] = place(actor, idempotency_key);
    let status = Parameter::from(i64::from(status));
    let parameters = [team_id, key_id, idempotency_key, request_id, status, response.into()];
    let _still_held: bool = run::one(database, &COMPLETE, &parameters).await?;
    Ok(())
}

/// Gives the key back: nothing was done, so the next request may do it.
pub async fn release(database: &Database, actor: &Actor, idempotency_key: &str) -> Result<(), Error> {
    let _was_held: bool = run::one(database, &RELEASE, &place(actor, idempotency_key)).await?;
    Ok(())
}

/// Forgets up to a thousand of a team's answers that are older than a day, and says how many.
pub async fn purge(database: &Database, team_id: &domain::Id) -> Result<u32, Error> {
    run::one(database, &PURGE, &[team_id.as_str().into()]).await
}

fn place<'a>(actor: &'a Actor, idempotency_key: &'a str) -> [Parameter<'a>; 4] {
    [actor.team(), actor.key_id.as_str().into(), idempotency_key.into(), actor.request_id.as_str().into()]
}
