//! Events of applications in, and the schedule that drains the event stream into PostgreSQL.

use axum::Router;
use edge::Function;

platform::serve!(platform::serve::Application::new(router));

/// The routes, authorised.
pub fn router() -> Router {
    edge::serve(Function::Ingest, handlers())
}

fn handlers() -> Router {
    Router::new()
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
            let response = platform::serve::route(super::handlers(), request).await;
            assert!(response.extensions().get::<Problem>().is_some(), "{} {}", route.method, route.path);
        }
    }
}
