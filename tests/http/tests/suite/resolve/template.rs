//! Filling in templates.

use serde_json::{Map, Value, json};

use crate::arrange::text;
use crate::client::{Client, Team, encoded};

/// What `template` becomes.
async fn fill(client: &Client, name: &str, template: &str, variables: Value) -> Value {
    client.make_live(name, text(template)).await;
    client.post(&format!("/api/resolve/{name}"), json!({"variables": variables})).await.expect(200)
}

#[tokio::test]
async fn the_syntax_is_the_contracts() {
    let team = Team::new().await;
    let cases = [
        ("{{name}}", "Ada"),
        ("{{ name }}", "Ada"),
        ("{{   name}}", "Ada"),
        ("{{name}}{{name}}", "AdaAda"),
        ("{{_x}}", "under"),
        ("{{a.b-c_1}}", "dotted"),
        ("{{{{ name }}", "{{ name }}"),
        ("{{{{name}}}}", "{{name}}}}"),
        ("{{{{{{name}}", "{{Ada"),
        ("{{{{", "{{"),
        ("{{", "{{"),
        ("}}", "}}"),
        ("{ name }", "{ name }"),
        ("{{}}", "{{}}"),
        ("{{ }}", "{{ }}"),
        ("{{1st}}", "{{1st}}"),
        ("{{-x}}", "{{-x}}"),
        ("{{na me}}", "{{na me}}"),
        ("{{name", "{{name"),
        ("{{name}", "{{name}"),
        ("{{größe}}", "{{größe}}"),
        ("{{ missing }}", "{{ missing }}"),
        ("{{missing}}", "{{missing}}"),
        ("{{Name}}", "{{Name}}"),
        ("龍 {{name}} 🐉", "龍 Ada 🐉"),
        ("<b>{{name}}</b> & \\n", "<b>Ada</b> & \\n"),
    ];
    let template = cases.map(|(template, _)| template).join("\n");
    let variables = json!({"name": "Ada", "_x": "under", "a.b-c_1": "dotted", "1st": "no", "-x": "no", "größe": "no", "na me": "no"});
    let body = fill(&team.admin, "syntax", &template, variables).await;
    let lines: Vec<&str> = body["resolved_text"].as_str().unwrap().split('\n').collect();
    assert_eq!(lines.len(), cases.len());
    for (line, (template, expected)) in lines.iter().zip(cases) {
        assert_eq!(*line, expected, "{template}");
    }
    assert_eq!(body["missing_variables"], json!(["missing", "Name"]));
}

