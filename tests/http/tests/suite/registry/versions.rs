//! Versions: numbered, immutable, stored once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::arrange::{contains, member, text, with};
use crate::client::Team;

#[tokio::test]
async fn versions_are_numbered_and_read_back() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("numbered").await;
    let path = format!("/api/prompts/{prompt}/versions");
    let body = json!({
        "type": "text", "template_text": "Hello {{ name }} aus {{ort}}, {{ name }}", "system_prompt": "Be {{ tone }}. Größe 龍",
        "few_shot_examples": [{"input": "Hi", "output": "Ho"}], "model_id": "gpt-4o", "temperature": 0.3,
        "max_tokens": 100, "config": {"top_p": 0.5, "ünï": [1, null]}, "commit_message": "Erste Fassung",
    });
    let made = team.admin.post(&path, body.clone()).await.expect(201);
    assert_eq!(made["version_number"], 1);
    assert!(member(&made, "version_id").starts_with("ver_"), "{made}");
    assert!(!member(&made, "content_hash").is_empty());
    assert!(made.get("eval_status").is_some(), "{made}");
    let variables: BTreeSet<&str> =
        made["variables"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(variables, BTreeSet::from(["name", "ort", "tone"]));
    assert_eq!(made["variables"].as_array().map(Vec::len), Some(3), "each once: {made}");

    let second = team.admin.post(&path, text("Two")).await.expect(201);
    assert_eq!(second["version_number"], 2);
    assert_ne!(second["content_hash"], made["content_hash"]);

    for reference in ["1", member(&made, "version_id")] {
        let shown = team.admin.get(&format!("{path}/{reference}")).await.expect(200);
        contains(&shown, &body);
        assert!(shown["created_at"].is_string() && shown["created_by"].is_string(), "{shown}");
    }
    let listed = team.admin.all(&path).await;
    let numbers: BTreeSet<i64> = listed.iter().filter_map(|row| row["version_number"].as_i64()).collect();
    assert_eq!(numbers, BTreeSet::from([1, 2]));
}

#[tokio::test]
async fn versions_have_several_names() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("named").await;
    let path = format!("/api/prompts/{prompt}/versions");
    let mut ids = Vec::new();
    for words in ["One", "Two", "Three"] {
        ids.push(team.admin.make_version(&prompt, text(words)).await);
    }
    team.admin.get(&format!("{path}/production")).await.problem(404, "not_found");
    team.admin.promote(&prompt, &ids[0], "production").await;
    team.admin.promote(&prompt, &ids[1], "staging").await;
    let other = team.admin.make_prompt("other").await;
    let foreign = team.admin.make_version(&other, text("Foreign")).await;
    for (reference, id) in
        [("production", &ids[0]), ("staging", &ids[1]), ("latest", &ids[2]), ("2", &ids[1])]
    {
        let shown = team.admin.get(&format!("{path}/{reference}")).await.expect(200);
        assert_eq!(shown["version_id"], id.as_str(), "{reference}");
    }
    for reference in
        ["0", "4", "-1", "99999999999999999999", "1.0", "newest", "Latest", foreign.as_str(), "%00"]
    {
        team.admin.get(&format!("{path}/{reference}")).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_chat_version_has_messages() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("chat").await;
    let path = format!("/api/prompts/{prompt}/versions");
    let messages = json!([
        {"role": "system", "content": "You know {{ topic }}."},
        {"role": "user", "content": "{{ question }}"},
        {"role": "assistant", "content": "Well,"},
    ]);
    let body = json!({"type": "chat", "messages": messages, "model_id": "offline"});
    let made = team.admin.post(&path, body).await.expect(201);
    assert_eq!(made["variables"], json!(["topic", "question"]));
    let shown = team.admin.get(&format!("{path}/1")).await.expect(200);
    assert_eq!((&shown["messages"], &shown["type"]), (&messages, &json!("chat")));
    assert!(shown["template_text"].is_null(), "{shown}");
}

#[tokio::test]
async fn identical_content_is_stored_once() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("deduplicated").await;
    let path = format!("/api/prompts/{prompt}/versions");
    let first = r#"{"type": "text", "template_text": "Größe €", "model_id": "offline", "temperature": 1.0,
        "config": {"b": [1, 2.50], "a": {"y": 1e2, "x": null}}, "commit_message": "First"}"#;
    // Another order of members, other ways to write the same numbers and letters, another message, defaults said.
    let same = r#"{"commit_message": "Second", "config": {"a": {"x": null, "y": 100}, "b": [1.0, 2.5]}, "temperature": 1,
        "few_shot_examples": [], "system_prompt": "", "max_tokens": null,
        "model_id": "offline", "template_text": "Gr\u00f6\u00DFe \u20ac", "type": "text"}"#;
    let post = async |body: &'static str| {
        team.admin
            .request(reqwest::Method::POST, &path)
            .header("content-type", "application/json")
            .body(body)
            .await
    };
    let made = post(first).await.expect(201);
    assert!(!made["deduplicated"].as_bool().unwrap_or(false), "{made}");
    let again = post(same).await.expect(200);
    assert_eq!(again["deduplicated"], true, "{again}");
    for member in ["version_id", "version_number", "content_hash"] {
        assert_eq!(again[member], made[member], "{member}");
    }
    let different = [
        json!({"template_text": "Größe €\n"}),
        json!({"model_id": "gpt-4o"}),
        json!({"temperature": 0.9}),
        json!({"system_prompt": "Be brief."}),
        json!({"max_tokens": 5}),
        json!({"few_shot_examples": [{"input": "a", "output": "b"}]}),
        json!({"config": {"b": [2.5, 1], "a": {"x": null, "y": 100}}}),
        json!({"config": {"b": [1, 2.5], "a": {"y": 100}}}),
    ];
    let base: Value = serde_json::from_str(first).unwrap();
    let mut hashes = BTreeSet::from([member(&made, "content_hash").to_owned()]);
    for change in different {
        let made = team.admin.post(&path, with(base.clone(), &change)).await.expect(201);
        assert!(hashes.insert(member(&made, "content_hash").to_owned()), "{change}");
    }
    let other = team.admin.make_prompt("other").await;
    team.admin.post(&format!("/api/prompts/{other}/versions"), base.clone()).await.expect(201);
    // An older version is recognised as well.
    assert_eq!(team.admin.post(&path, base).await.expect(200)["version_number"], 1);
}

