//! How a change reaches the edge: after the commit, the writer overwrites what Redis holds.
//!
//! It may fail without harm: the document that Redis holds is gone after three seconds, and what isolates
//! remember expires a second and a half after that.

use cache::{Document, Slot, Stores, write_documents};
use domain::{Environment, Error, Id};
use platform::database::Database;
use platform::time;
use store::prompts::Revisions;
use store::releases::{self, WrittenRelease};

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
    /// A name that the prompt no longer has, with the revisions of the change: callers who use it find nothing. Of
    /// what the prompt has become since, its next owner need not know.
    pub former_name: Option<(&'a str, Revisions)>,
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
    let mut written = Vec::new();
    for &environment in change.environments {
        let reference = change.prompt_id.as_str();
        if let Some(release) = releases::load(database, change.team_id, reference, environment).await? {
            written.extend(documents(change, environment, release));
        }
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

/// What is written of a release, and where.
fn documents(
    change: &Change<'_>,
    environment: Environment,
    release: WrittenRelease,
) -> Vec<(Slot, Document)> {
    let slot = |reference: &str| Slot::release(change.team_id.as_str(), reference, environment.name());
    let by_name = slot(&release.name);
    let current = document(Some(release));
    let mut documents = vec![(by_name, current.clone()), (slot(change.prompt_id.as_str()), current)];
    if let Some((former_name, revisions)) = change.former_name {
        let tombstone = Document { revision: revisions.of(environment), json: "null".to_owned() };
        documents.push((slot(former_name), tombstone));
    }
    documents
}

#[cfg(test)]
mod tests {
    use domain::Kind;

    use super::*;

    #[test]
    fn a_former_name_ends_with_the_change_that_took_it() {
        let [team_id, prompt_id] = [Kind::Team, Kind::Prompt].map(|kind| Id::new(kind, 1, [1; 10]));
        // Somebody has promoted the prompt since.
        let release =
            WrittenRelease { name: "new".to_owned(), revision: 9, archived: false, json: "{}".to_owned() };
        let change = Change {
            team_id: &team_id,
            prompt_id: &prompt_id,
            environments: &Environment::ALL,
            former_name: Some(("old", Revisions { staging: 4, production: 5 })),
        };
        let written = documents(&change, Environment::Production, release);
        let revisions: Vec<i64> = written.iter().map(|(_, document)| document.revision).collect();
        assert_eq!(revisions, [9, 9, 5]);
        let (slot, tombstone) = &written[2];
        assert_eq!(*slot, Slot::release(team_id.as_str(), "old", "production"));
        assert!(tombstone.is_tombstone());
    }
}
