//! Inferences that applications tell of, the numbers that come of them, and exports.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::arrange::{contains, member, text, with};
use crate::client::{Client, Reply, Team, encoded, unique, within};
use crate::routes::Role;

fn inference(id: &str, more: &Value) -> Value {
    with(json!({"id": id, "type": "inference", "model": "my-model", "latency_ms": 100}), more)
}

async fn ingest(client: &Client, events: Vec<Value>) -> Value {
    client.post("/api/ingest", json!({"events": events})).await.expect(202)
}

/// Brings what waits into the database, as the schedule does each minute.
async fn drain() {
    within(Duration::from_secs(20), "the streams are empty", async || {
        Client::operator().post("/api/ingest/drain", json!({})).await.expect(200)["is_empty"] == true
    })
    .await;
}

/// Numbers of a team, once all of its `requests` are in them: another drain may just be at some of them.
async fn overview(client: &Client, requests: u64) -> Value {
    within(Duration::from_secs(70), "the numbers are there", async || {
        drain().await;
        client.get("/api/analytics/overview").await.expect(200)["requests"].as_u64() >= Some(requests)
    })
    .await;
    client.get("/api/analytics/overview").await.expect(200)
}

#[tokio::test]
async fn inferences_are_taken_one_by_one_and_counted_once() {
    let team = Team::new().await;
    let runtime = team.client(Role::Runtime).await;
    let events = vec![
        inference("one", &json!({"tokens_in": 10, "cost_usd": 0.5})),
        inference("one", &json!({})),
        inference("two", &json!({"tokens_in": -1})),
        json!({"id": "three"}),
        inference("four", &json!({"colour": "red"})),
        json!("five"),
        json!({"id": "without-a-model", "type": "inference"}),
        inference("six", &json!({"status": "error", "error_code": "provider_timeout", "tokens_in": 5})),
    ];
    let answer = ingest(&runtime, events).await;
    contains(&answer, &json!({"accepted": 3, "duplicates": 1}));
    let rejected = answer["rejected"].as_array().expect("rejected").iter();
    let rejected: Vec<(u64, &str)> =
        rejected.map(|one| (one["index"].as_u64().unwrap(), member(one, "code"))).collect();
    let expected = [2, 3, 4, 5].map(|index| (index, "validation_failed"));
    assert_eq!(rejected, expected, "{answer}");
    assert_eq!(answer["rejected"][0]["errors"][0]["field"], "tokens_in");

    let again = vec![inference("one", &json!({})), inference("seven", &json!({}))];
    contains(
        &ingest(&runtime, again.clone()).await,
        &json!({"accepted": 1, "duplicates": 1, "rejected": []}),
    );
    let numbers = overview(&team.admin, 4).await;
    contains(&numbers, &json!({"requests": 4, "errors": 1, "tokens_in": 15, "cost_usd": 0.5}));
    // What is in the database is known as well as what is in the stream.
    contains(&ingest(&runtime, again).await, &json!({"accepted": 0, "duplicates": 2}));
    // Another team may call its own the same.
    let other = Team::new().await;
    contains(&ingest(&other.admin, vec![inference("one", &json!({}))]).await, &json!({"accepted": 1}));
    assert_eq!(overview(&team.admin, 4).await["requests"], 4);
}

/// Asking for each event whether its prompt is the team's would cost a round trip. It need not: whatever an event says,
/// it counts for the team of the key alone.
#[tokio::test]
async fn an_event_about_another_teams_prompt_tells_neither_of_the_other() {
    let (team, stranger) = (Team::new().await, Team::new().await);
    let (prompt_id, version_id) = stranger.admin.make_live(&unique("theirs"), text("Secret.")).await;
    let about = json!({"prompt_id": prompt_id, "version_id": version_id, "tokens_in": 7});
    contains(&ingest(&team.admin, vec![inference("foreign", &about)]).await, &json!({"accepted": 1}));
    overview(&team.admin, 1).await;
    let versions = team.admin.get("/api/analytics/versions").await.expect(200);
    let of_foreign = &versions["versions"][0];
    contains(of_foreign, &json!({"version_id": version_id, "requests": 1}));
    assert!(of_foreign["version_number"].is_null() && of_foreign["prompt_name"].is_null(), "{of_foreign}");
    let theirs = stranger.admin.get("/api/analytics/overview").await.expect(200);
    contains(&theirs, &json!({"requests": 0, "tokens_in": 0}));
}

