//! `POST /v1/chat/completions`: `OpenAI`'s interface to every model and every prompt. Nothing of it is kept as a
//! conversation; what is counted goes the way of all inferences.

use axum::response::Response;
use domain::{Error, Id, Kind};
use edge::{Body, Call, Problem, Span};
use events::{Event, Inference, Source};
use futures_channel::oneshot;
use futures_util::StreamExt;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use limits::SharedBreakers;
use llm::{Candidate, ChatRequest, Delta, FinishReason, Reasoning, Settings, Transcript};
use platform::{Context, time};
use resolution::{Place, Resolved};
use serde_json::Value;
use std::sync::Arc;

use crate::admission::admit_in_time;
use crate::asked::{Asked, is_known};
use crate::calibration;
use crate::completions_feed::{Writer, feed};
use crate::completions_input::{Input, Target};
use crate::completions_output::{Head, event, message};
use crate::counting::{self, Counter, cost_usd};
use crate::fallbacks::{Choice, choices, of_version};
use crate::generation::End;
use crate::request::of_prompt;
use crate::{models, spans, wire};

/// Whether a client may send its request again.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");
/// The prompt's variables without a value, which the model was sent as they are written.
const MISSING_VARIABLES: HeaderName = HeaderName::from_static("x-promptlab-missing-variables");
/// How much a header may say of them, in bytes.
const LONGEST_LIST: usize = 2_000;
/// How long to wait for a provider that does not say it, in seconds.
const RETRY_SECONDS: u64 = 1;
/// The same for one that wants to be paid: nobody does that within a minute.
const UNPAID_RETRY_SECONDS: u64 = 3_600;

/// A request whose model and prompt are known.
struct Question {
    choices: Vec<Choice>,
    prompt: Option<Arc<Resolved>>,
    request: ChatRequest,
    user_id: Option<String>,
    metadata: Option<Value>,
    reasoning: Reasoning,
}

/// An answer in the making.
struct Generation {
    context: Context,
    team_id: Id,
    request_id: String,
    /// Asking the model, where the caller traces.
    span: Option<Span>,
    breakers: Arc<SharedBreakers>,
    question: Question,
    chain: Vec<Candidate>,
    head: Head,
    streams: bool,
    started_ms: i64,
}

/// What has come of an answer so far.
#[derive(Default)]
struct Progress {
    transcript: Transcript,
    first_token_ms: Option<i64>,
    /// Whose answer it is, as a place in the chain.
    choice: usize,
}

/// How the answer begins: with its head, or with why there is none.
type Opening = oneshot::Sender<Result<(), Problem>>;

pub(crate) async fn complete(call: Call, Body(input): Body<Input>) -> Result<Response, Problem> {
    let started_ms = time::now_ms();
    input.check()?;
    let (streams, includes_usage) = (input.streams(), input.includes_usage());
    let mut question = prepare(&call, input).await?;
    spans::resolved(&call, started_ms, question.prompt.as_deref());
    // Whatever was looked up: the answer may take minutes, and others want the connection.
    call.database.close().await;
    let span = call.new_span();
    question.request.traceparent = span.map(|span| span.traceparent());
    let id = call.new_id(Kind::Event).to_string();
    let chain = question.chain();
    let admission = admit_in_time(&call, question.user_id.as_deref(), &id, &chain).await?;
    let prompt = question.prompt.clone();
    let head = Head {
        id: format!("chatcmpl-{}", id.rsplit('_').next().unwrap_or_default()),
        created: started_ms / 1_000,
        model: question.model(0).to_owned(),
        includes_usage,
    };
    let generation = Generation {
        context: call.context.clone(),
        team_id: call.team_id().clone(),
        request_id: call.request_id.to_string(),
        span,
        breakers: models::breakers(&call),
        question,
        chain,
        head,
        streams,
        started_ms,
    };
    let (writer, reader) = feed();
    let (opening, opened) = oneshot::channel();
    let (deciding, decided) = oneshot::channel();
    let (context, team_id, met) = (call.context.clone(), call.team_id().clone(), prompt.clone());
    let expose = move || {
        if let Some(prompt) = &met {
            resolution::expose(&context, &team_id, &prompt.chosen, time::now_ms());
        }
    };
    // A task of its own, so that what an abandoned answer has cost is counted too.
    call.context.tasks.spawn(admission.hold(expose, deciding, generation.run(opening, writer)));
    let decided = decided.await.map_err(|_| Error::Internal("a request was not decided".to_owned()))?;
    let mut headers = decided?;
    write_prompt(&mut headers, prompt.as_deref());
    let opened = opened.await.map_err(|_| Error::Internal("an answer did not begin".to_owned()))?;
    opened.map_err(|problem| with_headers(problem, &headers))?;
    let mut response = if streams {
        wire::respond(reader.events())
    } else {
        let mut response = Response::new(axum::body::Body::from(reader.all().await));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    };
    response.headers_mut().extend(headers);
    Ok(response)
}

