//! The arms of the experiment or canary that runs on a prompt, made ready once for each release.

use assignment::{Arm, Definition, Experiment, Reason, assign};
use domain::Id;
use store::releases::{Release, ReleasedExperiment};

use crate::Assignment;
use crate::prepared::{Live, Prepared};

/// Who gets what.
#[derive(Debug)]
pub(crate) struct Arms {
    pub(crate) experiment_id: Id,
    pub(crate) period: i64,
    is_canary: bool,
    definition: Experiment,
    /// By arm; none is what the pointer says.
    versions: Vec<Option<Live>>,
}

/// What a caller is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// None is what the pointer says, without any experiment.
    pub(crate) arm: Option<usize>,
    pub(crate) assignment: Assignment,
    /// Whether chance decided.
    pub(crate) is_randomised: bool,
}

impl Choice {
    pub(crate) fn without_experiment(assignment: Assignment) -> Self {
        Self { arm: None, assignment, is_randomised: false }
    }
}

impl Arms {
    /// Takes the experiment out of the release, or the canary: there is one at most. One that cannot assign (its
    /// writer has checked that it can) is no reason not to answer.
    pub(crate) fn take(release: &mut Release) -> Result<Option<Self>, serde_json::Error> {
        let is_canary = release.experiment.is_none();
        let Some(mut experiment) = release.experiment.take().or_else(|| release.canary.take()) else {
            return Ok(None);
        };
        let versions = experiment.arms.iter_mut().map(|arm| arm.version.take());
        let versions = versions.map(|version| version.map(|version| Live::new(release, version)).transpose());
        let versions = versions.collect::<Result<Vec<_>, _>>()?;
        let experiment_id = experiment.experiment_id.clone();
        let period = experiment.period;
        let definition = match Experiment::new(definition(experiment, release.killed, is_canary)) {
            Ok(definition) => definition,
            Err(error) => {
                platform::error!(
                    "an experiment cannot assign",
                    experiment_id = experiment_id,
                    error = error.to_string()
                );
                return Ok(None);
            }
        };
        Ok(Some(Self { experiment_id, period, is_canary, definition, versions }))
    }

    /// The arm of a unit; empty is nobody in particular.
    pub(crate) fn choose(&self, unit: &str) -> Choice {
        let assigned = assign(&self.definition, unit);
        let assignment = match assigned.reason {
            Reason::Killed => Assignment::Killed,
            Reason::Forced => Assignment::Forced,
            Reason::NotIncluded | Reason::NoUnit => Assignment::Control,
            Reason::Assigned if !self.is_canary => Assignment::Experiment,
            Reason::Assigned if assigned.arm == assignment::CONTROL => Assignment::Control,
            Reason::Assigned => Assignment::Canary,
        };
        Choice { arm: Some(assigned.arm), assignment, is_randomised: assigned.is_randomised() }
    }

    pub(crate) fn name(&self, arm: usize) -> Option<&str> {
        self.definition.arms().get(arm).map(|arm| arm.key.as_str())
    }
}

impl Prepared {
    /// What an arm serves; without one, what the pointer says.
    pub(crate) fn served(&self, arm: Option<usize>) -> Option<&Live> {
        let of_arm = arm.and_then(|arm| self.arms.as_ref()?.versions.get(arm)?.as_ref());
        of_arm.or(self.live.as_ref())
    }
}

