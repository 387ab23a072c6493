//! How changes reach the edge, and who may make those that production feels.

use cache::{Document, Slot};
use domain::{Environment, Error, Id};
use edge::Call;
use resolution::{Change, Propagation};
use serde::Serialize;
use store::collections::ArchivedPrompt;
use store::prompts::{self, Prompt, Revisions};

/// Tombstones that are written in one round trip: some 250 bytes each, of the megabyte that Upstash takes at once.
const TOMBSTONES_AT_ONCE: usize = 1_000;

/// When a change had reached Redis, as answers show it. Both are null when it could not be written: isolates then
/// learn of the change when what they have expires, within five seconds.
#[derive(Debug, Serialize)]
pub(crate) struct Published {
    propagated_at: Option<String>,
    propagation_ms: Option<i64>,
}

impl From<Propagation> for Published {
    fn from(propagation: Propagation) -> Self {
        let Propagation { propagated_at, propagation_ms } = propagation;
        Self { propagated_at, propagation_ms }
    }
}

/// Publishes a prompt in these environments.
pub(crate) async fn publish(
    call: &Call,
    prompt_id: &Id,
    environments: &[Environment],
    former_name: Option<(&str, Revisions)>,
) -> Published {
    let change = Change { team_id: call.team_id(), prompt_id, environments, former_name };
    resolution::publish(&change, &call.stores, &call.database).await.into()
}

/// Publishes that prompts are archived. They may be many, so nothing is read for it.
pub(crate) async fn publish_archived(call: &Call, archived: &[ArchivedPrompt]) {
    let Some(redis) = call.redis() else { return };
    let tombstones: Vec<_> = archived.iter().flat_map(|prompt| tombstones(call, prompt)).collect();
    for chunk in tombstones.chunks(TOMBSTONES_AT_ONCE) {
        if let Err(error) = cache::write_documents(redis, chunk).await {
            platform::warn!(
                "archived prompts not published",
                count = archived.len(),
                error = error.to_string(),
                request_id = call.request_id,
                trace_id = call.trace_id()
            );
            return;
        }
    }
}

fn tombstones(call: &Call, prompt: &ArchivedPrompt) -> Vec<(Slot, Document)> {
    let slot = |reference: &str, environment: Environment| {
        let document = Document { revision: prompt.revisions.of(environment), json: "null".to_owned() };
        (Slot::release(call.team_id().as_str(), reference, environment.name()), document)
    };
    let places = Environment::ALL.into_iter();
    places.flat_map(|place| [slot(prompt.prompt_id.as_str(), place), slot(&prompt.name, place)]).collect()
}

/// Refuses a caller who may not change production, if `prompt` is live there and the change would be felt. Who may,
/// costs no question.
pub(crate) async fn require_for_production(
    call: &Call,
    reference: &str,
    is_felt: impl FnOnce(&Prompt) -> bool,
) -> Result<(), Error> {
    let role = Environment::Production.role_to_change();
    if call.key().role >= role {
        return Ok(());
    }
    let prompt = prompts::get(&call.database, call.team_id(), reference).await?;
    if prompt.pointers.production.is_some() && is_felt(&prompt) { call.require(role) } else { Ok(()) }
}
