//! API keys: made, shown once, rotated, revoked.

use serde_json::{Value, json};

use crate::arrange::{member, text};
use crate::client::{Client, PROPAGATION, Team, unique, within};
use crate::routes::Role;

/// One route of each function.
const EVERYWHERE: [&str; 4] = ["/api/me", "/api/prompts", "/api/resolve/known", "/api/conversations"];

async fn works_everywhere(client: &Client) {
    for path in EVERYWHERE {
        client.get(path).await.expect(200);
    }
}

async fn dies_everywhere(client: &Client) {
    for path in EVERYWHERE {
        within(PROPAGATION, path, async || client.get(path).await.status == 401).await;
        client.get(path).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn me_says_who_calls() {
    let team = Team::new().await;
    let holder = team.holder_of(json!({"name": "Reader", "role": "viewer"})).await;
    let me = holder.client.get("/api/me").await.expect(200);
    assert_eq!(me["role"], "viewer", "{me}");
    for member in ["key", "user", "team"] {
        assert!(!me[member].is_null(), "no {member}: {me}");
    }
    let text = me.to_string();
    assert!(text.contains(&holder.key_id) && text.contains(&team.id), "{me}");
    assert!(!text.contains(&holder.key), "the key itself: {me}");
}

#[tokio::test]
async fn a_key_is_shown_once() {
    let team = Team::new().await;
    let body = json!({"name": "Größe 龍", "role": "runtime", "chat_requests_per_hour": 7, "expires_at": "2099-01-02T03:04:05Z"});
    let made = team.admin.post("/api/keys", body).await.expect(201);
    let key = member(&made, "key");
    assert!(key.starts_with("pl_") && key.len() >= 40, "{key}");
    assert_eq!(made["name"], "Größe 龍");
    assert_eq!(made["role"], "runtime");
    assert_eq!(made["chat_requests_per_hour"], 7);
    assert_eq!(made["expires_at"], "2099-01-02T03:04:05.000Z");
    assert!(member(&made, "id").starts_with("key_"), "{made}");

    let keys = team.admin.all("/api/keys").await;
    let listed = keys.iter().find(|listed| listed["id"] == made["id"]).expect("the key in the list");
    assert!(listed.get("key").is_none_or(Value::is_null), "{listed}");
    for path in ["/api/keys", "/api/audit", "/api/me"] {
        let reply = team.admin.get(path).await;
        reply.expect(200);
        assert!(!reply.body.contains(key), "{path} shows the key");
    }
}

#[tokio::test]
async fn a_key_in_use_says_when() {
    let team = Team::new().await;
    let holder = team.holder(Role::Viewer).await;
    holder.client.get("/api/prompts").await.expect(200);
    within(PROPAGATION, "last_used_at", async || {
        let keys = team.admin.all("/api/keys").await;
        keys.iter().any(|key| key["id"] == holder.key_id.as_str() && key["last_used_at"].is_string())
    })
    .await;
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let team = Team::new().await;
    let before = team.admin.all("/api/keys").await.len();
    let bodies = [
        (json!({"role": "viewer"}), "name"),
        (json!({"name": "a"}), "role"),
        (json!({"name": "", "role": "viewer"}), "name"),
        (json!({"name": "a".repeat(201), "role": "viewer"}), "name"),
        (json!({"name": "a", "role": "owner"}), "role"),
        (json!({"name": "a", "role": "Viewer"}), "role"),
        (json!({"name": "a", "role": "viewer", "expires_at": "tomorrow"}), "expires_at"),
        (json!({"name": "a", "role": "viewer", "expires_at": "2001-01-01T00:00:00Z"}), "expires_at"),
        (json!({"name": "a", "role": "viewer", "chat_requests_per_hour": -1}), "chat_requests_per_hour"),
        (json!({"name": "a", "role": "viewer", "key": "pl_mine"}), "key"),
    ];
    for (body, field) in bodies {
        team.admin.post("/api/keys", body).await.invalid(field);
    }
    assert_eq!(team.admin.all("/api/keys").await.len(), before);
}

#[tokio::test]
async fn a_revoked_key_dies_within_five_seconds() {
    let team = Team::new().await;
    team.admin.make_live("known", text("Hello")).await;
    let holder = team.holder(Role::Viewer).await;
    works_everywhere(&holder.client).await;
    let path = format!("/api/keys/{}", holder.key_id);
    team.admin.delete(&path).await.success();
    dies_everywhere(&holder.client).await;
    let keys = team.admin.all("/api/keys").await;
    let listed = keys.iter().find(|key| key["id"] == holder.key_id.as_str());
    assert!(listed.is_none_or(|key| key["revoked_at"].is_string()), "{listed:?}");
}

#[tokio::test]
async fn rotation_leaves_a_grace_period() {
    let team = Team::new().await;
    team.admin.make_live("known", text("Hello")).await;
    let holder = team.holder(Role::Publisher).await;
    works_everywhere(&holder.client).await;
    let path = format!("/api/keys/{}/rotate", holder.key_id);
    let rotated = team.admin.post(&path, json!({"grace_seconds": 3})).await.success();
    let key = member(&rotated, "key");
    assert_ne!(key, holder.key);
    assert_eq!(rotated["role"], "publisher", "{rotated}");
    let successor = team.admin.with_key(key);
    works_everywhere(&holder.client).await;
    works_everywhere(&successor).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    dies_everywhere(&holder.client).await;
    works_everywhere(&successor).await;
    // A rotated key makes no further ones.
    let again = team.admin.post(&path, json!({})).await;
    assert!([404, 409].contains(&again.status), "{}", again.story());
}

#[tokio::test]
async fn rotation_without_grace_ends_the_old_key() {
    let team = Team::new().await;
    team.admin.make_live("known", text("Hello")).await;
    let holder = team.holder(Role::Viewer).await;
    works_everywhere(&holder.client).await;
    let path = format!("/api/keys/{}/rotate", holder.key_id);
    team.admin.post(&path, json!({"grace_seconds": -1})).await.invalid("grace_seconds");
    let rotated = team.admin.post(&path, json!({"grace_seconds": 0})).await.success();
    dies_everywhere(&holder.client).await;
    works_everywhere(&team.admin.with_key(member(&rotated, "key"))).await;
}

#[tokio::test]
async fn a_repeated_request_shows_the_same_key() {
    let team = Team::new().await;
    let body = json!({"name": "Repeated", "role": "viewer"});
    let once = async || {
        team.admin.post("/api/keys", body.clone()).header("idempotency-key", "k-1").await.expect(201)
    };
    let (first, second) = (once().await, once().await);
    assert_eq!(first, second);
    let keys = team.admin.all("/api/keys").await;
    assert_eq!(keys.iter().filter(|key| key["name"] == "Repeated").count(), 1);
}

#[tokio::test]
async fn only_the_operator_makes_teams() {
    let team = Team::new().await;
    team.admin.post("/api/teams", json!({"name": unique("team")})).await.problem(403, "forbidden");
    let operator = Client::operator();
    let name = unique("team");
    operator.post("/api/teams", json!({"name": name})).await.expect(201);
    operator.post("/api/teams", json!({"name": name})).await.problem(409, "conflict");
    operator.post("/api/teams", json!({"name": ""})).await.invalid("name");
}

#[tokio::test]
async fn lists_have_pages() {
    let team = Team::new().await;
    for _ in 0..3 {
        team.holder(Role::Viewer).await;
    }
    let page = team.admin.get("/api/keys?limit=2").await.expect(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2), "{page}");
    let cursor = member(&page, "next_cursor");
    let next = team.admin.get(&format!("/api/keys?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(next["data"].as_array().map(Vec::len), Some(2), "{next}");
    assert!(next["next_cursor"].is_null(), "{next}");
}
