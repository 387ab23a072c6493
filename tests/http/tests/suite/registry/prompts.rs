//! Prompts: made, changed, archived and restored.

use futures_util::future::join_all;
use serde_json::json;

use crate::arrange::{contains, member, text};
use crate::client::{PROPAGATION, Team, within};

#[tokio::test]
async fn a_prompt_shows_all_it_has() {
    let team = Team::new().await;
    let body = json!({"name": "support/greeting", "description": "Größe 龍", "tags": ["b", "a", "ünïcode"]});
    let made = team.admin.post("/api/prompts", body).await.expect(201);
    let id = member(&made, "id");
    assert!(id.starts_with("prm_"), "{made}");
    assert_eq!(made["name"], "support/greeting");
    assert_eq!(made["description"], "Größe 龍");
    let mut tags: Vec<_> = made["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["a", "b", "ünïcode"]);
    assert!(made["collection_id"].is_null(), "{made}");
    for member in ["production", "staging"] {
        assert!(made["pointers"].get(member).is_some_and(serde_json::Value::is_null), "{made}");
    }
    assert!(made.get("latest_version_number").is_some(), "{made}");
    for time in ["created_at", "updated_at"] {
        let text = member(&made, time);
        assert!(text.len() == 24 && text.ends_with('Z'), "milliseconds and UTC: {text}");
    }
    assert_eq!(team.admin.get(&format!("/api/prompts/{id}")).await.expect(200), made);
    assert_eq!(team.admin.get("/api/prompts/support%2Fgreeting").await.expect(200), made);
}

#[tokio::test]
async fn pointers_say_what_is_live() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("live").await;
    team.admin.make_version(&prompt, text("One")).await;
    let second = team.admin.make_version(&prompt, text("Two")).await;
    let moved = team.admin.promote(&prompt, &second, "production").await;
    let shown = team.admin.get("/api/prompts/live").await.expect(200);
    assert_eq!(shown["latest_version_number"], 2);
    assert!(shown["pointers"]["staging"].is_null(), "{shown}");
    let pointer = &shown["pointers"]["production"];
    assert_eq!(pointer["version_id"], second.as_str());
    assert_eq!(pointer["version_number"], 2);
    assert_eq!(pointer["revision"], moved["revision"]);
    assert!(pointer["updated_at"].is_string() && pointer["updated_by"].is_string(), "{pointer}");
    assert_eq!(team.admin.all("/api/prompts").await[0]["pointers"], shown["pointers"]);
}

#[tokio::test]
async fn patch_changes_what_it_names_and_put_replaces() {
    let team = Team::new().await;
    let collection = team.admin.post("/api/collections", json!({"name": "Home"})).await.expect(201);
    let collection = member(&collection, "id");
    let body = json!({"name": "first", "description": "Kept", "tags": ["a"], "collection_id": collection});
    let made = team.admin.post("/api/prompts", body).await.expect(201);
    let path = format!("/api/prompts/{}", member(&made, "id"));

    let patched = team.admin.patch(&path, json!({"tags": ["b"]})).await.expect(200);
    assert_eq!(patched["tags"], json!(["b"]));
    assert_eq!((&patched["name"], &patched["description"]), (&json!("first"), &json!("Kept")));
    assert_eq!(patched["collection_id"], collection);
    let patched = team.admin.patch(&path, json!({})).await.expect(200);
    assert_eq!((&patched["tags"], &patched["description"]), (&json!(["b"]), &json!("Kept")));
    let patched = team.admin.patch(&path, json!({"collection_id": null})).await.expect(200);
    assert!(patched["collection_id"].is_null(), "{patched}");
    assert_eq!(patched["tags"], json!(["b"]));

    let put = team.admin.put(&path, json!({"name": "second"})).await.expect(200);
    assert_eq!((&put["name"], &put["tags"]), (&json!("second"), &json!([])));
    assert_eq!(put["description"].as_str().unwrap_or_default(), "", "{put}");
    assert_eq!(put["id"], made["id"]);
    contains(&put, &team.admin.get("/api/prompts/second").await.expect(200));
    team.admin.get("/api/prompts/first").await.problem(404, "not_found");
    team.admin.put(&path, json!({"description": "nameless"})).await.invalid("name");
    team.admin.patch(&path, json!({"name": null})).await.problem_of(422);
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let team = Team::new().await;
    team.admin.make_prompt("taken").await;
    let other = team.admin.make_prompt("other").await;
    team.admin.post("/api/prompts", json!({"name": "taken"})).await.problem(409, "conflict");
    team.admin
        .patch(&format!("/api/prompts/{other}"), json!({"name": "taken"}))
        .await
        .problem(409, "conflict");
    let contest =
        (0..10).map(|_| async { team.admin.post("/api/prompts", json!({"name": "contested"})).await });
    let mut statuses: Vec<u16> = join_all(contest).await.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(team.admin.all("/api/prompts").await.len(), 3);
}

#[tokio::test]
async fn a_prompt_is_archived_and_restored() {
    let team = Team::new().await;
    let (prompt, version) = team.admin.make_live("archived", text("Hello")).await;
    team.admin.make_prompt("left").await;
    let path = format!("/api/prompts/{prompt}");
    let resolve = format!("/api/resolve/{prompt}");
    team.admin.get(&resolve).await.expect(200);
    let names = async |query: &str| {
        let rows = team.admin.all(&format!("/api/prompts?archived={query}")).await;
        rows.iter().map(|row| member(row, "name").to_owned()).collect::<Vec<_>>()
    };

    team.admin.delete(&path).await.success();
    assert!(team.admin.get(&path).await.expect(200)["archived_at"].is_string());
    assert_eq!(
        (names("false").await, names("true").await),
        (vec!["left".to_owned()], vec!["archived".to_owned()])
    );
    assert_eq!(team.admin.all("/api/prompts").await.len(), 1);
    within(PROPAGATION, "the archived prompt", async || team.admin.get(&resolve).await.status == 404).await;
    team.admin.get(&resolve).await.problem(404, "not_found");
    team.admin.post("/api/prompts", json!({"name": "archived"})).await.problem(409, "conflict");

    team.admin.post(&format!("{path}/restore"), json!({})).await.success();
    let shown = team.admin.get(&path).await.expect(200);
    assert!(shown["archived_at"].is_null(), "{shown}");
    assert_eq!(shown["pointers"]["production"]["version_id"], version.as_str(), "{shown}");
    assert_eq!(names("true").await, Vec::<String>::new());
    within(PROPAGATION, "the restored prompt", async || team.admin.get(&resolve).await.status == 200).await;
    assert_eq!(team.admin.get(&resolve).await.expect(200)["version_id"], version.as_str());
}

#[tokio::test]
async fn an_unknown_prompt_is_not_there() {
    let team = Team::new().await;
    for prompt in ["prm_01h2xcejqtf2nbrexx3vqjhp41", "nothing", "NOT%20LEGAL", "%00", "%F0%9F%90%89", "a%2Fb"]
    {
        for rest in ["", "/versions", "/versions/1", "/history", "/diff?from=1&to=2"] {
            team.admin.get(&format!("/api/prompts/{prompt}{rest}")).await.problem(404, "not_found");
        }
        team.admin.delete(&format!("/api/prompts/{prompt}")).await.problem(404, "not_found");
        team.admin
            .post(&format!("/api/prompts/{prompt}/versions"), text("x"))
            .await
            .problem(404, "not_found");
        team.admin.get(&format!("/api/resolve/{prompt}")).await.problem(404, "not_found");
    }
}