/// The sum of no numbers is -0 in Rust.
#[tokio::test]
async fn nothing_costs_nothing() {
    let team = Team::new().await;
    let costs = team.admin.get("/api/analytics/costs").await.expect(200);
    assert!(costs["cost_usd"].as_f64().is_some_and(f64::is_sign_positive), "{costs}");
    assert!(!team.admin.get("/metrics").await.body.contains(" -0"));
}

#[tokio::test]
async fn a_batch_has_one_to_five_hundred_events() {
    let team = Team::new().await;
    let five_hundred: Vec<Value> =
        (0..500).map(|number| inference(&format!("n-{number}"), &json!({}))).collect();
    contains(&ingest(&team.admin, five_hundred.clone()).await, &json!({"accepted": 500, "duplicates": 0}));
    let one_more = [five_hundred, vec![inference("more", &json!({}))]].concat();
    for events in [json!([]), json!(one_more), json!({"a": 1})] {
        team.admin.post("/api/ingest", json!({"events": events})).await.problem(422, "validation_failed");
    }
    team.admin.post("/api/ingest", json!({"event": []})).await.problem(422, "validation_failed");
}

#[tokio::test]
async fn chats_are_inferences_and_feedback_is_approval() {
    let team = Team::new().await;
    let (prompt, version) = team.admin.make_live("counted", text("Help.")).await;
    for rating in [1, -1] {
        let chat = json!({"message": "Hello", "prompt": "counted", "stream": false});
        let answer = team.admin.post("/api/chat", chat).await.expect(200);
        let feedback = json!({"message_id": answer["message_id"], "rating": rating});
        team.admin.post("/api/feedback", feedback).await.expect(201);
    }
    overview(&team.admin, 2).await;
    within(Duration::from_secs(70), "approval is there", async || {
        drain().await;
        let versions =
            team.admin.get(&format!("/api/analytics/versions?prompt_id={prompt}")).await.expect(200);
        versions["versions"][0]["approval"]["count"] == 2
    })
    .await;
    let versions = team.admin.get(&format!("/api/analytics/versions?prompt_id={prompt}")).await.expect(200);
    let expected = json!({"version_id": version, "version_number": 1, "prompt_name": "counted", "requests": 2,
        "errors": 0, "approval": {"count": 2, "rate": 0.5}});
    contains(&versions["versions"][0], &expected);
    assert_eq!(versions["versions_total"], 1);
}

