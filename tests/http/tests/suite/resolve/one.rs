//! One prompt at a time.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::arrange::{contains, member, text, with};
use crate::client::{PROPAGATION, Team, encoded, within};

#[tokio::test]
async fn a_text_prompt_is_answered_with_all_it_has() {
    let team = Team::new().await;
    let version = json!({
        "type": "text", "template_text": "Hello {{ name }}, wie geht's?", "system_prompt": "Speak {{ language }}. 龍",
        "few_shot_examples": [{"input": "Hi", "output": "Ho"}], "model_id": "gpt-4o", "temperature": 0.3,
        "max_tokens": 100, "config": {"top_p": 0.5},
    });
    let (prompt, version_id) = team.admin.make_live("support/greeting", version).await;
    let variables = json!({"name": "Ada", "language": "Deutsch", "unused": 1});
    let by_post =
        json!({"environment": "production", "user_id": "u-1", "variables": variables, "strict": true});
    let query =
        format!("env=production&user_id=u-1&strict=true&variables={}", encoded(&variables.to_string()));
    let path = "/api/resolve/support%2Fgreeting";
    let posted = team.admin.post(path, by_post).await;
    let got = team.admin.get(&format!("{path}?{query}")).await;
    let body = posted.expect(200);
    assert_eq!(got.expect(200), body);
    let shown = team.admin.get(&format!("/api/prompts/{prompt}")).await.expect(200);
    let hash = team.admin.get(&format!("/api/prompts/{prompt}/versions/1")).await.expect(200)["content_hash"]
        .clone();
    let expected = json!({
        "prompt_id": prompt, "name": "support/greeting", "version_id": version_id, "version_number": 1,
        "environment": "production", "revision": shown["pointers"]["production"]["revision"],
        "resolved_text": "Hello Ada, wie geht's?", "system_prompt": "Speak Deutsch. 龍",
        "few_shot_examples": [{"input": "Hi", "output": "Ho"}], "model_id": "gpt-4o", "temperature": 0.3,
        "max_tokens": 100, "config": {"top_p": 0.5}, "content_hash": hash, "experiment_id": null, "variant": null,
        "assignment": "pointer", "missing_variables": [],
    });
    contains(&body, &expected);
    for reply in [&posted, &got] {
        let age: f64 = reply.header("x-promptlab-age-ms").expect("its age").parse().unwrap();
        assert!((0.0..5_000.0).contains(&age), "{age}");
        assert_eq!(reply.header("x-promptlab-stale"), None);
        assert!(reply.header("etag").is_some());
    }
}

#[tokio::test]
async fn a_chat_prompt_is_answered_with_messages() {
    let team = Team::new().await;
    let version = json!({"type": "chat", "model_id": "offline", "messages": [
        {"role": "system", "content": "You know {{ topic }}."}, {"role": "user", "content": "{{ question }}"}]});
    team.admin.make_live("chat", version).await;
    let variables = json!({"topic": "dragons 🐉", "question": "Why \"fire\"?"});
    let body = team.admin.post("/api/resolve/chat", json!({"variables": variables})).await.expect(200);
    let expected = json!([
        {"role": "system", "content": "You know dragons 🐉."}, {"role": "user", "content": "Why \"fire\"?"}]);
    assert_eq!(body["messages"], expected);
    assert!(body.get("resolved_text").is_none_or(Value::is_null), "{body}");
    assert!(body["system_prompt"].is_null() && body["temperature"].is_null(), "{body}");
}

#[tokio::test]
async fn id_and_name_find_the_same() {
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("a/b.c", text("Hello")).await;
    let by_id = team.admin.get(&format!("/api/resolve/{prompt}")).await.expect(200);
    let by_name = team.admin.get("/api/resolve/a%2Fb.c").await.expect(200);
    assert_eq!(by_id, by_name);
}

