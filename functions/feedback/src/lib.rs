//! What people think of answers, and what that adds up to.
//!
//! | route | what |
//! |---|---|
//! | `POST /api/feedback` | a rating of a message or of a request; a second one of the same person takes its place |
//! | `GET /api/feedback/stats` | ratings by prompt, version and variant |
//!
//! A rating is stored before it is answered, and then also counted as an event, for experiments and analytics.

mod give;
mod statistics;

use axum::Router;
use axum::routing::{get, post};
use edge::Function;

platform::serve!(platform::serve::Application::new(handler));

/// The routes, authorised.
pub fn handler() -> platform::serve::Handler {
    edge::serve(Function::Feedback, handlers())
}

fn handlers() -> Router {
    Router::new().route("/api/feedback", post(give::give)).route("/api/feedback/stats", get(statistics::show))
}

#[cfg(test)]
mod tests {
    use edge::{Function, Problem, ROUTES};

    /// Handlers ask for the caller first, and without one answer with a problem of our own.
    #[tokio::test]
    async fn every_route_of_the_table_has_a_handler() {
        let routes = ROUTES.iter().filter(|route| route.function == Function::Feedback);
        for route in routes {
            let request = http::Request::builder().method(route.method).uri(route.path);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = platform::serve::Handler::from(super::handlers()).answer(request).await;
            assert!(response.extensions().get::<Problem>().is_some(), "{} {}", route.method, route.path);
        }
    }
}