#[tokio::test]
async fn numbers_agree_whichever_way_one_looks() {
    let team = Team::new().await;
    let models = ["alpha", "beta", "gamma"];
    let events = (0..90).map(|number: usize| {
        let more = json!({"model": models[number % 3], "tokens_in": number, "cost_usd": 0.01, "latency_ms": number * 10,
            "ttft_ms": 5, "status": if number.is_multiple_of(9) { "error" } else { "ok" }});
        inference(&format!("n-{number}"), &more)
    });
    ingest(&team.admin, events.collect()).await;
    let numbers = overview(&team.admin, 90).await;
    contains(
        &numbers,
        &json!({"requests": 90, "errors": 10, "cancelled": 0, "tokens_in": 4005, "cost_usd": 0.9}),
    );
    contains(&numbers["previous"], &json!({"requests": 0, "error_rate": null}));
    let near = |value: &Value, exact: f64| (value.as_f64().unwrap() - exact).abs() <= exact * 0.01;
    assert!(near(&numbers["latency_ms"]["p50"], 440.0), "{numbers}");
    assert!(near(&numbers["latency_ms"]["p99"], 890.0), "{numbers}");

    let costs = team.admin.get("/api/analytics/costs?group_by=model").await.expect(200);
    contains(&costs, &json!({"cost_usd": 0.9, "requests": 90, "groups_total": 3}));
    assert_eq!(costs["groups"].as_array().unwrap().len(), 3);
    assert_eq!(costs["groups"][0]["cost_usd"], 0.3);
    let team_costs = team.admin.get("/api/analytics/costs?group_by=team").await.expect(200);
    assert_eq!(team_costs["groups"].as_array().unwrap().len(), 1, "a team sees itself");
    contains(&team_costs["groups"][0]["group"], &json!({"team_id": team.id}));

    for interval in ["1m", "5m", "15m", "1h", "1d"] {
        let now = chrono::DateTime::parse_from_rfc3339(member(&numbers, "to")).unwrap();
        let earlier = (now - chrono::TimeDelta::hours(3)).to_rfc3339();
        let path = format!(
            "/api/analytics/timeseries?interval={interval}&group_by=model&from={}",
            encoded(&earlier)
        );
        let series = team.admin.get(&path).await.expect(200);
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for one in series["series"].as_array().unwrap() {
            let points = one["points"].as_array().unwrap().iter();
            let requests = points.map(|point| point["requests"].as_u64().unwrap()).sum();
            sums.insert(member(&one["group"], "model"), requests);
        }
        assert_eq!(
            sums,
            BTreeMap::from([("alpha", 30), ("beta", 30), ("gamma", 30)]),
            "{interval}: {series}"
        );
        let buckets = series["buckets"].as_array().unwrap();
        let first = &series["series"][0]["points"][0]["bucket"];
        assert!(buckets.contains(first), "{interval}: {series}");
    }
    let latency = team.admin.get("/api/analytics/latency?status=ok").await.expect(200);
    let bars = latency["histogram"].as_array().unwrap().iter();
    assert_eq!(bars.map(|bar| bar["count"].as_u64().unwrap()).sum::<u64>(), 80);
    assert_eq!(latency["latency_ms"]["count"], 80);

    let metrics = team.admin.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    for (name, labels, value) in [
        ("promptlab_inferences_total", "status=\"error\"", 10),
        ("promptlab_inference_duration_seconds_bucket", "status=\"ok\",le=\"+Inf\"", 80),
        ("promptlab_inference_duration_seconds_count", "status=\"ok\"", 80),
    ] {
        let line = format!("{name}{{team_id=\"{}\",{labels}}} {value}", team.id);
        assert!(metrics.body.lines().any(|other| other == line), "{line} is not in {}", metrics.body);
    }
    assert!(!metrics.body.contains("events_waiting"), "what waits is of all teams");
}