#[tokio::test]
async fn environments_are_apart() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("twofold").await;
    let first = team.admin.make_version(&prompt, text("Live")).await;
    let second = team.admin.make_version(&prompt, text("Next")).await;
    team.admin.promote(&prompt, &second, "staging").await;
    team.admin.get("/api/resolve/twofold").await.problem(404, "not_found");
    team.admin.promote(&prompt, &first, "production").await;
    let at = async |query: &str| team.admin.get(&format!("/api/resolve/twofold{query}")).await;
    within(PROPAGATION, "the first release", async || at("").await.status == 200).await;
    for (query, expected, environment) in [
        ("", "Live", "production"),
        ("?env=production", "Live", "production"),
        ("?env=staging", "Next", "staging"),
    ] {
        let body = at(query).await.expect(200);
        assert_eq!((&body["resolved_text"], &body["environment"]), (&json!(expected), &json!(environment)));
    }
    let staging =
        team.admin.post("/api/resolve/twofold", json!({"environment": "staging"})).await.expect(200);
    assert_eq!(staging["resolved_text"], "Next");
    at("?env=live").await.problem(422, "validation_failed");
    team.admin.post("/api/resolve/twofold", json!({"environment": "live"})).await.invalid("environment");
}

#[tokio::test]
async fn without_a_pointer_there_is_nothing() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("draft").await;
    team.admin.get("/api/resolve/draft").await.problem(404, "not_found");
    team.admin.make_version(&prompt, text("Draft")).await;
    for query in ["", "?env=staging", "?version=production", "?version=staging", "?version=9"] {
        team.admin.get(&format!("/api/resolve/draft{query}")).await.problem(404, "not_found");
    }
    team.admin.post("/api/resolve/draft", json!({})).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_version_can_be_pinned() {
    let team = Team::new().await;
    let (prompt, first) = team.admin.make_live("pinned", text("One")).await;
    let second = team.admin.make_version(&prompt, text("Two")).await;
    let references = [
        ("1", "One"),
        ("2", "Two"),
        ("latest", "Two"),
        (&first, "One"),
        (&second, "Two"),
        ("production", "One"),
    ];
    for (reference, expected) in references {
        let got = team.admin.get(&format!("/api/resolve/pinned?version={reference}")).await.expect(200);
        assert_eq!(
            (&got["resolved_text"], &got["assignment"]),
            (&json!(expected), &json!("pinned")),
            "{reference}"
        );
        let posted = team.admin.post("/api/resolve/pinned", json!({"version": reference})).await.expect(200);
        assert_eq!(posted["resolved_text"], expected, "{reference}");
    }
    let by_number = team.admin.post("/api/resolve/pinned", json!({"version": 2})).await.expect(200);
    assert_eq!(by_number["resolved_text"], "Two");
    for unknown in ["3", "0", "ver_01h2xcejqtf2nbrexx3vqjhp41"] {
        team.admin.get(&format!("/api/resolve/pinned?version={unknown}")).await.problem(404, "not_found");
    }
    let other = team.admin.make_prompt("other").await;
    let foreign = team.admin.make_version(&other, text("Foreign")).await;
    team.admin.get(&format!("/api/resolve/pinned?version={foreign}")).await.problem(404, "not_found");
}

#[tokio::test]
async fn only_its_name_and_its_id_find_a_prompt() {
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("named", text("One")).await;
    let version = format!("/api/resolve/{prompt}?version=1");
    team.admin.get("/api/resolve/named?version=1").await.expect(200);
    team.admin.get(&version).await.expect(200);
    for reference in ["named@1", "1:named", "named:1", "Named", "named\0", &format!("{prompt}@1")] {
        team.admin.get(&format!("/api/resolve/{}", encoded(reference))).await.problem(404, "not_found");
        let batch = json!({"requests": [{"prompt": reference}]});
        let answer = team.admin.post("/api/resolve", batch).await.expect(200);
        assert_eq!(answer["results"][0]["error"]["code"], "not_found", "{reference}");
        let message = json!({"message": "Hello", "prompt": reference, "stream": false});
        if !reference.contains('\0') {
            team.admin.post("/api/chat", message).await.problem(404, "not_found");
        }
    }
    // Nor does what was asked in vain hide a version.
    team.admin.get("/api/resolve/named@2").await.problem(404, "not_found");
    team.admin.make_version(&prompt, text("Two")).await;
    assert_eq!(team.admin.get("/api/resolve/named?version=2").await.expect(200)["resolved_text"], "Two");
}

