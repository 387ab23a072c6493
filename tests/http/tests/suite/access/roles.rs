//! Who may call what.

use futures_util::future::join_all;
use serde_json::json;

use crate::arrange::{member, text};
use crate::client::{Client, Holder, Team, within};
use crate::routes::{PROTECTED, Role, filled};

/// Calls every protected route, a few at a time.
async fn call_all(client: &Client, check: impl AsyncFn(crate::client::Reply, Role)) {
    for some in PROTECTED.chunks(8) {
        join_all(some.iter().map(async |(method, path, least)| {
            let mut call = client.request(method.parse().unwrap(), &filled(path));
            if ["POST", "PUT", "PATCH"].contains(method) {
                call = call.json(&json!({}));
            }
            check(call.await, *least).await;
        }))
        .await;
    }
}

#[tokio::test]
async fn each_role_may_call_its_routes_and_no_others() {
    let team = Team::new().await;
    for role in Role::ALL {
        let client = team.client(role).await;
        call_all(&client, async |reply, least| {
            if role < least {
                reply.problem(403, "forbidden");
            } else {
                let refused = [401, 403, 405].contains(&reply.status) || reply.status >= 500;
                // Only the team that runs the installation makes teams.
                assert!(!refused || reply.story().contains("/api/teams"), "{role:?}: {}", reply.story());
            }
        })
        .await;
    }
}

#[tokio::test]
async fn without_a_key_in_force_nothing_answers() {
    let anonymous = Client::anonymous();
    let garbage =
        ["garbage", "pl_", "pl_0", "sk-proj-1", &format!("pl_{}", "0".repeat(64)), &"x".repeat(5_000)];
    call_all(&anonymous, async |reply, _| {
        reply.problem(401, "unauthenticated");
    })
    .await;
    for key in garbage {
        call_all(&anonymous.with_key(key), async |reply, _| {
            reply.problem(401, "unauthenticated");
        })
        .await;
    }
}

#[tokio::test]
async fn an_expired_key_opens_nothing() {
    let team = Team::new().await;
    let seed = team.holder(Role::Viewer).await;
    let listed = team.admin.all("/api/keys").await;
    let made_at = listed.iter().find(|key| key["id"] == seed.key_id.as_str()).unwrap();
    let made_at = chrono::DateTime::parse_from_rfc3339(member(made_at, "created_at")).unwrap();
    let expires_at = made_at + chrono::TimeDelta::milliseconds(1_500);
    let body = json!({"name": "Short", "role": "admin", "expires_at": expires_at.to_rfc3339()});
    let Holder { client, .. } = team.holder_of(body).await;
    within(std::time::Duration::from_secs(7), "the key expires", async || {
        client.get("/api/me").await.status == 401
    })
    .await;
    call_all(&client, async |reply, _| {
        reply.problem(401, "unauthenticated");
    })
    .await;
}

#[tokio::test]
async fn both_headers_carry_a_key() {
    let team = Team::new().await;
    let holder = team.holder(Role::Viewer).await;
    let anonymous = Client::anonymous();
    for path in ["/api/me", "/api/prompts"] {
        anonymous.get(path).header("x-api-key", &holder.key).await.expect(200);
        anonymous.get(path).header("authorization", &format!("Bearer {}", holder.key)).await.expect(200);
        anonymous.get(path).header("authorization", &format!("bearer {}", holder.key)).await.expect(200);
        anonymous
            .get(path)
            .header("authorization", &format!("Basic {}", holder.key))
            .await
            .problem(401, "unauthenticated");
        anonymous.get(&format!("{path}?key={}", holder.key)).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn production_takes_a_publisher() {
    let team = Team::new().await;
    let (editor, publisher) = (team.client(Role::Editor).await, team.client(Role::Publisher).await);
    let prompt = editor.make_prompt("guarded").await;
    let first = editor.make_version(&prompt, text("One")).await;
    let second = editor.make_version(&prompt, text("Two")).await;
    let promote = format!("/api/prompts/{prompt}/promote");
    let rollback = format!("/api/prompts/{prompt}/rollback");
    let to = |version: &str, environment| json!({"version_id": version, "environment": environment});

    editor.promote(&prompt, &first, "staging").await;
    editor.promote(&prompt, &second, "staging").await;
    editor.post(&rollback, json!({"environment": "staging"})).await.success();
    editor.post(&promote, to(&first, "production")).await.problem(403, "forbidden");
    assert!(
        editor.get(&format!("/api/prompts/{prompt}")).await.expect(200)["pointers"]["production"].is_null()
    );

    publisher.promote(&prompt, &first, "production").await;
    publisher.promote(&prompt, &second, "production").await;
    editor.post(&promote, to(&first, "production")).await.problem(403, "forbidden");
    editor.post(&rollback, json!({"environment": "production"})).await.problem(403, "forbidden");
    let shown = editor.get(&format!("/api/prompts/{prompt}")).await.expect(200);
    assert_eq!(shown["pointers"]["production"]["version_id"], second.as_str(), "{shown}");
    assert_eq!(shown["pointers"]["staging"]["version_id"], first.as_str(), "{shown}");
}

#[tokio::test]
async fn what_is_forbidden_changes_nothing() {
    let team = Team::new().await;
    let viewer = team.client(Role::Viewer).await;
    let (prompt, version) = team.admin.make_live("untouched", text("One")).await;
    let before = team.admin.get(&format!("/api/prompts/{prompt}")).await.expect(200);
    let path = format!("/api/prompts/{prompt}");
    let replies = [
        viewer.post("/api/prompts", json!({"name": "mine"})).await,
        viewer.post("/api/collections", json!({"name": "Mine"})).await,
        viewer.put(&path, json!({"name": "mine"})).await,
        viewer.patch(&path, json!({"description": "mine"})).await,
        viewer.delete(&path).await,
        viewer.post(&format!("{path}/versions"), text("Mine")).await,
        viewer
            .post(&format!("{path}/promote"), json!({"version_id": version, "environment": "staging"}))
            .await,
        viewer.post("/api/keys", json!({"name": "mine", "role": "admin"})).await,
    ];
    for reply in replies {
        reply.problem(403, "forbidden");
    }
    assert_eq!(team.admin.get(&path).await.expect(200), before);
    assert_eq!(team.admin.all("/api/prompts").await.len(), 1);
    assert_eq!(team.admin.all("/api/collections").await.len(), 0);
    assert_eq!(team.admin.all(&format!("{path}/versions")).await.len(), 1);
}
