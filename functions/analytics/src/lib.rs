//! Numbers about prompts: how often, how fast, how dear, how liked, from rollups alone.
//!
//! | route | what |
//! |---|---|
//! | `GET /api/analytics/overview` | a period's numbers beside those of the one before it |
//! | `GET /api/analytics/timeseries` | the same by buckets of time |
//! | `GET /api/analytics/latency` | how latencies are distributed |
//! | `GET /api/analytics/costs` | what was spent, by prompt, version, model, … |
//! | `GET /api/analytics/versions` | a prompt's versions beside each other |
//! | `GET /metrics` | counters for Prometheus |
//!
//! A route reads few cells of rollups, however many inferences they sum: see `pieces`.

mod costs;
mod latency;
mod measures;
mod metrics;
mod overview;
mod percentiles;
mod pieces;
mod range;
mod timeseries;
mod versions;

use axum::Router;
use axum::routing::get;
use edge::Function;

platform::serve!(platform::serve::Application::new(handler));

/// The routes, authorised.
pub fn handler() -> platform::serve::Handler {
    edge::serve_reading(Function::Analytics, handlers())
}

fn handlers() -> Router {
    Router::new()
        .route("/api/analytics/overview", get(overview::show))
        .route("/api/analytics/timeseries", get(timeseries::show))
        .route("/api/analytics/latency", get(latency::show))
        .route("/api/analytics/costs", get(costs::show))
        .route("/api/analytics/versions", get(versions::show))
        .route("/metrics", get(metrics::show))
}

#[cfg(test)]
mod tests {
    use edge::{Function, Problem, ROUTES};

    /// Handlers ask for the caller first, and without one answer with a problem of our own.
    #[tokio::test]
    async fn every_route_of_the_table_has_a_handler() {
        let routes = ROUTES.iter().filter(|route| route.function == Function::Analytics);
        for route in routes {
            let request = http::Request::builder().method(route.method).uri(route.path);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = platform::serve::Handler::from(super::handlers()).answer(request).await;
            assert!(response.extensions().get::<Problem>().is_some(), "{} {}", route.method, route.path);
        }
    }
}
