//! The task in which an answer comes into being: it begins before the response and ends when the answer is stored.

use std::convert::Infallible;
use std::future::pending;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use cache::AnswerLog;
use domain::Error;
use edge::Problem;
use futures_channel::oneshot;
use futures_util::StreamExt;
use futures_util::future::{Either, join, select};
use http::HeaderMap;
use llm::{Candidate, ChatRequest, Delta, FinishReason, Provider};
use platform::time;
use store::messages::{self, NewTurn, Started};

use crate::admission::{Admission, Admitted, hold_during};
use crate::counting::Counter;
use crate::event::{Event, Meta, pieces};
use crate::fallbacks::Choice;
use crate::feed::{Feed, Presence};
use crate::journal::Journal;
use crate::keeping::Keeping;
use crate::request::{Earlier, Question, longest_history, question};
use crate::running::{self, Running};
use crate::spans;
use crate::turn::Turn;
use crate::{models, outcome, summary};

/// How the turn begins: the first event and headers, or why nothing was stored.
pub(crate) type Opening = oneshot::Sender<Result<(Meta, HeaderMap), Problem>>;

/// How long an answer goes on without its client, who may come back to it. Workers end everything 30 s after a client
/// has left; what is left of that is for storing.
const ALONE: Duration = Duration::from_secs(27);

/// How long the database waits for the request to the model to be on its way: the handshake computes for milliseconds,
/// and what is sent leaves when nothing computes. No model in a network begins to answer so soon.
const MODEL_FIRST: Duration = Duration::from_millis(5);

/// How long a connection to the database is kept for the end of a short answer: another log-in costs as much as the
/// rest of it.
const KEPT_OPEN: Duration = Duration::from_secs(1);
/// How many answers may do so: where there are more, those that begin need the connections.
const FEW: usize = 16;

/// What has come of an answer so far.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) text: String,
    pub(crate) usage: Option<llm::Usage>,
    pub(crate) finish: Option<FinishReason>,
    pub(crate) first_token_ms: Option<i64>,
    /// Whose answer it is, as a place in the turn's choices.
    pub(crate) choice: usize,
}

/// How the model's stream ended.
pub(crate) enum End {
    Complete,
    /// Somebody stopped it, or nobody was there to read it.
    Cancelled,
    Failed(llm::Error),
}

impl End {
    /// For logs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }

    /// What went wrong, for logs.
    pub(crate) fn error_name(&self) -> Option<&'static str> {
        if let Self::Failed(error) = self { Some(error.name()) } else { None }
    }
}

/// An answer whose model has said all that it will.
struct Generated {
    question: Question,
    progress: Progress,
    end: End,
    journal: Journal,
    running: Running,
}

/// Runs a turn to its end.
pub(crate) async fn run(turn: Turn, admission: Admission, opening: Opening, feed: Feed, presence: Presence) {
    let slot = OnceLock::new();
    let generating = Box::pin(generate(&turn, admission, &slot, opening, feed, presence));
    let generated = hold_during(&slot, generating).await;
    let Some(admitted) = slot.into_inner() else { return };
    let Some(generated) = generated else { return admitted.release().await };
    let Generated { question, progress, end, journal, running } = generated;
    let is_complete = matches!(end, End::Complete);
    // Boxed, so that a stream that lasts takes no room for what comes before and after.
    Box::pin(outcome::finish(&turn, &question, &progress, end, &journal, &admitted)).await;
    drop(running);
    join(journal.close(), admitted.tell()).await;
    if let (true, Some(through)) = (is_complete, question.overflow) {
        Box::pin(summary::summarise(&turn, progress.choice, through)).await;
    }
}

