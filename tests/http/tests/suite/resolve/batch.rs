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
async fn what_is_wrong_with_one_refuses_all() {
    let team = Team::new().await;
    team.admin.make_live("fine", text("Fine")).await;
    let wrong = [
        json!({}),
        json!({"prompt": 1}),
        json!({"prompt": "fine", "variables": []}),
        json!({"prompt": "fine", "enviroment": "staging"}),
        json!({"prompt": "fine", "environment": "live"}),
        json!("fine"),
    ];
    for request in wrong {
        let requests = json!({"requests": [{"prompt": "fine"}, request]});
        team.admin.post("/api/resolve", requests).await.problem(422, "validation_failed");
    }
}
