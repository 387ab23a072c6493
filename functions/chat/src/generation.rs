//! The task in which an answer comes into being: it begins before the response and ends when the answer is stored.

use domain::{Error, Id};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use futures_util::{StreamExt, pin_mut};
use llm::{ChatRequest, Delta, FinishReason};
use platform::{Context, time};
use store::messages::{self, Answer, NewTurn, Started, Status};

use crate::counting::{Counter, cost_usd};
use crate::events::{Done, Event, Failure, Meta, Usage};
use crate::feed::{Feed, Presence};
use crate::models;
use crate::request::{LONGEST_HISTORY, Question, question};
use crate::turn::Turn;

/// How the turn begins: the first event, or why nothing was stored.
pub(crate) type Opening = oneshot::Sender<Result<Meta, Error>>;

/// What has come of an answer so far.
#[derive(Default)]
struct Progress {
    text: String,
    usage: Option<llm::Usage>,
    finish: Option<FinishReason>,
    first_token_ms: Option<i64>,
}

/// How the model's stream ended.
enum End {
    Complete,
    Cancelled,
    Failed(llm::Error),
}

/// Runs a turn to its end.
pub(crate) async fn run(turn: Turn, opening: Opening, feed: Feed, mut presence: Presence) {
    let history = match start(&turn).await {
        Ok(started) => started.history,
        Err(error) => {
            // A client that has left does not ask why.
            let _left = opening.send(Err(error));
            return;
        }
    };
    let question = question(&turn.model, turn.prompt.as_ref(), history, &turn.input.message);
    let _left = opening.send(Ok(meta(&turn, &question)));
    let generation = Generation::new(turn, question.estimated_tokens_in);
    let mut progress = Progress::default();
    let end = {
        let asking = generation.ask(&question.request, &mut progress, &feed);
        let leaving = presence.end();
        pin_mut!(asking, leaving);
        // Whichever comes second is dropped: a client that leaves aborts the request to the provider.
        match select(asking, leaving).await {
            Either::Left((Ok(()), _)) => End::Complete,
            Either::Left((Err(error), _)) => End::Failed(error),
            Either::Right(((), _)) => End::Cancelled,
        }
    };
    generation.finish(&progress, end, &feed).await;
}

/// Stores what the user says and an answer that is streaming, in one statement.
async fn start(turn: &Turn) -> Result<Started, Error> {
    let live = turn.prompt.as_ref().and_then(|prompt| prompt.live());
    let new_turn = NewTurn {
        conversation_id: turn.conversation_id.as_str(),
        title: turn.title.as_deref(),
        user_id: turn.input.user_id.as_deref().filter(|user_id| !user_id.is_empty()),
        message_id: &turn.user_message_id,
        content: &turn.input.message,
        answer_id: &turn.message_id,
        prompt_id: turn.prompt.as_ref().map(|prompt| &prompt.prepared.release.prompt_id),
        version_id: live.map(|live| &live.version.version_id),
        environment: turn.prompt.as_ref().map(|_| turn.environment),
        experiment_id: None,
        variant: None,
        model: &turn.model,
    };
    messages::start(&turn.database, &turn.actor, &new_turn, LONGEST_HISTORY).await
}

fn meta(turn: &Turn, question: &Question) -> Meta {
    let prompt = turn.prompt.as_ref();
    Meta {
        conversation_id: turn.conversation_id.clone(),
        message_id: turn.message_id.clone(),
        user_message_id: turn.user_message_id.clone(),
        request_id: turn.actor.request_id.clone(),
        prompt_id: prompt.map(|prompt| prompt.prepared.release.prompt_id.clone()),
        version_id: prompt.and_then(|prompt| Some(prompt.live()?.version.version_id.clone())),
        experiment_id: None,
        variant: None,
        model: turn.model.clone(),
        estimated_tokens_in: question.estimated_tokens_in,
        missing_variables: prompt.map(|prompt| prompt.missing_variables.clone()).unwrap_or_default(),
        dropped_messages: question.dropped_messages,
    }
}

/// An answer in the making. It keeps no connection: generating may take minutes, and a connection for each answer
/// would be more than a database has.
struct Generation {
    context: Context,
    team_id: Id,
    message_id: Id,
    request_id: String,
    model: String,
    chain: Vec<llm::Candidate>,
    breakers: std::sync::Arc<limits::SharedBreakers>,
    started_ms: i64,
    estimated_tokens_in: u64,
}

impl Generation {
    fn new(turn: Turn, estimated_tokens_in: u64) -> Self {
        Self {
            context: turn.context,
            team_id: turn.actor.team_id,
            message_id: turn.message_id,
            request_id: turn.actor.request_id,
            model: turn.model,
            chain: turn.chain,
            breakers: turn.breakers,
            started_ms: turn.started_ms,
            estimated_tokens_in,
        }
    }

