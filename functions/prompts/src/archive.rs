//! Prompts out of use, and in use again.

use axum::extract::Path;
use axum::response::Response;
use domain::Environment;
use edge::{Call, NoBody, Problem};
use serde::Serialize;
use store::prompts::{self, Changed, Prompt};

use crate::publication::{Published, publish, require_for_production};

/// A prompt whose releases changed with it.
#[derive(Serialize)]
struct PublishedPrompt<'a> {
    #[serde(flatten)]
    prompt: &'a Prompt,
    #[serde(flatten)]
    published: Published,
}

pub(crate) async fn archive(call: Call, Path(reference): Path<String>) -> Result<Response, Problem> {
    require_for_production(&call, &reference, |prompt| !prompt.archived).await?;
    let changed = prompts::archive(&call.database, &call.actor(), &reference).await?;
    publish(&call, &changed.prompt.prompt_id, &Environment::ALL, None).await;
    Ok(edge::no_content())
}

pub(crate) async fn restore(
    call: Call,
    Path(reference): Path<String>,
    _: NoBody,
) -> Result<Response, Problem> {
    require_for_production(&call, &reference, |prompt| prompt.archived).await?;
    let changed = prompts::restore(&call.database, &call.actor(), &reference).await?;
    publish_everywhere(&call, &changed).await
}

/// Publishes a change that every environment feels, and answers with the prompt.
pub(crate) async fn publish_everywhere(call: &Call, changed: &Changed) -> Result<Response, Problem> {
    let prompt = &changed.prompt;
    let former_name = changed.previous_name.as_deref().zip(changed.revisions);
    let published = publish(call, &prompt.prompt_id, &Environment::ALL, former_name).await;
    edge::to_json_response(200, &PublishedPrompt { prompt, published })
}
