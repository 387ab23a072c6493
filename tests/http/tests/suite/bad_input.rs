//! Every route that reads a body, with bodies that nobody should send, and queries that are no better.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::arrange::{contains, member, text, with};
use crate::client::{Call, Client, Reply, Team, unique};
use crate::routes::{PROTECTED, filled};

const LARGEST: usize = 1_000_000;

/// A route with a body that it accepts.
struct Case {
    client: Client,
    method: Method,
    path: String,
    body: Value,
}

/// Routes that read a body and have no case: nothing may stand in it, or anything.
const EXEMPT: [&str; 5] = [
    "/api/prompts/{prompt}/restore",
    "/api/experiments/run-schedule",
    "/api/chat/{message}/stop",
    "/api/ingest/drain",
    "/v1/chat/completions",
];

impl Case {
    fn call(&self) -> Call {
        self.client.request(self.method.clone(), &self.path)
    }

    async fn send(&self, body: impl Into<reqwest::Body>) -> Reply {
        self.call().header("content-type", "application/json").body(body).await
    }

    /// On a connection of its own: a server that refuses a body unread may close the connection before the next
    /// request on it arrives (RFC 9112, 9.6).
    async fn send_too_large(&self, body: String) {
        let call = self.call().header("content-type", "application/json").header("connection", "close");
        call.body(body).await.problem(413, "body_too_large");
    }

    /// Whether nothing has to be said in the body.
    fn is_optional(&self) -> bool {
        let changes = ["/rotate", "/kill", "/pause", "/resume", "/stop", "/kill-all", "/resume-all"];
        self.method == Method::PATCH
            || self.path == "/api/resolve/kept"
            || self.path.starts_with("/api/canaries/")
            || changes.iter().any(|change| self.path.ends_with(change))
    }

    fn is_of(&self, method: &str, route: &str) -> bool {
        let (segments, wanted): (Vec<_>, Vec<_>) =
            (self.path.split('/').collect(), route.split('/').collect());
        let mut pairs = segments.iter().zip(&wanted);
        self.method.as_str() == method
            && segments.len() == wanted.len()
            && pairs.all(|(segment, wanted)| wanted.starts_with('{') || segment == wanted)
    }

    fn members(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.body.as_object().expect("an object").iter()
    }
}

