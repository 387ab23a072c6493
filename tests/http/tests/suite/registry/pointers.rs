//! Promotion, rollback, undo and history.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::arrange::{member, text};
use crate::client::{Client, PROPAGATION, Team, within};

/// A prompt with three versions.
async fn three(client: &Client, name: &str) -> (String, [String; 3]) {
    let prompt = client.make_prompt(name).await;
    let mut ids = Vec::new();
    for words in ["One", "Two", "Three"] {
        ids.push(client.make_version(&prompt, text(words)).await);
    }
    (format!("/api/prompts/{prompt}"), ids.try_into().unwrap())
}

fn to(version: &str, environment: &str) -> Value {
    json!({"version_id": version, "environment": environment})
}

#[tokio::test]
async fn a_promotion_says_what_it_did() {
    let team = Team::new().await;
    let (path, [first, second, _]) = three(&team.admin, "promoted").await;
    let promote = format!("{path}/promote");
    let moved = team.admin.post(&promote, to(&first, "production")).await.success();
    assert!(path.ends_with(member(&moved, "prompt_id")));
    assert_eq!((&moved["environment"], &moved["version_number"]), (&json!("production"), &json!(1)));
    assert_eq!(moved["version_id"], first.as_str());
    assert!(moved.get("previous_version_id").is_some_and(Value::is_null), "{moved}");
    assert!(moved["propagation_ms"].as_f64().is_some_and(|milliseconds| milliseconds >= 0.0), "{moved}");
    assert!(member(&moved, "propagated_at").ends_with('Z'), "{moved}");

    let again = team.admin.post(&promote, to(&second, "production")).await.success();
    assert_eq!(again["previous_version_id"], first.as_str(), "{again}");
    assert!(again["revision"].as_i64() > moved["revision"].as_i64(), "{again} after {moved}");
    let staging = team.admin.post(&promote, to(&second, "staging")).await.success();
    assert!(staging["previous_version_id"].is_null(), "{staging}");
}

#[tokio::test]
async fn a_promotion_needs_a_version_of_the_prompt() {
    let team = Team::new().await;
    let (path, [first, ..]) = three(&team.admin, "ours").await;
    let (_, [foreign, ..]) = three(&team.admin, "theirs").await;
    let promote = format!("{path}/promote");
    team.admin
        .post(&promote, to("ver_01h2xcejqtf2nbrexx3vqjhp41", "production"))
        .await
        .problem(404, "not_found");
    team.admin.post(&promote, to(&foreign, "production")).await.problem(404, "not_found");
    team.admin.post(&promote, to(&first, "live")).await.invalid("environment");
    team.admin.post(&promote, json!({"version_id": first})).await.invalid("environment");
    team.admin.post(&promote, json!({"environment": "production"})).await.invalid("version_id");
    let shown = team.admin.get(&path).await.expect(200);
    assert!(shown["pointers"]["production"].is_null(), "{shown}");
}

