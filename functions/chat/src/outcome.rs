//! How an answer ended: stored, told, logged and counted.

use std::time::Duration;

use domain::Error;
use events::{Event as Happening, Inference, Source};
use futures_util::future::join;
use llm::{Candidate, FinishReason};
use platform::time;
use store::messages::{self, Answer, Status};

use crate::admission::Admitted;
use crate::asked::{self, Asked};
use crate::calibration;
use crate::counting::{self, Counter, cost_usd};
use crate::event::{CANCELLED, Done, Event, Failure, Usage};
use crate::feed::Ending;
use crate::generation::{End, Progress};
use crate::journal::Journal;
use crate::keeping::Keeping;
use crate::request::Question;
use crate::spans;
use crate::turn::Turn;

/// A database that has no connection to spare has one a moment later, and an answer has cost more than a moment.
const STORE_AGAIN_AFTER: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(750)];

/// Stores how the answer ended and gives its slot back, and only then says so: who reads `done` finds the message, and
/// may go on at once.
pub(crate) async fn finish(
    turn: &Turn,
    question: &Question,
    progress: &Progress,
    end: End,
    journal: &Journal,
    admitted: &Admitted,
) {
    let usage = usage(turn, question, progress);
    if !matches!(end, End::Failed(_)) {
        journal.event(&Event::Usage(usage.clone()));
    }
    let storing_ms = time::now_ms();
    let (stored, ()) = join(store(turn, progress, &usage, &end), admitted.release()).await;
    spans::stored(&turn.call, storing_ms, "messages/finish", stored.as_ref().err());
    if let Err(error) = &stored {
        platform::error!(
            "answer not stored",
            error = error.to_string(),
            message_id = turn.message_id,
            request_id = turn.call.request_id,
            trace_id = turn.call.trace_id(),
            team_id = turn.call.team_id()
        );
    }
    let result = match (&end, stored) {
        (End::Failed(error), _) => Err(Failure { code: error.code(), detail: error.message.clone() }),
        (_, Ok(())) => Ok(Done { finish_reason: finish_reason(progress, &end) }),
        (_, Err(_)) => {
            let detail = "the answer is complete but could not be stored".to_owned();
            Err(Failure { code: "unavailable", detail })
        }
    };
    let last = match &result {
        Ok(done) => Event::Done(*done),
        Err(failure) => Event::Error(failure.clone()),
    };
    journal.end(&last, Ending { text: progress.text.clone(), usage: usage.clone(), result });
    log(turn, &usage, &end);
    count(turn, question, progress, usage, &end);
}

fn finish_reason(progress: &Progress, end: &End) -> &'static str {
    match end {
        End::Cancelled => CANCELLED,
        End::Complete | End::Failed(_) => progress.finish.unwrap_or(FinishReason::Stop).as_str(),
    }
}

/// What the provider counted, or our own estimate of it.
fn usage(turn: &Turn, question: &Question, progress: &Progress) -> Usage {
    let choice = turn.choices.get(progress.choice);
    let model = choice.map_or(turn.model(), |choice| choice.model.as_str());
    let candidate = choice.map_or_else(Candidate::offline, |choice| choice.candidate.clone());
    let estimate = || llm::Usage {
        tokens_in: question.estimated_tokens_in,
        tokens_out: Counter::of(turn.call.team_id(), &candidate).text(&progress.text),
        ..llm::Usage::default()
    };
    if let Some(reported) = progress.usage {
        calibration::learn(turn.call.team_id(), &candidate, &question.request, reported.tokens_in);
    }
    let is_finished = progress.finish.is_some();
    let counted = counting::usage(progress.usage, is_finished, estimate);
    Usage {
        model: model.to_owned(),
        tokens_in: counted.tokens_in,
        tokens_out: counted.tokens_out,
        cached_tokens_in: counted.cached_tokens_in,
        tokens_estimated: progress.usage.is_none() || !is_finished,
        latency_ms: time::now_ms() - turn.started_ms,
        ttft_ms: progress.first_token_ms.map(|at_ms| at_ms - turn.started_ms),
        cost_usd: cost_usd(&candidate, &counted),
    }
}

