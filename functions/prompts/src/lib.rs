//! The registry: collections, prompts, versions, and what is live.
//!
//! | route | what |
//! |---|---|
//! | `/api/collections`, `/api/collections/{collection}` | folders for prompts |
//! | `/api/prompts`, `/api/prompts/{prompt}` | prompts, by id or URL-encoded name; `DELETE` archives |
//! | `POST /api/prompts/{prompt}/restore` | an archived prompt back in use |
//! | `/api/prompts/{prompt}/versions`, `…/versions/{version}` | what a prompt says, never changed |
//! | `GET /api/prompts/{prompt}/diff` | two versions, field by field |
//! | `POST /api/prompts/{prompt}/promote`, `…/rollback` | what is live |
//! | `GET /api/prompts/{prompt}/history` | what was live |
//! | `GET /api/tags` | words to find prompts by |
//!
//! Editors change drafts and staging. Whatever changes what production answers asks for a publisher: promoting and
//! rolling back there, and archiving, restoring or renaming a prompt that is live there.

mod archive;
mod collections;
mod diff;
mod pointers;
mod prompts;
mod publication;
mod tags;
mod version_input;
mod versions;

use axum::Router;
use axum::routing::{get, post};
use edge::Function;

platform::serve!(platform::serve::Application::new(handler));

/// The routes, authorised.
pub fn handler() -> platform::serve::Handler {
    edge::serve(Function::Prompts, handlers())
}

fn handlers() -> Router {
    let collection = get(collections::show)
        .put(collections::replace)
        .patch(collections::change)
        .delete(collections::delete);
    let prompt = get(prompts::show).put(prompts::replace).patch(prompts::change).delete(archive::archive);
    Router::new()
        .route("/api/collections", get(collections::list).post(collections::create))
        .route("/api/collections/{collection}", collection)
        .route("/api/prompts", get(prompts::list).post(prompts::create))
        .route("/api/prompts/{prompt}", prompt)
        .route("/api/prompts/{prompt}/restore", post(archive::restore))
        .route("/api/prompts/{prompt}/versions", get(versions::list).post(versions::create))
        .route("/api/prompts/{prompt}/versions/{version}", get(versions::show))
        .route("/api/prompts/{prompt}/diff", get(diff::show))
        .route("/api/prompts/{prompt}/promote", post(pointers::promote))
        .route("/api/prompts/{prompt}/rollback", post(pointers::roll_back))
        .route("/api/prompts/{prompt}/history", get(pointers::history))
        .route("/api/tags", get(tags::list))
}

#[cfg(test)]
mod tests {
    use edge::{Function, Problem, ROUTES};

    /// Handlers ask for the caller first, and without one answer with a problem of our own.
    #[tokio::test]
    async fn every_route_of_the_table_has_a_handler() {
        let routes = ROUTES.iter().filter(|route| route.function == Function::Prompts);
        for route in routes {
            let request = http::Request::builder().method(route.method).uri(route.path);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = platform::serve::Handler::from(super::handlers()).answer(request).await;
            assert!(response.extensions().get::<Problem>().is_some(), "{} {}", route.method, route.path);
        }
    }
}