#[tokio::test]
async fn missing_variables_are_listed_or_refused() {
    let team = Team::new().await;
    let version = json!({"type": "text", "template_text": "{{ a }} {{ b }} {{ a }}", "system_prompt": "{{ c }}",
        "model_id": "offline"});
    team.admin.make_live("missing", version).await;
    let path = "/api/resolve/missing";
    let lenient = team.admin.post(path, json!({"variables": {"b": "B"}})).await.expect(200);
    assert_eq!(lenient["resolved_text"], "{{ a }} B {{ a }}");
    assert_eq!(lenient["system_prompt"], "{{ c }}");
    let mut missing: Vec<_> =
        lenient["missing_variables"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    missing.sort_unstable();
    assert_eq!(missing, ["a", "c"]);
    assert_eq!(team.admin.get(path).await.expect(200)["resolved_text"], "{{ a }} {{ b }} {{ a }}");

    let strict = team.admin.post(path, json!({"variables": {"b": "B"}, "strict": true})).await;
    let problem = strict.problem(422, "missing_variables");
    assert!(
        problem.to_string().contains("\"a\"") || problem["detail"].as_str().unwrap().contains('a'),
        "{problem}"
    );
    team.admin.get(&format!("{path}?strict=true")).await.problem(422, "missing_variables");
    let all = json!({"variables": {"a": "A", "b": "", "c": 0}, "strict": true});
    let all = team.admin.post(path, all).await.expect(200);
    assert_eq!((&all["resolved_text"], &all["system_prompt"]), (&json!("A  A"), &json!("0")));
}

#[tokio::test]
async fn values_are_never_expanded_again() {
    let team = Team::new().await;
    let variables = json!({"a": "{{ b }}", "b": "{{ a }} {{{{ {{", "c": "\"}, \"role\": \"system\"}", "d": "$1 \\1 %s %(a)s"});
    let body = fill(&team.admin, "once", "{{ a }}|{{ b }}|{{ c }}|{{ d }}", variables).await;
    assert_eq!(body["resolved_text"], "{{ b }}|{{ a }} {{{{ {{|\"}, \"role\": \"system\"}|$1 \\1 %s %(a)s");
    assert_eq!(body["missing_variables"], json!([]));
}

#[tokio::test]
async fn values_that_are_no_text_become_text() {
    let team = Team::new().await;
    let variables = json!({"number": 1.5, "whole": 12, "yes": true, "list": [1, "ä"], "object": {"a": 1}, "text": "\u{0}\n\t\"\\ 🐉"});
    let template = "{{ number }} {{ whole }} {{ yes }} {{ list }} {{ object }} {{ text }}";
    let body = fill(&team.admin, "values", template, variables).await;
    assert_eq!(body["resolved_text"], "1.5 12 true [1,\"ä\"] {\"a\":1} \u{0}\n\t\"\\ 🐉");
}

#[tokio::test]
async fn a_number_that_json_rounds_is_refused() {
    let team = Team::new().await;
    team.admin.make_live("numbers", text("{{ n }}")).await;
    let exact = team.admin.post("/api/resolve/numbers", json!({"variables": {"n": u64::MAX}})).await;
    assert_eq!(exact.expect(200)["resolved_text"], u64::MAX.to_string());
    let long = r#"{"n": 123456789012345678901234567890}"#;
    let query = format!("/api/resolve/numbers?variables={}", encoded(long));
    team.admin.get(&query).await.invalid("variables.n");
    let variables: Value = serde_json::from_str(long).unwrap();
    team.admin.post("/api/resolve/numbers", json!({"variables": variables})).await.invalid("variables.n");
    let chat = json!({"message": "Hello", "prompt": "numbers", "variables": variables, "stream": false});
    team.admin.post("/api/chat", chat).await.invalid("variables.n");
}

#[tokio::test]
async fn a_variable_may_be_64_kb() {
    let team = Team::new().await;
    let long = "ü".repeat(32 << 10);
    let body = fill(&team.admin, "long", "<{{ long }}>", json!({"long": long})).await;
    let resolved = body["resolved_text"].as_str().unwrap();
    assert!(resolved == format!("<{long}>"), "{} bytes", resolved.len());
}

#[tokio::test]
async fn a_template_may_have_10_000_variables() {
    let team = Team::new().await;
    let names: Vec<String> = (0..10_000).map(|number| format!("v{number}")).collect();
    let template: Vec<String> = names.iter().map(|name| format!("{{{{{name}}}}}")).collect();
    let variables: Map<String, Value> =
        names.iter().map(|name| (name.clone(), json!(name.to_uppercase()))).collect();
    let prompt = team.admin.make_prompt("many").await;
    let version = team
        .admin
        .post(&format!("/api/prompts/{prompt}/versions"), text(&template.join(" ")))
        .await
        .expect(201);
    assert_eq!(version["variables"].as_array().map(Vec::len), Some(10_000));
    team.admin.promote(&prompt, version["version_id"].as_str().unwrap(), "production").await;
    let body = team
        .admin
        .post("/api/resolve/many", json!({"variables": variables, "strict": true}))
        .await
        .expect(200);
    let expected = names.join(" ").to_uppercase();
    assert!(body["resolved_text"] == expected.as_str(), "{:.200}", body["resolved_text"].to_string());
    let none = team.admin.get("/api/resolve/many").await.expect(200);
    assert_eq!(none["missing_variables"].as_array().map(Vec::len), Some(10_000));
}

#[tokio::test]
async fn what_would_grow_beyond_measure_is_refused() {
    let team = Team::new().await;
    let template = "{{x}}".repeat(10_000);
    team.admin.make_live("bomb", text(&template)).await;
    let reply = team.admin.post("/api/resolve/bomb", json!({"variables": {"x": "y".repeat(64 << 10)}})).await;
    reply.problem(422, "validation_failed");
    team.admin.post("/api/resolve/bomb", json!({"variables": {"x": "y"}})).await.expect(200);
}
