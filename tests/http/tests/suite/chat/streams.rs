//! Answers that are stopped, resumed and limited.

use std::time::Duration;

use serde_json::{Value, json};

use crate::arrange::member;
use crate::client::{Client, Reply, Team};
use crate::routes::Role;

fn says(message: &str) -> Value {
    json!({"message": message, "model": "offline"})
}

#[tokio::test]
async fn a_running_answer_is_stopped_and_what_there_is_of_it_is_kept() {
    let team = Team::new().await;
    let client = team.client(Role::Runtime).await;
    let mut events = client.post("/api/chat", says("Tell me everything.")).events().await;
    let meta = events.next().await.unwrap().data;
    let stop = format!("/api/chat/{}/stop", member(&meta, "message_id"));
    Team::new().await.admin.post(&stop, json!({})).await.problem(404, "not_found");
    let stopped = client.post(&stop, json!({})).await.success();
    assert_eq!(stopped["status"], "cancelled", "{stopped}");
    let rest = events.rest().await;
    let names: Vec<&str> = rest.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names.iter().rev().take(2).rev().copied().collect::<Vec<_>>(), ["usage", "done"]);
    assert_eq!(rest.last().unwrap().data["finish_reason"], "cancelled");
    let spoken: String =
        rest.iter().filter(|event| event.name == "delta").map(|event| member(&event.data, "text")).collect();
    let conversation = format!("/api/conversations/{}", member(&meta, "conversation_id"));
    let kept = client.get(&conversation).await.expect(200)["messages"][1].clone();
    assert_eq!((&kept["status"], &kept["content"]), (&json!("cancelled"), &json!(spoken)));
    assert_eq!(
        client.post(&stop, json!({})).await.expect(200)["status"],
        "cancelled",
        "once more is no error"
    );
}

async fn resume(client: &Client, message_id: &str, last_id: u64) -> Vec<crate::events::Event> {
    let call = client.get(&format!("/api/chat/{message_id}/stream"));
    call.header("last-event-id", &last_id.to_string()).events().await.rest().await
}

#[tokio::test]
async fn an_answer_goes_on_where_its_reader_left() {
    let team = Team::new().await;
    let client = team.client(Role::Runtime).await;
    let mut events = client.post("/api/chat", says("Tell me everything.")).events().await;
    let meta = events.next().await.unwrap().data;
    let message_id = member(&meta, "message_id").to_owned();
    let mut spoken = String::new();
    let mut last_id = 1;
    for _ in 0..3 {
        let event = events.next().await.unwrap();
        spoken.push_str(member(&event.data, "text"));
        last_id = event.id;
    }
    drop(events);
    let rest = resume(&client, &message_id, last_id).await;
    let ids: Vec<u64> = rest.iter().map(|event| event.id).collect();
    let expected: Vec<u64> = (last_id + 1..).take(ids.len()).collect();
    assert_eq!(ids, expected);
    for event in rest.iter().filter(|event| event.name == "delta") {
        spoken.push_str(member(&event.data, "text"));
    }
    assert_eq!(rest.last().unwrap().name, "done");
    let conversation = format!("/api/conversations/{}", member(&meta, "conversation_id"));
    let kept = client.get(&conversation).await.expect(200)["messages"][1].clone();
    assert_eq!((&kept["status"], &kept["content"]), (&json!("complete"), &json!(spoken)));

    let stream = format!("/api/chat/{message_id}/stream");
    let seen = rest.last().unwrap().id.to_string();
    assert_eq!(client.get(&stream).header("last-event-id", &seen).await.status, 204);
    Team::new().await.admin.get(&stream).await.problem(404, "not_found");
    client.get(&stream).header("last-event-id", "x").await.invalid("last-event-id");
}

#[tokio::test]
async fn a_key_may_allow_few_requests() {
    let team = Team::new().await;
    let limited =
        team.holder_of(json!({"name": "few", "role": "runtime", "chat_requests_per_hour": 2})).await.client;
    let ask = |user: &'static str| {
        let body = json!({"message": "Hello", "model": "offline", "user_id": user, "stream": false});
        limited.post("/api/chat", body)
    };
    for remaining in ["1", "0"] {
        let answer = ask("u-1").await;
        answer.expect(200);
        assert_eq!(
            (answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")),
            (Some("2"), Some(remaining))
        );
    }
    let refused = ask("u-1").await;
    refused.problem(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&wait), "{wait}");
    assert_eq!(refused.header("ratelimit-reset"), refused.header("retry-after"));
    ask("u-2").await.expect(200);
    tokio::time::timeout(Duration::from_secs(5), async {
        team.admin.post("/api/chat", says("Hi")).await.status
    })
    .await
    .expect("another key is another's");
}

#[tokio::test]
async fn a_stream_is_given_again() {
    let team = Team::new().await;
    let chat = |message: &str| {
        let call = team.admin.post("/api/chat", json!({"message": message, "model": "offline"}));
        call.header("idempotency-key", "once")
    };
    let (first, again) = (chat("Hi").await, chat("Hi").await);
    assert_eq!((first.status, again.status), (200, 200), "{}", again.story());
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    // In silence a comment may come between the events.
    let events = |reply: &Reply| -> Vec<String> {
        reply.body.lines().filter(|line| !line.starts_with(':')).map(str::to_owned).collect()
    };
    assert_eq!(events(&again), events(&first));
    chat("Ho").await.problem(409, "conflict");
    let listed = team.admin.get("/api/conversations").await.expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}