/// A hundred are shown, and what they have together is not taken for the whole.
#[tokio::test]
async fn more_groups_than_are_shown_count_all_the_same() {
    let team = Team::new().await;
    let mut events: Vec<Value> = (0..120)
        .map(|number| {
            let more = json!({"model": format!("model-{number}"), "cost_usd": 0.01, "latency_ms": 100});
            inference(&format!("many-{number}"), &more)
        })
        .collect();
    // The more often asked ones are the cheaper ones.
    events.extend((0..110).map(|number| {
        let more = json!({"model": format!("model-{number}"), "cost_usd": 0.001, "latency_ms": 100});
        inference(&format!("more-{number}"), &more)
    }));
    events.push(inference("dear", &json!({"model": "dear", "cost_usd": 7, "latency_ms": 100})));
    ingest(&team.admin, events).await;
    overview(&team.admin, 231).await;
    let costs = team.admin.get("/api/analytics/costs?group_by=model").await.expect(200);
    contains(&costs, &json!({"cost_usd": 8.31, "requests": 231, "groups_total": 121}));
    assert_eq!(costs["groups"].as_array().unwrap().len(), 100);
    contains(&costs["groups"][0], &json!({"group": {"key": "dear", "model": "dear"}, "cost_usd": 7.0}));
    let latency = team.admin.get("/api/analytics/latency?group_by=model").await.expect(200);
    assert_eq!((&latency["latency_ms"]["count"], &latency["groups_total"]), (&json!(231), &json!(121)));
    assert_eq!(latency["groups"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn what_analytics_cannot_answer_it_refuses() {
    let viewer = Team::new().await.client(Role::Viewer).await;
    for (query, field) in [
        ("overview?from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", "from"),
        ("overview?from=yesterday", "from"),
        ("overview?colour=red", "colour"),
        ("overview?interval=2h", "interval"),
        ("overview?group_by=colour", "group_by"),
        ("timeseries?interval=1m&from=2026-01-01T00:00:00Z&to=2026-11-20T00:00:00Z", "interval"),
        ("timeseries?interval=2h", "interval"),
        ("timeseries?group_by=colour", "group_by"),
        ("timeseries?time_zone=Mars%2FOlympus", "time_zone"),
        ("timeseries?time_zone=%27%3B", "time_zone"),
        ("latency?status=fine", "status"),
        ("costs?prompt_id=nonsense", "prompt_id"),
        ("versions?group_by=colour", "group_by"),
    ] {
        let problem = viewer.get(&format!("/api/analytics/{query}")).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
    let empty =
        viewer.get("/api/analytics/timeseries?time_zone=Asia%2FKathmandu&interval=1d").await.expect(200);
    contains(&empty, &json!({"series": [], "groups": 0, "time_zone": "Asia/Kathmandu"}));
}

/// Short cells are kept for less long than long ones: an answer is never empty for the want of them.
#[tokio::test]
async fn analytics_of_long_ago_are_as_fine_as_what_is_kept() {
    let team = Team::new().await;
    let viewer = team.client(Role::Viewer).await;
    let overview = viewer.get("/api/analytics/overview").await.expect(200);
    let now = chrono::DateTime::parse_from_rfc3339(member(&overview, "to")).unwrap();
    let ago = |days: i64, hours: i64| {
        let at = now - chrono::TimeDelta::days(days) + chrono::TimeDelta::hours(hours);
        encoded(&at.to_rfc3339())
    };
    let old = format!("from={}&to={}", ago(40, 0), ago(40, 6));
    let chosen = viewer.get(&format!("/api/analytics/timeseries?{old}")).await.expect(200);
    contains(&chosen, &json!({"interval": "15m"}));
    let refused = viewer.get(&format!("/api/analytics/timeseries?{old}&interval=5m")).await;
    let problem = refused.problem(422, "validation_failed");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("15m would do"), "{problem}");
    // Days of Berlin are made of hours.
    let older = format!("from={}&to={}&interval=1d&time_zone=Europe%2FBerlin", ago(500, 0), ago(490, 0));
    let days = viewer.get(&format!("/api/analytics/timeseries?{older}")).await.expect(200);
    contains(&days, &json!({"interval": "1d", "time_zone": "UTC"}));
    for path in ["overview", "costs", "latency", "timeseries", "versions"] {
        let all = viewer.get(&format!("/api/analytics/{path}?from=2020-01-01T00:00:00Z")).await.expect(200);
        assert!(member(&all, "from") > "2024", "{path}: {all}");
        let minutes = viewer.get(&format!("/api/analytics/{path}?interval=1m")).await.expect(200);
        assert!(member(&minutes, "from") < member(&minutes, "to"));
    }
}

#[tokio::test]
async fn analytics_know_prompts_by_their_names() {
    let team = Team::new().await;
    let prompt = team.admin.post("/api/prompts", json!({"name": "team/greeting"})).await.expect(201);
    let id = member(&prompt, "id");
    let event = json!({"id": "1", "type": "inference", "model": "alpha", "prompt_id": id, "tokens_in": 3});
    ingest(&team.admin, vec![event]).await;
    overview(&team.admin, 1).await;
    for reference in [id, "team%2Fgreeting"] {
        let path = format!("/api/analytics/overview?prompt_id={reference}");
        contains(&team.admin.get(&path).await.expect(200), &json!({"requests": 1}));
    }
}

/// A line's cells, for files whose texts have no line breaks.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(character),
        }
    }
    cells.push(cell);
    cells
}

