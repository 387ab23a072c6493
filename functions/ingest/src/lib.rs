//! Events of applications in, and the schedule that drains the event streams into PostgreSQL.
//!
//! | route | what |
//! |---|---|
//! | `POST /api/ingest` | inferences of applications that call models themselves |
//! | `POST /api/ingest/drain` | what the schedule does, now: for hosts without one, and for tests |
//!
//! Out of scope: how an event travels and what a drain guarantees (`events`), what is counted (the database's
//! `ingest_events`).

mod drain;
mod inferences;
mod input;

use axum::Router;
use axum::routing::post;
use edge::Function;

platform::serve!(platform::serve::Application {
    scheduled: Some(drain::scheduled),
    ..platform::serve::Application::new(handler)
});

/// The routes, authorised.
pub fn handler() -> platform::serve::Handler {
    edge::serve(Function::Ingest, handlers())
}

fn handlers() -> Router {
    Router::new().route("/api/ingest", post(inferences::accept)).route("/api/ingest/drain", post(drain::now))
}

#[cfg(test)]
mod tests {
    use edge::{Function, Problem, ROUTES};

    /// Handlers ask for the caller first, and without one answer with a problem of our own.
    #[tokio::test]
    async fn every_route_of_the_table_has_a_handler() {
        let routes = ROUTES.iter().filter(|route| route.function == Function::Ingest);
        for route in routes {
            let request = http::Request::builder().method(route.method).uri(route.path);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = platform::serve::Handler::from(super::handlers()).answer(request).await;
            assert!(response.extensions().get::<Problem>().is_some(), "{} {}", route.method, route.path);
        }
    }
}