#[tokio::test]
async fn the_head_of_an_answer_has_no_body() {
    let team = Team::new().await;
    team.admin.make_live("headed", text("Hello")).await;
    let path = "/api/resolve/headed";
    let whole = team.admin.get(path).await;
    let head = team.admin.request(Method::HEAD, path).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("etag"), whole.header("etag"));
    let missing = team.admin.request(Method::HEAD, "/api/resolve/nowhere").await;
    assert_eq!((missing.status, missing.body.as_str()), (404, ""));
}

#[tokio::test]
async fn an_answer_that_is_known_is_not_sent_again() {
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("tagged", text("Hello {{ name }}")).await;
    let path = "/api/resolve/tagged?variables=%7B%22name%22%3A%22Ada%22%7D";
    let first = team.admin.get(path).await;
    let etag = first.header("etag").expect("a tag").to_owned();
    assert!(etag.ends_with('"'), "{etag}");
    for known in [etag.clone(), format!("\"other\", {etag}"), "*".to_owned()] {
        let reply = team.admin.get(path).header("if-none-match", &known).await;
        assert_eq!((reply.status, reply.body.as_str()), (304, ""), "{known}");
        assert_eq!(reply.header("etag"), Some(etag.as_str()));
        assert!(reply.header("x-request-id").is_some());
    }
    team.admin.get(path).header("if-none-match", "\"other\"").await.expect(200);
    let other = "/api/resolve/tagged?variables=%7B%22name%22%3A%22Bob%22%7D";
    team.admin.get(other).header("if-none-match", &etag).await.expect(200);
    let second = team.admin.make_version(&prompt, text("Bye {{ name }}")).await;
    team.admin.promote(&prompt, &second, "production").await;
    within(PROPAGATION, "the new version", async || {
        team.admin.get(path).header("if-none-match", &etag).await.status == 200
    })
    .await;
    assert_eq!(
        team.admin.get(path).header("if-none-match", &etag).await.expect(200)["resolved_text"],
        "Bye Ada"
    );
}