fn rows(reply: &Reply) -> Vec<BTreeMap<String, String>> {
    assert_eq!(reply.status, 200, "{}", reply.story());
    assert!(reply.header("content-type").unwrap().starts_with("text/csv"), "{}", reply.story());
    assert!(reply.header("content-disposition").unwrap().starts_with("attachment"), "{}", reply.story());
    assert!(reply.body.ends_with("\r\n"));
    let mut lines = reply.body.trim_end_matches("\r\n").split("\r\n");
    let head = cells(lines.next().expect("a header"));
    lines.map(|line| head.iter().cloned().zip(cells(line)).collect()).collect()
}

#[tokio::test]
async fn conversations_and_messages_are_exported() {
    let team = Team::new().await;
    for message in ["=HYPERLINK(1)", "+49", "-1", "@SUM", "\tTab", "Plain, with a comma", "Grüße 👋"] {
        let chat = json!({"message": message, "model": "offline", "stream": false, "user_id": "=user"});
        team.admin.post("/api/chat", chat).await.expect(200);
    }
    let viewer = team.client(Role::Viewer).await;
    let messages = rows(&viewer.get("/api/export/messages.csv").await);
    assert_eq!(messages.len(), 14);
    let said: Vec<&str> =
        messages.iter().filter(|row| row["role"] == "user").map(|row| row["content"].as_str()).collect();
    let expected = ["'=HYPERLINK(1)", "'+49", "'-1", "'@SUM", "'\tTab", "Plain, with a comma", "Grüße 👋"];
    assert_eq!(said, expected);
    assert!(messages.windows(2).all(|pair| pair[0]["created_at"] <= pair[1]["created_at"]));
    let conversations = rows(&viewer.get("/api/export/conversations.csv").await);
    assert_eq!(conversations.len(), 7);
    assert!(conversations.iter().all(|row| row["user_id"] == "'=user" && row["message_count"] == "2"));
    let future = "/api/export/messages.csv?from=2999-01-01T00:00:00Z";
    assert!(rows(&viewer.get(future).await).is_empty());
    viewer.get("/api/export/messages.csv?from=soon").await.problem(422, "validation_failed");
    viewer.get("/api/export/messages.csv?limit=1").await.problem(422, "validation_failed");
    let other = Team::new().await;
    assert!(rows(&other.admin.get("/api/export/messages.csv").await).is_empty());
}

#[tokio::test]
async fn experiment_results_are_exported() {
    let team = Team::new().await;
    let (prompt, first) = team.admin.make_live(&unique("tried"), text("One")).await;
    let second = team.admin.make_version(&prompt, text("Two")).await;
    let experiment = json!({"allocation_strategy": "fixed_split", "primary_metric": "approval", "variants": [
        {"name": "old", "version_id": first, "traffic_weight": 50}, {"name": "new", "version_id": second, "traffic_weight": 50}]});
    let made = team.admin.post(&format!("/api/prompts/{prompt}/experiments"), experiment).await.expect(201);
    let path = format!("/api/export/experiments/{}.csv", member(&made, "experiment_id"));
    let lines = rows(&team.admin.get(&path).await);
    let variants: Vec<(&str, &str)> =
        lines.iter().map(|row| (row["variant"].as_str(), row["version_id"].as_str())).collect();
    assert_eq!(variants, [("old", first.as_str()), ("new", second.as_str())]);
    assert!(lines.iter().all(|row| row["metric"] == "approval" && row["verdict"] == "not_enough_data"));
    let other = Team::new().await;
    other.admin.get(&path).await.problem(404, "not_found");
    team.admin.get(path.trim_end_matches(".csv")).await.problem(404, "not_found");
}
