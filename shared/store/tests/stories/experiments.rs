//! Experiments and canaries: begun, changed, ended, one at a time, and what is known of them.

use domain::{Environment, Error, Id, Kind, Role};
use futures_util::future::join_all;
use serde_json::{Map, json};
use store::Actor;
use store::experiments::{
    self, Experiment, ExperimentChange, ExperimentKind, ExperimentStatus, NewArm, NewExperiment, Step,
};

use trials::Live;

use crate::support::{client, database, id, promote, prompt, release, team, version};

use ExperimentKind::{Canary, Experiment as Trial};
use ExperimentStatus::{Active, Completed, Killed, Paused, Running, Stopped};

const PRODUCTION: Environment = Environment::Production;
const OPEN: &[ExperimentStatus] = &[Active, Paused, Killed];

/// A prompt whose first of three versions is live.
async fn live(actor: &Actor, name: &str) -> [Id; 3] {
    let database = database().await;
    prompt(&database, actor, name).await;
    let mut ids = Vec::new();
    for template in ["one", "two", "three"] {
        ids.push(version(&database, actor, name, template).await.version.id);
    }
    promote(&database, actor, name, &ids[0]).await;
    ids.try_into().unwrap()
}

async fn begin(actor: &Actor, reference: &str, versions: &[&Id]) -> Result<Experiment, Error> {
    let arms: Vec<NewArm> = versions
        .iter()
        .enumerate()
        .map(|(index, id)| NewArm { name: format!("arm {index}"), version_id: Some(id.to_string()) })
        .collect();
    let forced = Map::from_iter([("tester".to_owned(), "arm 1".into())]);
    let new = NewExperiment {
        id: &id(Kind::Experiment),
        kind: Trial,
        environment: PRODUCTION,
        name: "shorter",
        allocation_strategy: "fixed_split",
        coverage: 8_000,
        arms: &arms,
        weights: &[7_000, 3_000],
        traffic_weights: &[70.0, 30.0],
        primary_metric: Some("approval"),
        min_samples: 100,
        guardrails: &[],
        forced: &forced,
        steps: &[],
    };
    experiments::create(&database().await, actor, reference, &new).await
}

async fn begin_canary(actor: &Actor, reference: &str, version: &Id) -> Result<Experiment, Error> {
    let arms = [
        NewArm { name: "control".to_owned(), version_id: None },
        NewArm { name: "canary".to_owned(), version_id: Some(version.to_string()) },
    ];
    let step = |percent| Step { percent, min_samples: 10, min_minutes: 5 };
    let new = NewExperiment {
        id: &id(Kind::Canary),
        kind: Canary,
        environment: PRODUCTION,
        name: "",
        allocation_strategy: "fixed_split",
        coverage: 2_000,
        arms: &arms,
        weights: &[5_000, 5_000],
        traffic_weights: &[5_000.0, 5_000.0],
        primary_metric: None,
        min_samples: 0,
        guardrails: &[],
        forced: &Map::new(),
        steps: &[step(10.0), step(100.0)],
    };
    experiments::create(&database().await, actor, reference, &new).await
}

