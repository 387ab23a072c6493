//! From the first unit to the winner.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Stage, act, count};
use crate::arrange::{member, text, with};
use crate::client::{PROPAGATION, Team, within};
use crate::routes::Role;

#[tokio::test]
async fn an_experiment_splits_users_and_keeps_them() {
    let stage = Stage::new().await;
    let made = stage.team.admin.post(&stage.path(), stage.body()).await.expect(201);
    assert!(member(&made, "experiment_id").starts_with("exp_"));
    assert_eq!((&made["status"], &made["environment"]), (&json!("active"), &json!("production")));
    within(PROPAGATION, "the experiment", async || {
        stage.resolve_one("?user_id=first").await["assignment"] == "experiment"
    })
    .await;

    let first = stage.resolve(0..400).await;
    let shorter = count(&first, "variant", "shorter");
    // Half of 400, within five standard deviations.
    assert!((150..=250).contains(&shorter), "{shorter}");
    assert_eq!(count(&first, "variant", "control") + shorter, 400);
    for answer in &first {
        let expected = if answer["variant"] == "shorter" {
            ("Two", &stage.versions[1])
        } else {
            ("One", &stage.versions[0])
        };
        assert_eq!(
            (&answer["resolved_text"], &answer["version_id"]),
            (&json!(expected.0), &json!(expected.1))
        );
        assert_eq!(
            (&answer["assignment"], &answer["experiment_id"]),
            (&json!("experiment"), &made["experiment_id"])
        );
    }
    let variants =
        |answers: &[Value]| answers.iter().map(|answer| answer["variant"].clone()).collect::<Vec<_>>();
    assert_eq!(variants(&stage.resolve(0..400).await), variants(&first));

    let nobody = stage.resolve_one("").await;
    assert_eq!((&nobody["assignment"], &nobody["resolved_text"]), (&json!("control"), &json!("One")));
    let pinned = stage.resolve_one("?user_id=first&version=2").await;
    assert_eq!((&pinned["assignment"], &pinned["experiment_id"]), (&json!("pinned"), &Value::Null));
    let nothing_said = stage.resolve_one("?env=&user_id=first&variables=&version=&strict=").await;
    assert_eq!(nothing_said["assignment"], "experiment", "an empty version is none");
    let body = json!({"user_id": "first", "version": "", "environment": ""});
    let posted = stage.team.admin.post(&format!("/api/resolve/{}", stage.prompt), body.clone()).await;
    assert_eq!(posted.expect(200), nothing_said);
    let batch = json!({"requests": [with(body, &json!({"prompt": stage.prompt}))]});
    let batch = stage.team.admin.post("/api/resolve", batch).await.expect(200);
    assert_eq!(batch["results"][0], nothing_said);
    let elsewhere = stage.team.admin.get(&format!("/api/resolve/{}?env=staging", stage.prompt)).await;
    assert_eq!(elsewhere.status, 404, "staging has nothing live and no experiment");
}

#[tokio::test]
async fn killed_paused_and_resumed_show_within_five_seconds() {
    let stage = Stage::new().await;
    let body = with(stage.body(), &json!({"forced": {"tester": "shorter"}}));
    let path = stage.begin(body).await;
    let until_served = async |assignment: &str| {
        let what = assignment.to_owned();
        within(PROPAGATION, &what, async || {
            stage.resolve_one("?user_id=u").await["assignment"] == assignment
        })
        .await;
    };
    until_served("experiment").await;
    let forced = stage.resolve_one("?user_id=tester").await;
    assert_eq!((&forced["assignment"], &forced["variant"]), (&json!("forced"), &json!("shorter")));

    assert_eq!(act(&stage.team.admin, &path, "kill").await["status"], "killed");
    until_served("killed").await;
    let killed = stage.resolve(0..50).await;
    assert_eq!((count(&killed, "assignment", "killed"), count(&killed, "resolved_text", "One")), (50, 50));
    assert_eq!(act(&stage.team.admin, &path, "kill").await["status"], "killed", "twice is once");
    assert_eq!(act(&stage.team.admin, &path, "resume").await["status"], "active");
    until_served("experiment").await;
    assert_eq!(act(&stage.team.admin, &path, "pause").await["status"], "paused");
    until_served("control").await;
    assert_eq!(count(&stage.resolve(0..50).await, "resolved_text", "One"), 50);
    act(&stage.team.admin, &path, "resume").await;
    until_served("experiment").await;

    let shown = stage.team.admin.get(&path).await.expect(200);
    let story: Vec<&str> =
        shown["history"].as_array().unwrap().iter().map(|row| member(row, "action")).collect();
    assert_eq!(story, ["create", "kill", "resume", "pause", "resume"]);
}

