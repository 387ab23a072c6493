//! What the schedule does each minute: looks at every canary and active experiment, and moves it on.
//!
//! It may run twice at once, or not for a day. Everything it decides follows from what is there, and every change says
//! in which period or step and at which revision of the pointer it was decided, so the second of two changes nothing.
//! Its clock is the database's.

use axum::response::Response;
use cache::Stores;
use domain::{Error, Id};
use edge::{Call, NoBody, Problem};
use platform::Context;
use platform::database::Database;
use serde::Serialize;
use serde_json::Value;
use store::Actor;
use store::evidence::{guardrails, observations, trusted_from};
use store::experiments::{self, Due, Evidence, ExperimentChange, ExperimentKind, ExperimentStatus};
use store::pointers::{self, Promotion};
use trials::{
    Canary, CanaryMove, ExperimentMove, Finding, Guardrail, Live, Metric, Observations, Step, Trial,
    next_canary_move, next_experiment_move,
};

use crate::alerts::{Alert, send};
use crate::change::publish_in;
use crate::input::Strategy;

use ExperimentStatus::{Active, Completed, Paused, RolledBack, Running, Stopped};

/// What a run did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Run {
    /// How many experiments and canaries it looked at.
    looked_at: usize,
    /// What it changed.
    moves: Vec<Move>,
    /// How many it could not look at or change; the log says why.
    failed: usize,
}

/// A change that a run made.
#[derive(Debug, Serialize)]
pub(crate) struct Move {
    id: Id,
    action: &'static str,
    reason: String,
}

/// Where a run works.
struct Place<'a> {
    context: &'a Context,
    stores: &'a Stores,
    database: &'a Database,
}

/// For the platform's schedule: in every team.
pub(crate) async fn run_everywhere(context: Context) {
    let (stores, database) = edge::stores(&context);
    let place = Place { context: &context, stores: &stores, database: &database };
    match place.run(None).await {
        Ok(run) => platform::info!(
            "experiments looked at",
            count = run.looked_at,
            moved = run.moves.len(),
            failed = run.failed
        ),
        Err(error) => platform::error!("experiments not looked at", error = error.to_string()),
    }
}

/// For `POST /api/experiments/run-schedule`: in the caller's team.
pub(crate) async fn run_now(call: Call, _: NoBody) -> Result<Response, Problem> {
    let place = Place { context: &call.context, stores: &call.stores, database: &call.database };
    let run = place.run(Some(call.team_id())).await?;
    edge::to_json_response(200, &run)
}

