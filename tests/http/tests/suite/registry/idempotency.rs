//! Requests that are sent twice.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::arrange::{member, text};
use crate::client::{Client, Reply, Team};
use crate::routes::Role;

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Reply {
    client.post(path, body.clone()).header("idempotency-key", key).await
}

#[tokio::test]
async fn the_same_request_gets_the_first_answer() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("home").await;
    let creations = [
        ("/api/prompts".to_owned(), json!({"name": "once"})),
        ("/api/collections".to_owned(), json!({"name": "Once"})),
        (format!("/api/prompts/{prompt}/versions"), text("Once")),
    ];
    for (number, (path, body)) in creations.iter().enumerate() {
        let key = format!("Key {number}: {path}");
        let first = post(&team.admin, path, &key, body).await;
        let second = post(&team.admin, path, &key, body).await;
        assert_eq!(first.expect(201), second.expect(201), "{path}");
        assert!(second.header("x-request-id").is_some());
    }
    assert_eq!(team.admin.all("/api/prompts").await.len(), 2);
    assert_eq!(team.admin.all("/api/collections").await.len(), 1);
}

#[tokio::test]
async fn a_promotion_is_repeated_without_moving_twice() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("moved").await;
    let version = team.admin.make_version(&prompt, text("One")).await;
    let path = format!("/api/prompts/{prompt}/promote");
    let body = json!({"version_id": version, "environment": "production"});
    let first = post(&team.admin, &path, "p", &body).await.success();
    let second = post(&team.admin, &path, "p", &body).await.success();
    assert_eq!(first, second);
    assert_eq!(team.admin.all(&format!("/api/prompts/{prompt}/history")).await.len(), 1);
}

#[tokio::test]
async fn another_body_is_a_conflict() {
    let team = Team::new().await;
    post(&team.admin, "/api/prompts", "k", &json!({"name": "first"})).await.expect(201);
    post(&team.admin, "/api/prompts", "k", &json!({"name": "second"})).await.problem(409, "conflict");
    assert_eq!(team.admin.all("/api/prompts").await.len(), 1);
    // Without the key, and under another, it is a request like any other.
    post(&team.admin, "/api/prompts", "l", &json!({"name": "second"})).await.expect(201);
}

#[tokio::test]
async fn what_failed_may_be_tried_again() {
    let team = Team::new().await;
    post(&team.admin, "/api/prompts", "k", &json!({"name": "NOT LEGAL"})).await.invalid("name");
    post(&team.admin, "/api/prompts", "k", &json!({"name": "legal"})).await.expect(201);
    post(&team.admin, "/api/prompts", "k", &json!({"name": "other"})).await.problem(409, "conflict");
    assert_eq!(team.admin.all("/api/prompts").await.len(), 1);
}

/// Its headers too: a secret is kept by nobody on its way, the second time neither.
#[tokio::test]
async fn the_first_answer_is_given_again_whole() {
    let team = Team::new().await;
    team.admin.make_live("greeting", text("Say hello")).await;
    let cases = [
        ("/api/keys", json!({"name": "Once", "role": "viewer"}), vec!["content-type", "cache-control"]),
        (
            "/v1/chat/completions",
            json!({"model": "prompt:greeting", "messages": [{"role": "user", "content": "Hi"}]}),
            vec!["content-type", "x-promptlab-prompt-id", "x-promptlab-version-id"],
        ),
    ];
    for (path, body, headers) in cases {
        let first = post(&team.admin, path, path, &body).await;
        let again = post(&team.admin, path, path, &body).await;
        assert_eq!((first.status, first.success()), (again.status, again.success()), "{path}");
        assert_eq!(first.header("idempotent-replayed"), None);
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{path}");
        for header in headers {
            assert!(first.header(header).is_some(), "{header}: {:?}", first.headers);
            assert_eq!(again.header(header), first.header(header), "{path}");
        }
        assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    }
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    let team = Team::new().await;
    let body = json!({"name": "once"});
    let replies = join_all((0..10).map(|_| post(&team.admin, "/api/prompts", "k", &body))).await;
    let mut ids = BTreeSet::new();
    for reply in &replies {
        if reply.status == 409 {
            reply.problem(409, "conflict");
        } else {
            ids.insert(member(&reply.expect(201), "id").to_owned());
        }
    }
    assert_eq!(ids.len(), 1, "one prompt");
    assert_eq!(team.admin.all("/api/prompts").await.len(), 1);
    assert_eq!(
        Some(member(&post(&team.admin, "/api/prompts", "k", &body).await.expect(201), "id")),
        ids.first().map(String::as_str)
    );
}

#[tokio::test]
async fn keys_are_their_teams_own() {
    let (ours, theirs) = (Team::new().await, Team::new().await);
    let body = json!({"name": "same"});
    let first = post(&ours.admin, "/api/prompts", "k", &body).await.expect(201);
    let second = post(&theirs.admin, "/api/prompts", "k", &body).await.expect(201);
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn a_repetition_needs_the_role_too() {
    let team = Team::new().await;
    let viewer = team.client(Role::Viewer).await;
    let body = json!({"name": "guarded"});
    post(&team.admin, "/api/prompts", "k", &body).await.expect(201);
    post(&viewer, "/api/prompts", "k", &body).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_key_has_a_length() {
    let team = Team::new().await;
    let body = json!({"name": "long"});
    post(&team.admin, "/api/prompts", &"k".repeat(4_000), &body).await.invalid("Idempotency-Key");
    post(&team.admin, "/api/prompts", &"k".repeat(255), &body).await.expect(201);
}
