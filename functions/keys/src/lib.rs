//! Access: who calls, API keys, teams, the audit log.
//!
//! | route | what |
//! |---|---|
//! | `GET /api/me` | the caller's key, user, team and role |
//! | `GET`, `POST /api/keys` | the team's keys; a new key, shown this once |
//! | `POST /api/keys/{key}/rotate` | a new secret in a key's place |
//! | `DELETE /api/keys/{key}` | end a key |
//! | `GET`, `POST /api/teams` | the teams that the caller may see; a new team with its first admin key |
//! | `GET`, `PUT /api/team/settings` | what the team wants of redaction |
//! | `GET /api/providers` | the model providers that the team has keys for |
//! | `GET`, `PUT`, `DELETE /api/providers/{provider}` | one of them; its key is set and never shown |
//! | `GET /api/audit` | who changed what in the team |

mod api_keys;
mod audit;
mod me;
mod providers;
mod settings;
mod teams;

use axum::Router;
use axum::routing::{delete, get, post};
use edge::Function;

platform::serve!(platform::serve::Application::new(handler));

/// The routes, authorised.
pub fn handler() -> platform::serve::Handler {
    edge::serve(Function::Keys, handlers())
}

fn handlers() -> Router {
    Router::new()
        .route("/api/me", get(me::show))
        .route("/api/keys", get(api_keys::list).post(api_keys::create))
        .route("/api/keys/{key}", delete(api_keys::revoke))
        .route("/api/keys/{key}/rotate", post(api_keys::rotate))
        .route("/api/teams", get(teams::list).post(teams::create))
        .route("/api/team/settings", get(settings::show).put(settings::put))
        .route("/api/providers", get(providers::list))
        .route(
            "/api/providers/{provider}",
            get(providers::show).put(providers::put).delete(providers::delete),
        )
        .route("/api/audit", get(audit::list))
}

#[cfg(test)]
mod tests {
    use edge::{Function, Problem, ROUTES};

    /// Handlers ask for the caller first, and without one answer with a problem of our own.
    #[tokio::test]
    async fn every_route_of_the_table_has_a_handler() {
        let routes = ROUTES.iter().filter(|route| route.function == Function::Keys);
        for route in routes {
            let request = http::Request::builder().method(route.method).uri(route.path);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = platform::serve::Handler::from(super::handlers()).answer(request).await;
            assert!(response.extensions().get::<Problem>().is_some(), "{} {}", route.method, route.path);
        }
    }
}