async fn prepare(call: &Call, input: Input) -> Result<Question, Problem> {
    let prompt = resolve(call, &input).await?.map(Arc::new);
    let choices = match (&prompt, input.target()) {
        (Some(prompt), _) => match prompt.chosen.live() {
            Some(live) => choices(&live.version.content.model_id, &of_version(prompt), call).await,
            None => Err(Error::NotFound("live version in this environment")),
        },
        (None, Target::Model(model)) => choices(model, &[], call).await,
        (None, Target::Prompt { .. }) => Err(Error::NotFound("prompt")),
    };
    let choices = choices.map_err(no_model)?;
    let (user_id, metadata) = (input.user_id().map(str::to_owned), input.metadata());
    let reasoning = if input.include_reasoning.unwrap_or_else(|| passes_reasoning(prompt.as_deref())) {
        Reasoning::Pass
    } else {
        Reasoning::Drop
    };
    let request = input.into_request(prompt.as_deref().map(of_prompt));
    Ok(Question { choices, prompt, request, user_id, metadata, reasoning })
}

async fn resolve(call: &Call, input: &Input) -> Result<Option<Resolved>, Problem> {
    let Target::Prompt { reference, environment, version } = input.target() else { return Ok(None) };
    let place = Place {
        team_id: call.team_id().clone(),
        reference: reference.to_owned(),
        environment,
        version: version.map(str::to_owned),
    };
    let found = resolution::find(&place, &call.stores, &call.database).await.map_err(no_model)?;
    let variables = input.variables();
    let request = resolution::Request { user_id: input.user_id(), variables: (&variables).into() };
    resolution::resolve(&found.value, &request).map(Some).map_err(no_model)
}

/// Whether the version's configuration lets callers see what a model thinks: `config.reasoning` is `pass`.
fn passes_reasoning(prompt: Option<&Resolved>) -> bool {
    let config = prompt.and_then(|prompt| prompt.chosen.live()).map(|live| &live.version.content.config);
    config.and_then(|config| config.get("reasoning")?.as_str()) == Some("pass")
}

/// What is no model of this team's is 404 to `OpenAI`'s clients, prompts included.
fn no_model(error: Error) -> Problem {
    match error {
        Error::NotFound(what) => not_found(&format!("there is no such {what}")),
        Error::Validation(errors) if errors.iter().any(|error| error.field == "model") => {
            not_found(errors.first().map_or("there is no such model", |error| &error.detail))
        }
        other => other.into(),
    }
}

fn not_found(detail: &str) -> Problem {
    Problem::new(404, "model_not_found", detail)
}

/// A problem that says in its headers what an answer would have said.
fn with_headers(problem: Problem, headers: &http::HeaderMap) -> Problem {
    headers.iter().fold(problem, |problem, (name, value)| {
        problem.with_header(name.clone(), value.to_str().unwrap_or_default())
    })
}