fn to(action: &'static str, status: ExperimentStatus) -> ExperimentChange<'static> {
    ExperimentChange { status: Some(status), ..ExperimentChange::new(action, Trial, OPEN) }
}

#[tokio::test]
async fn an_experiment_lives_in_the_release_and_every_change_takes_a_revision() {
    let (database, actor) = (database().await, team().await);
    let [one, two, _] = live(&actor, "p").await;
    let made = begin(&actor, "p", &[&one, &two]).await.unwrap();
    assert_eq!((made.status, made.period, made.variants.len()), (Active, 1, 2));
    assert!((made.coverage - 0.8).abs() < 1e-12 && (made.variants[1].weight - 0.3).abs() < 1e-12);
    assert_eq!(made.variants[1].version_number, Some(2));

    let load = async || release(&database, &actor, "p", PRODUCTION).await;
    let release = load().await;
    assert_eq!(release.revision, made.revision);
    let released = release.experiment.unwrap();
    assert_eq!((released.coverage, released.period, released.salt.as_str()), (8_000, 1, made.id.as_str()));
    assert_eq!(released.arms[1].weight, 3_000);
    assert_eq!(released.arms[1].version.as_ref().unwrap().version_id, two);
    assert_eq!(released.forced["tester"], "arm 1");
    let pinned = store::releases::load_version(&database, &actor.team_id, "p", "2", PRODUCTION).await;
    assert_eq!(
        pinned.unwrap().unwrap().read().unwrap().experiment,
        None,
        "a pinned version is in no experiment"
    );

    let id = made.id.as_str();
    let change =
        async |change: &ExperimentChange<'_>| experiments::change(&database, &actor, id, change).await;
    let weights = ExperimentChange {
        weights: Some(&[2_000, 8_000]),
        traffic_weights: Some(&[20.0, 80.0]),
        ..ExperimentChange::new("change", Trial, OPEN)
    };
    let reweighted = change(&weights).await.unwrap();
    assert_eq!((reweighted.period, reweighted.variants[1].weight), (2, 0.8));
    assert!(reweighted.revision > made.revision);
    assert_eq!(change(&weights).await.unwrap().revision, reweighted.revision, "nothing new changes nothing");
    let named = ExperimentChange { name: Some("longer"), ..ExperimentChange::new("change", Trial, OPEN) };
    let named = change(&named).await.unwrap();
    assert_eq!((named.period, named.name.as_str()), (2, "longer"));

    let killed = change(&to("kill", Killed)).await.unwrap();
    let release = load().await;
    assert_eq!((release.revision, release.experiment.unwrap().killed), (killed.revision, true));
    change(&to("resume", Active)).await.unwrap();
    let stop = ExperimentChange {
        winner_version_id: Some(two.as_str()),
        reason: Some("better"),
        ..to("stop", Stopped)
    };
    let stopped = change(&stop).await.unwrap();
    assert_eq!((stopped.winner_version_id.as_ref(), stopped.reason.as_deref()), (Some(&two), Some("better")));
    assert!(stopped.ended_at.is_some());
    let release = load().await;
    assert_eq!((release.revision, release.experiment), (stopped.revision, None));
    assert!(matches!(change(&to("resume", Active)).await, Err(Error::Conflict(_))));

    let actions: Vec<&str> = stopped.history.iter().map(|transition| transition.action.as_str()).collect();
    assert_eq!(actions, ["create", "change", "change", "kill", "resume", "stop"]);
    let query = store::audit::Query { resource: Some(id), ..Default::default() };
    let entries = store::audit::list(&database, &actor.team_id, &query, None, 10).await.unwrap();
    assert_eq!(entries.rows.len(), 6);
}

#[tokio::test]
async fn one_runs_at_a_time_and_a_killed_one_makes_way() {
    let (database, actor) = (database().await, team().await);
    let [one, two, three] = live(&actor, "p").await;
    let begun = join_all((0..6).map(async |_| begin(&actor, "p", &[&one, &two]).await)).await;
    let (won, lost): (Vec<_>, Vec<_>) = begun.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|refused| matches!(refused, Err(Error::Conflict(_)))), "{lost:?}");
    assert!(matches!(begin_canary(&actor, "p", &two).await, Err(Error::Conflict(_))));

    let first = won.into_iter().next().unwrap().unwrap();
    experiments::change(&database, &actor, first.id.as_str(), &to("pause", Paused)).await.unwrap();
    assert!(matches!(begin(&actor, "p", &[&one, &two]).await, Err(Error::Conflict(_))));
    experiments::change(&database, &actor, first.id.as_str(), &to("kill", Killed)).await.unwrap();
    let canary = begin_canary(&actor, "p", &three).await.unwrap();
    let first = experiments::get(&database, &actor.team_id, Trial, first.id.as_str()).await.unwrap();
    assert_eq!(first.status, Stopped);
    let release = release(&database, &actor, "p", PRODUCTION).await;
    assert_eq!((release.experiment, release.canary.unwrap().experiment_id), (None, canary.id));
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let (database, actor, stranger) = (database().await, team().await, team().await);
    let [one, two, _] = live(&actor, "p").await;
    let [foreign, ..] = live(&actor, "q").await;
    assert_eq!(begin(&actor, "missing", &[&one, &two]).await.unwrap_err(), Error::NotFound("prompt"));
    assert_eq!(begin(&stranger, "p", &[&one, &two]).await.unwrap_err(), Error::NotFound("prompt"));
    assert_eq!(begin(&actor, "p", &[&one, &foreign]).await.unwrap_err(), Error::NotFound("version"));
    assert!(matches!(begin_canary(&actor, "p", &one).await, Err(Error::Conflict(_))), "it is live already");
    prompt(&database, &actor, "empty").await;
    let unpromoted = version(&database, &actor, "empty", "one").await.version.id;
    assert!(matches!(begin_canary(&actor, "empty", &unpromoted).await, Err(Error::Conflict(_))));

    let made = begin(&actor, "p", &[&one, &two]).await.unwrap();
    let id = made.id.as_str();
    let team_id = &stranger.team_id;
    assert_eq!(experiments::get(&database, team_id, Trial, id).await, Err(Error::NotFound("experiment")));
    assert_eq!(experiments::get(&database, &actor.team_id, Canary, id).await, Err(Error::NotFound("canary")));
    let stolen = experiments::change(&database, &stranger, id, &to("kill", Killed)).await;
    assert_eq!(stolen, Err(Error::NotFound("experiment")));
    assert_eq!(experiments::evidence(&database, team_id, id).await, Ok(None));
    assert_eq!(experiments::due(&database, Some(team_id)).await, Ok(Vec::new()));
    let listed = experiments::list(&database, team_id, Trial, &experiments::Query::default(), None, 10).await;
    assert_eq!(listed.unwrap().rows, Vec::new());
    let foreign_winner =
        ExperimentChange { winner_version_id: Some(foreign.as_str()), ..to("stop", Stopped) };
    let refused = experiments::change(&database, &actor, id, &foreign_winner).await;
    assert!(matches!(refused, Err(Error::Conflict(_))));

    store::prompts::archive(&database, &actor, "q").await.unwrap();
    assert!(matches!(begin(&actor, "q", &[&foreign, &foreign]).await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn two_schedules_move_a_canary_once() {
    let (database, actor) = (database().await, team().await);
    let [_, two, _] = live(&actor, "p").await;
    let canary = begin_canary(&actor, "p", &two).await.unwrap();
    assert_eq!((canary.status, canary.step, canary.history[0].action.as_str()), (Running, 0, "create"));
    let due = experiments::due(&database, None).await.unwrap();
    assert!(due.iter().any(|due| due.id == canary.id && due.team_id == actor.team_id));

    let numbers = json!({"samples": 12});
    let advance = ExperimentChange {
        expected_step: Some(0),
        expected_period: Some(1),
        step: Some(1),
        coverage: Some(10_000),
        weights: Some(&[0, 10_000]),
        reason: Some("passed"),
        numbers: Some(&numbers),
        ..ExperimentChange::new("advance", Canary, &[Running])
    };
    let both = join_all((0..4).map(async |_| {
        let database = crate::support::database().await;
        experiments::change_by_schedule(&database, &actor.team_id, &canary.id, &advance).await
    }))
    .await;
    assert_eq!(both.iter().filter(|moved| moved.is_ok()).count(), 1, "{both:?}");
    let moved = experiments::get(&database, &actor.team_id, Canary, canary.id.as_str()).await.unwrap();
    assert_eq!((moved.step, moved.period, moved.history.len()), (1, 2, 2));
    let last = moved.history.last().unwrap();
    assert_eq!((last.numbers.as_ref(), last.user_id.as_ref()), (Some(&numbers), None));

    let complete =
        ExperimentChange { status: Some(Completed), ..ExperimentChange::new("complete", Canary, &[Running]) };
    experiments::change_by_schedule(&database, &actor.team_id, &canary.id, &complete).await.unwrap();
    assert_eq!(experiments::due(&database, Some(&actor.team_id)).await, Ok(Vec::new()));
    let by = store::audit::Query {
        resource: Some(canary.id.as_str()),
        actor: Some("schedule"),
        ..Default::default()
    };
    let entries = store::audit::list(&database, &actor.team_id, &by, None, 10).await.unwrap().rows;
    let entries: Vec<_> = entries.iter().map(|entry| (entry.action.as_str(), &entry.user_id)).collect();
    assert_eq!(entries, [("canary.complete", &None), ("canary.advance", &None)]);
}

/// The pointer moves on before, during and after a canary; what it was compared with stays on record.
#[tokio::test]
async fn a_canary_remembers_what_it_was_compared_with() {
    let (database, actor) = (database().await, team().await);
    let [one, two, three] = live(&actor, "p").await;
    let shown = async |canary: &Id| {
        let canary = experiments::get(&database, &actor.team_id, Canary, canary.as_str()).await.unwrap();
        let history: Vec<_> =
            canary.history.iter().map(|transition| transition.control_version_number.unwrap()).collect();
        (canary.variants[0].version_id.clone().unwrap(), history)
    };
    let change = async |canary: &Id, action, status| {
        let change = ExperimentChange {
            status: Some(status),
            ..ExperimentChange::new(action, Canary, &[Running, Paused])
        };
        experiments::change(&database, &actor, canary.as_str(), &change).await.unwrap()
    };

    let first = begin_canary(&actor, "p", &three).await.unwrap().id;
    promote(&database, &actor, "p", &two).await;
    assert_eq!(shown(&first).await, (two.clone(), vec![1]), "it follows the pointer");
    change(&first, "pause", Paused).await;
    promote(&database, &actor, "p", &three).await;
    change(&first, "complete", Completed).await;
    assert_eq!(shown(&first).await, (two.clone(), vec![1, 2, 2]), "not its own version");

    let second = begin_canary(&actor, "p", &two).await.unwrap().id;
    change(&second, "roll_back", ExperimentStatus::RolledBack).await;
    promote(&database, &actor, "p", &one).await;
    assert_eq!(shown(&second).await, (three, vec![3, 3]), "what is promoted later is nothing to it");
    assert_eq!(shown(&first).await.0, two);
}

/// Not even whoever holds the database's password changes them by a slip.
#[tokio::test]
async fn arms_periods_and_transitions_never_change() {
    let actor = team().await;
    let [one, two, _] = live(&actor, "p").await;
    let made = begin(&actor, "p", &[&one, &two]).await.unwrap();
    let client = client().await;
    for table in ["experiment_arms", "experiment_periods", "experiment_transitions"] {
        for verb in [format!("update {table} set team_id = team_id"), format!("delete from {table}")] {
            let refused =
                client.execute(&format!("{verb} where experiment_id = $1"), &[&made.id.as_str()]).await;
            let error = refused.expect_err(&verb);
            let message = error.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
            assert!(message.contains("never change"), "{verb}: {message}");
        }
    }
}

#[tokio::test]
async fn the_main_switch_is_felt_by_every_pointer_with_an_experiment() {
    let (database, actor) = (database().await, team().await);
    for name in ["p", "q"] {
        let [one, two, _] = live(&actor, name).await;
        begin(&actor, name, &[&one, &two]).await.unwrap();
    }
    live(&actor, "r").await;
    let revision = async |name: &str| {
        let release = release(&database, &actor, name, PRODUCTION).await;
        (release.revision, release.killed)
    };
    let (before, untouched) = (revision("q").await, revision("r").await);
    let state = experiments::switch_state(&database, &actor.team_id).await.unwrap();
    assert_eq!((state.killed, state.changed_at, state.experiments), (false, None, 2));
    let switched = experiments::switch(&database, &actor, true, Some("an incident")).await.unwrap();
    assert_eq!((switched.killed, switched.changed, switched.places.len()), (true, true, 2));
    let after = revision("q").await;
    assert!(after.0 > before.0 && after.1);
    assert_eq!(revision("r").await.0, untouched.0);
    let state = experiments::switch_state(&database, &actor.team_id).await.unwrap();
    assert_eq!((state.killed, state.reason.as_deref()), (true, Some("an incident")));
    assert_eq!(state.changed_by, Some(actor.user_id.clone()));
    let again = experiments::switch(&database, &actor, true, None).await.unwrap();
    assert_eq!((again.changed, again.places.len()), (false, 0));
    let back = experiments::switch(&database, &actor, false, None).await.unwrap();
    assert_eq!((back.killed, back.places.len()), (false, 2));
    assert!(!revision("p").await.1);
}

/// Whom ramps and bandits move on purpose, stays where they were first; who meets two arms at once, counts nowhere.
#[tokio::test]
async fn evidence_counts_a_unit_where_it_was_first() {
    let (database, actor) = (database().await, team().await);
    let [one, two, _] = live(&actor, "p").await;
    let made = begin(&actor, "p", &[&one, &two]).await.unwrap();
    let reweigh =
        ExperimentChange { weights: Some(&[5_000, 5_000]), ..ExperimentChange::new("change", Trial, OPEN) };
    experiments::change(&database, &actor, made.id.as_str(), &reweigh).await.unwrap();
    let now_ms = platform::time::now_ms();
    let exposure = |unit: &str, variant: &str, period: i64| {
        json!({
            "type": "exposure", "id": id(Kind::Event), "team_id": actor.team_id, "at_ms": now_ms + i64::from(variant == "arm 1"),
            "experiment_id": made.id, "variant": variant, "period": period, "unit": unit, "prompt_id": made.prompt_id,
            "environment": "production", "request_id": "r",
        })
    };
    let approval = |unit: &str, variant: &str, approval: f64| {
        json!({
            "type": "feedback", "id": id(Kind::Event), "team_id": actor.team_id, "at_ms": now_ms,
            "experiment_id": made.id, "variant": variant, "unit": unit, "approval": approval,
        })
    };
    let events = json!([
        exposure("stays", "arm 0", 1),
        approval("stays", "arm 0", 1.0),
        approval("stays", "arm 0", 0.0),
        exposure("moved", "arm 0", 1),
        approval("moved", "arm 0", 1.0),
        exposure("moved", "arm 1", 2),
        approval("moved", "arm 1", 0.0),
        exposure("twice", "arm 0", 1),
        exposure("twice", "arm 1", 1),
        approval("twice", "arm 0", 1.0),
        exposure("later", "arm 1", 2),
        approval("later", "arm 1", 1.0),
    ]);
    let ingested = client().await;
    ingested
        .query("select ingest_events($1::text::jsonb)", &[&events.to_string()])
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));

    let evidence = experiments::evidence(&database, &actor.team_id, made.id.as_str()).await.unwrap().unwrap();
    let mut totals: Vec<_> = evidence
        .totals
        .iter()
        .map(|total| (total.period, total.variant.as_str(), total.exposures, total.in_two_arms))
        .collect();
    totals.sort_unstable();
    assert_eq!(totals, [(1, "arm 0", 3, 1), (2, "arm 1", 1, 0)]);
    let mut metrics: Vec<_> = evidence
        .metrics
        .iter()
        .filter(|row| row.metric == "approval")
        .map(|row| (row.period, row.units, row.total, row.total_squares))
        .collect();
    metrics.sort_by_key(|row| row.0);
    // ½ and 1 in the first period.
    assert_eq!(metrics, [(1, 2, 1.5, 1.25), (2, 1, 1.0, 1.0)]);
    assert_eq!((evidence.periods.len(), evidence.periods[1].weights.as_slice()), (2, &[5_000, 5_000][..]));

    let last_event_at =
        experiments::get(&database, &actor.team_id, Trial, made.id.as_str()).await.unwrap().last_event_at;
    assert!(last_event_at.is_some() && evidence.last_news_ms >= now_ms, "{last_event_at:?}");
    assert!(evidence.experiment.history.is_empty(), "a schedule needs none, and it may be long");
}

