//! Finding a release: in memory, in Redis, in the database.

use std::sync::{Arc, LazyLock, Mutex};

use cache::{Document, Held, Layers, Lookup, Memory, Slot, Stores};
use domain::{Environment, Error, Id};
use platform::database::Database;
use store::releases::{self, Release};

use crate::Prepared;

/// Half of what an isolate may use in all is for its code and the requests in flight.
const MEMORY_BYTES: usize = 48 << 20;

static RELEASES: Layers<Arc<Prepared>> = Layers {
    memory: LazyLock::new(|| Mutex::new(Memory::new(MEMORY_BYTES))),
    parse: |json| Prepared::parse(json).map(|(prepared, bytes)| (Arc::new(prepared), bytes)),
};

/// Which release: a prompt by id or name, in an environment, and the version if the caller chose one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The caller's team.
    pub team_id: Id,
    /// The prompt's id or name.
    pub reference: String,
    /// Where.
    pub environment: Environment,
    /// A number, an id, `staging`, `production` or `latest`; none for what is live.
    pub version: Option<String>,
}

impl Place {
    fn slot(&self) -> Slot {
        let team_id = self.team_id.as_str();
        match &self.version {
            None => Slot::release(team_id, &self.reference, self.environment.name()),
            // No name contains this sign.
            Some(version) => {
                let reference = format!("{}@{version}", self.reference);
                Slot::release(team_id, &reference, self.environment.name())
            }
        }
    }
}

/// What memory says, and starts the refresh that may be due. `None`: ask the stores.
pub fn find_in_memory(
    place: &Place,
    now_ms: i64,
    stores: impl FnOnce() -> (Stores, Database),
) -> Option<Held<Arc<Prepared>>> {
    let slot = place.slot();
    match RELEASES.look(&slot, now_ms) {
        Lookup::Fresh(held) => Some(held),
        Lookup::Due(held) => {
            let (stores, database) = stores();
            let place = place.clone();
            RELEASES.refresh(slot, &stores, move || load(database, place));
            Some(held)
        }
        Lookup::Expired(_) | Lookup::Absent => None,
    }
}

/// The release, from the nearest place that knows it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such prompt or version, [`Error::Unavailable`] when no place answers and
/// nothing is remembered.
pub async fn find(place: &Place, stores: &Stores, database: &Database) -> Result<Held<Arc<Prepared>>, Error> {
    let (database, wanted) = (database.clone(), place.clone());
    let held = RELEASES.get(&place.slot(), stores, move || load(database, wanted)).await?;
    held.ok_or(Error::NotFound(if place.version.is_some() { "prompt or version" } else { "prompt" }))
}

/// Brings several releases into memory with one question to Redis.
pub async fn warm(places: &[Place], stores: &Stores) {
    let slots: Vec<Slot> = places.iter().map(Place::slot).collect();
    RELEASES.warm(&slots, stores).await;
}

/// Forgets what this isolate remembers of a release that it has just changed.
pub(crate) fn forget(slot: &Slot) {
    RELEASES.forget(slot);
}

async fn load(database: Database, place: Place) -> Result<Document, Error> {
    let Place { team_id, reference, environment, version } = place;
    let release = match version {
        None => releases::load(&database, &team_id, &reference, environment).await?,
        Some(version) => {
            releases::load_version(&database, &team_id, &reference, &version, environment).await?
        }
    };
    document(release.as_ref())
}

/// A release as Redis holds it. An archived prompt's is a tombstone.
pub(crate) fn document(release: Option<&Release>) -> Result<Document, Error> {
    let revision = release.map_or(0, |release| release.revision);
    let living = release.filter(|release| !release.archived);
    let json = serde_json::to_string(&living).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Document { revision, json })
}