/// A paused experiment covers nobody; a paused canary stays as it is, so that nobody is sent back.
fn definition(experiment: ReleasedExperiment, all_killed: bool, is_canary: bool) -> Definition {
    Definition {
        salt: experiment.salt,
        coverage_bp: if experiment.paused && !is_canary { 0 } else { experiment.coverage },
        arms: experiment.arms.into_iter().map(|arm| Arm::new(arm.name, arm.weight)).collect(),
        forced: experiment.forced,
        killed: experiment.killed || all_killed,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Map, Value, json};

    use super::*;
    use crate::{Chosen, Request, bind};

    const VERSIONS: [&str; 3] = [
        "ver_01h2xcejqtf2nbrexx3vqjhp41",
        "ver_01h2xcejqtf2nbrexx3vqjhp42",
        "ver_01h2xcejqtf2nbrexx3vqjhp43",
    ];

    fn version(number: usize) -> Value {
        json!({
            "version_id": VERSIONS[number], "version_number": number, "content_hash": "c0ffee", "variables": [],
            "type": "text", "template_text": format!("text {number}"), "messages": null, "system_prompt": null,
            "few_shot_examples": [], "model_id": "offline", "temperature": null, "max_tokens": null, "config": {},
        })
    }

    fn experiment(more: &Value) -> Value {
        let mut experiment = json!({
            "experiment_id": "exp_01h2xcejqtf2nbrexx3vqjhp41", "salt": "s", "coverage": 10_000, "period": 4,
            "arms": [
                {"name": "control", "weight": 5_000, "version": version(1)},
                {"name": "shorter", "weight": 5_000, "version": version(2)},
            ],
        });
        experiment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        experiment
    }

    fn prepared(place: &str, experiment: &Value, killed: bool) -> Arc<Prepared> {
        let mut document = json!({
            "prompt_id": "prm_01h2xcejqtf2nbrexx3vqjhp41", "name": "p", "environment": "production",
            "revision": 7, "archived": false, "version": version(0), "killed": killed,
        });
        document[place] = experiment.clone();
        Arc::new(Prepared::parse(&document.to_string()).unwrap().0)
    }

    fn ask(prepared: &Arc<Prepared>, user_id: Option<&str>) -> (Chosen, Value) {
        let none = Map::new();
        let bound = bind(prepared, &Request { user_id, variables: (&none).into() }).unwrap();
        let answer = serde_json::from_slice(&bound.to_json()).unwrap();
        (bound.chosen, answer)
    }

    #[track_caller]
    fn check((chosen, answer): &(Chosen, Value), expected: (&str, Option<&str>, i64), is_tracked: bool) {
        let found = (
            answer["assignment"].as_str().unwrap(),
            answer["variant"].as_str(),
            answer["version_number"].as_i64().unwrap(),
        );
        assert_eq!(found, expected);
        assert_eq!(answer["resolved_text"], format!("text {}", expected.2));
        assert_eq!(answer["experiment_id"].is_string(), expected.1.is_some());
        assert_eq!(chosen.tracked().is_some(), is_tracked);
    }

    #[test]
    fn an_experiment_splits_and_only_chance_is_tracked() {
        let prepared = prepared("experiment", &experiment(&json!({"forced": {"tester": "shorter"}})), false);
        let mut seen = [0, 0];
        for number in 0..200 {
            let unit = format!("user-{number}");
            let asked = ask(&prepared, Some(&unit));
            let arm = asked.0.arm.unwrap();
            seen[arm] += 1;
            check(&asked, ("experiment", Some(["control", "shorter"][arm]), [1, 2][arm]), true);
            let tracked = asked.0.tracked().unwrap();
            assert_eq!((tracked.unit, tracked.period), (unit.as_str(), 4));
            assert_eq!(ask(&prepared, Some(&unit)).0.arm, Some(arm));
        }
        assert!(seen[0] > 60 && seen[1] > 60, "{seen:?}");
        check(&ask(&prepared, None), ("control", Some("control"), 1), false);
        check(&ask(&prepared, Some("")), ("control", Some("control"), 1), false);
        check(&ask(&prepared, Some("tester")), ("forced", Some("shorter"), 2), false);
    }

    #[test]
    fn killed_paused_and_uncovered_units_get_the_control() {
        let killed = ("killed", Some("control"), 1);
        let control = ("control", Some("control"), 1);
        for (more, all_killed, expected) in [
            (json!({"killed": true}), false, killed),
            (json!({}), true, killed),
            (json!({"paused": true}), false, control),
            (json!({"coverage": 0}), false, control),
        ] {
            let prepared = prepared("experiment", &experiment(&more), all_killed);
            for number in 0..20 {
                check(&ask(&prepared, Some(&format!("user-{number}"))), expected, false);
            }
        }
    }

    #[test]
    fn a_canary_s_control_is_what_the_pointer_says() {
        let arms = json!([
            {"name": "control", "weight": 5_000, "version": null},
            {"name": "canary", "weight": 5_000, "version": version(2)},
        ]);
        let canary = experiment(&json!({"arms": arms, "coverage": 2_000}));
        let running = prepared("canary", &canary, false);
        let paused =
            prepared("canary", &experiment(&json!({"arms": arms, "coverage": 2_000, "paused": true})), false);
        let (mut in_canary, mut compared) = (0, 0);
        for number in 0..2_000 {
            let unit = format!("user-{number}");
            let asked = ask(&running, Some(&unit));
            let is_tracked = asked.0.tracked().is_some();
            if asked.0.assignment == Assignment::Canary {
                in_canary += 1;
                check(&asked, ("canary", Some("canary"), 2), true);
            } else {
                compared += i32::from(is_tracked);
                check(&asked, ("control", Some("control"), 0), is_tracked);
            }
            assert_eq!(ask(&paused, Some(&unit)).0.arm, asked.0.arm, "a pause sends nobody back");
        }
        // One in ten each: within five standard deviations.
        assert!(
            (133..=267).contains(&in_canary) && (133..=267).contains(&compared),
            "{in_canary} {compared}"
        );
    }

    #[test]
    fn a_pinned_version_is_in_no_experiment() {
        let mut document = json!({
            "prompt_id": "prm_01h2xcejqtf2nbrexx3vqjhp41", "name": "p", "environment": "production",
            "revision": 7, "archived": false, "version": version(0), "pinned": true,
        });
        document["experiment"] = experiment(&json!({}));
        let prepared = Arc::new(Prepared::parse(&document.to_string()).unwrap().0);
        check(&ask(&prepared, Some("user-1")), ("pinned", None, 0), false);
    }

    #[test]
    fn an_experiment_that_cannot_assign_leaves_the_pointer() {
        let prepared = prepared("experiment", &experiment(&json!({"coverage": 10_001})), false);
        check(&ask(&prepared, Some("u")), ("pointer", None, 0), false);
    }
}