#[tokio::test]
async fn the_main_switch_sends_everybody_to_control_and_back() {
    let stage = Stage::new().await;
    let path = stage.begin(stage.body()).await;
    let assignment = async || stage.resolve_one("?user_id=u").await["assignment"].clone();
    within(PROPAGATION, "the experiment", async || assignment().await == "experiment").await;
    let editor = stage.team.client(Role::Editor).await;
    let seen = async || editor.get("/api/experiments/main-switch").await.expect(200);
    let untouched =
        json!({"killed": false, "reason": null, "changed_at": null, "changed_by": null, "experiments": 1});
    assert_eq!(seen().await, untouched);
    editor.post("/api/experiments/kill-all", json!({})).await.problem(403, "forbidden");
    let publisher = stage.team.client(Role::Publisher).await;
    let switched =
        publisher.post("/api/experiments/kill-all", json!({"reason": "an incident"})).await.expect(200);
    assert_eq!((&switched["killed"], &switched["experiments"]), (&json!(true), &json!(1)));
    within(PROPAGATION, "the switch", async || assignment().await == "killed").await;
    assert_eq!(stage.team.admin.get(&path).await.expect(200)["all_killed"], true);
    let off = seen().await;
    assert_eq!(
        (&off["killed"], &off["reason"], &off["experiments"]),
        (&json!(true), &json!("an incident"), &json!(1))
    );
    assert!(member(&off, "changed_by").starts_with("usr_") && off["changed_at"].is_string(), "{off}");
    let stranger = Team::new().await;
    let theirs = stranger.admin.get("/api/experiments/main-switch").await.expect(200);
    assert_eq!((&theirs["killed"], &theirs["experiments"]), (&json!(false), &json!(0)));
    publisher.post("/api/experiments/resume-all", json!({})).await.expect(200);
    assert_eq!(seen().await["killed"], false);
    within(PROPAGATION, "the switch back", async || assignment().await == "experiment").await;
}