/// Counts the events of a team's experiment.
async fn ingest(events: &[serde_json::Value]) {
    let events = json!(events).to_string();
    let client = client().await;
    client
        .query("select ingest_events($1::text::jsonb)", &[&events])
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
}

/// An event of a unit, so many seconds after the story began.
struct Story<'a> {
    actor: &'a Actor,
    experiment: &'a Id,
    began_ms: i64,
}

impl Story<'_> {
    fn event(&self, kind: &str, unit: &str, variant: &str, second: i64) -> serde_json::Value {
        json!({
            "type": kind, "id": id(Kind::Event), "team_id": self.actor.team_id, "at_ms": self.began_ms + 1_000 * second,
            "experiment_id": self.experiment, "variant": variant, "unit": unit,
        })
    }

    fn met(&self, unit: &str, variant: &str, period: i64, second: i64) -> serde_json::Value {
        let mut event = self.event("exposure", unit, variant, second);
        event["period"] = json!(period);
        event
    }

    fn rated(&self, unit: &str, variant: &str, second: i64, approval: f64) -> serde_json::Value {
        let mut event = self.event("feedback", unit, variant, second);
        event["approval"] = json!(approval);
        event
    }

    /// Units with an approval and the sum of their means, by arm.
    async fn approvals(&self) -> Vec<(String, u64, f64)> {
        let database = database().await;
        let evidence = experiments::evidence(&database, &self.actor.team_id, self.experiment.as_str()).await;
        let rows = evidence.unwrap().unwrap().metrics.into_iter().filter(|row| row.metric == "approval");
        let mut rows: Vec<_> = rows.map(|row| (row.variant, row.units, row.total)).collect();
        rows.sort_by(|left, right| left.0.cmp(&right.0));
        rows
    }
}

