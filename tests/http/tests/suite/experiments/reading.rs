//! Lists, results and explanations.

use serde_json::json;

use super::{Stage, act};
use crate::arrange::{member, text, with};
use crate::client::encoded;

#[tokio::test]
async fn experiments_are_listed_by_state_and_prompt() {
    let stage = Stage::new().await;
    let first = stage.begin(stage.body()).await;
    act(&stage.team.admin, &first, "stop").await;
    stage.begin(stage.body()).await;
    let all = stage.team.admin.all("/api/experiments").await;
    let states: Vec<&str> = all.iter().map(|row| member(row, "status")).collect();
    assert_eq!(states, ["active", "stopped"], "the newest first");
    let active = stage.team.admin.all("/api/experiments?status=active").await;
    assert_eq!(active.len(), 1);
    let of_prompt = stage.team.admin.all(&format!("/api/experiments?prompt_id={}", stage.prompt)).await;
    assert_eq!(of_prompt.len(), 2);
    stage.team.admin.make_live("quiet", text("Quiet")).await;
    assert_eq!(stage.team.admin.all("/api/experiments?prompt_id=quiet").await.len(), 0);
    let page = stage.team.admin.get("/api/experiments?limit=1").await.expect(200);
    assert!(page["next_cursor"].is_string(), "{page}");
    stage.team.admin.get("/api/experiments?status=running").await.invalid("status");
    stage.team.admin.get("/api/experiments?cursor=x").await.problem_of(400);
    stage.team.admin.get("/api/experiments?limit=0").await.invalid("limit");
}

#[tokio::test]
async fn results_have_every_field_from_the_beginning() {
    let stage = Stage::new().await;
    let body =
        json!({"guardrails": [{"metric": "latency_ms", "max_relative_regression": 0.2}], "min_samples": 10});
    let path = stage.begin(with(stage.body(), &body)).await;
    let results = stage.team.admin.get(&format!("{path}/results")).await.expect(200);
    assert_eq!(results["verdict"], "not_enough_data", "{results}");
    assert_eq!((&results["sequential"], &results["alpha"]), (&json!(true), &json!(0.05)));
    for field in ["chi_squared", "p_value", "alert"] {
        assert!(!results["srm"][field].is_null(), "{field} of {results}");
    }
    let variants = results["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 2);
    for (variant, version_id) in variants.iter().zip(&stage.versions) {
        assert_eq!((&variant["version_id"], &variant["weight"]), (&json!(version_id), &json!(0.5)));
        assert_eq!((&variant["exposures"], &variant["samples"]), (&json!(0), &json!(0)));
        for field in ["mean", "interval", "relative_lift", "relative_interval", "probability_best"] {
            assert!(variant.get(field).is_some(), "{field} of {variant}");
        }
    }
    assert_eq!(results["guardrails"][0]["failed"], false);
}

#[tokio::test]
async fn an_assignment_explains_itself_and_agrees_with_resolve() {
    let stage = Stage::new().await;
    let more = json!({"coverage": 0.6, "forced": {"tester ü": "shorter"}});
    let path = stage.begin(with(stage.body(), &more)).await;
    let explained = async |user: &str| {
        stage.team.admin.get(&format!("{path}/assignment?user_id={}", encoded(user))).await.expect(200)
    };
    for (number, answer) in stage.resolve(0..40).await.iter().enumerate() {
        let why = explained(&format!("user-{number}")).await;
        assert_eq!(
            (&why["variant"], &why["assignment"]),
            (&answer["variant"], &answer["assignment"]),
            "{why}"
        );
        assert_eq!(why["version_id"], answer["version_id"]);
        let bucket = why["bucket"].as_u64().unwrap();
        assert_eq!(why["included"], bucket < 6_000);
        let scores: Vec<f64> =
            why["scores"].as_array().unwrap().iter().map(|score| score["score"].as_f64().unwrap()).collect();
        let smallest = if scores[0] < scores[1] { "control" } else { "shorter" };
        assert!(why["assignment"] == "control" || why["variant"] == smallest, "{why}");
    }
    let forced = explained("tester ü").await;
    assert_eq!((&forced["reason"], &forced["variant"]), (&json!("forced"), &json!("shorter")));
    act(&stage.team.admin, &path, "kill").await;
    assert_eq!(explained("user-1").await["reason"], "killed");
    stage.team.admin.get(&format!("{path}/assignment")).await.invalid("user_id");
    stage.team.admin.get(&format!("{path}/assignment?user_id=")).await.invalid("user_id");
}