/// A request is answered at once or the long way, its variables are read as texts or as any JSON: nobody can tell.
#[tokio::test]
async fn whichever_way_it_goes_the_answer_is_the_same() {
    let team = Team::new().await;
    team.admin.make_live("ways", text("{{ a }}|{{ b.c }}|{{ d }}")).await;
    let long = "x".repeat(9_000);
    let many: Map<String, Value> = (0..20).map(|index| (format!("k{index}"), "v".into())).collect();
    let cases = [
        (json!({}), "{{ a }}|{{ b.c }}|{{ d }}"),
        (json!({"a": "1", "b.c": "Zoë 龍", "d": ""}), "1|Zoë 龍|"),
        (json!({"a": "\"quoted\"\n", "d": "\u{1}\\"}), "\"quoted\"\n|{{ b.c }}|\u{1}\\"),
        (json!({"a": 1, "b": {"c": true}, "d": null}), "1|true|"),
        (json!({"a": long, "d": "after"}), &format!("{long}|{{{{ b.c }}}}|after")),
        (with(Value::Object(many), &json!({"a": "among many"})), "among many|{{ b.c }}|{{ d }}"),
    ];
    for (variables, expected) in cases {
        let query = format!("/api/resolve/ways?variables={}", encoded(&variables.to_string()));
        let by_query = team.admin.get(&query).await.expect(200);
        assert_eq!(by_query["resolved_text"], expected);
        assert_eq!(
            team.admin.get(&query).header("origin", "https://example.com").await.expect(200),
            by_query
        );
        let by_body = team.admin.post("/api/resolve/ways", json!({"variables": variables})).await.expect(200);
        assert_eq!(by_body, by_query);
    }
    // Of a name that is there twice, the last counts.
    let twice = format!("/api/resolve/ways?variables={}", encoded(r#"{"a":"1","a":"2","b.c":"","d":""}"#));
    assert_eq!(team.admin.get(&twice).await.expect(200)["resolved_text"], "2||");
    // A plus is a space, and what is no text is refused, not mended.
    let reply = team.admin.get("/api/resolve/ways?variables=%7B%22a%22:%22b+c%2Bd%22%7D").await.expect(200);
    assert_eq!(reply["resolved_text"], "b c+d|{{ b.c }}|{{ d }}");
    team.admin.get("/api/resolve/ways?user_id=%ff").await.invalid("user_id");
    team.admin.get("/api/prompts?search=%ff").await.invalid("search");
}

#[tokio::test]
async fn a_change_is_visible_within_five_seconds() {
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("changing", text("Text 0")).await;
    let text_of = async || team.admin.get("/api/resolve/changing").await.expect(200)["resolved_text"].clone();
    assert_eq!(text_of().await, "Text 0");
    for number in 1..4 {
        let expected = format!("Text {number}");
        let version = team.admin.make_version(&prompt, text(&expected)).await;
        team.admin.promote(&prompt, &version, "production").await;
        within(PROPAGATION, &expected, async || text_of().await == expected.as_str()).await;
    }
}

#[tokio::test]
async fn a_new_name_takes_the_place_of_the_old_one() {
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("old", text("First")).await;
    team.admin.get("/api/resolve/old").await.expect(200);
    team.admin.get("/api/resolve/new").await.problem(404, "not_found");
    team.admin.patch(&format!("/api/prompts/{prompt}"), json!({"name": "new"})).await.expect(200);
    within(PROPAGATION, "the new name", async || team.admin.get("/api/resolve/new").await.status == 200)
        .await;
    within(PROPAGATION, "the old name's end", async || {
        team.admin.get("/api/resolve/old").await.status == 404
    })
    .await;
    assert_eq!(team.admin.get("/api/resolve/new").await.expect(200)["name"], "new");
    within(PROPAGATION, "the name in the answer by id", async || {
        team.admin.get(&format!("/api/resolve/{prompt}")).await.expect(200)["name"] == "new"
    })
    .await;
    // The old name is free, and its next owner is who answers to it.
    team.admin.make_live("old", text("Second")).await;
    within(PROPAGATION, "the name's new owner", async || {
        let reply = team.admin.get("/api/resolve/old").await;
        reply.status == 200 && reply.expect(200)["resolved_text"] == "Second"
    })
    .await;
}

#[tokio::test]
async fn input_is_checked() {
    let team = Team::new().await;
    team.admin.make_live("checked", text("Hello")).await;
    for query in ["variables=%7B", "variables=%5B1%5D", "variables=1", "strict=maybe", "version=newest"] {
        team.admin.get(&format!("/api/resolve/checked?{query}")).await.problem(422, "validation_failed");
    }
    let bad = [
        (json!({"variables": [1]}), "variables"),
        (json!({"variables": "a"}), "variables"),
        (json!({"strict": "true"}), "strict"),
        (json!({"user_id": 1}), "user_id"),
        (json!({"enviroment": "staging"}), "enviroment"),
    ];
    for (body, field) in bad {
        team.admin.post("/api/resolve/checked", body).await.invalid(field);
    }
    // What a body has is not said beside it: neither is dropped.
    for _ in 0..2 {
        team.admin.post("/api/resolve/checked?env=staging", json!({})).await.invalid("env");
        team.admin.post("/api/resolve?strict=true", json!({"requests": []})).await.invalid("strict");
        team.admin.post("/api/resolve/checked?", json!({})).await.expect(200);
    }
    // What may be absent may be null, and a body may be absent.
    let nothing = json!({"user_id": null, "variables": null, "version": null});
    team.admin.post("/api/resolve/checked", nothing).await.expect(200);
    team.admin.request(reqwest::Method::POST, "/api/resolve/checked").await.expect(200);
    team.admin.post("/api/resolve/checked", with(json!({}), &json!({"user_id": "ü 龍"}))).await.expect(200);
    assert_eq!(
        member(&team.admin.get("/api/resolve/checked?user_id=").await.expect(200), "assignment"),
        "pointer"
    );
}
