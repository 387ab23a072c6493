//! Collections.

use serde_json::{Value, json};

use crate::arrange::member;
use crate::client::{Client, Team};

async fn make(client: &Client, name: &str) -> String {
    let made = client.post("/api/collections", json!({"name": name})).await.expect(201);
    member(&made, "id").to_owned()
}

#[tokio::test]
async fn a_collection_is_made_read_and_listed() {
    let team = Team::new().await;
    let body = json!({"name": "Größe 龍 100% _", "description": "All of it"});
    let made = team.admin.post("/api/collections", body).await.expect(201);
    let id = member(&made, "id");
    assert!(id.starts_with("col_"), "{made}");
    assert_eq!((&made["name"], &made["description"]), (&json!("Größe 龍 100% _"), &json!("All of it")));
    for time in ["created_at", "updated_at"] {
        let text = member(&made, time);
        assert!(text.len() == 24 && text.ends_with('Z'), "milliseconds and UTC: {text}");
    }
    assert_eq!(team.admin.get(&format!("/api/collections/{id}")).await.expect(200), made);
    let listed = team.admin.all("/api/collections").await;
    assert_eq!(listed.iter().map(|row| &row["id"]).collect::<Vec<_>>(), [id]);
}

#[tokio::test]
async fn patch_changes_what_it_names_and_put_replaces() {
    let team = Team::new().await;
    let body = json!({"name": "First", "description": "Kept"});
    let made = team.admin.post("/api/collections", body).await.expect(201);
    let path = format!("/api/collections/{}", member(&made, "id"));
    let patched = team.admin.patch(&path, json!({"name": "Second"})).await.expect(200);
    assert_eq!((&patched["name"], &patched["description"]), (&json!("Second"), &json!("Kept")));
    let put = team.admin.put(&path, json!({"name": "Third"})).await.expect(200);
    assert_eq!(put["name"], "Third");
    assert_eq!(put["description"].as_str().unwrap_or_default(), "", "{put}");
    assert_eq!(team.admin.get(&path).await.expect(200), put);
    team.admin.put(&path, json!({"description": "nameless"})).await.invalid("name");
    assert_eq!(team.admin.get(&path).await.expect(200), put);
}

#[tokio::test]
async fn lengths_have_limits() {
    let team = Team::new().await;
    let id = make(&team.admin, "Fine").await;
    let path = format!("/api/collections/{id}");
    let long = "ü".repeat(200);
    team.admin
        .post("/api/collections", json!({"name": long, "description": "ü".repeat(500)}))
        .await
        .expect(201);
    let bad = [
        (json!({"name": ""}), "name"),
        (json!({"name": "a".repeat(201)}), "name"),
        (json!({"name": "a", "description": "a".repeat(501)}), "description"),
        (json!({"name": null}), "name"),
    ];
    for (body, field) in bad {
        team.admin.post("/api/collections", body.clone()).await.invalid(field);
        team.admin.put(&path, body.clone()).await.invalid(field);
        team.admin.patch(&path, body).await.invalid(field);
    }
    assert_eq!(team.admin.all("/api/collections").await.len(), 2);
    assert_eq!(team.admin.get(&path).await.expect(200)["name"], "Fine");
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let team = Team::new().await;
    make(&team.admin, "Taken").await;
    let other = make(&team.admin, "Other").await;
    team.admin.post("/api/collections", json!({"name": "Taken"})).await.problem(409, "conflict");
    let path = format!("/api/collections/{other}");
    team.admin.patch(&path, json!({"name": "Taken"})).await.problem(409, "conflict");
    assert_eq!(team.admin.get(&path).await.expect(200)["name"], "Other");
}

#[tokio::test]
async fn an_empty_collection_is_deleted() {
    let team = Team::new().await;
    let path = format!("/api/collections/{}", make(&team.admin, "Empty").await);
    team.admin.delete(&path).await.success();
    team.admin.get(&path).await.problem(404, "not_found");
    team.admin.delete(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn one_with_prompts_is_deleted_with_cascade_only() {
    let team = Team::new().await;
    let id = make(&team.admin, "Full").await;
    let prompt =
        team.admin.post("/api/prompts", json!({"name": "inside", "collection_id": id})).await.expect(201);
    assert_eq!(prompt["collection_id"], id.as_str());
    team.admin.make_prompt("outside").await;
    let inside = team.admin.all(&format!("/api/prompts?collection_id={id}")).await;
    assert_eq!(inside.iter().map(|row| &row["name"]).collect::<Vec<_>>(), ["inside"]);

    let path = format!("/api/collections/{id}");
    team.admin.delete(&path).await.problem(409, "conflict");
    team.admin.get(&path).await.expect(200);
    team.admin.delete(&format!("{path}?cascade=true")).await.success();
    team.admin.get(&path).await.problem(404, "not_found");
    let shown = team.admin.get("/api/prompts/inside").await.expect(200);
    assert!(shown["archived_at"].is_string(), "{shown}");
    let left = team.admin.all("/api/prompts").await;
    assert_eq!(left.iter().map(|row| &row["name"]).collect::<Vec<_>>(), ["outside"]);
    assert!(left[0]["collection_id"].is_null());
}

#[tokio::test]
async fn an_unknown_collection_is_not_there() {
    let team = Team::new().await;
    for id in [
        "col_01h2xcejqtf2nbrexx3vqjhp41",
        "nonsense",
        "prm_01h2xcejqtf2nbrexx3vqjhp41",
        "%00",
        "%F0%9F%90%89",
    ] {
        let reply = team.admin.get(&format!("/api/collections/{id}")).await;
        reply.problem(404, "not_found");
    }
    let body = json!({"name": "lost", "collection_id": "col_01h2xcejqtf2nbrexx3vqjhp41"});
    let reply = team.admin.post("/api/prompts", body).await;
    assert_eq!(reply.status, 404, "{}", reply.story());
    assert_eq!(team.admin.all("/api/prompts").await, Vec::<Value>::new());
}
