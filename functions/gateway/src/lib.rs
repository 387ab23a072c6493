//! The front door.

platform::serve!(platform::serve::Application::new(router));

fn router() -> axum::Router {
    axum::Router::new().route("/hello", axum::routing::get(|| async { "hello" }))
}
