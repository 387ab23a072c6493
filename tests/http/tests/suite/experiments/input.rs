//! What is refused, and by which name.

use serde_json::{Value, json};

use super::Stage;
use crate::arrange::{text, with};
use crate::client::Team;

#[tokio::test]
async fn what_is_wrong_with_an_experiment_is_named() {
    let stage = Stage::new().await;
    let [first, second] = stage.versions.clone();
    let arm = |weight: Value| json!({"version_id": first, "traffic_weight": weight});
    let variants = |list: Vec<Value>| json!({ "variants": list });
    let cases = [
        (variants(vec![arm(json!(1))]), "variants"),
        (variants(vec![arm(json!(1)); 11]), "variants"),
        (variants(vec![arm(json!(0)), arm(json!(0))]), "variants"),
        (variants(vec![arm(json!(1)), arm(json!(-1))]), "variants[1].traffic_weight"),
        (variants(vec![arm(json!(1)), arm(json!("1"))]), "variants[1].traffic_weight"),
        (
            variants(vec![arm(json!(1)), json!({"version_id": "2", "traffic_weight": 1})]),
            "variants[1].version_id",
        ),
        (variants(vec![arm(json!(1)), json!({"version_id": second})]), "variants[1].traffic_weight"),
        (variants(vec![arm(json!(1)), with(arm(json!(1)), &json!({"wieght": 1}))]), "variants[1].wieght"),
        (
            variants(vec![
                with(arm(json!(1)), &json!({"name": "a"})),
                with(arm(json!(1)), &json!({"name": "a"})),
            ]),
            "variants[1].name",
        ),
        (json!({"allocation_strategy": "greedy"}), "allocation_strategy"),
        (json!({"primary_metric": "joy"}), "primary_metric"),
        (json!({"coverage": 1.01}), "coverage"),
        (json!({"coverage": -0.5}), "coverage"),
        (json!({"min_samples": -1}), "min_samples"),
        (json!({"environment": "moon"}), "environment"),
        (json!({"guardrails": [{"metric": "joy", "max_relative_regression": 0.1}]}), "guardrails[0].metric"),
        (
            json!({"guardrails": [{"metric": "latency_ms", "max_relative_regression": -0.1}]}),
            "guardrails[0].max_relative_regression",
        ),
        (json!({"forced": {"u": "nobody"}}), "forced.u"),
        (json!({"name": "a\nb"}), "name"),
        (json!({"coverge": 0.5}), "coverge"),
    ];
    for (more, field) in cases {
        stage.team.admin.post(&stage.path(), with(stage.body(), &more)).await.invalid(field);
    }
    let bandit = json!({
        "allocation_strategy": "thompson_sampling", "variants": [arm(json!(1)), arm(json!(0))],
    });
    stage
        .team
        .admin
        .post(&stage.path(), with(stage.body(), &bandit))
        .await
        .invalid("variants[1].traffic_weight");
    for field in ["variants", "allocation_strategy", "primary_metric"] {
        let mut body = stage.body();
        body.as_object_mut().unwrap().remove(field);
        stage.team.admin.post(&stage.path(), body).await.invalid(field);
    }
    assert_eq!(stage.team.admin.all("/api/experiments").await.len(), 0);
}

#[tokio::test]
async fn versions_are_the_prompt_s_own_and_nothing_is_another_team_s() {
    let stage = Stage::new().await;
    let (_, foreign) = stage.team.admin.make_live("other", text("Other")).await;
    let mut body = stage.body();
    body["variants"][1]["version_id"] = json!(foreign);
    stage.team.admin.post(&stage.path(), body).await.problem(404, "not_found");
    let stranger = Team::new().await;
    stranger.admin.post(&stage.path(), stage.body()).await.problem(404, "not_found");
    let path = stage.begin(stage.body()).await;
    let paths = [path.clone(), format!("{path}/results"), format!("{path}/assignment?user_id=u")];
    for path in paths {
        stranger.admin.get(&path).await.problem(404, "not_found");
    }
    for action in ["kill", "pause", "resume", "stop"] {
        stranger.admin.post(&format!("{path}/{action}"), json!({})).await.problem(404, "not_found");
    }
    stranger.admin.patch(&path, json!({"name": "mine"})).await.problem(404, "not_found");
    assert_eq!(stranger.admin.all("/api/experiments").await.len(), 0);
    stage.team.admin.delete(&path).await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn what_is_wrong_with_a_change_is_named() {
    let stage = Stage::new().await;
    let path = stage.begin(stage.body()).await;
    let before = stage.team.admin.get(&path).await.expect(200);
    let cases = [
        (json!({"variants": [{"name": "nobody", "traffic_weight": 1}]}), "variants[0]"),
        (json!({"variants": [{"name": "control", "traffic_weight": -1}]}), "variants[0].traffic_weight"),
        (json!({"variants": [{"traffic_weight": 0}, {"traffic_weight": 0}]}), "variants"),
        (json!({"coverage": 2}), "coverage"),
        (json!({"forced": {"u": "nobody"}}), "forced.u"),
        (json!({"primary_metric": "user_rating"}), "primary_metric"),
        (json!({"status": "stopped"}), "status"),
    ];
    for (body, field) in cases {
        stage.team.admin.patch(&path, body).await.invalid(field);
    }
    stage.team.admin.patch(&path, json!([])).await.problem(422, "validation_failed");
    stage.team.admin.post(&format!("{path}/kill"), json!({"why": "no"})).await.invalid("why");
    assert_eq!(stage.team.admin.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn what_is_wrong_with_a_canary_is_named() {
    let stage = Stage::new().await;
    let path = format!("/api/prompts/{}/canary", stage.prompt);
    let body = json!({
        "version_id": stage.versions[1], "environment": "production",
        "steps": [{"percent": 10, "min_samples": 10, "min_minutes": 1}], "guardrails": [],
    });
    let cases = [
        (json!({"version_id": "2"}), "version_id"),
        (json!({"environment": "moon"}), "environment"),
        (json!({"steps": []}), "steps"),
        (json!({"steps": [{"percent": 0}]}), "steps[0].percent"),
        (json!({"steps": [{"percent": 101}]}), "steps[0].percent"),
        (json!({"steps": [{"percent": 50}, {"percent": 50}]}), "steps[1].percent"),
        (json!({"steps": [{"percent": 50, "min_minutes": -1}]}), "steps[0].min_minutes"),
        (json!({"steps": [{"percent": 50, "min_smaples": 1}]}), "steps[0].min_smaples"),
        (json!({"guardrails": [{"metric": "joy", "max_relative_regression": 0}]}), "guardrails[0].metric"),
    ];
    for (more, field) in cases {
        stage.team.admin.post(&path, with(body.clone(), &more)).await.invalid(field);
    }
    let live = with(body.clone(), &json!({"version_id": stage.versions[0]}));
    stage.team.admin.post(&path, live).await.problem(409, "conflict");
    let nowhere = with(body, &json!({"environment": "staging"}));
    stage.team.admin.post(&path, nowhere).await.problem(409, "conflict");
}
