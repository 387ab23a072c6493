//! What a team sets for itself.

use serde_json::{Value, json};

use crate::arrange::member;
use crate::client::Team;
use crate::routes::Role;

const PATH: &str = "/api/team/settings";

#[tokio::test]
async fn a_team_sets_what_becomes_of_personal_data() {
    let (team, stranger) = (Team::new().await, Team::new().await);
    let default = json!({"redaction": {"mode": "mask", "fields": {}, "patterns": []}});
    assert_eq!(team.admin.get(PATH).await.expect(200), default);
    let own = json!({"redaction": {
        "mode": "mask",
        "fields": {"user_id": "drop", "metadata": "off"},
        "patterns": [{"name": "ticket", "pattern": "T-[0-9]{6}"}],
    }});
    assert_eq!(team.admin.put(PATH, own.clone()).await.expect(200), own);
    assert_eq!(team.admin.get(PATH).await.expect(200), own);
    assert_eq!(stranger.admin.get(PATH).await.expect(200), default);

    let talk =
        json!({"message": "Where is T-123456?", "user_id": "u-1", "model": "offline", "stream": false});
    let talk = team.admin.post("/api/chat", talk).await.expect(200);
    let file = team.admin.get("/api/export/conversations.csv").await;
    assert_eq!(file.status, 200, "{}", file.story());
    let line = file.body.lines().find(|line| line.contains(member(&talk, "conversation_id"))).unwrap();
    assert!(line.contains("Where is [ticket]?,,"), "{line}");

    // What is left out has its default: a PUT is the whole of it.
    assert_eq!(team.admin.put(PATH, json!({"redaction": {}})).await.expect(200), default);
    let me = team.admin.get("/api/me").await.expect(200);
    let entries =
        team.admin.all(&format!("/api/audit?resource={}", me["team"]["id"].as_str().unwrap())).await;
    let details: Vec<&Value> = entries.iter().map(|entry| &entry["detail"]).collect();
    assert_eq!(details, [&default, &own]);
    assert!(entries.iter().all(|entry| entry["action"] == "team.settings"));

    let publisher = team.client(Role::Publisher).await;
    publisher.get(PATH).await.problem(403, "forbidden");
    publisher.put(PATH, own).await.problem(403, "forbidden");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused() {
    let team = Team::new().await;
    let before = team.admin.get(PATH).await.expect(200);
    let pattern = |name: &str, pattern: &str| json!({"patterns": [{"name": name, "pattern": pattern}]});
    let cases = [
        (json!({"mode": "hide"}), "redaction.mode"),
        (json!({"colour": "red"}), "redaction.colour"),
        (json!({"fields": {"output": "hide"}}), "redaction.fields.output"),
        (json!({"fields": {"email": "drop"}}), "redaction.fields.email"),
        (json!({"patterns": [{"name": "a"}]}), "redaction.patterns[0].pattern"),
        (json!({"patterns": [{"name": "a", "pattern": "a", "x": 1}]}), "redaction.patterns[0].x"),
        (pattern("Ticket!", "a"), "redaction.patterns[0].name"),
        (pattern("a", "("), "redaction.patterns[0].pattern"),
        (pattern("a", "(a)\\1"), "redaction.patterns[0].pattern"),
        (pattern("a", "(?<=a)b"), "redaction.patterns[0].pattern"),
        (pattern("a", "a*"), "redaction.patterns[0].pattern"),
        (pattern("a", &"a".repeat(501)), "redaction.patterns[0].pattern"),
        (pattern("a", "a\0"), "redaction.patterns[0].pattern"),
        (json!({"patterns": vec![json!({"name": "a", "pattern": "a"}); 21]}), "redaction.patterns"),
        (json!("off"), "redaction"),
        (Value::Null, "redaction"),
    ];
    for (redaction, field) in cases {
        team.admin.put(PATH, json!({"redaction": redaction})).await.invalid(field);
    }
    team.admin.put(PATH, json!({})).await.invalid("redaction");
    team.admin.put(PATH, json!({"redaction": {}, "name": "a"})).await.invalid("name");
    assert_eq!(team.admin.get(PATH).await.expect(200), before);
}
