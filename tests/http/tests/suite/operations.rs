//! Health, documents, unknown paths and methods, request ids, headers that every response has.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::arrange::text;
use crate::client::{Client, Reply, Team};
use crate::routes::{PROTECTED, PUBLIC, filled, methods_by_path};

#[tokio::test]
async fn health_asks_for_nothing() {
    let reply = Client::anonymous().get("/health").await;
    assert!(reply.expect(200).is_object(), "{}", reply.story());
    let head = Client::anonymous().request(Method::HEAD, "/health").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test]
async fn ready_tells_how_fast_each_dependency_answers() {
    let body = Client::anonymous().get("/ready").await.expect(200);
    let latencies = latencies(&body);
    assert!(latencies.len() >= 2, "Postgres and Redis: {body}");
    assert!(latencies.iter().all(|latency| (0.0..3_000.0).contains(latency)), "{body}");
    let text = body.to_string();
    for secret in ["postgres://", "http://", "127.0.0.1", "password"] {
        assert!(!text.contains(secret), "an address in {text}");
    }
}

fn latencies(value: &Value) -> Vec<f64> {
    let Some(members) = value.as_object() else { return Vec::new() };
    let own = members.get("latency_ms").and_then(Value::as_f64);
    own.into_iter().chain(members.values().flat_map(latencies)).collect()
}

#[tokio::test]
async fn openapi_describes_every_route_and_no_other() {
    let document = Client::anonymous().get("/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{document}");
    let paths = document["paths"].as_object().expect("paths");
    let described: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, operations)| {
            let methods = operations.as_object().expect("operations").keys();
            let methods =
                methods.filter(|method| ["get", "post", "put", "patch", "delete"].contains(&method.as_str()));
            methods.map(|method| format!("{} {}", method.to_uppercase(), without_names(path)))
        })
        .collect();
    let protected = PROTECTED.iter().map(|(method, path, _)| (*method, *path));
    let promised: BTreeSet<String> = PUBLIC
        .iter()
        .copied()
        .chain(protected)
        .map(|(method, path)| format!("{method} {}", without_names(path)))
        .collect();
    let documents = BTreeSet::from(["GET /docs".to_owned(), "GET /openapi.json".to_owned()]);
    let missing: Vec<_> =
        promised.difference(&described).filter(|route| !documents.contains(*route)).collect();
    let unknown: Vec<_> = described.difference(&promised).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "missing: {missing:?}, not in the contract here: {unknown:?}"
    );
}