/// A ramp: at one percent nearly everybody is outside, gets the control, and rates it under its name. Whom the next step
/// takes in brings none of that along, into whichever arm.
#[tokio::test]
async fn what_was_said_outside_a_canary_counts_for_nobody_who_enters_it() {
    let (database, actor) = (database().await, team().await);
    let [_, two, _] = live(&actor, "p").await;
    let canary = begin_canary(&actor, "p", &two).await.unwrap();
    let story =
        Story { actor: &actor, experiment: &canary.id, began_ms: platform::time::now_ms() - 7_200_000 };
    let outside: Vec<String> = (0..50).map(|number| format!("user-{number}")).collect();
    ingest(&outside.iter().map(|unit| story.rated(unit, "control", 0, 1.0)).collect::<Vec<_>>()).await;

    let step = ExperimentChange {
        coverage: Some(4_000),
        step: Some(1),
        ..ExperimentChange::new("advance", Canary, &[Running])
    };
    experiments::change(&database, &actor, canary.id.as_str(), &step).await.unwrap();
    let arm = |index: usize| if index.is_multiple_of(2) { "control" } else { "canary" };
    let mut events = Vec::new();
    for (index, unit) in outside.iter().enumerate() {
        events.push(story.met(unit, arm(index), 2, 3_600));
    }
    // In the same batch, as after a drain that was down: what was said before still is.
    events.push(story.rated("user-0", "control", 60, 1.0));
    ingest(&events).await;
    assert_eq!(story.approvals().await, [], "nobody has said anything of an arm yet");

    let bad: Vec<_> =
        outside.iter().enumerate().map(|(index, unit)| story.rated(unit, arm(index), 3_601, 0.0)).collect();
    ingest(&bad).await;
    let expected = [("canary".to_owned(), 25, 0.0), ("control".to_owned(), 25, 0.0)];
    assert_eq!(story.approvals().await, expected);
    // A late one of the time outside.
    ingest(&[story.rated("user-2", "control", 1_800, 1.0)]).await;
    assert_eq!(story.approvals().await, expected);
}

