//! Keys for model providers: set, never shown, deleted.

use serde_json::{Value, json};

use crate::client::{Client, Team};
use crate::routes::Role;

const KEY: &str = "sk-providers-0123456789-wxyz";

async fn set(client: &Client, name: &str, body: Value) -> Value {
    client.put(&format!("/api/providers/{name}"), body).await.expect(200)
}

#[tokio::test]
async fn a_key_is_set_and_shows_its_last_four_characters_only() {
    let team = Team::new().await;
    team.admin.get("/api/providers/openai").await.problem(404, "not_found");
    let made = set(&team.admin, "openai", json!({"api_key": KEY})).await;
    assert_eq!(made["provider"], "openai");
    assert_eq!(made["last_four"], "wxyz");
    assert_eq!(made["base_url"], Value::Null);
    assert_eq!(team.admin.get("/api/providers/openai").await.expect(200), made);
    let other = json!({"api_key": "sk-other-0123456789", "base_url": "https://models.example.com/v1/"});
    let own = set(&team.admin, "custom-gpu", other).await;
    assert_eq!(own["base_url"], "https://models.example.com/v1");
    assert_eq!(team.admin.all("/api/providers").await, [own, made]);
    for path in ["/api/providers", "/api/providers/openai", "/api/audit"] {
        let reply = team.admin.get(path).await;
        reply.expect(200);
        assert!(!reply.body.contains("0123456789"), "{path} shows a key: {}", reply.body);
    }
}

#[tokio::test]
async fn a_new_key_takes_the_place_of_the_old_one_with_its_address() {
    let team = Team::new().await;
    let proxied = json!({"api_key": KEY, "base_url": "https://proxy.example.com/v1"});
    let before = set(&team.admin, "anthropic", proxied).await;
    let after = set(&team.admin, "anthropic", json!({"api_key": "sk-replaced-0123456789-abcd"})).await;
    assert_eq!((&after["last_four"], &after["base_url"]), (&json!("abcd"), &Value::Null));
    assert_eq!(after["created_at"], before["created_at"]);
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_may_come_back() {
    let team = Team::new().await;
    set(&team.admin, "gemini", json!({"api_key": KEY})).await;
    team.admin.delete("/api/providers/gemini").await.expect(204);
    team.admin.get("/api/providers/gemini").await.problem(404, "not_found");
    team.admin.delete("/api/providers/gemini").await.problem(404, "not_found");
    assert_eq!(team.admin.all("/api/providers").await, [] as [Value; 0]);
    set(&team.admin, "gemini", json!({"api_key": KEY})).await;
    team.admin.get("/api/providers/gemini").await.expect(200);
}

#[tokio::test]
async fn changes_are_in_the_audit_log() {
    let team = Team::new().await;
    set(&team.admin, "openai", json!({"api_key": KEY})).await;
    team.admin.delete("/api/providers/openai").await.expect(204);
    let entries = team.admin.all("/api/audit?resource=openai").await;
    let actions: Vec<&str> = entries.iter().filter_map(|entry| entry["action"].as_str()).collect();
    assert_eq!(actions, ["provider.delete", "provider.set"]);
    assert_eq!(entries[1]["detail"]["last_four"], "wxyz");
}

#[tokio::test]
async fn providers_are_their_teams_and_its_admins() {
    let (team, stranger) = (Team::new().await, Team::new().await);
    set(&team.admin, "openai", json!({"api_key": KEY})).await;
    stranger.admin.get("/api/providers/openai").await.problem(404, "not_found");
    stranger.admin.delete("/api/providers/openai").await.problem(404, "not_found");
    let publisher = team.client(Role::Publisher).await;
    publisher.get("/api/providers/openai").await.problem(403, "forbidden");
    team.admin.get("/api/providers/openai").await.expect(200);
}

#[tokio::test]
async fn what_is_no_provider_is_refused() {
    let team = Team::new().await;
    let refused = [
        ("openai", json!({}), "api_key"),
        ("openai", json!({"api_key": ""}), "api_key"),
        ("openai", json!({"api_key": "sk with spaces"}), "api_key"),
        ("openai", json!({"api_key": "sk-ключ"}), "api_key"),
        ("openai", json!({"api_key": KEY, "key": "x"}), "key"),
        ("Custom.Gpu", json!({"api_key": KEY, "base_url": "https://models.example.com/v1"}), "provider"),
        ("offline", json!({"api_key": KEY, "base_url": "https://models.example.com/v1"}), "provider"),
        ("custom-gpu", json!({"api_key": KEY}), "base_url"),
    ];
    for (name, body, field) in refused {
        let reply = team.admin.put(&format!("/api/providers/{name}"), body).await;
        reply.invalid(field);
    }
    let addresses = [
        "models.example.com",
        "ftp://models.example.com",
        "http://models.example.com/v1",
        "https://10.0.0.1/v1",
        "https://192.168.1.1",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]/v1",
        "https://0x7f.1/v1",
        "https://user:password@models.example.com/v1",
        "https://db.internal/v1",
    ];
    for address in addresses {
        let body = json!({"api_key": KEY, "base_url": address});
        team.admin.put("/api/providers/custom-gpu", body).await.invalid("base_url");
    }
    assert_eq!(team.admin.all("/api/providers").await, [] as [Value; 0]);
}
