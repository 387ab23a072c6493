//! `POST /api/chat`: everything that is decided before a model is asked.

use axum::Extension;
use axum::response::Response;
use domain::{Environment, Error, Id, Kind};
use edge::{Body, Call, Problem, Span, Streamed};
use futures_channel::oneshot;
use futures_util::StreamExt;
use platform::time;
use resolution::{Place, Request, Resolved};
use serde_json::Map;
use store::conversations;

use crate::admission::Admission;
use crate::conversations::find;
use crate::fallbacks::{Choice, choices, of_version};
use crate::feed::{Item, feed};
use crate::input::Input;
use crate::spans;
use crate::{admission, generation, repetition, whole, wire};

/// A turn that is ready to begin.
pub(crate) struct Turn {
    pub(crate) call: Call,
    /// Asking the model, where the caller traces.
    pub(crate) span: Option<Span>,
    pub(crate) started_ms: i64,
    pub(crate) input: Input,
    pub(crate) environment: Environment,
    pub(crate) prompt: Option<Resolved>,
    /// Whom to ask, in order: at least one.
    pub(crate) choices: Vec<Choice>,
    pub(crate) conversation_id: Id,
    /// Of a new conversation, which is called by its beginning.
    pub(crate) first_line: Option<String>,
    pub(crate) user_message_id: Id,
    pub(crate) message_id: Id,
}

impl Turn {
    /// The model that is asked first.
    pub(crate) fn model(&self) -> &str {
        self.choices.first().map_or(llm::offline::MODEL, |choice| &choice.model)
    }

    /// What their providers call the models that may be asked.
    pub(crate) fn models(&self) -> Vec<&str> {
        self.choices.iter().map(|choice| choice.candidate.model.as_str()).collect()
    }

    /// The caller's user: the unit of experiments.
    pub(crate) fn user_id(&self) -> Option<&str> {
        self.input.user_id.as_deref().filter(|user_id| !user_id.is_empty())
    }
}

pub(crate) async fn chat(
    call: Call,
    repeated: Option<Extension<Streamed>>,
    Body(input): Body<Input>,
) -> Result<Response, Problem> {
    if let Some(Extension(streamed)) = repeated {
        return repetition::repeat(call, &streamed).await;
    }
    let started_ms = time::now_ms();
    input.check()?;
    let streams = input.stream != Some(false);
    let turn = prepare(&call, input, started_ms).await?;
    let candidates: Vec<_> = turn.choices.iter().map(|choice| choice.candidate.clone()).collect();
    let (user_id, answer_id) = (turn.user_id(), turn.message_id.as_str());
    let admission = if turn.first_line.is_some() {
        admission::admit_in_time(&call, user_id, answer_id, &candidates).await?
    } else {
        // The model is asked with what was said before, which comes with storing what is said now.
        Admission::Decided(admission::admit(&call, user_id, answer_id, &candidates).await?)
    };
    let (feed, presence, reader) = feed();
    let (opening, opened) = oneshot::channel();
    // From here on the turn is the task's: it must end well also when this request is given up.
    call.context.tasks.spawn(generation::run(turn, admission, opening, feed, presence));
    let (meta, quota) = opened.await.map_err(|_| Error::Internal("a turn did not begin".to_owned()))??;
    let mut response = if streams {
        let events = reader.filter_map(async |item| match item {
            Item::Event(event) => Some(event),
            Item::End(_) => None,
        });
        let mut response = wire::respond(Box::pin(events));
        response.extensions_mut().insert(repetition::found_by(&meta));
        response
    } else {
        whole::respond(&meta, reader).await?
    };
    response.headers_mut().extend(quota);
    Ok(response)
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
    spans::resolved(call, started_ms, prompt.as_ref());
    let choices = choose(call, &input, prompt.as_ref()).await?;
    let first_line = existing.is_none().then(|| input.first_line());
    Ok(Turn {
        call: call.clone(),
        span: call.new_span(),
        started_ms,
        input,
        environment,
        prompt,
        choices,
        conversation_id: existing.unwrap_or_else(|| call.new_id(Kind::Conversation)),
        first_line,
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
        variables: input.variables.as_ref().unwrap_or(&none).into(),
    };
    resolution::resolve(&found.value, &request).map(Some)
}

/// The model that the caller names, and no other; else the version's with its fallbacks; else the built-in one.
async fn choose(call: &Call, input: &Input, prompt: Option<&Resolved>) -> Result<Vec<Choice>, Error> {
    if let Some(model) = &input.model {
        return choices(model, &[], call).await;
    }
    match prompt.and_then(|prompt| Some((prompt, prompt.chosen.live()?))) {
        Some((prompt, live)) => choices(&live.version.content.model_id, &of_version(prompt), call).await,
        None => choices(llm::offline::MODEL, &[], call).await,
    }
}