/// Says in the answer's headers which version answered, and what it had no values for: the body is `OpenAI`'s.
fn write_prompt(headers: &mut http::HeaderMap, prompt: Option<&Resolved>) {
    let Some(prompt) = prompt else { return };
    let release = &prompt.chosen.prepared.release;
    let values = [
        ("x-promptlab-prompt-id", Some(release.prompt_id.as_str())),
        ("x-promptlab-version-id", prompt.chosen.live().map(|live| live.version.version_id.as_str())),
        ("x-promptlab-experiment-id", prompt.chosen.experiment_id().map(Id::as_str)),
        ("x-promptlab-variant", prompt.chosen.variant()),
    ];
    for (name, value) in values {
        // A variant's name may be more than a header can say.
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if let Some(names) = listed(&prompt.missing_variables) {
        headers.insert(MISSING_VARIABLES, names);
    }
}

/// As many names as a header can hold.
fn listed(names: &[String]) -> Option<HeaderValue> {
    let mut list = String::new();
    for name in names {
        if list.len() + name.len() > LONGEST_LIST {
            break;
        }
        list.push_str(if list.is_empty() { "" } else { ", " });
        list.push_str(name);
    }
    if list.is_empty() { None } else { HeaderValue::from_str(&list).ok() }
}

impl Question {
    fn chain(&self) -> Vec<Candidate> {
        self.choices.iter().map(|choice| choice.candidate.clone()).collect()
    }

    /// What callers call the model at this place of the chain.
    fn model(&self, place: usize) -> &str {
        self.choices.get(place).map_or(llm::offline::MODEL, |choice| &choice.model)
    }

    /// Who answers for it: prices and vocabularies go by that.
    fn candidate(&self, place: usize) -> Candidate {
        self.choices.get(place).map_or_else(Candidate::offline, |choice| choice.candidate.clone())
    }
}

impl Generation {
    /// A stream is opened by its first token, a whole answer by its last: until then the status can tell a failure.
    async fn run(mut self, opening: Opening, mut writer: Writer) {
        let mut opening = Some(opening);
        let mut progress = Progress::default();
        let settings =
            Settings { reasoning: self.question.reasoning, ..models::settings(&self.context.config) };
        let asking = llm::chat(&self.chain, &self.question.request, &settings, &self.breakers);
        let end = match writer.while_present(asking).await {
            None => End::Cancelled,
            Some(Err(failure)) => End::Failed(failure.error),
            Some(Ok(answer)) => {
                progress.choice = answer.candidate;
                self.head.model = self.question.model(answer.candidate).to_owned();
                if self.streams {
                    open(&mut opening, Ok(()));
                    writer.send(self.head.opening());
                }
                self.follow(answer, &mut writer, &mut progress).await
            }
        };
        let usage = self.usage(&progress);
        match &end {
            End::Complete => writer.send(self.ending(&progress.transcript, usage)),
            End::Failed(error) if opening.is_none() => {
                writer.send(event(&String::from_utf8_lossy(&problem(error).openai_document())));
            }
            End::Failed(error) => open(&mut opening, Err(problem(error))),
            End::Cancelled => {}
        }
        open(&mut opening, Ok(()));
        drop(writer);
        self.record(&end, &progress, usage);
    }

    /// Passes on what the model says.
    async fn follow(&self, mut answer: llm::Answer, writer: &mut Writer, progress: &mut Progress) -> End {
        loop {
            let delta = match writer.while_present(answer.stream.next()).await {
                None => return End::Cancelled,
                Some(None) => return End::Complete,
                Some(Some(Err(error))) => return End::Failed(error),
                Some(Some(Ok(delta))) => delta,
            };
            if !matches!(delta, Delta::Usage(_) | Delta::Finish(_)) {
                progress.first_token_ms.get_or_insert_with(time::now_ms);
            }
            progress.transcript.push(&delta);
            if self.streams
                && let Some(piece) = self.head.piece(&delta)
            {
                writer.send(piece);
            }
        }
    }

    /// What a complete answer ends with, or is.
    fn ending(&self, transcript: &Transcript, usage: llm::Usage) -> String {
        let finish = transcript.finish_reason.unwrap_or(FinishReason::Stop);
        if self.streams { self.head.ending(finish, usage) } else { self.head.whole(transcript, usage) }
    }

    /// What the provider counted, or our own estimate of it.
    fn usage(&self, progress: &Progress) -> llm::Usage {
        let counter = Counter::of(&self.team_id, &self.question.candidate(progress.choice));
        let Transcript { text, usage, finish_reason, .. } = &progress.transcript;
        counting::usage(*usage, finish_reason.is_some(), || llm::Usage {
            tokens_in: counter.request(&self.question.request),
            tokens_out: counter.text(text),
            ..llm::Usage::default()
        })
    }

    /// Logs how the answer ended, and counts it.
    fn record(&self, end: &End, progress: &Progress, usage: llm::Usage) {
        let latency_ms = time::now_ms() - self.started_ms;
        platform::info!(
            "completion ended",
            status = end.name(),
            error = end.error_name(),
            model = redaction::redact(&self.head.model),
            tokens_in = usage.tokens_in,
            tokens_out = usage.tokens_out,
            duration_ms = latency_ms,
            request_id = self.request_id,
            trace_id = self.span.map(|span| span.trace_id()),
            team_id = self.team_id
        );
        let is_known = is_known(progress.transcript.usage, progress.first_token_ms.is_some(), end);
        let count = |tokens: u64| i64::try_from(tokens).ok().filter(|_| is_known);
        let candidate = self.question.candidate(progress.choice);
        let cost_usd = cost_usd(&candidate, &usage);
        if let Some(counted) = progress.transcript.usage {
            calibration::learn(&self.team_id, &candidate, &self.question.request, counted.tokens_in);
        }
        let Question { prompt, request, user_id, metadata, .. } = &self.question;
        let asked = Asked {
            team_id: &self.team_id,
            source: Source::Openai,
            request_id: &self.request_id,
            prompt: prompt.as_deref(),
            user_id: user_id.as_deref(),
            span: self.span,
            request,
        };
        let inference = Inference {
            tokens_in: count(usage.tokens_in),
            tokens_out: count(usage.tokens_out),
            cached_tokens_in: count(usage.cached_tokens_in),
            cost_usd: cost_usd.filter(|_| is_known),
            latency_ms: Some(latency_ms),
            ttft_ms: progress.first_token_ms.map(|at_ms| at_ms - self.started_ms),
            output: Some(output(&progress.transcript)),
            tools: request.tools.clone(),
            metadata: metadata.clone(),
            ..asked.inference(&self.head.model, end)
        };
        if let Some(span) = &self.span {
            spans::asked(&self.context, span, self.started_ms, &inference);
        }
        events::record(&self.context, Event::Inference(Box::new(inference)));
    }
}

/// What the model said, as it is kept: text, or a message where it also calls tools.
fn output(transcript: &Transcript) -> Value {
    if transcript.tool_calls.is_empty() { transcript.text.as_str().into() } else { message(transcript) }
}

/// Lets the response begin, if it has not.
fn open(opening: &mut Option<Opening>, how: Result<(), Problem>) {
    if let Some(opening) = opening.take() {
        // A client that has left does not ask how.
        let _left = opening.send(how);
    }
}

/// A provider's failure in the terms of HTTP. What the caller can change is the caller's error.
fn problem(error: &llm::Error) -> Problem {
    use llm::Kind as Failure;
    let detail = error.message.as_str();
    match error.kind {
        Failure::RateLimited { retry_after } => {
            let seconds = retry_after.map_or(RETRY_SECONDS, |wait| wait.as_secs().max(RETRY_SECONDS));
            Problem::new(429, "rate_limited", detail).with_header(RETRY_AFTER, seconds)
        }
        Failure::Unpaid => Problem::new(429, "insufficient_quota", detail)
            .with_header(RETRY_AFTER, UNPAID_RETRY_SECONDS)
            .with_header(SHOULD_RETRY, "false"),
        Failure::ContextTooLong => Problem::new(400, "context_length_exceeded", detail),
        Failure::Refused if error.status == Some(404) => not_found(detail),
        Failure::Refused => Problem::new(400, "provider_refused", detail),
        Failure::Timeout(_) => Problem::new(504, "provider_timeout", detail),
        Failure::CircuitOpen => {
            Problem::new(503, "unavailable", detail).with_header(RETRY_AFTER, RETRY_SECONDS)
        }
        // The provider refuses the team's key, or the team's address leads elsewhere: sending again changes nothing.
        Failure::Authentication => settled(detail),
        Failure::Malformed if error.status.is_some() => settled(detail),
        Failure::Connect | Failure::ServerError | Failure::Malformed | Failure::Interrupted => {
            Problem::new(502, "provider_error", detail)
        }
    }
}

fn settled(detail: &str) -> Problem {
    Problem::new(502, "provider_error", detail).with_header(SHOULD_RETRY, "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_names_fits_into_a_header() {
        let names = |count: usize| (0..count).map(|number| format!("name-{number}")).collect::<Vec<_>>();
        assert_eq!(listed(&[]), None);
        assert_eq!(listed(&names(2)).unwrap(), "name-0, name-1");
        let many = listed(&names(1_000)).unwrap();
        assert!(many.len() <= LONGEST_LIST + 2 && many.to_str().unwrap().ends_with(char::is_numeric));
    }

    #[test]
    fn a_failure_has_a_status() {
        let told = |kind, status| {
            let problem = problem(&llm::Error { kind, status, message: "why".to_owned() });
            (problem.status(), problem.code())
        };
        assert_eq!(told(llm::Kind::RateLimited { retry_after: None }, Some(429)), (429, "rate_limited"));
        assert_eq!(told(llm::Kind::Unpaid, Some(402)), (429, "insufficient_quota"));
        assert_eq!(told(llm::Kind::Malformed, Some(302)), (502, "provider_error"));
    }
}
