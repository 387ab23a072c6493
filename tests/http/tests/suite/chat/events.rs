//! Answers.

use serde_json::{Value, json};

use crate::arrange::{member, text, with};
use crate::client::{Client, Team};
use crate::events::Event;
use crate::routes::Role;

fn says(message: &str) -> Value {
    json!({"message": message, "model": "offline"})
}

fn whole(body: Value) -> Value {
    with(body, &json!({"stream": false}))
}

/// A text prompt with a system prompt.
fn persona(system_prompt: &str) -> Value {
    with(text("Help the user."), &json!({"system_prompt": system_prompt}))
}

async fn stream(client: &Client, body: Value) -> Vec<Event> {
    client.post("/api/chat", body).events().await.rest().await
}

fn joined(events: &[Event]) -> String {
    let deltas = events.iter().filter(|event| event.name == "delta");
    deltas.map(|delta| member(&delta.data, "text")).collect()
}

/// What must be there, whether it comes as events or as one object.
#[track_caller]
fn has_all(meta: &Value, usage: &Value, done: &Value) {
    assert!(member(meta, "conversation_id").starts_with("conv_"), "{meta}");
    assert!(member(meta, "message_id").starts_with("msg_"), "{meta}");
    for name in ["prompt_id", "version_id", "experiment_id", "variant"] {
        assert!(meta.get(name).is_some(), "no {name} in {meta}");
    }
    assert_eq!(meta["model"], "offline");
    assert!(meta["estimated_tokens_in"].as_u64().is_some_and(|tokens| tokens > 0), "{meta}");
    for name in ["tokens_in", "tokens_out"] {
        assert!(usage[name].as_u64().is_some_and(|tokens| tokens > 0), "{name} in {usage}");
    }
    for name in ["cached_tokens_in", "latency_ms", "ttft_ms", "cost_usd"] {
        assert!(usage[name].as_f64().is_some_and(|number| number >= 0.0), "{name} in {usage}");
    }
    assert!(usage["ttft_ms"].as_f64() <= usage["latency_ms"].as_f64(), "{usage}");
    assert_eq!(done["finish_reason"], "stop", "{done}");
}

#[tokio::test]
async fn an_answer_is_streamed_event_by_event() {
    let team = Team::new().await;
    let client = team.client(Role::Runtime).await;
    let call = client.post("/api/chat", says("Why is the sky blue?")).header("x-request-id", "sky-1");
    let response = call.events().await;
    let media_type = response.header("content-type").unwrap_or_default();
    assert!(media_type.starts_with("text/event-stream"), "{media_type}");
    assert_eq!(response.header("x-request-id"), Some("sky-1"));
    let events = response.rest().await;

    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    let deltas = names.iter().filter(|name| **name == "delta").count();
    assert!(deltas >= 2, "it streams: {names:?}");
    let mut expected = vec!["meta"];
    expected.extend(std::iter::repeat_n("delta", deltas));
    expected.extend(["usage", "done"]);
    assert_eq!(names, expected);
    assert!(events.is_sorted_by(|earlier, later| earlier.id < later.id), "ids grow");

    let (meta, usage, done) = (&events[0].data, &events[names.len() - 2].data, &events[names.len() - 1].data);
    has_all(meta, usage, done);
    assert_eq!(meta["request_id"], "sky-1");
    assert!(joined(&events).contains("Why is the sky blue?"), "{}", joined(&events));
}

#[tokio::test]
async fn streaming_is_the_default_and_the_answer_the_same() {
    let team = Team::new().await;
    let events = stream(&team.admin, says("Hello")).await;
    let reply = team.admin.post("/api/chat", whole(says("Hello"))).header("x-request-id", "whole-1").await;
    let object = reply.expect(200);
    has_all(&object, &object, &object);
    assert_eq!(object["request_id"], "whole-1");
    assert_eq!(object["text"], joined(&events).as_str());
}