#[tokio::test]
async fn a_rollback_goes_back_and_can_be_undone() {
    let team = Team::new().await;
    let (path, [first, second, third]) = three(&team.admin, "undone").await;
    let (promote, rollback) = (format!("{path}/promote"), format!("{path}/rollback"));
    let none = team.admin.post(&rollback, json!({"environment": "production"})).await;
    assert!([404, 409, 422].contains(&none.status), "nothing to go back to: {}", none.story());
    team.admin.post(&promote, to(&first, "production")).await.success();
    let none = team.admin.post(&rollback, json!({"environment": "production"})).await;
    assert!([404, 409, 422].contains(&none.status), "nothing to go back to: {}", none.story());
    team.admin.post(&promote, to(&second, "production")).await.success();
    let live = team.admin.post(&promote, to(&third, "production")).await.success();

    let back = team
        .admin
        .post(&rollback, json!({"environment": "production", "justification": "Zu lang"}))
        .await
        .success();
    assert_eq!(
        (&back["version_id"], &back["previous_version_id"]),
        (&json!(second), &json!(third)),
        "{back}"
    );
    assert_eq!(back["production_version_id"], second.as_str(), "{back}");
    assert!(back["revision"].as_i64() > live["revision"].as_i64(), "{back}");
    let undone = team.admin.post(&rollback, json!({"environment": "production"})).await.success();
    assert_eq!(undone["version_id"], third.as_str(), "{undone}");
    let far = json!({"environment": "production", "target_version_id": first});
    let far = team.admin.post(&rollback, far).await.success();
    assert_eq!((&far["version_id"], &far["version_number"]), (&json!(first), &json!(1)), "{far}");
    assert_eq!(
        team.admin.get(&path).await.expect(200)["pointers"]["production"]["version_id"],
        first.as_str()
    );

    let unknown = json!({"environment": "production", "target_version_id": "ver_01h2xcejqtf2nbrexx3vqjhp41"});
    team.admin.post(&rollback, unknown).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_rollback_is_visible_within_five_seconds() {
    let team = Team::new().await;
    let (path, [first, second, _]) = three(&team.admin, "watched").await;
    team.admin.promote("watched", &first, "production").await;
    team.admin.promote("watched", &second, "production").await;
    let text = async || team.admin.get("/api/resolve/watched").await.expect(200)["resolved_text"].clone();
    for _ in 0..20 {
        assert_eq!(text().await, "Two");
    }
    team.admin.post(&format!("{path}/rollback"), json!({"environment": "production"})).await.success();
    within(PROPAGATION, "the rollback", async || text().await == "One").await;
    for _ in 0..20 {
        assert_eq!(text().await, "One");
    }
}

#[tokio::test]
async fn history_tells_every_move_newest_first() {
    let team = Team::new().await;
    let (path, [first, second, _]) = three(&team.admin, "told").await;
    let promote = format!("{path}/promote");
    let why = json!({"version_id": first, "environment": "production", "justification": "Erste 龍"});
    team.admin.post(&promote, why).await.success();
    team.admin.post(&promote, to(&second, "staging")).await.success();
    team.admin.post(&promote, to(&second, "production")).await.success();
    team.admin.post(&format!("{path}/rollback"), json!({"environment": "production"})).await.success();

    let history = format!("{path}/history");
    let moves = team.admin.all(&history).await;
    let story: Vec<_> =
        moves.iter().map(|row| (member(row, "environment"), member(row, "version_id"))).collect();
    let (production, staging) = ("production", "staging");
    let expected = [
        (production, first.as_str()),
        (production, second.as_str()),
        (staging, second.as_str()),
        (production, first.as_str()),
    ];
    assert_eq!(story, expected);
    assert_eq!(moves[3]["justification"], "Erste 龍");
    assert!(moves[0].to_string().contains("rollback"), "{}", moves[0]);
    let revisions: Vec<i64> = moves.iter().filter_map(|row| row["revision"].as_i64()).collect();
    assert!(revisions.len() == 4 && revisions.is_sorted_by(|newer, older| newer > older), "{revisions:?}");
    let of_staging = team.admin.all(&format!("{history}?environment=staging")).await;
    assert_eq!(of_staging.len(), 1);
    team.admin.get(&format!("{history}?environment=live")).await.invalid("environment");
    let page = team.admin.get(&format!("{history}?limit=3")).await.expect(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(3));
    assert!(page["next_cursor"].is_string(), "{page}");
}

#[tokio::test]
async fn an_expected_revision_must_be_the_one_in_force() {
    let team = Team::new().await;
    let (path, [first, second, third]) = three(&team.admin, "expected").await;
    let promote = format!("{path}/promote");
    let revision = team.admin.post(&promote, to(&first, "production")).await.success()["revision"].clone();
    let expecting = |version: &str, revision: &Value| json!({"version_id": version, "environment": "production", "expected_revision": revision});
    let moved = team.admin.post(&promote, expecting(&second, &revision)).await.success();
    team.admin.post(&promote, expecting(&third, &revision)).await.problem(412, "revision_mismatch");
    let shown = team.admin.get(&path).await.expect(200);
    assert_eq!(shown["pointers"]["production"]["version_id"], second.as_str());
    assert_eq!(shown["pointers"]["production"]["revision"], moved["revision"]);
    team.admin.post(&promote, expecting(&third, &moved["revision"])).await.success();
}

#[tokio::test]
async fn of_ten_who_expect_the_same_revision_one_wins() {
    let team = Team::new().await;
    let (path, [first, ..]) = three(&team.admin, "raced").await;
    let promote = format!("{path}/promote");
    let mut candidates = Vec::new();
    for number in 0..10 {
        candidates.push(team.admin.make_version("raced", text(&format!("Candidate {number}"))).await);
    }
    let revision = team.admin.post(&promote, to(&first, "production")).await.success()["revision"].clone();
    let race = candidates.iter().map(async |version| {
        let body = json!({"version_id": version, "environment": "production", "expected_revision": revision});
        team.admin.post(&promote, body).await
    });
    let replies = join_all(race).await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status < 300);
    assert_eq!(won.len(), 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    for reply in lost {
        reply.problem(412, "revision_mismatch");
    }
    let winner = won[0].success();
    let shown = team.admin.get(&path).await.expect(200);
    assert_eq!(shown["pointers"]["production"]["version_id"], winner["version_id"]);
    let moves = team.admin.all(&format!("{path}/history")).await;
    assert_eq!(moves.len(), 2, "{moves:?}");
}

#[tokio::test]
async fn promotions_at_once_all_count() {
    let team = Team::new().await;
    let (path, versions) = three(&team.admin, "busy").await;
    let promote = format!("{path}/promote");
    let moves = versions
        .iter()
        .cycle()
        .take(9)
        .map(async |version| team.admin.post(&promote, to(version, "production")).await.success());
    let mut revisions: Vec<i64> =
        join_all(moves).await.iter().filter_map(|moved| moved["revision"].as_i64()).collect();
    revisions.sort_unstable();
    let last = revisions.last().copied();
    let shown = team.admin.get(&path).await.expect(200);
    assert_eq!(shown["pointers"]["production"]["revision"].as_i64(), last, "{shown}");
    let newest = &team.admin.all(&format!("{path}/history")).await[0];
    assert_eq!(newest["version_id"], shown["pointers"]["production"]["version_id"]);
}
