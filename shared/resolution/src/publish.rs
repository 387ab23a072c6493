//! How a change reaches the edge: after the commit, the writer overwrites what Redis holds.
//!
//! It may fail without harm: the document that Redis holds is gone after three seconds, and what isolates
//! remember expires a second and a half after that.

use cache::{Document, Slot, Stores, write_documents};
use domain::{Environment, Error, Id};
use platform::database::Database;
use platform::time;
use store::releases;

use crate::releases::{document, forget};

/// What was changed.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// The team.
    pub team_id: &'a Id,
    /// The prompt.
    pub prompt_id: &'a Id,
    /// Where it shows.
    pub environments: &'a [Environment],
    /// A name that the prompt no longer has, with the revision of the change: callers who use it find nothing.
    pub former_name: Option<&'a str>,
}

/// When a change had reached Redis, and so every isolate within half a second of its next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagation {
    /// The time, as the API shows it; none when Redis could not be written, and isolates learn of the change when
    /// what they have expires.
    pub propagated_at: Option<String>,
    /// How long it took after the commit, in milliseconds.
    pub propagation_ms: Option<i64>,
}

/// Publishes the committed state of a prompt.
pub async fn publish(change: &Change<'_>, stores: &Stores, database: &Database) -> Propagation {
    let started_ms = time::now_ms();
    match write(change, stores, database).await {
        Ok(()) => {
            let now_ms = time::now_ms();
            Propagation {
                propagated_at: Some(domain::timestamp(now_ms)),
                propagation_ms: Some(now_ms - started_ms),
            }
        }
        Err(error) => {
            platform::warn!("change not published", prompt_id = change.prompt_id, error = error.to_string());
            Propagation { propagated_at: None, propagation_ms: None }
        }
    }
}

async fn write(change: &Change<'_>, stores: &Stores, database: &Database) -> Result<(), Error> {
    let mut written: Vec<(Slot, Document)> = Vec::new();
    for &environment in change.environments {
        let reference = change.prompt_id.as_str();
        let Some(release) = releases::load(database, change.team_id, reference, environment).await? else {
            continue;
        };
        let current = document(Some(&release))?;
        let slot = |reference: &str| Slot::release(change.team_id.as_str(), reference, environment.name());
        if let Some(former_name) = change.former_name {
            let tombstone = Document { revision: release.revision, json: "null".to_owned() };
            written.push((slot(former_name), tombstone));
        }
        written.push((slot(&release.name), current.clone()));
        written.push((slot(reference), current));
    }
    for (slot, _) in &written {
        forget(slot);
    }
    let Some(redis) = &stores.redis else {
        return Err(Error::Unavailable("no redis is configured".to_owned()));
    };
    write_documents(redis, &written).await?;
    Ok(())
}
