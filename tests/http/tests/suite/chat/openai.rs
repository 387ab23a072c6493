//! `/v1`: OpenAI's shapes and errors, with the built-in model; and token counts before a call.

use serde_json::{Value, json};

use crate::arrange::{contains, text};
use crate::client::{Client, Team, unique};
use crate::routes::Role;

fn question(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "hi"}]})
}

fn ask(client: &Client, body: Value) -> crate::client::Call {
    client.post("/v1/chat/completions", body)
}

#[tokio::test]
async fn a_completion_has_openais_shape() {
    let runtime = Team::new().await.client(Role::Runtime).await;
    let answer = ask(&runtime, question("offline")).await.expect(200);
    contains(&answer, &json!({"object": "chat.completion", "model": "offline"}));
    let choice = &answer["choices"][0];
    contains(choice, &json!({"index": 0, "finish_reason": "stop", "logprobs": null}));
    assert_eq!(choice["message"]["role"], "assistant");
    assert!(choice["message"]["content"].as_str().unwrap().contains("You say: “hi”"), "{answer}");
    let usage = &answer["usage"];
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 0);
}

#[tokio::test]
async fn a_stream_ends_with_its_mark() {
    let runtime = Team::new().await.client(Role::Runtime).await;
    let mut body = question("offline");
    body["stream"] = true.into();
    body["max_tokens"] = 3.into();
    let reply = ask(&runtime, body).await;
    assert_eq!(reply.status, 200, "{}", reply.story());
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(reply.body.ends_with("data: [DONE]\n\n"), "{}", reply.body);
    let chunks: Vec<Value> = reply
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk"), "{chunks:?}");
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "length");
    assert!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"] && chunk.get("usage").is_none()));
}

#[tokio::test]
async fn a_prompt_is_a_model() {
    let (team, stranger) = (Team::new().await, Team::new().await);
    let name = unique("prompt");
    let (_, version_id) = team.admin.make_live(&name, text("Greet {{ name }}.")).await;
    let mut body = question(&format!("prompt:{name}"));
    body["metadata"] = json!({"user_id": "u-1", "variables": {"name": "Zoë"}});
    let reply = ask(&team.admin, body.clone()).await;
    assert_eq!(reply.header("x-promptlab-version-id"), Some(version_id.as_str()));
    let answer = reply.expect(200).to_string();
    assert!(answer.contains("Greet Zoë."), "{answer}");
    let pinned = ask(&team.admin, question(&format!("prompt:{name}@1"))).await.expect(200).to_string();
    assert!(pinned.contains("Greet {{ name }}."), "{pinned}");

    let models = team.admin.get("/v1/models").await.expect(200);
    let ids: Vec<&str> =
        models["data"].as_array().unwrap().iter().filter_map(|model| model["id"].as_str()).collect();
    assert!(ids.contains(&"offline") && ids.contains(&format!("prompt:{name}").as_str()), "{ids:?}");
    let path = format!("/v1/models/prompt:{name}");
    assert_eq!(team.admin.get(&path).await.expect(200)["object"], "model");
    stranger.admin.get(&path).await.openai_error(404);
    assert_eq!(ask(&stranger.admin, body).await.openai_error(404)["code"], "model_not_found");
}

#[tokio::test]
async fn what_is_wrong_is_told_in_openais_envelope() {
    let team = Team::new().await;
    let with = |name: &str, value: Value| {
        let mut body = question("offline");
        body[name] = value;
        body
    };
    for (body, param) in [
        (json!({"messages": []}), "model"),
        (with("messages", json!([])), "messages"),
        (with("messages", json!("hi")), "messages"),
        (with("messages", json!([{"role": "wizard", "content": "hi"}])), "messages[0].role"),
        (with("n", json!(2)), "n"),
        (with("temperature", json!("hot")), "temperature"),
    ] {
        let error = ask(&team.admin, body).await.openai_error(400);
        assert_eq!((&error["type"], &error["param"]), (&json!("invalid_request_error"), &json!(param)));
    }
    // What OpenAI's users send and nobody here knows is no error.
    ask(&team.admin, with("something_new", json!({"a": 1}))).await.expect(200);
    ask(&team.admin, with("seed", json!(7))).await.expect(200);
    let broken = team.admin.post("/v1/chat/completions", Value::Null).body("{");
    assert_eq!(broken.await.openai_error(400)["code"], "invalid_json");
    assert_eq!(
        ask(&Client::anonymous(), question("offline")).await.openai_error(401)["code"],
        "invalid_api_key"
    );
    let large = with("messages", json!([{"role": "user", "content": "x".repeat(1_000_000)}]));
    ask(&team.admin, large).await.openai_error(413);
    team.admin.get("/v1/nothing").await.openai_error(404);
    team.admin.get("/v1/chat/completions").await.openai_error(405);
    let error = ask(&team.admin, question("a-model-of-nobody")).await.openai_error(404);
    assert_eq!((&error["code"], &error["param"]), (&json!("model_not_found"), &json!("model")));
}

#[tokio::test]
async fn requests_are_limited_like_chat() {
    let team = Team::new().await;
    let body = json!({"name": unique("key"), "role": "runtime", "chat_requests_per_hour": 1});
    let holder = team.holder_of(body).await;
    let first = ask(&holder.client, question("offline")).await;
    assert_eq!(first.header("ratelimit-limit"), Some("1"));
    first.expect(200);
    let second = ask(&holder.client, question("offline")).await;
    assert_eq!(second.openai_error(429)["code"], "rate_limit_exceeded");
    assert!(second.header("retry-after").is_some(), "{}", second.story());
}

#[tokio::test]
async fn tokens_are_counted_before_a_call() {
    let runtime = Team::new().await.client(Role::Runtime).await;
    let count = |body| runtime.post("/api/tokens", body);
    let exact = count(json!({"model": "gpt-4o", "text": "Stars shine."})).await.expect(200);
    contains(
        &exact,
        &json!({"tokens": 3, "encoding": "o200k_base", "exact": true, "input_cost_usd": 7.5e-6}),
    );
    let messages =
        json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "<|endoftext|>"}]);
    let chat = count(json!({"model": "gpt-4o", "messages": messages})).await.expect(200);
    assert!(chat["tokens"].as_u64().unwrap() > 15, "{chat}");
    let estimate = count(json!({"model": "a-model-of-nobody", "text": "Stars shine."})).await.expect(200);
    contains(&estimate, &json!({"exact": false, "input_cost_usd": null}));
    count(json!({"model": "gpt-4o"})).await.invalid("text");
    count(json!({"text": "a"})).await.invalid("model");
    count(json!({"model": "gpt-4o", "text": "a", "txt": "b"})).await.invalid("txt");
}