#[tokio::test]
async fn versions_made_at_once_get_numbers_of_their_own() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("busy").await;
    let path = format!("/api/prompts/{prompt}/versions");
    let different =
        (0..10).map(async |number| team.admin.post(&path, text(&format!("Text {number}"))).await.expect(201));
    let made = join_all(different).await;
    let numbers: BTreeSet<i64> =
        made.iter().filter_map(|version| version["version_number"].as_i64()).collect();
    assert_eq!(numbers, (1..=10).collect());

    let same = join_all((0..10).map(async |_| team.admin.post(&path, text("The same")).await)).await;
    assert_eq!(same.iter().filter(|reply| reply.status == 201).count(), 1, "one is new");
    let ids: BTreeSet<String> =
        same.iter().map(|reply| member(&reply.success(), "version_id").to_owned()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(team.admin.all(&path).await.len(), 11);
}

#[tokio::test]
async fn what_is_no_version_is_refused() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("strict").await;
    let path = format!("/api/prompts/{prompt}/versions");
    let chat =
        json!({"type": "chat", "messages": [{"role": "user", "content": "Hi"}], "model_id": "offline"});
    let bad = [
        (with(text("a"), &json!({"type": "image"})), "type"),
        (json!({"type": "text", "model_id": "offline"}), "template_text"),
        (json!({"type": "chat", "model_id": "offline"}), "messages"),
        (json!({"type": "text", "template_text": "a"}), "model_id"),
        (with(text("a"), &json!({"model_id": ""})), "model_id"),
        (with(text("a"), &json!({"temperature": -0.1})), "temperature"),
        (with(text("a"), &json!({"temperature": 100})), "temperature"),
        (with(text("a"), &json!({"max_tokens": 0})), "max_tokens"),
        (with(text("a"), &json!({"max_tokens": 1.5})), "max_tokens"),
        (with(text("a"), &json!({"config": [1]})), "config"),
        (with(text("a"), &json!({"few_shot_examples": [{"input": "a"}]})), "few_shot_examples[0].output"),
        (with(chat.clone(), &json!({"messages": []})), "messages"),
        (with(chat.clone(), &json!({"messages": [{"role": "robot", "content": "Hi"}]})), "messages[0].role"),
        (with(chat.clone(), &json!({"messages": [{"role": "user"}]})), "messages[0].content"),
        (
            with(chat, &json!({"messages": [{"role": "user", "content": "Hi", "more": 1}]})),
            "messages[0].more",
        ),
    ];
    for (body, field) in bad {
        team.admin.post(&path, body).await.invalid(field);
    }
    // A text version with messages, and the other way round.
    let both = with(text("a"), &json!({"messages": [{"role": "user", "content": "Hi"}]}));
    team.admin.post(&path, both).await.problem(422, "validation_failed");
    assert_eq!(team.admin.all(&path).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_diff_tells_field_from_field() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("compared").await;
    let first = json!({"type": "text", "template_text": "Be brief.\nThanks, {{ name }}.\n", "system_prompt": "Old",
        "model_id": "offline", "temperature": 0.5, "config": {"top_p": 1}});
    let second = json!({"type": "text", "template_text": "Be very brief.\nThanks, {{ name }}.\n",
        "model_id": "offline", "temperature": 0.5, "max_tokens": 10, "config": {"top_p": 0.5}});
    let first = team.admin.make_version(&prompt, first).await;
    team.admin.make_version(&prompt, second).await;
    let path = format!("/api/prompts/{prompt}/diff");
    let by_number = team.admin.get(&format!("{path}?from=1&to=2")).await.expect(200);
    let fields = &by_number["fields"];
    let expected = [
        ("template_text", "changed"),
        ("system_prompt", "removed"),
        ("max_tokens", "added"),
        ("temperature", "unchanged"),
        ("model_id", "unchanged"),
        ("config", "changed"),
    ];
    for (field, status) in expected {
        assert_eq!(fields[field]["status"], status, "{field} in {by_number}");
    }
    let hunks = fields["template_text"].to_string();
    assert!(hunks.contains("very "), "the word that is new: {hunks}");
    assert!(hunks.contains("Thanks, {{ name }}."), "the line that stays: {hunks}");
    let by_id = team.admin.get(&format!("{path}?from={first}&to=latest")).await.expect(200);
    assert_eq!(&by_id["fields"], fields);

    let back = team.admin.get(&format!("{path}?from=2&to=1")).await.expect(200);
    assert_eq!(back["fields"]["system_prompt"]["status"], "added", "{back}");
    let none = team.admin.get(&format!("{path}?from=1&to=1")).await.expect(200);
    for (field, difference) in none["fields"].as_object().expect("fields") {
        assert_eq!(difference["status"], "unchanged", "{field}");
    }
    team.admin.get(&format!("{path}?from=1&to=9")).await.problem(404, "not_found");
    team.admin.get(&format!("{path}?from=1&to=production")).await.problem(404, "not_found");
}
