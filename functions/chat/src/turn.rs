//! `POST /api/chat`: everything that is decided before a model is asked.

use axum::response::Response;
use domain::{Environment, Error, Id, Kind};
use edge::{Body, Call, Problem};
use futures_channel::oneshot;
use llm::Candidate;
use platform::database::Database;
use platform::{Context, time};
use resolution::{Place, Request, Resolved};
use serde_json::Map;
use store::{Actor, conversations};

use crate::conversations::find;
use crate::feed::feed;
use crate::input::Input;
use crate::{generation, models, whole, wire};

/// A turn that is ready to begin.
pub(crate) struct Turn {
    pub(crate) context: Context,
    pub(crate) actor: Actor,
    /// The request's connection, for as long as nothing is generated.
    pub(crate) database: Database,
    pub(crate) started_ms: i64,
    pub(crate) input: Input,
    pub(crate) environment: Environment,
    pub(crate) prompt: Option<Resolved>,
    pub(crate) model: String,
    pub(crate) chain: Vec<Candidate>,
    pub(crate) breakers: std::sync::Arc<limits::SharedBreakers>,
    pub(crate) conversation_id: Id,
    /// Of a new conversation.
    pub(crate) title: Option<String>,
    pub(crate) user_message_id: Id,
    pub(crate) message_id: Id,
}

pub(crate) async fn chat(call: Call, Body(input): Body<Input>) -> Result<Response, Problem> {
    let started_ms = time::now_ms();
    input.check()?;
    let streams = input.stream != Some(false);
    let turn = prepare(&call, input, started_ms).await?;
    let (feed, presence, reader) = feed();
    let (opening, opened) = oneshot::channel();
    // From here on the turn is the task's: it must end well also when this request is given up.
    call.context.tasks.spawn(generation::run(turn, opening, feed, presence));
    let meta = opened.await.map_err(|_| Error::Internal("a turn did not begin".to_owned()))??;
    if streams { Ok(wire::respond(&meta, reader)) } else { whole::respond(&meta, reader).await }
}

async fn prepare(call: &Call, mut input: Input, started_ms: i64) -> Result<Turn, Problem> {
    let existing = match &input.conversation_id {
        Some(conversation) => {
            let id = Id::parse(Kind::Conversation, find(conversation)?);
            Some(id.map_err(|_| Error::NotFound("conversation"))?)
        }
        None => None,
    };
    if let Some(id) = &existing
        && input.leaves_open()
    {
        let earlier = conversations::get(&call.database, call.team_id(), id.as_str(), 1).await?;
        input.go_on_with(earlier);
    }
    let environment = input.environment.unwrap_or_default();
    let prompt = resolve(call, &input, environment).await?;
    let model = choose_model(&input, prompt.as_ref());
    let chain = models::chain(&model, call).await?;
    let title = existing.is_none().then(|| input.title());
    Ok(Turn {
        context: call.context.clone(),
        actor: call.actor(),
        database: call.database.clone(),
        started_ms,
        input,
        environment,
        prompt,
        model,
        chain,
        breakers: models::breakers(call),
        conversation_id: existing.unwrap_or_else(|| call.new_id(Kind::Conversation)),
        title,
        user_message_id: call.new_id(Kind::Message),
        message_id: call.new_id(Kind::Message),
    })
}

async fn resolve(call: &Call, input: &Input, environment: Environment) -> Result<Option<Resolved>, Error> {
    let Some(reference) = &input.prompt else { return Ok(None) };
    let place =
        Place { team_id: call.team_id().clone(), reference: reference.clone(), environment, version: None };
    let found = resolution::find(&place, &call.stores, &call.database).await?;
    let none = Map::new();
    let request = Request {
        user_id: input.user_id.as_deref().filter(|user_id| !user_id.is_empty()),
        variables: input.variables.as_ref().unwrap_or(&none),
        strict: false,
        pinned: false,
    };
    resolution::resolve(&found.value, &request).map(Some)
}

/// What the caller says, else what the version is written for, else the built-in model.
fn choose_model(input: &Input, prompt: Option<&Resolved>) -> String {
    let of_version = || Some(prompt?.live()?.version.content.model_id.clone());
    input.model.clone().or_else(of_version).unwrap_or_else(|| llm::offline::MODEL.to_owned())
}