/// Asks the model and passes on what it says. None when the turn was refused: then nothing is stored. What admits it goes
/// to `slot`.
async fn generate(
    turn: &Turn,
    admission: Admission,
    slot: &OnceLock<Admitted>,
    opening: Opening,
    feed: Feed,
    mut presence: Presence,
) -> Option<Generated> {
    let was_expected = matches!(admission, Admission::Expected(_));
    let deciding = match admission {
        Admission::Decided(admitted) => {
            admit(turn, slot, admitted);
            None
        }
        Admission::Expected(deciding) => Some(deciding),
    };
    let log =
        turn.call.redis().map(|redis| AnswerLog::new(redis, turn.call.team_id(), turn.message_id.as_str()));
    let journal = Journal::new(feed, log);
    let running = Running::new(&turn.message_id);
    let started = if turn.first_line.is_some() { None } else { Some(Box::pin(start(turn)).await) };
    let (earlier, is_stored) = match started {
        // Nothing was said before: the model need not wait for the database.
        None => (Earlier::default(), false),
        Some(Ok(started)) => (of(started), true),
        Some(Err(error)) => return refuse(opening, error.into()),
    };
    let models = turn.models();
    let first = turn.choices.first().map_or_else(Candidate::offline, |choice| choice.candidate.clone());
    let counter = Counter::of(turn.call.team_id(), &first);
    let mut question = question(&counter, &models, turn.prompt.as_ref(), earlier, &turn.input.message);
    question.request.traceparent = turn.span.map(|span| span.traceparent());
    let meta = meta(turn, &question);
    journal.begin(&meta);
    let mut progress = Progress::default();
    let end = {
        let mut asking = Box::pin(ask(turn, &question.request, &mut progress, &journal));
        let mut ended = None;
        if let Some(deciding) = deciding {
            let decided = match select(asking.as_mut(), deciding).await {
                Either::Right((decided, _)) => decided,
                Either::Left((result, deciding)) => {
                    ended = Some(result);
                    deciding.await
                }
            };
            match decided {
                Ok(admitted) => admit(turn, slot, admitted),
                Err(problem) => return refuse(opening, problem),
            }
        }
        if !is_stored {
            let storing = Box::pin(async {
                // What was expected has waited for Redis.
                if !was_expected && first.provider != Provider::Offline {
                    time::sleep(MODEL_FIRST).await;
                }
                start(turn).await
            });
            let stored = if ended.is_some() {
                storing.await
            } else {
                match select(asking.as_mut(), storing).await {
                    Either::Right((stored, _)) => stored,
                    Either::Left((result, storing)) => {
                        ended = Some(result);
                        storing.await
                    }
                }
            };
            if let Err(error) = stored {
                return refuse(opening, error.into());
            }
        }
        // What is not stored is not shown: the response begins here, and finds in the feed what has come already.
        let headers = slot.get().map(Admitted::headers).unwrap_or_default();
        let _left = opening.send(Ok((meta, headers)));
        if let Some(result) = ended {
            end_of(result)
        } else {
            let stopping = pin!(async {
                // The second never ends by itself.
                select(pin!(journal.keep(&running)), pin!(rest(turn))).await;
            });
            let leaving = pin!(async {
                presence.end().await;
                time::sleep(ALONE).await;
            });
            // What comes second is dropped: stopping aborts the request to the provider.
            match select(asking, select(stopping, leaving)).await {
                Either::Left((result, _)) => end_of(result),
                Either::Right(_) => End::Cancelled,
            }
        }
    };
    Some(Generated { question, progress, end, journal, running })
}

/// Closes the connection to the database, soon or at once: generating may take minutes, and one for each answer would be
/// more than a database has.
async fn rest(turn: &Turn) -> Infallible {
    if running::count() <= FEW {
        time::sleep(KEPT_OPEN).await;
    }
    turn.call.database.close().await;
    pending().await
}

/// A client that has left does not ask why.
fn refuse(opening: Opening, problem: Problem) -> Option<Generated> {
    let _left = opening.send(Err(problem));
    None
}

/// From here on the turn holds a slot, and its user has met the arm that answers.
fn admit(turn: &Turn, slot: &OnceLock<Admitted>, admitted: Admitted) {
    let _held = slot.set(admitted);
    if let Some(prompt) = &turn.prompt {
        resolution::expose(&turn.call.context, turn.call.team_id(), &prompt.chosen, time::now_ms());
    }
}

fn end_of(result: Result<(), llm::Error>) -> End {
    match result {
        Ok(()) => End::Complete,
        Err(error) => End::Failed(error),
    }
}