    /// Asks the model, and passes on what it says.
    async fn ask(
        &self,
        request: &ChatRequest,
        progress: &mut Progress,
        feed: &Feed,
    ) -> Result<(), llm::Error> {
        let settings = models::settings(&self.context.config);
        let mut answer = llm::chat(&self.chain, request, &settings, &self.breakers)
            .await
            .map_err(|failure| failure.error)?;
        while let Some(delta) = answer.stream.next().await {
            match delta? {
                Delta::Text(text) if text.is_empty() => {}
                Delta::Text(text) => {
                    progress.first_token_ms.get_or_insert_with(time::now_ms);
                    // What Postgres cannot store is not worth a lost answer.
                    let text = if text.contains('\0') { text.replace('\0', "") } else { text };
                    progress.text.push_str(&text);
                    feed.send(Event::Delta(text));
                }
                Delta::Usage(usage) => progress.usage = Some(usage),
                Delta::Finish(reason) => progress.finish = Some(reason),
                // This route offers no tools and shows no reasoning.
                Delta::Reasoning(_) | Delta::ToolCall(_) => {}
            }
        }
        Ok(())
    }

    /// Stores how the answer ended, and only then says so: who reads `done` finds the message.
    async fn finish(&self, progress: &Progress, end: End, feed: &Feed) {
        let usage = self.usage(progress);
        if matches!(end, End::Complete) {
            feed.send(Event::Usage(usage.clone()));
        }
        let stored = self.store(progress, &usage, &end).await;
        self.log(&usage, &end);
        match (stored, end) {
            (Ok(()), End::Complete) => {
                let reason = progress.finish.unwrap_or(FinishReason::Stop);
                feed.send(Event::Done(Done { finish_reason: reason.as_str() }));
            }
            (_, End::Failed(error)) => {
                feed.send(Event::Error(Failure { code: error.code(), detail: error.message }));
            }
            (Err(error), End::Complete) => {
                platform::error!(
                    "answer not stored",
                    error = error.to_string(),
                    message_id = self.message_id,
                    request_id = self.request_id,
                    team_id = self.team_id
                );
                let detail = "the answer is complete but could not be stored".to_owned();
                feed.send(Event::Error(Failure { code: "unavailable", detail }));
            }
            (_, End::Cancelled) => {}
        }
    }

    /// What the provider counted, or our own estimate of it.
    fn usage(&self, progress: &Progress) -> Usage {
        let estimate = || llm::Usage {
            tokens_in: self.estimated_tokens_in,
            tokens_out: Counter::of(&self.model).text(&progress.text),
            ..llm::Usage::default()
        };
        let counted = progress.usage.unwrap_or_else(estimate);
        Usage {
            tokens_in: counted.tokens_in,
            tokens_out: counted.tokens_out,
            cached_tokens_in: counted.cached_tokens_in,
            tokens_estimated: progress.usage.is_none(),
            latency_ms: time::now_ms() - self.started_ms,
            ttft_ms: progress.first_token_ms.map(|at_ms| at_ms - self.started_ms),
            cost_usd: cost_usd(&self.model, &counted),
        }
    }

    async fn store(&self, progress: &Progress, usage: &Usage, end: &End) -> Result<(), Error> {
        let (status, error_code) = match end {
            End::Complete => (Status::Complete, None),
            End::Cancelled => (Status::Cancelled, None),
            End::Failed(error) => (Status::Failed, Some(error.name())),
        };
        let finish_reason = progress.finish.filter(|_| status == Status::Complete).map(FinishReason::as_str);
        // Of a model that has said nothing, nobody knows whether it has read anything.
        let is_known = progress.usage.is_some() || !progress.text.is_empty() || status == Status::Complete;
        let count = |tokens: u64| i64::try_from(tokens).ok().filter(|_| is_known);
        let answer = Answer {
            content: &progress.text,
            status,
            model: None,
            tokens_in: count(usage.tokens_in),
            tokens_out: count(usage.tokens_out),
            cached_tokens_in: count(usage.cached_tokens_in),
            cost_usd: usage.cost_usd.filter(|_| is_known),
            latency_ms: Some(usage.latency_ms),
            ttft_ms: usage.ttft_ms,
            finish_reason,
            error_code,
        };
        let (_, database) = edge::stores(&self.context);
        // False when its conversation was deleted meanwhile: then there is nothing to keep.
        let _was_there = messages::finish(&database, &self.team_id, &self.message_id, &answer).await?;
        Ok(())
    }

    fn log(&self, usage: &Usage, end: &End) {
        let (status, error) = match end {
            End::Complete => ("complete", None),
            End::Cancelled => ("cancelled", None),
            End::Failed(error) => ("failed", Some(error.name())),
        };
        platform::info!(
            "answer ended",
            status = status,
            error = error,
            message_id = self.message_id,
            model = self.model,
            tokens_in = usage.tokens_in,
            tokens_out = usage.tokens_out,
            ttft_ms = usage.ttft_ms,
            duration_ms = usage.latency_ms,
            request_id = self.request_id,
            team_id = self.team_id
        );
    }
}