/// `/api/keys/{key}` and `/api/keys/{key_id}` are one path.
fn without_names(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn docs_are_a_page() {
    let reply = Client::anonymous().get("/docs").await;
    assert_eq!(reply.status, 200, "{}", reply.story());
    assert!(reply.body.contains("<html"), "{}", reply.story());
    assert!(
        reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")),
        "{}",
        reply.story()
    );
    assert!(reply.header("content-security-policy").is_some(), "{:?}", reply.headers);
}

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    let team = Team::new().await;
    for client in [Client::anonymous(), team.admin] {
        for path in ["/api/nothing", "/api/prompts/a/nothing", "/api/prompts/a/versions/1/more", "/api/keys/"]
        {
            client.get(path).await.problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn another_method_is_told_which_there_are() {
    let team = Team::new().await;
    for (path, methods) in methods_by_path() {
        let other =
            ["PATCH", "PUT", "DELETE", "POST", "GET"].into_iter().find(|method| !methods.contains(method));
        let Some(other) = other else { continue };
        let reply = team.admin.request(other.parse().unwrap(), &filled(path)).await;
        reply.problem(405, "method_not_allowed");
        let allowed: BTreeSet<&str> = reply.header("allow").unwrap_or_default().split(", ").collect();
        assert_eq!(allowed.contains("HEAD"), methods.contains(&"GET"), "Allow of {path}");
        let allowed: BTreeSet<&str> =
            allowed.into_iter().filter(|method| !["HEAD", "OPTIONS"].contains(method)).collect();
        assert_eq!(allowed, methods.into_iter().collect(), "Allow of {path}");
    }
}

#[tokio::test]
async fn a_version_never_changes() {
    let team = Team::new().await;
    let prompt = team.admin.make_prompt("constant").await;
    let version = team.admin.make_version(&prompt, text("One")).await;
    let path = format!("/api/prompts/{prompt}/versions/{version}");
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        team.admin.request(method, &path).json(&text("Two")).await.problem(405, "method_not_allowed");
    }
    assert_eq!(team.admin.get(&path).await.expect(200)["template_text"], "One");
}

#[tokio::test]
async fn a_request_id_is_accepted_or_made() {
    let team = Team::new().await;
    let client = &team.admin;
    let longest = "a".repeat(128);
    for path in [
        "/health",
        "/api/me",
        "/api/prompts",
        "/api/conversations",
        "/api/resolve/none",
        "/api/nothing",
        "/",
        "/docs",
        "/openapi.json",
        "/assets/none.js",
    ] {
        for good in ["a", "Order.66_x-1", longest.as_str()] {
            let reply = client.get(path).header("x-request-id", good).await;
            assert_eq!(reply.header("x-request-id"), Some(good), "{}", reply.story());
        }
        let too_long = "a".repeat(129);
        for bad in ["", "a b", "a/b", "a:b", "{}", too_long.as_str()] {
            let reply = client.get(path).header("x-request-id", bad).await;
            let made = reply.header("x-request-id").unwrap_or_default().to_owned();
            assert!(
                made != bad && (8..=128).contains(&made.len()),
                "{bad:?} became {made:?}: {}",
                reply.story()
            );
            let again = client.get(path).header("x-request-id", bad).await;
            assert_ne!(again.header("x-request-id"), Some(made.as_str()), "{}", again.story());
        }
        assert!(client.get(path).await.header("x-request-id").is_some());
    }
}

#[tokio::test]
async fn a_resolution_from_memory_has_its_request_id_too() {
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("remembered", text("Hello")).await;
    for number in 0..5 {
        let id = format!("request-{number}");
        let reply = team.admin.get(&format!("/api/resolve/{prompt}")).header("x-request-id", &id).await;
        reply.expect(200);
        assert_eq!(reply.header("x-request-id"), Some(id.as_str()));
    }
}

#[track_caller]
fn is_secured(reply: &Reply) {
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{}", reply.story());
    assert!(reply.header("x-frame-options").is_some(), "{}", reply.story());
    assert!(reply.header("referrer-policy").is_some(), "{}", reply.story());
    let strict = reply.header("strict-transport-security").unwrap_or_default();
    assert!(strict.starts_with("max-age="), "{}", reply.story());
}

#[tokio::test]
async fn security_headers_are_on_every_response() {
    let team = Team::new().await;
    let client = &team.admin;
    let (prompt, version) = client.make_live("secure", text("Hello")).await;
    let resolve = format!("/api/resolve/{prompt}");
    let etag = client.get(&resolve).await.header("etag").expect("a tag").to_owned();
    let made = client.post("/api/collections", json!({"name": "Secure"})).await;
    let collection = format!("/api/collections/{}", made.expect(201)["id"].as_str().unwrap());
    let replies = [
        made,
        client.get("/health").await,
        client.get("/ready").await,
        client.get("/api/me").await,
        client.get("/api/prompts").await,
        client.get("/api/conversations").await,
        client.get(&format!("/api/prompts/{prompt}/versions/{version}")).await,
        client.get(&resolve).await,
        client.get(&resolve).header("if-none-match", &etag).await,
        client.post("/api/chat", json!({"message": "Hi", "model": "offline", "stream": false})).await,
        client.post("/api/chat", json!({"message": "Hi", "model": "offline"})).await,
        client.post("/api/prompts", json!({})).await,
        client.request(Method::POST, "/api/prompts").json(&json!({})).body("{").await,
        client.delete(&collection).await,
        client.get(&collection).await,
        client.delete("/api/prompts").await,
        client.get("/api/nothing").await,
        Client::anonymous().get("/api/me").await,
        Client::anonymous().get("/api/prompts").await,
        Client::anonymous().get(&resolve).await,
    ];
    for reply in &replies {
        is_secured(reply);
    }
}

#[tokio::test]
async fn security_headers_are_on_pages_and_documents() {
    for path in ["/", "/docs", "/openapi.json"] {
        is_secured(&Client::anonymous().get(path).await);
    }
}

/// Where no file is, the page finds its content by its own address; but a script that is gone is no page.
#[tokio::test]
async fn what_is_no_file_is_a_page_or_nothing() {
    let client = Client::anonymous();
    for path in ["/assets/none.js", "/favicon.ico", "/api", "/v1"] {
        is_secured(&client.get(path).await);
        client.get(path).await.problem(404, "not_found");
    }
    for path in ["/", "/docs", "/openapi.json", "/prompts"] {
        let reply = client.post(path, json!({})).await;
        reply.problem_of(reply.status);
        is_secured(&reply);
        assert!([404, 405].contains(&reply.status), "{}", reply.story());
    }
    for (path, accept) in [
        ("/prompts/a%2Fb", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("/prompts/a%2Fb", "*/*"),
        ("/prompts/a.b", "text/html,*/*;q=0.8"),
    ] {
        let page = client.get(path).header("accept", accept).await;
        assert_eq!((page.status, page.header("x-request-id").is_some()), (200, true), "{}", page.story());
        assert!(page.header("content-type").unwrap_or_default().starts_with("text/html"), "{}", page.story());
        is_secured(&page);
    }
}

#[tokio::test]
async fn other_origins_are_not_allowed() {
    let team = Team::new().await;
    for path in ["/health", "/api/me", "/api/prompts", "/api/resolve/none", "/api/conversations"] {
        let reply = team.admin.get(path).header("origin", "https://unlisted.example").await;
        assert_eq!(reply.header("access-control-allow-origin"), None, "{}", reply.story());
    }
}

/// Only where the installation says which origin it allows.
#[tokio::test]
async fn configured_origins_are_allowed() {
    let Ok(origin) = std::env::var("PROMPTLAB_CORS_ORIGIN") else { return };
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("shared", text("Hello")).await;
    let paths =
        ["/health", "/api/me", "/api/prompts", "/api/conversations", "/api/nothing"].map(str::to_owned);
    // What OpenAI's client asks for.
    let asked = "authorization,content-type,x-stainless-lang,x-stainless-os,x-stainless-retry-count";
    for path in paths.into_iter().chain([format!("/api/resolve/{prompt}")]) {
        let reply = team.admin.get(&path).header("origin", &origin).await;
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin.as_str()), "{}", reply.story());
        let exposed = reply.header("access-control-expose-headers").unwrap_or_default();
        for name in ["x-request-id", "retry-after", "x-promptlab-version-id", "x-should-retry"] {
            assert!(exposed.to_lowercase().contains(name), "{exposed}: {}", reply.story());
        }
        assert!(
            reply.header("vary").unwrap_or_default().to_lowercase().contains("origin"),
            "{}",
            reply.story()
        );

        let preflight = Client::anonymous()
            .request(Method::OPTIONS, &path)
            .header("origin", &origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", asked)
            .await;
        assert!([200, 204].contains(&preflight.status), "{}", preflight.story());
        assert_eq!(preflight.header("access-control-allow-origin"), Some(origin.as_str()), "{path}");
        let methods = preflight.header("access-control-allow-methods").unwrap_or_default();
        assert!(methods.contains("POST"), "{methods}");
        assert_eq!(preflight.header("access-control-allow-headers"), Some(asked), "{path}");
    }
}
