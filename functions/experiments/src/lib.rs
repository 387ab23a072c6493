//! Experiments and canaries: their lifecycle, their results, and the schedule that moves them on.
//!
//! | route | what |
//! |---|---|
//! | `POST /api/prompts/{prompt}/experiments` | begin an experiment |
//! | `GET /api/experiments`, `GET` and `PATCH /api/experiments/{experiment}` | read, and change weights and the like |
//! | `POST /api/experiments/{experiment}/{kill,pause,resume,stop}` | its life |
//! | `GET /api/experiments/{experiment}/results` | what may be concluded |
//! | `GET /api/experiments/{experiment}/assignment` | who gets what, and why |
//! | `GET /api/experiments/main-switch`, `POST /api/experiments/{kill-all,resume-all}` | the team's main switch |
//! | `POST /api/experiments/run-schedule` | what the schedule does, at once, for the caller's team |
//! | `POST /api/prompts/{prompt}/canary` | begin a canary |
//! | `GET /api/canaries`, `GET /api/canaries/{canary}` | read |
//! | `POST /api/canaries/{canary}/{promote,rollback,pause,resume}` | its life |
//!
//! Editors change what runs in staging; production takes a publisher, as for pointers. What is decided is pure and
//! stands in `trials`; here it is asked for and done.

mod alerts;
mod answer;
mod canaries;
mod change;
mod experiments;
mod explanation;
mod input;
mod results;
mod schedule;
mod switch;

use axum::Router;
use axum::routing::{get, post};
use edge::Function;

platform::serve!(platform::serve::Application {
    scheduled: Some(|context| Box::pin(schedule::run_everywhere(context))),
    ..platform::serve::Application::new(handler)
});

/// The routes, authorised.
pub fn handler() -> platform::serve::Handler {
    edge::serve(Function::Experiments, handlers())
}

fn handlers() -> Router {
    Router::new()
        .route("/api/prompts/{prompt}/experiments", post(experiments::create))
        .route("/api/experiments", get(experiments::list))
        .route("/api/experiments/main-switch", get(switch::show))
        .route("/api/experiments/kill-all", post(switch::kill_all))
        .route("/api/experiments/resume-all", post(switch::resume_all))
        .route("/api/experiments/run-schedule", post(schedule::run_now))
        .route("/api/experiments/{experiment}", get(experiments::show).patch(experiments::change))
        .route("/api/experiments/{experiment}/kill", post(experiments::kill))
        .route("/api/experiments/{experiment}/pause", post(experiments::pause))
        .route("/api/experiments/{experiment}/resume", post(experiments::resume))
        .route("/api/experiments/{experiment}/stop", post(experiments::stop))
        .route("/api/experiments/{experiment}/results", get(results::show))
        .route("/api/experiments/{experiment}/assignment", get(explanation::show))
        .route("/api/prompts/{prompt}/canary", post(canaries::create))
        .route("/api/canaries", get(canaries::list))
        .route("/api/canaries/{canary}", get(canaries::show))
        .route("/api/canaries/{canary}/promote", post(canaries::promote))
        .route("/api/canaries/{canary}/rollback", post(canaries::roll_back))
        .route("/api/canaries/{canary}/pause", post(canaries::pause))
        .route("/api/canaries/{canary}/resume", post(canaries::resume))
}

#[cfg(test)]
mod tests {
    use edge::{Function, Problem, ROUTES};

    /// Handlers ask for the caller first, and without one answer with a problem of our own.
    #[tokio::test]
    async fn every_route_of_the_table_has_a_handler() {
        let routes = ROUTES.iter().filter(|route| route.function == Function::Experiments);
        for route in routes {
            let request = http::Request::builder().method(route.method).uri(route.path);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = platform::serve::Handler::from(super::handlers()).answer(request).await;
            assert!(response.extensions().get::<Problem>().is_some(), "{} {}", route.method, route.path);
        }
    }
}
