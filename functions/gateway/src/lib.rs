//! The front door: finds the function for a path and forwards the request untouched, body unread.
//!
//! | route | what |
//! |---|---|
//! | `GET /health` | whether the installation answers at all; touches no dependency |
//! | `GET /ready` | whether each dependency answers, and how fast; 503 when one does not |
//! | everything in [`edge::ROUTES`] | goes to its function through a service binding |
//! | every other path that is read | is a static file, or the page that finds its content by its own address |
//!
//! On Spin the routes of `spin.toml` take its place, and it answers only the two routes of its own.

use std::time::Duration;

use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use cache::{Command, Redis};
use edge::{Function, Problem};
use platform::database::Database;
use platform::{Context, time};
use serde::Serialize;

platform::serve!(platform::serve::Application {
    forward: Some(|method, path| match edge::find_function(path) {
        Function::Gateway => is_of_a_file(method, path).then_some(platform::serve::FILES),
        function => Some(function.binding()),
    }),
    file_request_id: Some(edge::request_id),
    ..platform::serve::Application::new(handler)
});

const OWN_PATHS: [&str; 2] = ["/health", "/ready"];

/// The routes that the front door answers itself.
pub fn handler() -> platform::serve::Handler {
    let [health_path, ready_path] = OWN_PATHS;
    let routes = Router::new()
        .route(health_path, get(health))
        .route(ready_path, get(ready))
        .route("/openapi.json", get(no_file))
        .route("/docs", get(no_file));
    edge::serve_reading(Function::Gateway, routes)
}

/// Whether a static file may be meant: everything that is read and neither ours nor below the API's paths.
fn is_of_a_file(method: &str, path: &str) -> bool {
    let is_ours = OWN_PATHS.contains(&path)
        || ["/api", "/v1"].iter().any(|begin| {
            path.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
    matches!(method, "GET" | "HEAD") && !is_ours
}

/// For what is a static file, where the pages were not built.
async fn no_file() -> Problem {
    Problem::no_route()
}

/// The answer to `GET /health`.
#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

async fn health() -> Result<Response, Problem> {
    edge::to_json_response(200, &Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// The answer to `GET /ready`.
#[derive(Serialize)]
struct Readiness {
    status: &'static str,
    dependencies: Dependencies,
}

#[derive(Serialize)]
struct Dependencies {
    postgres: Dependency,
    redis: Dependency,
}

/// How a dependency answered. What exactly went wrong is for the log: the route is public.
#[derive(Serialize)]
struct Dependency {
    status: &'static str,
    latency_ms: i64,
}

/// Longer than this is as good as down.
const PATIENCE: Duration = Duration::from_secs(3);

async fn ready(Extension(context): Extension<Context>) -> Result<Response, Problem> {
    let postgres = measure("postgres", ask_postgres(&context)).await;
    let redis = measure("redis", ask_redis(&context)).await;
    let up = postgres.status == "up" && redis.status == "up";
    let (code, status) = if up { (200, "ready") } else { (503, "unavailable") };
    edge::to_json_response(code, &Readiness { status, dependencies: Dependencies { postgres, redis } })
}

async fn measure(name: &str, question: impl Future<Output = Result<(), String>>) -> Dependency {
    let started_ms = time::now_ms();
    let answer = time::timeout(PATIENCE, question).await.unwrap_or_else(|elapsed| Err(elapsed.to_string()));
    let latency_ms = time::now_ms() - started_ms;
    match answer {
        Ok(()) => Dependency { status: "up", latency_ms },
        Err(error) => {
            platform::error!("dependency down", dependency = name, error = error, duration_ms = latency_ms);
            Dependency { status: "down", latency_ms }
        }
    }
}

async fn ask_postgres(context: &Context) -> Result<(), String> {
    let database = Database::new(context.config.get("DATABASE_URL").unwrap_or_default());
    store::operations::ping(&database).await.map_err(|error| error.to_string())
}

async fn ask_redis(context: &Context) -> Result<(), String> {
    let redis = Redis::from_config(&context.config).ok_or("no redis is configured")?;
    redis.run(&Command::idempotent("PING")).await.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_go_to_their_functions() {
        let forward = super::application().forward.unwrap();
        assert_eq!(forward("GET", "/api/resolve/a"), Some("RESOLVE_PROMPT"));
        assert_eq!(forward("POST", "/api/chat"), Some("CHAT"));
        assert_eq!(forward("GET", "/health"), None);
        assert_eq!(forward("GET", "/api/nothing"), None);
        assert_eq!(forward("GET", "/v1/nothing"), None);
        assert_eq!(forward("GET", "/api"), None);
        for path in ["/", "/api-keys", "/openapi.json", "/assets/a.js", "/prompts/a%2Fb"] {
            assert_eq!(forward("GET", path), Some("ASSETS"), "{path}");
            assert_eq!(forward("HEAD", path), Some("ASSETS"), "{path}");
            assert_eq!(forward("POST", path), None, "{path}");
        }
    }
}
