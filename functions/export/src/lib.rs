//! Experiment results, conversations and messages as CSV, streamed.
//!
//! | route | what |
//! |---|---|
//! | `GET /api/export/conversations.csv` | conversations, one a row |
//! | `GET /api/export/messages.csv` | messages, one a row |
//! | `GET /api/export/experiments/{experiment}.csv` | results, one row for each arm and metric |
//!
//! Rows are read a page at a time while the client reads, so that memory holds one page however long the file is. A
//! file that breaks off is a broken response, not a short one.

mod csv;
mod experiments;
mod tables;

use axum::Router;
use axum::routing::get;
use edge::Function;

platform::serve!(platform::serve::Application::new(handler));

/// The routes, authorised.
pub fn handler() -> platform::serve::Handler {
    edge::serve_reading(Function::Export, handlers())
}

fn handlers() -> Router {
    Router::new()
        .route("/api/export/conversations.csv", get(tables::conversations))
        .route("/api/export/messages.csv", get(tables::messages))
        .route("/api/export/experiments/{file}", get(experiments::results))
}

#[cfg(test)]
mod tests {
    use edge::{Function, Problem, ROUTES};

    /// Handlers ask for the caller first, and without one answer with a problem of our own.
    #[tokio::test]
    async fn every_route_of_the_table_has_a_handler() {
        let routes = ROUTES.iter().filter(|route| route.function == Function::Export);
        for route in routes {
            let request = http::Request::builder().method(route.method).uri(route.path);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = platform::serve::Handler::from(super::handlers()).answer(request).await;
            assert!(response.extensions().get::<Problem>().is_some(), "{} {}", route.method, route.path);
        }
    }
}