#[tokio::test]
async fn it_arrives_while_it_is_made() {
    let team = Team::new().await;
    let mut response = team.admin.post("/api/chat", says("Take your time")).events().await;
    let began = tokio::time::Instant::now();
    while response.next().await.is_some_and(|event| event.name != "delta") {}
    let first = began.elapsed();
    response.rest().await;
    let whole = began.elapsed();
    assert!(first * 2 < whole, "the first words after {first:?} of {whole:?}");
}

#[tokio::test]
async fn two_versions_can_be_told_apart() {
    let team = Team::new().await;
    let (prompt, first) =
        team.admin.make_live("persona", persona("You are a pirate named {{ name }}.")).await;
    let second = team.admin.make_version(&prompt, persona("You are a poet named {{ name }}.")).await;
    team.admin.promote(&prompt, &second, "staging").await;
    let ask = async |environment: &str| {
        let body = json!({"message": "Hello", "prompt": "persona", "environment": environment, "user_id": "u-1",
            "variables": {"name": "Ada"}, "stream": false});
        team.admin.post("/api/chat", body).await.expect(200)
    };
    let (pirate, poet) = (ask("production").await, ask("staging").await);
    assert!(member(&pirate, "text").contains("pirate named Ada"), "{pirate}");
    assert!(member(&poet, "text").contains("poet named Ada"), "{poet}");
    assert_eq!((&pirate["version_id"], &poet["version_id"]), (&json!(first), &json!(second)));
    assert_eq!((&pirate["prompt_id"], &pirate["model"]), (&json!(prompt), &json!("offline")));
    let events =
        stream(&team.admin, json!({"message": "Hello", "prompt": prompt, "variables": {"name": "Ada"}}))
            .await;
    assert_eq!(events[0].data["version_id"], first.as_str());
    assert_eq!(joined(&events), member(&pirate, "text"));
}

#[tokio::test]
async fn a_text_prompt_instructs_by_itself() {
    let team = Team::new().await;
    team.admin.make_live("plain", text("You are a lighthouse keeper.")).await;
    let body = json!({"message": "Hello", "prompt": "plain", "stream": false});
    let answer = team.admin.post("/api/chat", body).await.expect(200);
    assert!(member(&answer, "text").contains("lighthouse keeper"), "{answer}");
}

#[tokio::test]
async fn a_version_s_limit_is_obeyed() {
    let team = Team::new().await;
    let short = with(persona("Be brief."), &json!({"max_tokens": 3}));
    team.admin.make_live("short", short).await;
    let answer = team
        .admin
        .post("/api/chat", json!({"message": "Hello", "prompt": "short", "stream": false}))
        .await
        .expect(200);
    assert_eq!((&answer["finish_reason"], &answer["tokens_out"]), (&json!("length"), &json!(3)), "{answer}");
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_before_the_stream() {
    let team = Team::new().await;
    team.admin.make_prompt("draft").await;
    let missing = [
        with(says("Hello"), &json!({"prompt": "nothing"})),
        with(says("Hello"), &json!({"prompt": "draft"})),
        with(says("Hello"), &json!({"conversation_id": "conv_01h2xcejqtf2nbrexx3vqjhp41"})),
        with(says("Hello"), &json!({"conversation_id": "nonsense"})),
    ];
    for body in missing {
        team.admin.post("/api/chat", body.clone()).await.problem(404, "not_found");
        team.admin.post("/api/chat", whole(body)).await.problem(404, "not_found");
    }
    let bad = [
        (json!({"model": "offline"}), "message"),
        (says(""), "message"),
        (says(" \n "), "message"),
        (json!({"message": "Hello", "model": "no-such-model"}), "model"),
        (with(says("Hello"), &json!({"environment": "live"})), "environment"),
        (with(says("Hello"), &json!({"variables": []})), "variables"),
        (with(says("Hello"), &json!({"stream": "no"})), "stream"),
        (with(says("Hello"), &json!({"mesage": "Hello"})), "mesage"),
    ];
    for (body, field) in bad {
        team.admin.post("/api/chat", body).await.invalid(field);
    }
    assert_eq!(team.admin.all("/api/conversations").await, Vec::<Value>::new());
}