fn is_known(progress: &Progress, end: &End) -> bool {
    asked::is_known(progress.usage, !progress.text.is_empty(), end)
}

async fn store(turn: &Turn, progress: &Progress, usage: &Usage, end: &End) -> Result<(), Error> {
    let (status, error_code) = match end {
        End::Complete => (Status::Complete, None),
        End::Cancelled => (Status::Cancelled, None),
        End::Failed(error) => (Status::Failed, Some(error.name())),
    };
    let is_known = is_known(progress, end);
    let number = |tokens: u64| i64::try_from(tokens).ok().filter(|_| is_known);
    let keeping = Keeping::of(&turn.call).await;
    let answer = Answer {
        content: &keeping.text(&progress.text),
        status,
        model: Some(&usage.model),
        tokens_in: number(usage.tokens_in),
        tokens_out: number(usage.tokens_out),
        cached_tokens_in: number(usage.cached_tokens_in),
        cost_usd: usage.cost_usd.filter(|_| is_known),
        latency_ms: Some(usage.latency_ms),
        ttft_ms: usage.ttft_ms,
        finish_reason: (status != Status::Failed).then(|| finish_reason(progress, end)),
        error_code,
    };
    let database = &turn.call.database;
    let mut pauses = STORE_AGAIN_AFTER.iter();
    loop {
        match (
            messages::finish(database, turn.call.team_id(), &turn.message_id, &answer).await,
            pauses.next(),
        ) {
            // False when its conversation was deleted meanwhile: then there is nothing to keep.
            (Ok(_was_there), _) => break,
            (Err(Error::Unavailable(_)), Some(pause)) => time::sleep(*pause).await,
            (Err(error), _) => return Err(error),
        }
    }
    database.close().await;
    Ok(())
}

fn log(turn: &Turn, usage: &Usage, end: &End) {
    platform::info!(
        "answer ended",
        status = end.name(),
        error = end.error_name(),
        message_id = turn.message_id,
        model = redaction::redact(&usage.model),
        tokens_in = usage.tokens_in,
        tokens_out = usage.tokens_out,
        ttft_ms = usage.ttft_ms,
        duration_ms = usage.latency_ms,
        request_id = turn.call.request_id,
        trace_id = turn.call.trace_id(),
        team_id = turn.call.team_id()
    );
}

/// Counts the answer, for analytics and experiments.
fn count(turn: &Turn, question: &Question, progress: &Progress, usage: Usage, end: &End) {
    let is_known = is_known(progress, end);
    let number = |tokens: u64| i64::try_from(tokens).ok().filter(|_| is_known);
    let asked = Asked {
        team_id: turn.call.team_id(),
        source: Source::Chat,
        request_id: &turn.call.request_id,
        prompt: turn.prompt.as_ref(),
        user_id: turn.user_id(),
        span: turn.span,
        request: &question.request,
    };
    let inference = Inference {
        tokens_in: number(usage.tokens_in),
        tokens_out: number(usage.tokens_out),
        cached_tokens_in: number(usage.cached_tokens_in),
        cost_usd: usage.cost_usd.filter(|_| is_known),
        latency_ms: Some(usage.latency_ms),
        ttft_ms: usage.ttft_ms,
        message_id: Some(turn.message_id.clone()),
        conversation_id: Some(turn.conversation_id.clone()),
        output: Some(progress.text.as_str().into()),
        ..asked.inference(&usage.model, end)
    };
    if let Some(span) = &turn.span {
        spans::asked(&turn.call.context, span, turn.started_ms, &inference);
    }
    events::record(&turn.call.context, Happening::Inference(Box::new(inference)));
}