#[tokio::test]
async fn weights_coverage_and_names_are_changed() {
    let stage = Stage::new().await;
    let path = stage.begin(stage.body()).await;
    let before = stage.resolve(0..300).await;
    let change = json!({
        "name": "Shorter answers", "coverage": 0.5, "min_samples": 7,
        "variants": [{"name": "control", "traffic_weight": 20}, {"name": "shorter", "traffic_weight": 80}],
    });
    let changed = stage.team.admin.patch(&path, change).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["coverage"], &changed["min_samples"]),
        (&json!("Shorter answers"), &json!(0.5), &json!(7))
    );
    assert_eq!((&changed["period"], &changed["variants"][1]["weight"]), (&json!(2), &json!(0.8)));
    assert_eq!(changed["variants"][1]["traffic_weight"], 80.0);
    within(PROPAGATION, "the weights", async || {
        let covered = count(&stage.resolve(0..300).await, "assignment", "experiment");
        (100..=200).contains(&covered)
    })
    .await;
    // Growing one arm takes from the other, and sends nobody the other way.
    for (old, new) in before.iter().zip(stage.resolve(0..300).await) {
        assert!(new["assignment"] == "control" || old["variant"] == "control" || new["variant"] == "shorter");
    }
    let revision = changed["revision"].clone();
    let same = stage.team.admin.patch(&path, json!({"coverage": 0.5})).await.expect(200);
    assert_eq!((&same["revision"], &same["period"]), (&revision, &json!(2)));
    let results = stage.team.admin.get(&format!("{path}/results")).await.expect(200);
    assert_eq!(results["allocation_periods"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_winner_is_promoted_as_a_person_would() {
    let stage = Stage::new().await;
    let path = stage.begin(stage.body()).await;
    let other = stage.team.admin.make_version(&stage.prompt, text("Three")).await;
    let stop = format!("{path}/stop");
    stage.team.admin.post(&stop, json!({"winner_version_id": other})).await.invalid("winner_version_id");
    stage.team.admin.post(&stop, json!({"promote": true})).await.invalid("winner_version_id");
    let body =
        json!({"winner_version_id": stage.versions[1], "promote": true, "reason": "Shorter is better"});
    let stopped = stage.team.admin.post(&stop, body).await.expect(200);
    assert_eq!(
        (&stopped["status"], &stopped["winner_version_id"]),
        (&json!("stopped"), &json!(stage.versions[1]))
    );
    within(PROPAGATION, "the winner", async || {
        let answer = stage.resolve_one("?user_id=u").await;
        answer["assignment"] == "pointer" && answer["resolved_text"] == "Two"
    })
    .await;
    let moves = stage.team.admin.all(&format!("/api/prompts/{}/history", stage.prompt)).await;
    assert_eq!(
        (&moves[0]["version_id"], &moves[0]["justification"]),
        (&json!(stage.versions[1]), &json!("Shorter is better"))
    );
    let audited = stage
        .team
        .admin
        .all(&format!("/api/audit?resource={}", moves[0]["prompt_id"].as_str().unwrap()))
        .await;
    assert_eq!(
        (&audited[0]["action"], &audited[0]["detail"]["version_id"]),
        (&json!("prompt.promote"), &json!(stage.versions[1])),
        "{}",
        audited[0]
    );
    for action in ["stop", "kill", "pause", "resume"] {
        stage.team.admin.post(&format!("{path}/{action}"), json!({})).await.problem(409, "conflict");
    }
    stage.team.admin.patch(&path, json!({"name": "Late"})).await.problem(409, "conflict");
}

#[tokio::test]
async fn without_promotion_the_pointer_stays() {
    let stage = Stage::new().await;
    let path = stage.begin(stage.body()).await;
    let body = json!({"winner_version_id": stage.versions[1], "promote": false});
    stage.team.admin.post(&format!("{path}/stop"), body).await.expect(200);
    within(PROPAGATION, "the end", async || {
        let answer = stage.resolve_one("?user_id=u").await;
        answer["assignment"] == "pointer" && answer["resolved_text"] == "One"
    })
    .await;
    stage.begin(stage.body()).await;
}

#[tokio::test]
async fn one_runs_at_a_time() {
    let stage = Stage::new().await;
    let begun =
        join_all((0..5).map(async |_| stage.team.admin.post(&stage.path(), stage.body()).await)).await;
    let (won, lost): (Vec<_>, Vec<_>) = begun.into_iter().partition(|reply| reply.status == 201);
    assert_eq!(won.len(), 1);
    for reply in lost {
        reply.problem(409, "conflict");
    }
    let canary =
        json!({"version_id": stage.versions[1], "environment": "production", "steps": [{"percent": 10}]});
    let canary_path = format!("/api/prompts/{}/canary", stage.prompt);
    stage.team.admin.post(&canary_path, canary).await.problem(409, "conflict");
    // The other environment is another place.
    stage.team.admin.promote(&stage.prompt, &stage.versions[0], "staging").await;
    stage.begin(with(stage.body(), &json!({"environment": "staging"}))).await;

    let path = format!("/api/experiments/{}", member(&won[0].expect(201), "experiment_id"));
    act(&stage.team.admin, &path, "kill").await;
    stage.begin(stage.body()).await;
    assert_eq!(stage.team.admin.get(&path).await.expect(200)["status"], "stopped", "a killed one makes way");
}

#[tokio::test]
async fn a_repeated_beginning_begins_once() {
    let stage = Stage::new().await;
    let key = crate::client::unique("once");
    let begin = async || {
        stage.team.admin.post(&stage.path(), stage.body()).header("idempotency-key", &key).await.expect(201)
    };
    assert_eq!(begin().await, begin().await);
}

#[tokio::test]
async fn production_takes_a_publisher() {
    let stage = Stage::new().await;
    let editor = stage.team.client(Role::Editor).await;
    editor.post(&stage.path(), stage.body()).await.problem(403, "forbidden");
    let in_staging = with(stage.body(), &json!({"environment": "staging"}));
    let staged = editor.post(&stage.path(), in_staging).await.expect(201);
    act(&editor, &format!("/api/experiments/{}", member(&staged, "experiment_id")), "pause").await;

    let path = stage.begin(stage.body()).await;
    let viewer = stage.team.client(Role::Viewer).await;
    viewer.get(&path).await.expect(200);
    viewer.get(&format!("{path}/results")).await.expect(200);
    for action in ["kill", "pause", "resume", "stop"] {
        editor.post(&format!("{path}/{action}"), json!({})).await.problem(403, "forbidden");
        viewer.post(&format!("{path}/{action}"), json!({})).await.problem(403, "forbidden");
    }
    editor.patch(&path, json!({"coverage": 0.1})).await.problem(403, "forbidden");
    assert_eq!(viewer.get(&path).await.expect(200)["coverage"], 1.0);
    let publisher = stage.team.client(Role::Publisher).await;
    act(&publisher, &path, "kill").await;
}