impl Place<'_> {
    async fn run(&self, team_id: Option<&Id>) -> Result<Run, Error> {
        let due = experiments::due(self.database, team_id).await?;
        let mut run = Run { looked_at: due.len(), ..Run::default() };
        for Due { team_id, id } in due {
            match self.look_at(&team_id, &id).await {
                Ok(moved) => run.moves.extend(moved),
                // Somebody else was faster.
                Err(Error::Conflict(_) | Error::RevisionMismatch { .. }) => {}
                Err(error) => {
                    run.failed += 1;
                    platform::error!(
                        "experiment not moved on",
                        team_id = team_id,
                        experiment_id = id,
                        error = error.to_string()
                    );
                }
            }
        }
        Ok(run)
    }

    async fn look_at(&self, team_id: &Id, id: &Id) -> Result<Option<Move>, Error> {
        let evidence = experiments::evidence(self.database, team_id, id.as_str()).await?;
        let Some(evidence) = evidence.filter(|evidence| !evidence.experiment.status.is_ended()) else {
            return Ok(None);
        };
        match evidence.experiment.kind {
            ExperimentKind::Experiment => self.move_experiment(team_id, &evidence).await,
            ExperimentKind::Canary => self.move_canary(team_id, &evidence).await,
        }
    }

    async fn move_experiment(&self, team_id: &Id, evidence: &Evidence) -> Result<Option<Move>, Error> {
        let experiment = &evidence.experiment;
        let Some(primary) = experiment.primary_metric.as_deref().and_then(Metric::parse) else {
            return Ok(None);
        };
        let observations = observations(evidence);
        let trial = Trial {
            observations: &observations,
            primary,
            guardrails: &guardrails(&experiment.guardrails),
            is_bandit: experiment.allocation_strategy == Strategy::ThompsonSampling.name(),
            seconds_in_period: u64::try_from((evidence.now_ms - evidence.period_started_ms) / 1_000)
                .unwrap_or_default(),
            trusted_from: trusted_from(evidence),
            is_alarmed: evidence.is_alarmed,
        };
        let change = ExperimentChange {
            expected_period: Some(experiment.period),
            expected_pointer_revision: Some(experiment.pointer_revision),
            ..ExperimentChange::new("", ExperimentKind::Experiment, &[Active])
        };
        match next_experiment_move(&trial) {
            ExperimentMove::Wait => Ok(None),
            ExperimentMove::Stop(finding) => {
                let change = ExperimentChange { action: "stop", status: Some(Stopped), ..change };
                self.change(team_id, evidence, change, finding).await.map(Some)
            }
            ExperimentMove::Alarm(finding) => {
                let change = ExperimentChange { action: "alarm", once_in_period: true, ..change };
                self.change(team_id, evidence, change, finding).await.map(Some)
            }
            ExperimentMove::Reallocate { weights, finding } => {
                let scale: f64 = experiment.variants.iter().map(|variant| variant.traffic_weight).sum();
                let given =
                    weights.iter().map(|weight| f64::from(*weight) / 10_000.0 * scale).collect::<Vec<_>>();
                let change = ExperimentChange {
                    action: "reallocate",
                    weights: Some(&weights),
                    traffic_weights: Some(&given),
                    ..change
                };
                self.change(team_id, evidence, change, finding).await.map(Some)
            }
        }
    }

    async fn move_canary(&self, team_id: &Id, evidence: &Evidence) -> Result<Option<Move>, Error> {
        let observations = observations(evidence);
        let limits = guardrails(&evidence.experiment.guardrails);
        let allowed: &[ExperimentStatus] = &[Running];
        let change = ExperimentChange {
            expected_period: Some(evidence.experiment.period),
            expected_step: Some(evidence.experiment.step),
            expected_pointer_revision: Some(evidence.experiment.pointer_revision),
            ..ExperimentChange::new("", ExperimentKind::Canary, allowed)
        };
        match canary_of(evidence, &observations, &limits, next_canary_move) {
            CanaryMove::Wait(_) => Ok(None),
            CanaryMove::RollBack(finding) => {
                let change = ExperimentChange {
                    action: "roll_back",
                    allowed: &[Running, Paused],
                    status: Some(RolledBack),
                    ..change
                };
                self.change(team_id, evidence, change, finding).await.map(Some)
            }
            CanaryMove::Pause(finding) => {
                let change = ExperimentChange { action: "pause", status: Some(Paused), ..change };
                self.change(team_id, evidence, change, finding).await.map(Some)
            }
            CanaryMove::Advance(step, finding) => {
                let percent = evidence.experiment.steps.get(step).map_or(0.0, |step| step.percent);
                let split = trials::canary_split(percent)
                    .ok_or_else(|| Error::Internal(format!("a step of {percent} %")))?;
                let given = split.weights.map(f64::from);
                let change = ExperimentChange {
                    action: "advance",
                    step: Some(i64::try_from(step).unwrap_or(i64::MAX)),
                    coverage: Some(split.coverage),
                    weights: Some(&split.weights),
                    traffic_weights: Some(&given),
                    ..change
                };
                self.change(team_id, evidence, change, finding).await.map(Some)
            }
            CanaryMove::Complete(finding) => {
                self.complete(team_id, evidence, change, finding).await.map(Some)
            }
        }
    }

    /// Promotes a canary's version in the name of whoever began it, and ends the canary. If somebody has moved the
    /// pointer since the evidence was read, the next run sees what is live then. Where a promotion is refused, or the
    /// key that began the canary may not make it any more, it waits for a person.
    async fn complete(
        &self,
        team_id: &Id,
        evidence: &Evidence,
        change: ExperimentChange<'_>,
        finding: Finding,
    ) -> Result<Move, Error> {
        let done = ExperimentChange {
            action: "complete",
            allowed: &[Running, Paused],
            status: Some(Completed),
            ..change
        };
        if evidence.live == Live::Canary {
            return self.change(team_id, evidence, done, finding).await;
        }
        match self.promote(team_id, evidence).await {
            Ok(revision) => {
                let done = ExperimentChange { expected_pointer_revision: Some(revision), ..done };
                self.change(team_id, evidence, done, finding).await
            }
            Err(Error::Conflict(detail) | Error::Forbidden(detail)) => {
                let change = ExperimentChange { action: "pause", status: Some(Paused), ..change };
                let reason = format!("it could not be promoted: {detail}");
                self.change(team_id, evidence, change, Finding { reason, ..finding }).await
            }
            Err(error) => Err(error),
        }
    }

    /// The revision that a canary's promotion took.
    async fn promote(&self, team_id: &Id, evidence: &Evidence) -> Result<i64, Error> {
        let canary = &evidence.experiment;
        let needed = canary.environment.role_to_change();
        if evidence.creator_role.is_none_or(|role| role < needed) {
            let detail = format!("the key that began it is no longer a {}'s", needed.name());
            return Err(Error::Forbidden(detail));
        }
        let version = canary.variants.get(1).and_then(|variant| variant.version_id.as_ref());
        let version_id = version.ok_or_else(|| Error::Internal("a canary without a version".to_owned()))?;
        let actor = Actor {
            team_id: team_id.clone(),
            user_id: evidence.created_actor.user_id.clone(),
            key_id: evidence.created_actor.key_id.clone(),
            request_id: format!("schedule-{}", canary.id),
        };
        let justification = format!("{} passed every step", canary.id);
        let promotion = Promotion {
            version_id: version_id.as_str(),
            environment: canary.environment,
            justification: Some(&justification),
            expected_revision: Some(canary.pointer_revision),
            override_gate: false,
        };
        let moved = pointers::promote(self.database, &actor, canary.prompt_id.as_str(), &promotion).await?;
        Ok(moved.revision)
    }

    /// Makes a change, publishes it, and tells whoever wants to be told.
    async fn change(
        &self,
        team_id: &Id,
        evidence: &Evidence,
        change: ExperimentChange<'_>,
        finding: Finding,
    ) -> Result<Move, Error> {
        let Finding { reason, numbers } = finding;
        let change = ExperimentChange { reason: Some(&reason), numbers: Some(&numbers), ..change };
        let id = &evidence.experiment.id;
        let changed = experiments::change_by_schedule(self.database, team_id, id, &change).await?;
        publish_in(team_id, &changed, self.stores, self.database).await;
        platform::info!(
            "experiment moved on",
            team_id = team_id,
            experiment_id = id,
            prompt_id = changed.prompt_id,
            action = change.action,
            period = changed.period,
            step = changed.step
        );
        if change.action != "reallocate" {
            self.tell(team_id, &changed, change.action, &reason, &numbers);
        }
        Ok(Move { id: id.clone(), action: change.action, reason })
    }

    fn tell(
        &self,
        team_id: &Id,
        changed: &experiments::Experiment,
        action: &'static str,
        reason: &str,
        numbers: &Value,
    ) {
        let alert = Alert {
            r#type: format!("{}.{action}", changed.kind.name()),
            team_id,
            id: &changed.id,
            prompt_id: &changed.prompt_id,
            prompt_name: &changed.prompt_name,
            environment: changed.environment,
            status: changed.status,
            reason,
            numbers,
            at: &changed.updated_at,
        };
        send(self.context, &alert);
    }
}

/// A canary as decisions take it.
pub(crate) fn canary_of<T>(
    evidence: &Evidence,
    observations: &Observations,
    guardrails: &[Guardrail],
    decide: impl FnOnce(&Canary<'_>) -> T,
) -> T {
    let canary = &evidence.experiment;
    let steps: Vec<Step> = canary
        .steps
        .iter()
        .map(|step| Step {
            min_samples: u64::try_from(step.min_samples).unwrap_or_default(),
            min_minutes: step.min_minutes,
        })
        .collect();
    decide(&Canary {
        observations,
        guardrails,
        steps: &steps,
        step: usize::try_from(canary.step).unwrap_or_default(),
        trusted_from: trusted_from(evidence),
        is_paused: canary.status == Paused,
        live: evidence.live,
        now_ms: evidence.now_ms,
        step_started_ms: evidence.step_started_ms,
        last_news_ms: evidence.last_news_ms,
    })
}
