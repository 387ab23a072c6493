//! Chat, and the conversations that come of it.
//!
//! | route | what |
//! |---|---|
//! | `POST /api/chat` | one turn: streamed as server-sent events, or whole |
//! | `POST /api/chat/{message}/stop` | end a running answer, wherever it is written |
//! | `GET /api/chat/{message}/stream` | the rest of an answer, for who has lost the connection |
//! | `POST /v1/chat/completions` | `OpenAI`'s interface to every model, and to prompts as models |
//! | `GET /v1/models`, `GET /v1/models/{*model}` | the models and prompts that it knows |
//! | `POST /api/tokens` | what a text amounts to, before a model is asked |
//! | `GET /api/conversations` | the team's conversations, the latest first |
//! | `GET /api/conversations/{conversation}` | one of them with its messages |
//! | `PATCH /api/conversations/{conversation}` | give it another title |
//! | `DELETE /api/conversations/{conversation}` | delete it for good |
//!
//! A turn runs in a task of its own (`generation`) that outlives the response: it stores what the user says and
//! an empty answer while the model is asked already, feeds the response, and stores how the answer ended (`outcome`).
//! Its events also go to Redis (`journal`), for who comes back (`resume`). It goes on for a while after its client has
//! left, and ends when somebody stops it (`stop`).
//!
//! Out of scope: how models are called (`llm`), how prompts are resolved (`resolution`).

mod admission;
mod asked;
mod burial;
mod calibration;
mod completions;
mod completions_feed;
mod completions_input;
mod completions_output;
mod conversations;
mod counting;
mod event;
mod fallbacks;
mod feed;
mod generation;
mod input;
mod journal;
mod keeping;
mod model_list;
mod models;
mod outcome;
mod repetition;
mod request;
mod resume;
mod running;
mod spans;
mod stop;
mod summary;
mod token_counts;
mod turn;
mod whole;
mod wire;

use axum::routing::{get, post};
use edge::Function;

platform::serve!(platform::serve::Application::new(handler));

/// The routes.
pub fn handler() -> platform::serve::Handler {
    let conversation = get(conversations::show).patch(conversations::rename).delete(conversations::delete);
    let routes = axum::Router::new()
        .route("/api/chat", post(turn::chat))
        .route("/api/chat/{message}/stop", post(stop::stop))
        .route("/api/chat/{message}/stream", get(resume::resume))
        .route("/v1/chat/completions", post(completions::complete))
        .route("/v1/models", get(model_list::list))
        .route("/v1/models/{*model}", get(model_list::show))
        .route("/api/tokens", post(token_counts::count))
        .route("/api/conversations", get(conversations::list))
        .route("/api/conversations/{conversation}", conversation);
    edge::serve(Function::Chat, routes)
}
