//! Chat, and the conversations that come of it.
//!
//! | route | what |
//! |---|---|
//! | `POST /api/chat` | one turn: streamed as server-sent events, or whole |
//! | `GET /api/conversations` | the team's conversations, the latest first |
//! | `GET /api/conversations/{conversation}` | one of them with its messages |
//! | `PATCH /api/conversations/{conversation}` | give it another title |
//! | `DELETE /api/conversations/{conversation}` | delete it for good |
//!
//! A turn runs in a task of its own (`generation`) that outlives the response: it stores what the user says and
//! an empty answer, asks the model, feeds the response, and stores how the answer ended. A client that leaves ends
//! the model's stream at once, and what there is of the answer is kept as `cancelled`.
//!
//! Out of scope: how models are called (`llm`), how prompts are resolved (`resolution`).

mod admission;
mod conversations;
mod counting;
mod events;
mod feed;
mod generation;
mod input;
mod models;
mod request;
mod turn;
mod whole;
mod wire;

use axum::routing::{get, post};
use edge::Function;

platform::serve!(platform::serve::Application::new(router));

/// The routes.
pub fn router() -> axum::Router {
    let conversation = get(conversations::show).patch(conversations::rename).delete(conversations::delete);
    let routes = axum::Router::new()
        .route("/api/chat", post(turn::chat))
        .route("/api/conversations", get(conversations::list))
        .route("/api/conversations/{conversation}", conversation);
    edge::serve(Function::Chat, routes)
}