/// Method, path and body of a case.
type Row = (&'static str, String, Value);

/// What may become of a running experiment and a running canary.
fn changes(experiment: &str, canary: &str, version: &str) -> Vec<Row> {
    let stop = json!({"winner_version_id": version, "promote": true, "reason": "New"});
    let of_experiment = ["kill", "pause", "resume"].map(|change| format!("{experiment}/{change}"));
    let of_canary = ["promote", "rollback", "pause", "resume"].map(|change| format!("{canary}/{change}"));
    let of_all = ["kill-all", "resume-all"].map(|change| format!("/api/experiments/{change}"));
    let paths = of_experiment.into_iter().chain(of_canary).chain(of_all);
    paths
        .map(|path| ("POST", path, json!({"reason": "New"})))
        .chain([("POST", format!("{experiment}/stop"), stop)])
        .collect()
}

/// What an application with a runtime key sends.
fn calls_of_applications() -> Vec<Row> {
    vec![
        ("POST", "/api/resolve".to_owned(), json!({"requests": [{"prompt": "kept"}]})),
        (
            "POST",
            "/api/resolve/kept".to_owned(),
            json!({"environment": "staging", "user_id": "u", "variables": {"a": 1},
            "strict": false}),
        ),
        (
            "POST",
            "/api/chat".to_owned(),
            json!({"message": "New", "prompt": "kept", "environment": "production",
            "variables": {}, "user_id": "u", "model": "offline", "stream": false}),
        ),
        (
            "POST",
            "/api/feedback".to_owned(),
            json!({"request_id": unique("rated"), "rating": 1, "scale": "thumbs", "comment": "New", "user_id": "u"}),
        ),
        ("POST", "/api/ingest".to_owned(), json!({"events": [{"id": unique("event"), "type": "inference"}]})),
        ("POST", "/api/tokens".to_owned(), json!({"model": "offline", "text": "New"})),
    ]
}

/// A team with one of everything.
struct Stage {
    team: Team,
    cases: Vec<Case>,
}

impl Stage {
    async fn new() -> Self {
        let team = Team::new().await;
        let collection = team.admin.post("/api/collections", json!({"name": "Kept"})).await.expect(201);
        let collection = format!("/api/collections/{}", member(&collection, "id"));
        let (prompt, version) = team.admin.make_live("kept", text("Kept")).await;
        let second = team.admin.make_version(&prompt, with(text("Second"), &json!({"max_tokens": 1}))).await;
        team.admin.promote(&prompt, &second, "production").await;
        let holder = team.holder(crate::routes::Role::Viewer).await;
        let chat = json!({"message": "Kept", "prompt": "kept", "stream": false});
        let chat = team.admin.post("/api/chat", chat).await.expect(200);
        let conversation = format!("/api/conversations/{}", member(&chat, "conversation_id"));
        let variants = json!([
            {"name": "a", "version_id": version, "traffic_weight": 1},
            {"name": "b", "version_id": second, "traffic_weight": 1},
        ]);
        let experiment = json!({"name": "New", "environment": "staging", "variants": variants, "coverage": 0.5,
            "allocation_strategy": "fixed_split", "primary_metric": "approval", "min_samples": 5,
            "guardrails": [{"metric": "latency_ms", "max_relative_regression": 0.1}], "forced": {"u": "a"}});
        let prompt = format!("/api/prompts/{prompt}");
        let running = team.admin.post(&format!("{prompt}/experiments"), experiment.clone()).await.expect(201);
        let running = format!("/api/experiments/{}", member(&running, "experiment_id"));
        let canary = json!({"version_id": version, "environment": "production", "name": "New",
            "steps": [{"percent": 5, "min_samples": 1, "min_minutes": 1}], "guardrails": []});
        let going = team.admin.post(&format!("{prompt}/canary"), canary.clone()).await.expect(201);
        let going = format!("/api/canaries/{}", member(&going, "canary_id"));
        let chat_version =
            json!({"type": "chat", "messages": [{"role": "user", "content": "Hi"}], "model_id": "offline"});
        let text_version = json!({"type": "text", "template_text": "New", "system_prompt": "S", "model_id": "offline",
            "few_shot_examples": [{"input": "a", "output": "b"}], "temperature": 0.5, "max_tokens": 5,
            "config": {"a": 1}, "commit_message": "New"});
        let table = [
            (
                "POST",
                "/api/keys".to_owned(),
                json!({"name": "New", "role": "viewer", "expires_at": "2099-01-01T00:00:00Z",
                "chat_requests_per_hour": 1}),
            ),
            ("POST", format!("/api/keys/{}/rotate", holder.key_id), json!({"grace_seconds": 60})),
            ("PUT", "/api/team/settings".to_owned(), json!({"redaction": {"mode": "mask"}})),
            (
                "PUT",
                "/api/providers/custom-refused".to_owned(),
                json!({"api_key": "sk-new", "base_url": "https://models.example.com/v1"}),
            ),
            ("POST", "/api/collections".to_owned(), json!({"name": "New", "description": "New"})),
            ("PUT", collection.clone(), json!({"name": "New", "description": "New"})),
            ("PATCH", collection, json!({"name": "New", "description": "New"})),
            (
                "POST",
                "/api/prompts".to_owned(),
                json!({"name": "new", "description": "New", "tags": ["new"]}),
            ),
            ("PUT", prompt.clone(), json!({"name": "new", "description": "New", "tags": ["new"]})),
            ("PATCH", prompt.clone(), json!({"name": "new", "description": "New", "tags": ["new"]})),
            ("POST", format!("{prompt}/versions"), text_version),
            ("POST", format!("{prompt}/versions"), chat_version),
            (
                "POST",
                format!("{prompt}/promote"),
                json!({"version_id": version, "environment": "production",
                "justification": "New", "expected_revision": 1, "override_gate": false}),
            ),
            (
                "POST",
                format!("{prompt}/rollback"),
                json!({"environment": "production", "target_version_id": version,
                "justification": "New"}),
            ),
            (
                "POST",
                format!("{prompt}/experiments"),
                with(experiment, &json!({"environment": "production"})),
            ),
            ("POST", format!("{prompt}/canary"), canary),
            ("PATCH", running.clone(), json!({"name": "New", "coverage": 0.1, "reason": "New"})),
            ("PATCH", conversation, json!({"title": "New"})),
        ];
        let mut cases: Vec<Case> = table
            .into_iter()
            .chain(changes(&running, &going, &version))
            .chain(calls_of_applications())
            .map(|(method, path, body)| Case {
                client: team.admin.clone(),
                method: method.parse().unwrap(),
                path,
                body,
            })
            .collect();
        cases.push(Case {
            client: Client::operator(),
            method: Method::POST,
            path: "/api/teams".to_owned(),
            body: json!({"name": unique("refused")}),
        });
        Self { team, cases }
    }

    /// Everything that could have been stored or changed.
    async fn state(&self) -> Vec<Vec<Value>> {
        let lists = [
            "/api/keys",
            "/api/collections",
            "/api/prompts?archived=all",
            "/api/conversations",
            "/api/experiments",
            "/api/canaries",
            "/api/providers",
            "/api/prompts/kept/versions",
            "/api/prompts/kept/history",
            "/api/audit",
        ];
        let mut state = join_all(lists.map(|list| self.team.admin.all(list))).await;
        for key in state.iter_mut().flatten().filter_map(Value::as_object_mut) {
            key.remove("last_used_at");
        }
        state
    }

    /// Sends something to every route, and makes sure that nothing came of it. A route that fails keeps none of the
    /// others from being tried.
    async fn nothing_comes_of(&self, attempt: impl AsyncFn(&Case)) {
        let before = self.state().await;
        let mut failed = Vec::new();
        for some in self.cases.chunks(4) {
            let attempts = some.iter().map(|case| AssertUnwindSafe(attempt(case)).catch_unwind());
            let results = join_all(attempts).await;
            let pairs = some.iter().zip(results);
            failed.extend(
                pairs
                    .filter(|(_, result)| result.is_err())
                    .map(|(case, _)| format!("{} {}", case.method, case.path)),
            );
        }
        assert!(failed.is_empty(), "wrong answers, listed above, of {failed:#?}");
        assert_eq!(self.state().await, before, "something was stored");
    }
}

#[tokio::test]
async fn every_route_that_reads_a_body_is_tried() {
    let stage = Stage::new().await;
    let reads = |method: &str| ["POST", "PUT", "PATCH"].contains(&method);
    let is_tried = |method, path| stage.cases.iter().any(|case| case.is_of(method, path));
    let missing: Vec<_> = PROTECTED
        .iter()
        .filter(|(method, path, _)| reads(method) && !EXEMPT.contains(path) && !is_tried(method, path))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn what_is_not_json_is_refused() {
    let stage = Stage::new().await;
    let broken: [&[u8]; 12] = [
        b"{",
        b"}",
        b"{\"a\":1,}",
        b"{'a':1}",
        b"{a:1}",
        b"nope",
        b"{} {}",
        b"{}x",
        b"[1",
        b"\"",
        b" ",
        b"{\"name\":\"\xff\xfe\"}",
    ];
    stage
        .nothing_comes_of(async |case| {
            for body in broken {
                case.send(body.to_vec()).await.problem(400, "invalid_json");
            }
            // Cut at every place of its first half.
            let whole = case.body.to_string();
            for end in (1..whole.len().min(40)).step_by(7) {
                case.send(whole[..end].to_owned()).await.problem(400, "invalid_json");
            }
            // Half a character is well-formed JSON, and no text.
            if let Some((name, _)) = case.members().find(|(_, value)| value.is_string()) {
                let reply = case.send(format!("{{\"{name}\": \"\\ud800\"}}")).await;
                assert!([400, 422].contains(&reply.status), "{}", reply.story());
                reply.problem_of(reply.status);
            }
        })
        .await;
}

#[tokio::test]
async fn an_unknown_field_is_named() {
    let stage = Stage::new().await;
    stage
        .nothing_comes_of(async |case| {
            for name in ["surprise", "Name", "größe", ""] {
                let body = with(case.body.clone(), &json!({name: 1}));
                let reply = case.send(body.to_string()).await;
                if name.is_empty() {
                    reply.problem(422, "validation_failed")
                } else {
                    reply.invalid(name)
                };
            }
        })
        .await;
}

/// Also by routes that need no body at all, and before anything is looked up. OpenAI's clients may send more than we know.
#[tokio::test]
async fn no_route_ignores_a_body() {
    let team = Team::new().await;
    let operator = Client::operator();
    let of_operator = ["/api/teams", "/api/ingest/drain", "/api/experiments/run-schedule"];
    for (method, path, _) in PROTECTED {
        if !["POST", "PUT", "PATCH"].contains(method) || path.starts_with("/v1/") {
            continue;
        }
        let client = if of_operator.contains(path) { &operator } else { &team.admin };
        let send = |media_type: &str, body: &'static str| {
            let call = client.request(method.parse().unwrap(), &filled(path));
            call.header("content-type", media_type).body(body)
        };
        send("application/json", r#"{"surprise": 1}"#).await.invalid("surprise");
        send("application/json", "{").await.problem(400, "invalid_json");
        send("application/json", "[]").await.problem(422, "validation_failed");
        send("application/x-www-form-urlencoded", "a=1").await.problem(415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn null_is_what_is_not_said() {
    let team = Team::new().await;
    let (prompt, first) = team.admin.make_live("kept", text("Kept")).await;
    let second = team.admin.make_version(&prompt, text("Second")).await;
    let nothing =
        json!({"environment": null, "user_id": null, "variables": null, "version": null, "strict": null});
    let path = format!("/api/resolve/{prompt}");
    let resolved = team.admin.post(&path, nothing).await.expect(200);
    assert_eq!(resolved, team.admin.post(&path, json!({})).await.expect(200));
    let holder = team.holder(crate::routes::Role::Viewer).await;
    let rotate = format!("/api/keys/{}/rotate", holder.key_id);
    team.admin.post(&rotate, json!({"grace_seconds": null})).await.expect(201);
    holder.client.get("/api/me").await.problem(401, "unauthenticated");
    let rating = json!({"request_id": unique("rated"), "rating": 1, "scale": null, "comment": null, "message_id": null});
    assert_eq!(team.admin.post("/api/feedback", rating).await.expect(201)["scale"], "thumbs");
    let experiment = json!({"name": null, "environment": null, "coverage": null, "min_samples": null, "guardrails": null,
        "forced": null, "allocation_strategy": "fixed_split", "primary_metric": "approval",
        "variants": [{"name": null, "version_id": first, "traffic_weight": 1},
            {"version_id": second, "traffic_weight": 1}]});
    let made = team.admin.post(&format!("/api/prompts/{prompt}/experiments"), experiment).await.expect(201);
    assert_eq!(made["environment"], "production");
}

/// The names of types in our code are of no use to anybody else.
#[tokio::test]
async fn what_is_expected_is_said_in_the_words_of_json() {
    let team = Team::new().await;
    for (path, body, expected) in [
        ("/api/collections", json!(7), "an object"),
        ("/api/collections", json!([]), "an object"),
        ("/api/prompts", json!({"name": "a", "tags": {}}), "an array"),
        (
            "/api/keys",
            json!({"name": "a", "role": "viewer", "chat_requests_per_hour": "1"}),
            "a whole number",
        ),
    ] {
        let problem = team.admin.post(path, body).await.problem(422, "validation_failed");
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(expected) && !detail.contains("struct"), "{detail}");
    }
}

#[tokio::test]
async fn a_wrong_type_is_named() {
    let stage = Stage::new().await;
    stage
        .nothing_comes_of(async |case| {
            for (name, value) in case.members() {
                let wrong = match value {
                    // An object is no way to write the name of a role or an environment.
                    Value::String(text) => vec![json!([1]), json!(1), json!({text: null})],
                    Value::Array(_) | Value::Object(_) => vec![json!("text"), json!(1)],
                    Value::Number(_) | Value::Bool(_) => vec![json!({"a": 1}), json!("text")],
                    Value::Null => unreachable!(),
                };
                for wrong in wrong {
                    let body = with(case.body.clone(), &json!({name: wrong}));
                    case.send(body.to_string()).await.invalid(name);
                }
            }
            for body in ["[]", "7", "\"text\"", "null", "true", "[{}]"] {
                case.send(body).await.problem(422, "validation_failed");
            }
        })
        .await;
}

#[tokio::test]
async fn a_body_has_a_largest_size() {
    let stage = Stage::new().await;
    stage
        .nothing_comes_of(async |case| {
            let body = case.body.to_string();
            let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
            case.send_too_large(padded(LARGEST + 1)).await;
            case.send_too_large("x".repeat(3 * LARGEST)).await;
            case.send_too_large("x".repeat(12 * LARGEST)).await;
            // Exactly the limit is read, and then found to be wrong.
            let wrong = padded(LARGEST - 1) + "x";
            case.send(wrong).await.problem(400, "invalid_json");
        })
        .await;
    let prompt = json!({"name": "large"}).to_string();
    let padded = format!("{prompt}{}", " ".repeat(LARGEST - prompt.len()));
    let admin = &stage.team.admin;
    admin
        .request(Method::POST, "/api/prompts")
        .header("content-type", "application/json")
        .body(padded)
        .await
        .expect(201);
}

#[tokio::test]
async fn another_media_type_is_refused() {
    let stage = Stage::new().await;
    stage
        .nothing_comes_of(async |case| {
            for media_type in [
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/xml",
                "application/jsonp",
                "nonsense",
            ] {
                let reply = case.call().header("content-type", media_type).body(case.body.to_string()).await;
                reply.problem(415, "unsupported_media_type");
            }
        })
        .await;
    let prompt = stage.team.admin.request(Method::POST, "/api/prompts");
    prompt
        .header("content-type", "application/json; charset=utf-8")
        .body("{\"name\": \"typed\"}")
        .await
        .expect(201);
}

#[tokio::test]
async fn an_empty_body_says_nothing() {
    let stage = Stage::new().await;
    stage
        .nothing_comes_of(async |case| {
            // Where nothing has to be said, an empty body says it.
            if case.is_optional() {
                return;
            }
            for reply in [case.send("").await, case.call().await] {
                reply.problem(422, "validation_failed");
            }
        })
        .await;
}

#[tokio::test]
async fn the_character_zero_is_refused_or_kept() {
    let stage = Stage::new().await;
    for case in &stage.cases {
        // It is no part of what is stored here.
        if case.path.starts_with("/api/resolve") || case.path == "/api/tokens" {
            continue;
        }
        for (name, value) in case.members().filter(|(_, value)| value.is_string()) {
            let text = format!("{}\u{0}", value.as_str().unwrap());
            let reply = case.send(with(case.body.clone(), &json!({name: text})).to_string()).await;
            // There is nothing of such an id.
            let is_no_id = name.ends_with("_id") && reply.status == 404;
            reply.problem_of(if is_no_id { 404 } else { 422 });
        }
    }
    let nested = [
        ("/api/prompts", json!({"name": "zero", "tags": ["a\u{0}"]})),
        ("/api/prompts/kept/versions", with(text("a"), &json!({"config": {"a": "\u{0}"}}))),
        ("/api/prompts/kept/versions", with(text("a"), &json!({"config": {"\u{0}": 1}}))),
        (
            "/api/prompts/kept/versions",
            with(text("a"), &json!({"few_shot_examples": [{"input": "\u{0}", "output": "b"}]})),
        ),
        (
            "/api/prompts/kept/versions",
            json!({"type": "chat", "messages": [{"role": "user", "content": "\u{0}"}], "model_id": "offline"}),
        ),
    ];
    for (path, body) in nested {
        stage.team.admin.post(path, body).await.problem(422, "validation_failed");
    }
    for (path, field) in [
        ("/api/prompts", "search"),
        ("/api/prompts", "tag"),
        ("/api/prompts", "collection_id"),
        ("/api/conversations", "search"),
        ("/api/audit", "resource"),
        ("/api/audit", "actor"),
    ] {
        stage.team.admin.get(&format!("{path}?{field}=%00")).await.invalid(field);
    }
    stage.team.admin.get("/api/prompts/kept/diff?from=%00&to=1").await.invalid("from");
    stage.team.admin.get("/api/resolve/kept?user_id=%00").await.expect(200);
}

/// An object is no way to write one of several names, wherever it stands.
#[tokio::test]
async fn a_name_is_a_text() {
    let team = Team::new().await;
    let admin = &team.admin;
    let message = |role: Value| json!([{"role": role, "content": "Hi"}]);
    for role in [json!({"user": null}), json!(["user"]), json!("nobody")] {
        let body = json!({"model": "offline", "messages": message(role.clone())});
        admin.post("/api/tokens", body.clone()).await.invalid("messages[0].role");
        let error = admin.post("/v1/chat/completions", body).await.openai_error(400);
        assert_eq!(error["param"], "messages[0].role", "{error}");
    }
    for mode in [json!({"drop": null}), json!("hide")] {
        let path = "/api/team/settings";
        admin.put(path, json!({"redaction": {"mode": mode}})).await.invalid("redaction.mode");
        let fields = json!({"redaction": {"fields": {"input": mode}}});
        admin.put(path, fields).await.invalid("redaction.fields.input");
    }
    let event = json!({"id": unique("event"), "type": "inference", "status": {"ok": null}});
    let answer = admin.post("/api/ingest", json!({"events": [event]})).await.expect(202);
    assert_eq!(answer["rejected"][0]["errors"][0]["field"], "status", "{answer}");
}

#[tokio::test]
async fn broken_percent_encoding_is_no_failure() {
    let team = Team::new().await;
    team.admin.make_live("kept", text("Kept")).await;
    for path in [
        "/api/prompts/%FF",
        "/api/resolve/%FF",
        "/api/prompts/%E0%A4%A",
        "/api/conversations/%FF",
        "/api/keys/%FF",
        "/api/prompts/kept/versions/%FF",
        "/api/prompts?search=%FF",
        "/api/prompts?search=%",
        "/api/resolve/kept?user_id=%FF",
    ] {
        let reply = team.admin.get(path).await;
        assert!(reply.status < 500, "{}", reply.story());
        if reply.status >= 400 {
            reply.problem_of(reply.status);
        }
    }
}

#[tokio::test]
async fn deep_nesting_is_no_failure() {
    let stage = Stage::new().await;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    stage
        .nothing_comes_of(async |case| {
            for depth in [200, 100_000] {
                let reply = case.send(nested(depth)).await;
                assert!([400, 422].contains(&reply.status), "{}", reply.story());
                let name = case.members().next().unwrap().0;
                let reply = case.send(format!("{{\"{name}\": {}}}", nested(depth))).await;
                // One of a batch is refused alone.
                let is_one = reply.body.starts_with(r#"{"results":[{"error":"#)
                    || reply.body.starts_with(r#"{"accepted":0,"duplicates":0,"rejected":[{"#);
                assert!(is_one || [400, 422].contains(&reply.status), "{}", reply.story());
            }
        })
        .await;
    let version = |depth| {
        format!(
            r#"{{"type": "text", "template_text": "a", "model_id": "offline", "config": {{"a": {}}}}}"#,
            nested(depth)
        )
    };
    let post = async |path: &str, body: String| {
        stage
            .team
            .admin
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .body(body)
            .await
    };
    let reply = post("/api/prompts/kept/versions", version(100_000)).await;
    assert!([400, 422].contains(&reply.status), "{}", reply.story());
    let reply = post("/api/resolve/kept", format!(r#"{{"variables": {{"a": {}}}}}"#, nested(100_000))).await;
    assert!([400, 422].contains(&reply.status), "{}", reply.story());
    // What is stored comes back.
    let made = post("/api/prompts/kept/versions", version(50)).await.expect(201);
    let path = format!("/api/prompts/kept/versions/{}", made["version_number"]);
    assert_eq!(stage.team.admin.get(&path).await.expect(200)["config"]["a"].to_string(), nested(50));
}

#[tokio::test]
async fn any_writing_system_comes_back_as_it_went() {
    let admin = Team::new().await.admin;
    let words = "Größe ﬁ 龍 🐉👩‍👩‍👧 עברית العربية ไทย e\u{301} \u{202e}rtl\u{202c} \u{feff}\u{200b} \"quoted\" \\ \n\t\r\n </script> \u{7f} \u{10ffff}";
    let made = admin
        .post("/api/prompts", json!({"name": "words", "description": words, "tags": ["龍 🐉"]}))
        .await
        .expect(201);
    let shown = admin.get(&format!("/api/prompts/{}", member(&made, "id"))).await.expect(200);
    assert_eq!((&shown["description"], &shown["tags"]), (&json!(words), &json!(["龍 🐉"])));
    let body = json!({"type": "chat", "messages": [{"role": "user", "content": words}], "system_prompt": words,
        "model_id": "offline", "few_shot_examples": [{"input": words, "output": words}], "config": {words: words},
        "commit_message": words});
    admin.post("/api/prompts/words/versions", body.clone()).await.expect(201);
    let version = admin.get("/api/prompts/words/versions/1").await.expect(200);
    contains(&version, &body);
    let to = json!({"version_id": version["version_id"], "environment": "staging", "justification": words});
    admin.post("/api/prompts/words/promote", to).await.success();
    assert_eq!(admin.all("/api/prompts/words/history").await[0]["justification"], words);
    let resolved = admin
        .post("/api/resolve/words", json!({"environment": "staging", "user_id": words}))
        .await
        .expect(200);
    assert_eq!((&resolved["messages"], &resolved["config"]), (&body["messages"], &body["config"]));
    let chat = json!({"message": words, "model": "offline", "user_id": words, "stream": false});
    let conversation = admin.post("/api/chat", chat).await.expect(200);
    let kept = admin
        .get(&format!("/api/conversations/{}", member(&conversation, "conversation_id")))
        .await
        .expect(200);
    assert_eq!(kept["messages"][0]["content"], words);
}