/// Events overtake one another: what is of the same moment as the exposure waits for it.
#[tokio::test]
async fn a_value_that_overtakes_its_exposure_counts() {
    let actor = team().await;
    let [one, two, _] = live(&actor, "p").await;
    let made = begin(&actor, "p", &[&one, &two]).await.unwrap();
    let story = Story { actor: &actor, experiment: &made.id, began_ms: platform::time::now_ms() - 60_000 };
    let replaced = |second: i64, from: f64, to: f64| {
        let mut event = story.rated("early", "arm 1", second, to);
        event["replaces"] = json!({"approval": from, "at_ms": story.began_ms});
        event
    };
    ingest(&[story.rated("early", "arm 1", 0, 1.0), story.rated("early", "arm 0", 0, 1.0)]).await;
    assert_eq!(story.approvals().await, []);
    ingest(&[story.met("early", "arm 1", 1, 2)]).await;
    assert_eq!(story.approvals().await, [("arm 1".to_owned(), 1, 1.0)]);
    ingest(&[replaced(5, 1.0, 0.0)]).await;
    assert_eq!(story.approvals().await, [("arm 1".to_owned(), 1, 0.0)]);

    // What was not counted is not taken back.
    let story = Story { began_ms: story.began_ms - 3_600_000, ..story };
    let mut changed = story.rated("late", "arm 0", 3_610, 0.0);
    changed["replaces"] = json!({"approval": 1.0, "at_ms": story.began_ms});
    ingest(&[story.rated("late", "arm 0", 0, 1.0), story.met("late", "arm 0", 1, 3_600), changed]).await;
    assert_eq!(story.approvals().await[0], ("arm 0".to_owned(), 1, 0.0));
    let client = client().await;
    let waiting = "select count(*) from experiment_waiting where team_id = $1";
    let row = client.query_one(waiting, &[&actor.team_id.as_str()]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
}

/// A split that breaks later breaks for those who come back as well.
#[tokio::test]
async fn a_second_arm_is_a_defect_in_whichever_period() {
    let (database, actor) = (database().await, team().await);
    let [one, two, _] = live(&actor, "p").await;
    let made = begin(&actor, "p", &[&one, &two]).await.unwrap();
    let story = Story { actor: &actor, experiment: &made.id, began_ms: platform::time::now_ms() - 60_000 };
    ingest(&[story.met("back", "arm 0", 1, 0), story.met("moved", "arm 0", 1, 0)]).await;
    ingest(&[story.met("back", "arm 1", 2, 10), story.met("moved", "arm 1", 2, 10)]).await;
    let mixed = async || {
        let evidence = experiments::evidence(&database, &actor.team_id, made.id.as_str()).await.unwrap();
        evidence.unwrap().totals.iter().map(|total| total.in_two_arms).sum::<u64>()
    };
    assert_eq!(mixed().await, 0, "weights have moved them");
    ingest(&[story.met("moved", "arm 1", 2, 15), story.met("moved", "arm 0", 1, 5)]).await;
    assert_eq!(mixed().await, 0);
    ingest(&[story.met("back", "arm 0", 2, 20)]).await;
    assert_eq!(mixed().await, 1);
    ingest(&[story.met("moved", "arm 0", 3, 30), story.met("moved", "arm 1", 3, 31)]).await;
    assert_eq!(mixed().await, 2);
}

/// What was decided before somebody moved the pointer is not done after it.
#[tokio::test]
async fn a_decision_is_of_what_was_live_then() {
    let (database, actor) = (database().await, team().await);
    let [_, two, three] = live(&actor, "p").await;
    let canary = begin_canary(&actor, "p", &two).await.unwrap();
    let evidence =
        async || experiments::evidence(&database, &actor.team_id, canary.id.as_str()).await.unwrap().unwrap();
    let before = evidence().await;
    assert_eq!((before.live, before.creator_role), (Live::Control, Some(Role::Admin)));
    promote(&database, &actor, "p", &three).await;
    assert_eq!(evidence().await.live, Live::Other);
    let decided = ExperimentChange {
        expected_pointer_revision: Some(before.experiment.pointer_revision),
        status: Some(ExperimentStatus::RolledBack),
        ..ExperimentChange::new("roll_back", Canary, &[Running])
    };
    let late = experiments::change_by_schedule(&database, &actor.team_id, &canary.id, &decided).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");

    // Who resumes it goes on against what is live now.
    let set = async |action, status| {
        let change = ExperimentChange {
            status: Some(status),
            opens_period: status == Running,
            ..ExperimentChange::new(action, Canary, &[Running, Paused])
        };
        experiments::change(&database, &actor, canary.id.as_str(), &change).await.unwrap()
    };
    let begun = set("pause", Paused).await.step_started_at;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let resumed = set("resume", Running).await;
    assert!(resumed.step_started_at > begun, "a step that was paused begins anew");
    for killed in [true, false] {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        experiments::switch(&database, &actor, killed, None).await.unwrap();
    }
    let back = experiments::get(&database, &actor.team_id, Canary, canary.id.as_str()).await.unwrap();
    assert!(back.step_started_at > resumed.step_started_at, "and so does one that was switched off");
    let after = evidence().await;
    assert_eq!((after.live, after.trusted_from), (Live::Control, 2));
    promote(&database, &actor, "p", &two).await;
    assert_eq!(evidence().await.live, Live::Canary);

    store::keys::revoke(&database, &actor, actor.key_id.as_str()).await.unwrap();
    assert_eq!(evidence().await.creator_role, None);
}

/// History has what a person changed, and what was known then.
#[tokio::test]
async fn history_says_what_a_person_changed() {
    let (database, actor) = (database().await, team().await);
    let [one, two, _] = live(&actor, "p").await;
    let made = begin(&actor, "p", &[&one, &two]).await.unwrap();
    let story = Story { actor: &actor, experiment: &made.id, began_ms: platform::time::now_ms() };
    ingest(&[story.met("u", "arm 1", 1, 0)]).await;
    let forced =
        Map::from_iter([("tester".to_owned(), "arm 1".into()), ("other".to_owned(), "arm 0".into())]);
    let guardrails =
        [experiments::GuardrailRow { metric: "latency_ms".to_owned(), max_relative_regression: 0.1 }];
    let change = ExperimentChange {
        guardrails: Some(&guardrails),
        forced: Some(&forced),
        coverage: Some(9_000),
        ..ExperimentChange::new("change", Trial, OPEN)
    };
    let changed = experiments::change(&database, &actor, made.id.as_str(), &change).await.unwrap();
    let numbers: Vec<_> =
        changed.history.iter().map(|transition| transition.numbers.clone().unwrap()).collect();
    assert_eq!(numbers[0], json!({"exposures": [0, 0], "weights": [7_000, 3_000], "coverage": 0.8}));
    let differences = json!({
        "guardrails": {"from": [], "to": guardrails}, "forced": {"from": {}, "to": {"other": "arm 0"}},
        "coverage": {"from": 0.8, "to": 0.9},
    });
    assert_eq!((&numbers[1]["exposures"], &numbers[1]["changes"]), (&json!([0, 1]), &differences));

    let alarm = ExperimentChange { once_in_period: true, ..ExperimentChange::new("alarm", Trial, &[Active]) };
    let alarmed = async || experiments::change_by_schedule(&database, &actor.team_id, &made.id, &alarm).await;
    assert_eq!(alarmed().await.unwrap().history.last().unwrap().action, "alarm");
    assert!(matches!(alarmed().await, Err(Error::Conflict(_))), "once in a period");
    let evidence = experiments::evidence(&database, &actor.team_id, made.id.as_str()).await.unwrap().unwrap();
    assert!(evidence.is_alarmed);
}

/// So results cost the same at any number of events.
#[tokio::test]
async fn evidence_is_read_from_sums_alone() {
    let statement = include_str!("../../src/experiments/evidence.sql");
    let explained = statement.replace("$1", "'team'").replace("$2", "'experiment'");
    let rows = client().await.query(&format!("explain (costs off) {explained}"), &[]).await.unwrap();
    let plan: String = rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect();
    assert!(plan.contains("experiment_metrics") && plan.contains("experiment_totals"), "{plan}");
    for table in ["experiment_units", "inferences", "feedback", "event_ids", "rollups"] {
        assert!(!plan.contains(table), "{plan}");
    }
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let (database, actor) = (database().await, team().await);
    for name in ["p", "q", "r"] {
        let [one, two, _] = live(&actor, name).await;
        begin(&actor, name, &[&one, &two]).await.unwrap();
    }
    let list = async |query: &experiments::Query<'_>, after: Option<&store::Position>, limit| {
        experiments::list(&database, &actor.team_id, Trial, query, after, limit).await.unwrap()
    };
    let all = experiments::Query::default();
    let first = list(&all, None, 2).await;
    let rest = list(&all, first.next.as_ref(), 2).await;
    let names: Vec<&str> = first.rows.iter().chain(&rest.rows).map(|row| row.prompt_name.as_str()).collect();
    assert_eq!((names, rest.next), (vec!["r", "q", "p"], None));
    let of_q = experiments::Query { prompt: Some("q"), ..all };
    assert_eq!(list(&of_q, None, 10).await.rows.len(), 1);
    let stopped = experiments::Query { status: Some("stopped"), ..all };
    assert_eq!(list(&stopped, None, 10).await.rows.len(), 0);
}
