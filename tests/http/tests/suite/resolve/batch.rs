//! Up to fifty prompts at once.

use serde_json::{Value, json};

use crate::arrange::text;
use crate::client::Team;

#[tokio::test]
async fn each_is_answered_in_its_place() {
    let team = Team::new().await;
    let (prompt, first) = team.admin.make_live("one", text("Hello {{ name }}")).await;
    team.admin.make_version(&prompt, text("Bye {{ name }}")).await;
    team.admin.make_live("a/b", text("Fixed")).await;
    team.admin.promote(&prompt, &first, "staging").await;
    let requests = json!([
        {"prompt": "one", "variables": {"name": "Ada"}},
        {"prompt": "nothing"},
        {"prompt": prompt, "environment": "staging", "user_id": "u", "variables": {"name": "Bob"}},
        {"prompt": "one", "version": 2, "variables": {"name": "Eve"}},
        {"prompt": "one", "strict": true},
        {"prompt": "a/b"},
    ]);
    let reply = team.admin.post("/api/resolve", json!({"requests": requests})).await;
    let body = reply.expect(200);
    assert!(
        reply.header("x-promptlab-age-ms").is_some_and(|age| age.parse::<u32>().is_ok()),
        "{}",
        reply.story()
    );
    let results = body["results"].as_array().expect("results");
    let texts: Vec<&Value> = results.iter().map(|result| &result["resolved_text"]).collect();
    assert_eq!(
        texts,
        [
            &json!("Hello Ada"),
            &Value::Null,
            &json!("Hello Bob"),
            &json!("Bye Eve"),
            &Value::Null,
            &json!("Fixed")
        ]
    );
    assert_eq!(
        (&results[2]["environment"], &results[3]["assignment"]),
        (&json!("staging"), &json!("pinned"))
    );
    for (index, status, code) in [(1, 404, "not_found"), (4, 422, "missing_variables")] {
        let problem = &results[index]["error"];
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)), "{problem}");
    }
    let alone = team.admin.get("/api/resolve/a%2Fb").await.expect(200);
    assert_eq!(results[5], alone);
}

#[tokio::test]
async fn a_prompt_may_be_named_as_answers_name_it() {
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("named", text("Fixed")).await;
    let requests = json!([{"prompt_id": prompt}, {"name": "named"}, {"prompt": "named", "name": "named"}]);
    let body = team.admin.post("/api/resolve", json!({"requests": requests})).await.expect(200);
    let results = body["results"].as_array().expect("results");
    assert_eq!(
        (&results[0]["resolved_text"], &results[1]["resolved_text"]),
        (&json!("Fixed"), &json!("Fixed"))
    );
    assert_eq!(results[2]["error"]["errors"][0]["code"], "duplicate_field", "exactly one of them");
}

#[tokio::test]
async fn what_would_be_too_much_together_is_refused_in_its_place() {
    let team = Team::new().await;
    team.admin.make_live("often", text(&"{{ x }}".repeat(4_000))).await;
    team.admin.make_live("short", text("Short")).await;
    // Four MB each, of which four fit.
    let long = json!({"prompt": "often", "variables": {"x": "x".repeat(1_000)}});
    let short = json!({"prompt": "short"});
    let requests: Vec<&Value> = [&long; 5].into_iter().chain([&short]).collect();
    let body = team.admin.post("/api/resolve", json!({"requests": requests})).await.expect(200);
    let results = body["results"].as_array().expect("results");
    for result in &results[..4] {
        assert_eq!(result["resolved_text"].as_str().map(str::len), Some(4_000_000));
    }
    let problem = &results[4]["error"];
    assert_eq!(
        (&problem["status"], &problem["errors"][0]["code"]),
        (&json!(422), &json!("too_large")),
        "{problem}"
    );
    assert_eq!(results[5]["resolved_text"], "Short");
    // As JSON it is six times as long.
    let escaped = json!({"prompt": "often", "variables": {"x": "\u{1}".repeat(1_000)}});
    let body = team.admin.post("/api/resolve", json!({"requests": [escaped]})).await.expect(200);
    assert_eq!(body["results"][0]["error"]["errors"][0]["code"], "too_large");
}

#[tokio::test]
async fn fifty_are_answered_and_fifty_one_refused() {
    let team = Team::new().await;
    team.admin.make_live("many", text("Number {{ n }}")).await;
    let of = |count: u32| {
        let requests: Vec<Value> =
            (0..count).map(|n| json!({"prompt": "many", "variables": {"n": n}})).collect();
        json!({"requests": requests})
    };
    let body = team.admin.post("/api/resolve", of(50)).await.expect(200);
    let results = body["results"].as_array().expect("results");
    assert_eq!(results.len(), 50);
    for (number, result) in results.iter().enumerate() {
        assert_eq!(result["resolved_text"], format!("Number {number}"));
    }
    team.admin.post("/api/resolve", of(51)).await.invalid("requests");
    team.admin.post("/api/resolve", json!({"requests": []})).await.invalid("requests");
    team.admin.post("/api/resolve", json!({})).await.invalid("requests");
    let fifty_prompts: Vec<Value> = (0..50).map(|n| json!({"prompt": format!("unknown-{n}")})).collect();
    let body = team.admin.post("/api/resolve", json!({"requests": fifty_prompts})).await.expect(200);
    assert!(
        body["results"].as_array().unwrap().iter().all(|result| result["error"]["code"] == "not_found"),
        "{body}"
    );
}

#[tokio::test]
async fn what_is_wrong_with_one_is_said_in_its_place() {
    let team = Team::new().await;
    team.admin.make_live("fine", text("Fine")).await;
    let wrong = [
        (json!({}), "prompt", "required"),
        (json!({"prompt": 1}), "prompt", "invalid_type"),
        (json!({"prompt": "fine", "variables": []}), "variables", "invalid_type"),
        (json!({"prompt": "fine", "enviroment": "staging"}), "enviroment", "unknown_field"),
        (json!({"prompt": "fine", "environment": "live"}), "environment", "unknown_value"),
        (json!({"prompt": "fine", "user_id": "u".repeat(257)}), "user_id", "too_long"),
        (json!({"prompt": "fine", "version": "newest"}), "version", "invalid_format"),
        (json!("fine"), "body", "invalid_type"),
        (json!(["fine"]), "body", "invalid_type"),
        (json!(null), "body", "invalid_type"),
    ];
    let mut requests: Vec<Value> = wrong.iter().map(|(request, ..)| request.clone()).collect();
    requests.push(json!({"prompt": "fine"}));
    let reply = team.admin.post("/api/resolve", json!({"requests": requests})).await;
    let results = reply.expect(200)["results"].take();
    for (index, (request, field, code)) in wrong.iter().enumerate() {
        let problem = &results[index]["error"];
        assert_eq!(
            (&problem["status"], &problem["code"]),
            (&json!(422), &json!("validation_failed")),
            "{request}"
        );
        assert_eq!(problem["request_id"], reply.header("x-request-id").unwrap(), "{request}");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{request}: {error}");
    }
    assert_eq!(results[wrong.len()]["resolved_text"], "Fine");
}

#[tokio::test]
async fn what_is_wrong_with_the_whole_refuses_it() {
    let team = Team::new().await;
    team.admin.make_live("fine", text("Fine")).await;
    let one = json!([{"prompt": "fine"}]);
    for (body, field) in [
        (json!({}), "requests"),
        (json!({"requests": {}}), "requests"),
        (json!({"requests": null}), "requests"),
        (json!({"requests": one, "strict": true}), "strict"),
    ] {
        team.admin.post("/api/resolve", body).await.invalid(field);
    }
}
