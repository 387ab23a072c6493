//! What is kept of a chat.

use std::time::Duration;

use serde_json::{Value, json};

use crate::arrange::{contains, member, text, with};
use crate::client::{Client, Team, encoded, within};

async fn say(client: &Client, body: Value) -> Value {
    client.post("/api/chat", with(body, &json!({"stream": false}))).await.expect(200)
}

async fn messages(client: &Client, conversation: &str) -> Vec<Value> {
    let body = client.get(&format!("/api/conversations/{conversation}")).await.expect(200);
    body["messages"].as_array().expect("messages").clone()
}

#[tokio::test]
async fn both_messages_are_kept() {
    let team = Team::new().await;
    let version = with(text("Help."), &json!({"system_prompt": "You are a pirate. 龍"}));
    let (prompt, version_id) = team.admin.make_live("kept", version).await;
    let body = json!({"message": "Wie geht's? 🐉", "prompt": "kept", "user_id": "u-1"});
    let mut events = team.admin.post("/api/chat", body).header("x-request-id", "kept-1").events().await;
    let meta = events.next().await.unwrap().data;
    let rest = events.rest().await;
    let conversation = member(&meta, "conversation_id");
    let spoken: String =
        rest.iter().filter(|event| event.name == "delta").map(|event| member(&event.data, "text")).collect();
    // It may be written after the last event.
    within(Duration::from_secs(5), "the answer is kept", async || {
        messages(&team.admin, conversation).await.last().is_some_and(|last| last["status"] == "complete")
    })
    .await;
    let kept = messages(&team.admin, conversation).await;
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!((&kept[0]["role"], &kept[0]["content"]), (&json!("user"), &json!("Wie geht's? 🐉")));
    let answer = &kept[1];
    assert_eq!((&answer["role"], &answer["content"]), (&json!("assistant"), &json!(spoken)));
    let usage = &rest[rest.len() - 2].data;
    let expected = json!({
        "id": meta["message_id"], "prompt_id": prompt, "version_id": version_id, "model": "offline",
        "request_id": "kept-1", "finish_reason": "stop", "tokens_in": usage["tokens_in"],
        "tokens_out": usage["tokens_out"], "latency_ms": usage["latency_ms"], "ttft_ms": usage["ttft_ms"],
        "cost_usd": usage["cost_usd"],
    });
    contains(answer, &expected);
}

#[tokio::test]
async fn a_conversation_goes_on() {
    let team = Team::new().await;
    let first = say(&team.admin, json!({"message": "First words", "model": "offline"})).await;
    let conversation = member(&first, "conversation_id");
    let second = json!({"message": "Second words", "model": "offline", "conversation_id": conversation});
    let second = say(&team.admin, second).await;
    assert_eq!(second["conversation_id"], conversation);
    assert_ne!(second["message_id"], first["message_id"]);
    assert!(second["tokens_in"].as_u64() > first["tokens_in"].as_u64(), "the history is sent: {second}");
    let kept = messages(&team.admin, conversation).await;
    let roles: Vec<&str> = kept.iter().map(|message| member(message, "role")).collect();
    assert_eq!(roles, ["user", "assistant", "user", "assistant"]);
    assert_eq!((&kept[0]["content"], &kept[2]["content"]), (&json!("First words"), &json!("Second words")));
    assert_eq!(team.admin.all("/api/conversations").await.len(), 1);
}

#[tokio::test]
async fn an_answer_is_finished_without_who_has_left() {
    let team = Team::new().await;
    let question = json!({"message": "Tell me everything", "model": "offline"});
    let whole = say(&team.admin, question.clone()).await;
    let mut events = team.admin.post("/api/chat", question).events().await;
    let meta = events.next().await.unwrap();
    assert_eq!(meta.name, "meta");
    for _ in 0..3 {
        assert_eq!(events.next().await.unwrap().name, "delta");
    }
    drop(events);
    let conversation = member(&meta.data, "conversation_id");
    within(Duration::from_secs(10), "the message is complete", async || {
        messages(&team.admin, conversation).await.iter().all(|message| message["status"] == "complete")
    })
    .await;
    let kept = messages(&team.admin, conversation).await;
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(kept[1]["content"], whole["text"]);
    assert_eq!(kept[1]["id"], meta.data["message_id"]);
    // The conversation goes on from there.
    let next = json!({"message": "Go on", "model": "offline", "conversation_id": conversation});
    say(&team.admin, next).await;
    assert_eq!(messages(&team.admin, conversation).await.len(), 4);
}

#[tokio::test]
async fn conversations_are_listed_newest_first_and_found() {
    let team = Team::new().await;
    assert_eq!(
        team.admin.get("/api/conversations").await.expect(200),
        json!({"data": [], "next_cursor": null})
    );
    let mut ids = Vec::new();
    for message in ["Alpha question", "Größe und 100% _", "Gamma question"] {
        let said = say(&team.admin, json!({"message": message, "model": "offline"})).await;
        ids.push(member(&said, "conversation_id").to_owned());
    }
    let listed = team.admin.all("/api/conversations").await;
    let order: Vec<&str> = listed.iter().map(|row| member(row, "id")).collect();
    assert_eq!(order, [ids[2].as_str(), &ids[1], &ids[0]]);
    for row in &listed {
        assert!(!member(row, "title").is_empty() && row["created_at"].is_string(), "{row}");
    }
    for (search, expected) in [
        ("Alpha", vec![0]),
        ("größe", vec![1]),
        ("100%", vec![1]),
        ("question", vec![2, 0]),
        ("nowhere", vec![]),
    ] {
        let found = team.admin.all(&format!("/api/conversations?search={}", encoded(search))).await;
        let found: Vec<&str> = found.iter().map(|row| member(row, "id")).collect();
        let expected: Vec<&str> = expected.into_iter().map(|index: usize| ids[index].as_str()).collect();
        assert_eq!(found, expected, "{search}");
    }
    let page = team.admin.get("/api/conversations?limit=2").await.expect(200);
    let cursor = encoded(member(&page, "next_cursor"));
    let rest = team.admin.get(&format!("/api/conversations?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!(rest["data"].as_array().map(Vec::len), Some(1), "{rest}");
}

#[tokio::test]
async fn a_conversation_is_renamed_and_deleted() {
    let team = Team::new().await;
    let said = say(&team.admin, json!({"message": "Hello", "model": "offline"})).await;
    let path = format!("/api/conversations/{}", member(&said, "conversation_id"));
    let renamed = team.admin.patch(&path, json!({"title": "Größe 龍"})).await.expect(200);
    assert_eq!(renamed["title"], "Größe 龍");
    assert_eq!(team.admin.get(&path).await.expect(200)["title"], "Größe 龍");
    for title in [json!(""), json!(null), json!("a".repeat(10_000)), json!("two\nlines"), json!("\u{0}")] {
        team.admin.patch(&path, json!({"title": title})).await.invalid("title");
    }
    team.admin.delete(&path).await.success();
    team.admin.get(&path).await.problem(404, "not_found");
    team.admin.delete(&path).await.problem(404, "not_found");
    assert_eq!(team.admin.all("/api/conversations").await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_unknown_conversation_is_not_there() {
    let team = Team::new().await;
    for id in ["conv_01h2xcejqtf2nbrexx3vqjhp41", "nonsense", "%00", "%F0%9F%90%89"] {
        team.admin.get(&format!("/api/conversations/{id}")).await.problem(404, "not_found");
    }
}
