//! A team's providers, found without a question to the database for each call.

use std::sync::{Arc, LazyLock, Mutex};

use cache::{Document, Layers, Memory, Redis, Slot, Stores};
use domain::{Error, Id};
use llm::Candidate;
use platform::database::Database;
use platform::{Config, Context};
use store::providers::{self, SealedProvider, TeamProviders};

use crate::choice;
use crate::sealing::Keyring;

const MEMORY_BYTES: usize = 2 << 20;

static DIRECTORIES: Layers<Arc<TeamProviders>> = Layers {
    memory: LazyLock::new(|| Mutex::new(Memory::new(MEMORY_BYTES))),
    parse: |json| {
        serde_json::from_str(json).map(|providers: TeamProviders| (Arc::new(providers), json.len() * 2))
    },
};

/// What is known of a team's providers, to find endpoints for models.
#[derive(Clone)]
pub struct Directory {
    team_id: Id,
    providers: Arc<TeamProviders>,
    config: Config,
    stores: Stores,
    database: Database,
}

/// The team's providers, from the nearest place that knows them.
///
/// # Errors
/// [`Error::Unavailable`] when no place answers and nothing is remembered.
pub async fn find(
    team_id: &Id,
    context: &Context,
    stores: &Stores,
    database: &Database,
) -> Result<Directory, Error> {
    let providers = fetch(team_id, stores, database).await?;
    Ok(Directory {
        team_id: team_id.clone(),
        providers,
        config: context.config.clone(),
        stores: stores.clone(),
        database: database.clone(),
    })
}

async fn fetch(team_id: &Id, stores: &Stores, database: &Database) -> Result<Arc<TeamProviders>, Error> {
    let (of_load, team) = (database.clone(), team_id.clone());
    let held = DIRECTORIES.get(&slot(team_id), stores, move || load(of_load, team)).await?;
    held.map(|held| held.value).ok_or_else(|| Error::Internal("a team has no directory".to_owned()))
}

impl Directory {
    /// Whom to ask for `model`. A team that has just added what is missing here is not turned away: the stores are
    /// asked once more before a model is refused.
    ///
    /// # Errors
    /// A validation error of `model` when nobody answers for it.
    pub async fn candidate(&mut self, model: &str) -> Result<Candidate, Error> {
        let refused = match self.choose(model) {
            Ok(candidate) => return Ok(candidate),
            Err(refused) => refused,
        };
        DIRECTORIES.forget(&slot(&self.team_id));
        let newer = fetch(&self.team_id, &self.stores, &self.database).await?;
        if newer == self.providers {
            return Err(refused);
        }
        self.providers = newer;
        self.choose(model)
    }

    fn choose(&self, model: &str) -> Result<Candidate, Error> {
        let chosen = choice::candidate(model, &self.providers.providers, &self.team_id, &self.config)?;
        if let Some(provider) = chosen.outdated {
            self.reseal(provider);
        }
        Ok(chosen.candidate)
    }

    /// Seals a key anew after the response, so that the installation's old key can be taken away one day.
    fn reseal(&self, provider: &SealedProvider) {
        let (team_id, config, database) = (self.team_id.clone(), self.config.clone(), self.database.clone());
        let provider = provider.clone();
        self.stores.tasks.spawn(async move {
            let outcome = reseal(&team_id, &config, &database, &provider).await;
            if let Err(error) = outcome {
                platform::warn!(
                    "provider key not sealed anew",
                    team_id = team_id,
                    provider = provider.name,
                    error = error.to_string()
                );
            }
        });
    }

    /// The names of the team's providers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.providers.providers.iter().map(|provider| provider.name.as_str())
    }
}

async fn reseal(
    team_id: &Id,
    config: &Config,
    database: &Database,
    provider: &SealedProvider,
) -> Result<(), Error> {
    let internal = |error: crate::Unsealable| Error::Internal(error.to_string());
    let keyring = Keyring::from_config(config).map_err(internal)?;
    let opened = keyring.open(provider, team_id).map_err(internal)?;
    let sealed = keyring.seal(opened.key.expose(), team_id, &provider.name).map_err(internal)?;
    let (text, id) = (&sealed.text, &sealed.encryption_key_id);
    // False when somebody has set another key meanwhile, which is sealed as it should be.
    let _was_there = providers::reseal(database, team_id, provider, text, id).await?;
    Ok(())
}

/// Tells the caches what has just been changed. The database knows already, so a failure delays this and undoes
/// nothing.
///
/// # Errors
/// What the database or Redis says.
pub async fn publish(team_id: &Id, redis: Option<&Redis>, database: &Database) -> Result<(), Error> {
    let slot = slot(team_id);
    DIRECTORIES.forget(&slot);
    let Some(redis) = redis else { return Ok(()) };
    let document = load(database.clone(), team_id.clone()).await?;
    let written = cache::write_documents(redis, &[(slot, document)]).await;
    written.map_err(|error| Error::Unavailable(error.to_string()))
}

fn slot(team_id: &Id) -> Slot {
    Slot::providers(team_id.as_str())
}

async fn load(database: Database, team_id: Id) -> Result<Document, Error> {
    let providers = providers::load(&database, &team_id).await?;
    let json = serde_json::to_string(&providers).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Document { revision: providers.revision, json })
}
