//! Finding a release: in memory, in Redis, in the database.

use std::sync::{Arc, LazyLock, Mutex};

use cache::{Document, Held, Layers, Lookup, Memory, Slot, Stores};
use domain::{Environment, Error, Id};
use platform::Tasks;
use platform::database::Database;
use store::releases::{self, Wanted, WrittenRelease};

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
        let (team_id, environment) = (self.team_id.as_str(), self.environment.name());
        match &self.version {
            None => Slot::release(team_id, &self.reference, environment),
            Some(version) => Slot::version(team_id, &self.reference, environment, version),
        }
    }

    /// Whether there can be such a prompt. What cannot be gets no slot: neither memory nor Redis is asked for it, so
    /// that memory, which knows only what was found, need not ask this.
    fn can_be(&self) -> bool {
        domain::may_name_prompt(&self.reference)
    }

    fn not_found(&self) -> Error {
        Error::NotFound(if self.version.is_some() { "prompt or version" } else { "prompt" })
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
    if !place.can_be() {
        return Err(place.not_found());
    }
    let (database, wanted) = (database.clone(), place.clone());
    let held = RELEASES.get(&place.slot(), stores, move || load(database, wanted)).await?;
    held.ok_or_else(|| place.not_found())
}

/// Several releases of one team, each as [`find`] finds it, in the time of one.
pub async fn find_many(
    places: &[Place],
    stores: &Stores,
    database: &Database,
) -> Vec<Result<Held<Arc<Prepared>>, Error>> {
    let mut distinct: Vec<Place> = Vec::new();
    for place in places {
        if place.can_be() && !distinct.contains(place) {
            distinct.push(place.clone());
        }
    }
    let slots: Vec<Slot> = distinct.iter().map(Place::slot).collect();
    let (of_load, database) = (distinct.clone(), database.clone());
    let found = RELEASES.get_many(&slots, stores, move |wanted| load_many(database, of_load, wanted)).await;
    let of_place = |place: &Place| {
        let position = distinct.iter().position(|known| known == place);
        let held = position.and_then(|position| found.get(position)).cloned().unwrap_or(Ok(None))?;
        held.ok_or_else(|| place.not_found())
    };
    places.iter().map(of_place).collect()
}

/// Forgets what this isolate remembers of a release that it has just changed.
pub(crate) fn forget(slot: &Slot) {
    RELEASES.forget(slot);
}

/// See [`Layers::rehearse`].
pub(crate) fn rehearse(json: &str, tasks: Tasks) -> Option<Arc<Prepared>> {
    RELEASES.rehearse(json, tasks)
}

async fn load(database: Database, place: Place) -> Result<Document, Error> {
    let Place { team_id, reference, environment, version } = place;
    let release = match version {
        None => releases::load(&database, &team_id, &reference, environment).await,
        Some(version) => releases::load_version(&database, &team_id, &reference, &version, environment).await,
    };
    Ok(document(release?))
}

/// Loads the places at these positions, with one statement.
async fn load_many(
    database: Database,
    places: Vec<Place>,
    wanted: Vec<usize>,
) -> Vec<Result<Document, Error>> {
    let places: Vec<&Place> = wanted.iter().filter_map(|position| places.get(*position)).collect();
    let Some(Place { team_id, .. }) = places.first() else { return Vec::new() };
    let wanted: Vec<Wanted<'_>> = places
        .iter()
        .map(|place| Wanted {
            reference: &place.reference,
            environment: place.environment,
            version: place.version.as_deref(),
        })
        .collect();
    match releases::load_many(&database, team_id, &wanted).await {
        Ok(releases) => releases.into_iter().map(|release| Ok(document(release))).collect(),
        Err(error) => vec![Err(error); places.len()],
    }
}

/// A release as Redis holds it. An archived prompt's is a tombstone.
pub(crate) fn document(release: Option<WrittenRelease>) -> Document {
    let revision = release.as_ref().map_or(0, |release| release.revision);
    let living = release.filter(|release| !release.archived);
    Document { revision, json: living.map_or_else(|| "null".to_owned(), |release| release.json) }
}