fn of(started: Started) -> Earlier {
    let Started { position, summary, earlier, unsummarised, history, .. } = started;
    // The answer's own place comes after that of what the user says.
    Earlier { summary, count: earlier, unsummarised, history, last: position - 2 }
}

/// Stores what the user says and an answer that is streaming, in one statement.
async fn start(turn: &Turn) -> Result<Started, Error> {
    let prompt = turn.prompt.as_ref();
    let keeping = Keeping::of(&turn.call).await;
    let title = turn.first_line.as_deref().map(|line| keeping.title(line));
    let user_id = turn.user_id().map(|user_id| keeping.user(user_id));
    let new_turn = NewTurn {
        conversation_id: turn.conversation_id.as_str(),
        title: title.as_deref(),
        user_id: user_id.as_deref(),
        message_id: &turn.user_message_id,
        content: &keeping.text(&turn.input.message),
        answer_id: &turn.message_id,
        prompt_id: prompt.map(|prompt| &prompt.chosen.prepared.release.prompt_id),
        version_id: prompt.and_then(|prompt| Some(&prompt.chosen.live()?.version.version_id)),
        environment: prompt.map(|_| turn.environment),
        experiment_id: prompt.and_then(|prompt| prompt.chosen.experiment_id()),
        variant: prompt.and_then(|prompt| prompt.chosen.variant()),
        model: turn.model(),
    };
    let storing_ms = time::now_ms();
    let history = longest_history(&turn.models());
    let started = messages::start(&turn.call.database, &turn.call.actor(), &new_turn, history).await;
    spans::stored(&turn.call, storing_ms, "messages/start", started.as_ref().err());
    started
}

fn meta(turn: &Turn, question: &Question) -> Meta {
    let prompt = turn.prompt.as_ref();
    Meta {
        conversation_id: turn.conversation_id.clone(),
        message_id: turn.message_id.clone(),
        user_message_id: turn.user_message_id.clone(),
        request_id: turn.call.request_id.to_string(),
        prompt_id: prompt.map(|prompt| prompt.chosen.prepared.release.prompt_id.clone()),
        version_id: prompt.and_then(|prompt| Some(prompt.chosen.live()?.version.version_id.clone())),
        experiment_id: prompt.and_then(|prompt| prompt.chosen.experiment_id().cloned()),
        variant: prompt.and_then(|prompt| prompt.chosen.variant().map(str::to_owned)),
        model: turn.model().to_owned(),
        estimated_tokens_in: question.estimated_tokens_in,
        missing_variables: prompt.map(|prompt| prompt.missing_variables.clone()).unwrap_or_default(),
        context: question.context,
        fallbacks: turn.choices.iter().skip(1).map(|choice| choice.model.clone()).collect(),
    }
}

/// Asks the model, and passes on what it says.
async fn ask(
    turn: &Turn,
    request: &ChatRequest,
    progress: &mut Progress,
    journal: &Journal,
) -> Result<(), llm::Error> {
    let settings = models::settings(&turn.call.context.config);
    let chain: Vec<_> = turn.choices.iter().map(|Choice { candidate, .. }| candidate.clone()).collect();
    let mut answer = llm::chat(&chain, request, &settings, &models::breakers(&turn.call))
        .await
        .map_err(|failure| failure.error)?;
    progress.choice = answer.candidate;
    while let Some(delta) = answer.stream.next().await {
        match delta? {
            Delta::Text(text) if text.is_empty() => {}
            Delta::Text(text) => {
                progress.first_token_ms.get_or_insert_with(time::now_ms);
                // What Postgres cannot store is not worth a lost answer.
                let text = if text.contains('\0') { text.replace('\0', "") } else { text };
                progress.text.push_str(&text);
                for piece in pieces(text) {
                    journal.event(&Event::Delta(piece));
                }
            }
            Delta::Usage(usage) => progress.usage = Some(usage),
            Delta::Finish(reason) => progress.finish = Some(reason),
            // This route offers no tools, shows no reasoning and asks for no probabilities.
            Delta::Reasoning(_) | Delta::ToolCall(_) | Delta::Logprobs(_) => {}
        }
    }
    Ok(())
}
