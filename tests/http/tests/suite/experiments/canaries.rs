//! Canaries: a new version that takes over step by step.

use serde_json::{Value, json};

use super::{Stage, act, count};
use crate::arrange::{member, with};
use crate::client::{PROPAGATION, Team, within};
use crate::routes::Role;

fn body(stage: &Stage) -> Value {
    let step = |percent: u8| json!({"percent": percent, "min_samples": 1_000, "min_minutes": 60});
    json!({
        "version_id": stage.versions[1], "environment": "production", "steps": [step(20), step(100)],
        "guardrails": [{"metric": "error_rate", "max_relative_regression": 0.1}],
    })
}

async fn begin(stage: &Stage) -> String {
    let made = stage
        .team
        .admin
        .post(&format!("/api/prompts/{}/canary", stage.prompt), body(stage))
        .await
        .expect(201);
    assert!(member(&made, "canary_id").starts_with("can_"), "{made}");
    within(PROPAGATION, "the canary", async || {
        count(&stage.resolve(0..50).await, "assignment", "canary") > 0
    })
    .await;
    format!("/api/canaries/{}", member(&made, "canary_id"))
}

#[tokio::test]
async fn a_canary_gets_its_share_and_holds_it_while_it_is_paused() {
    let stage = Stage::new().await;
    let path = begin(&stage).await;
    let answers = stage.resolve(0..400).await;
    let share = count(&answers, "assignment", "canary");
    // A fifth of 400, within five standard deviations.
    assert!((40..=120).contains(&share), "{share}");
    assert_eq!(count(&answers, "resolved_text", "Two"), share);
    assert_eq!(count(&answers, "assignment", "control"), 400 - share);
    let shown = stage.team.admin.get(&path).await.expect(200);
    assert_eq!(
        (&shown["state"], &shown["step"], &shown["percent"]),
        (&json!("running"), &json!(0), &json!(20.0))
    );
    assert_eq!(
        (&shown["version_id"], &shown["control_version_id"]),
        (&json!(stage.versions[1]), &json!(stage.versions[0]))
    );
    assert_eq!(shown["waiting_for"]["min_samples"], 1_000);

    assert_eq!(act(&stage.team.admin, &path, "pause").await["state"], "paused");
    assert_eq!(count(&stage.resolve(0..400).await, "assignment", "canary"), share);
    assert_eq!(act(&stage.team.admin, &path, "resume").await["state"], "running");
    let run = stage.team.admin.post("/api/experiments/run-schedule", json!({})).await.expect(200);
    assert_eq!((&run["looked_at"], &run["moves"]), (&json!(1), &json!([])), "nothing is due yet");
    let history = stage.team.admin.get(&path).await.expect(200)["history"].clone();
    let story: Vec<&str> = history.as_array().unwrap().iter().map(|row| member(row, "state")).collect();
    assert_eq!(story, ["running", "paused", "running"]);
    assert_eq!(stage.team.admin.all("/api/canaries?status=running").await.len(), 1);
    assert_eq!(stage.team.admin.all("/api/experiments").await.len(), 0, "a canary is no experiment");
}

#[tokio::test]
async fn a_canary_is_rolled_back_or_promoted_by_hand() {
    let stage = Stage::new().await;
    let path = begin(&stage).await;
    let rolled_back = stage
        .team
        .admin
        .post(&format!("{path}/rollback"), json!({"reason": "Odd answers"}))
        .await
        .expect(200);
    assert_eq!(
        (&rolled_back["state"], &rolled_back["reason"]),
        (&json!("rolled_back"), &json!("Odd answers"))
    );
    within(PROPAGATION, "the rollback", async || {
        count(&stage.resolve(0..50).await, "assignment", "pointer") == 50
    })
    .await;
    for action in ["promote", "rollback", "pause", "resume"] {
        stage.team.admin.post(&format!("{path}/{action}"), json!({})).await.problem(409, "conflict");
    }

    let first = path;
    let path = begin(&stage).await;
    let promoted = act(&stage.team.admin, &path, "promote").await;
    assert_eq!(
        (&promoted["state"], &promoted["promoted"]["version_id"]),
        (&json!("completed"), &json!(stage.versions[1]))
    );
    within(PROPAGATION, "the promotion", async || {
        let answers = stage.resolve(0..20).await;
        count(&answers, "assignment", "pointer") == 20 && count(&answers, "resolved_text", "Two") == 20
    })
    .await;
    let moves = stage.team.admin.all(&format!("/api/prompts/{}/history", stage.prompt)).await;
    assert!(member(&moves[0], "justification").contains("can_"), "{}", moves[0]);

    // Whatever is live now: each says what it was compared with.
    for ended in [first, path] {
        let shown = stage.team.admin.get(&ended).await.expect(200);
        assert_eq!(
            (&shown["version_id"], &shown["control_version_id"], &shown["control_version_number"]),
            (&json!(stage.versions[1]), &json!(stage.versions[0]), &json!(1))
        );
        for transition in shown["history"].as_array().unwrap() {
            assert_eq!(transition["control_version_id"], json!(stage.versions[0]), "{transition}");
        }
    }
}

#[tokio::test]
async fn a_canary_without_demands_goes_live_by_schedule() {
    let stage = Stage::new().await;
    let free = |percent: u8| json!({"percent": percent, "min_samples": 0, "min_minutes": 0});
    let steps = json!({"steps": [free(10), free(60)], "guardrails": []});
    let path = format!("/api/prompts/{}/canary", stage.prompt);
    let made = stage.team.admin.post(&path, with(body(&stage), &steps)).await.expect(201);
    let path = format!("/api/canaries/{}", member(&made, "canary_id"));
    let run = async || stage.team.admin.post("/api/experiments/run-schedule", json!({})).await.expect(200);
    assert_eq!(run().await["moves"][0]["action"], "advance");
    let shown = stage.team.admin.get(&path).await.expect(200);
    assert_eq!((&shown["step"], &shown["percent"], &shown["period"]), (&json!(1), &json!(60.0), &json!(2)));
    assert_eq!(run().await["moves"][0]["action"], "complete");
    assert_eq!(run().await["looked_at"], 0);
    let shown = stage.team.admin.get(&path).await.expect(200);
    assert_eq!(shown["state"], "completed", "{shown}");
    within(PROPAGATION, "the new version", async || stage.resolve_one("").await["resolved_text"] == "Two")
        .await;
}

#[tokio::test]
async fn canaries_keep_to_roles_and_teams() {
    let stage = Stage::new().await;
    let editor = stage.team.client(Role::Editor).await;
    let path = format!("/api/prompts/{}/canary", stage.prompt);
    editor.post(&path, body(&stage)).await.problem(403, "forbidden");
    let canary = begin(&stage).await;
    editor.get(&canary).await.expect(200);
    let stranger = Team::new().await;
    stranger.admin.get(&canary).await.problem(404, "not_found");
    for action in ["promote", "rollback", "pause", "resume"] {
        editor.post(&format!("{canary}/{action}"), json!({})).await.problem(403, "forbidden");
        stranger.admin.post(&format!("{canary}/{action}"), json!({})).await.problem(404, "not_found");
    }
    let run = stranger.admin.post("/api/experiments/run-schedule", json!({})).await.expect(200);
    assert_eq!(run["looked_at"], 0, "a run keeps to its team");
    let publisher = stage.team.client(Role::Publisher).await;
    publisher.post("/api/experiments/run-schedule", json!({})).await.problem(403, "forbidden");
}
