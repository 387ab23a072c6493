//! Changing an experiment or a canary, and what follows from every change.

use domain::{Error, Id};
use edge::{Call, Checks};
use resolution::{Change, Propagation};
use serde::{Deserialize, Serialize};
use store::experiments::{self, Experiment, ExperimentChange, ExperimentKind, ExperimentStatus};
use store::pointers::{self, Moved, Promotion};

const LONGEST_REASON: usize = 2_000;

/// The body of changes that need no more than to be asked for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonInput {
    reason: Option<String>,
}

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

impl ReasonInput {
    pub(crate) fn check(&self) -> Result<Option<&str>, Error> {
        let mut checks = Checks::default();
        check_reason(&mut checks, self.reason.as_deref());
        checks.finish()?;
        Ok(self.reason.as_deref().filter(|reason| !reason.is_empty()))
    }
}

pub(crate) fn check_reason(checks: &mut Checks, reason: Option<&str>) {
    checks.text("reason", reason.unwrap_or_default(), 0..=LONGEST_REASON);
}

/// An experiment that the caller may change: production's takes a publisher.
pub(crate) async fn changeable(call: &Call, kind: ExperimentKind, id: &str) -> Result<Experiment, Error> {
    let experiment = experiments::get(&call.database, call.team_id(), kind, id).await?;
    call.require(experiment.environment.role_to_change())?;
    Ok(experiment)
}

/// A change of state that a person asks for.
pub(crate) async fn set_status(
    call: &Call,
    (kind, id): (ExperimentKind, &str),
    action: &'static str,
    (allowed, status): (&[ExperimentStatus], ExperimentStatus),
    reason: &ReasonInput,
) -> Result<(Experiment, Published), Error> {
    let reason = reason.check()?;
    changeable(call, kind, id).await?;
    let change = ExperimentChange {
        status: Some(status),
        reason,
        opens_period: status == ExperimentStatus::Running,
        ..ExperimentChange::new(action, kind, allowed)
    };
    apply(call, id, &change).await
}

/// Makes a change and publishes it.
pub(crate) async fn apply(
    call: &Call,
    id: &str,
    change: &ExperimentChange<'_>,
) -> Result<(Experiment, Published), Error> {
    let experiment = experiments::change(&call.database, &call.actor(), id, change).await?;
    let published = publish(call, &experiment).await;
    Ok((experiment, published))
}

/// Promotes what a person has decided for, unless the pointer has moved since they looked: the schedule may just have
/// rolled back what they promote.
pub(crate) async fn promote_as_read(
    call: &Call,
    prompt_id: &str,
    promotion: &Promotion<'_>,
) -> Result<Moved, Error> {
    match pointers::promote(&call.database, &call.actor(), prompt_id, promotion).await {
        Err(Error::RevisionMismatch { .. }) => {
            Err(Error::Conflict("it has changed meanwhile: look again".to_owned()))
        }
        promoted => promoted,
    }
}

/// Publishes what resolve answers now.
pub(crate) async fn publish(call: &Call, experiment: &Experiment) -> Published {
    publish_in(call.team_id(), experiment, &call.stores, &call.database).await.into()
}

/// The same without a caller.
pub(crate) async fn publish_in(
    team_id: &Id,
    experiment: &Experiment,
    stores: &cache::Stores,
    database: &platform::database::Database,
) -> Propagation {
    let environments = &[experiment.environment];
    let change = Change { team_id, prompt_id: &experiment.prompt_id, environments, former_name: None };
    resolution::publish(&change, stores, database).await
}
