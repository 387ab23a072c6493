//! Asks the server, and remembers what it said. It alone fills in templates.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::cache::AnswerCache;
use crate::prompt::{Answer, Environment, Prompt, Resolve, Source, Version};
use crate::sender::Sender;
use crate::transport::Response;
use crate::{CachePolicy, Error, Patience};

/// How long the caller waits for the server when there is something else to give.
const SHORT_WAIT: Duration = Duration::from_secs(1);
/// How long a server that did not answer is left alone, by those who have something else.
const REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(30);

pub(crate) struct Resolver {
    sender: Arc<Sender>,
    runtime: Handle,
    patience: Patience,
    policy: CachePolicy,
    environment: Environment,
    state: Mutex<State>,
}

struct State {
    cache: AnswerCache<Known>,
    /// What is being asked, for all who want it. A flight whose task is gone is no flight.
    flights: HashMap<String, watch::Receiver<Landing>>,
    rest: Option<(Instant, Error)>,
}

type Landing = Option<Result<Known, Error>>;

/// What the server has said.
#[derive(Clone)]
struct Known {
    prompt: Arc<Prompt>,
    request_id: Option<String>,
    server_is_stale: bool,
}

struct Request {
    path: String,
    body: String,
    key: String,
}

/// The body of a request, and so what an answer depends on.
#[derive(Serialize)]
struct Body<'a> {
    environment: Environment,
    user_id: Option<&'a str>,
    variables: &'a Map<String, Value>,
    version: Option<&'a Version>,
    strict: bool,
}

impl Resolver {
    pub(crate) fn new(
        sender: Arc<Sender>,
        runtime: Handle,
        patience: Patience,
        policy: CachePolicy,
        environment: Environment,
    ) -> Self {
        let cache = AnswerCache::new(policy.max_entries);
        let state = Mutex::new(State { cache, flights: HashMap::new(), rest: None });
        Self { sender, runtime, patience, policy, environment, state }
    }

    pub(crate) async fn resolve(self: Arc<Self>, prompt: &str, question: Resolve) -> Result<Answer, Error> {
        let request = self.request(prompt, &question)?;
        let known = self.known(&request.key);
        if let Some((known, age)) = &known {
            if *age < self.policy.fresh {
                return Ok(known.clone().answer(Source::Cache, *age, None));
            }
            if *age < self.policy.stale {
                if self.resting().is_none() {
                    drop(self.take_off(&request));
                }
                return Ok(known.clone().answer(Source::Stale, *age, None));
            }
        }
        let has_else = known.is_some() || question.fallback.is_some();
        let asked_at = Instant::now();
        let outcome = match self.resting().filter(|_| has_else) {
            Some(error) => Err(error),
            None => self.ask(&request, has_else).await,
        };
        match outcome {
            Ok(known) => Ok(known.answer(Source::Server, asked_at.elapsed(), None)),
            Err(error) => self.instead(prompt, &request, question.fallback, error),
        }
    }

    /// What is given when the server does not answer, or the error.
    fn instead(
        &self,
        prompt: &str,
        request: &Request,
        fallback: Option<Prompt>,
        error: Error,
    ) -> Result<Answer, Error> {
        if error.is_unavailable()
            && let Some((known, age)) = self.known(&request.key)
        {
            return Ok(known.answer(Source::Stale, age, Some(error)));
        }
        // The application's own text: good for everything but a request that is wrong.
        let Some(fallback) = fallback.filter(|_| !error.is_mistake()) else { return Err(error) };
        Ok(Answer {
            prompt: Arc::new(Prompt { name: prompt.to_owned(), ..fallback }),
            source: Source::Fallback,
            age: None,
            request_id: error.problem().and_then(|problem| problem.request_id.clone()),
            error: Some(error),
            server_is_stale: false,
        })
    }

    async fn ask(self: &Arc<Self>, request: &Request, has_else: bool) -> Result<Known, Error> {
        let mut flight = self.take_off(request);
        let landing = async {
            let lost = Error::Configuration("the runtime that the client was made on is gone");
            let landing = flight.wait_for(Option::is_some).await.map_err(|_| lost.clone())?;
            landing.clone().unwrap_or(Err(lost))
        };
        if !has_else {
            return landing.await;
        }
        if let Ok(outcome) = timeout(SHORT_WAIT, landing).await {
            return outcome;
        }
        let error = Error::Timeout(SHORT_WAIT);
        self.rest(&error);
        Err(error)
    }

    /// Asks the server once for all who want the same. The task is nobody's: a caller that leaves takes nothing along.
    fn take_off(self: &Arc<Self>, request: &Request) -> watch::Receiver<Landing> {
        let mut state = self.lock();
        let under_way = state.flights.get(&request.key).filter(|flight| flight.has_changed().is_ok());
        if let Some(flight) = under_way {
            return flight.clone();
        }
        let (landing, flight) = watch::channel(None);
        state.flights.insert(request.key.clone(), flight.clone());
        let resolver = Arc::clone(self);
        let (path, body, key) = (request.path.clone(), request.body.clone(), request.key.clone());
        self.runtime.spawn(async move {
            let outcome = resolver.fetch(&path, body, &key).await;
            resolver.lock().flights.remove(&key);
            // Nobody may be waiting any more.
            let _ = landing.send(Some(outcome));
        });
        flight
    }

    async fn fetch(&self, path: &str, body: String, key: &str) -> Result<Known, Error> {
        let asked_at = Instant::now();
        let outcome = self.sender.send(path, &[], body, self.patience).await.and_then(|answer| read(&answer));
        match &outcome {
            Ok(known) => {
                let mut state = self.lock();
                state.cache.set(key, known.clone(), asked_at);
                state.rest = None;
            }
            Err(error) if error.is_unavailable() => self.rest(error),
            // The server has answered: what was known is no longer so.
            Err(_) => self.lock().cache.remove(key),
        }
        outcome
    }

    fn rest(&self, error: &Error) {
        let time = error.retry_after().unwrap_or(REST).clamp(REST, LONGEST_REST);
        self.lock().rest = Some((Instant::now() + time, error.clone()));
    }

    fn resting(&self) -> Option<Error> {
        let state = self.lock();
        let (until, error) = state.rest.as_ref()?;
        (Instant::now() < *until).then(|| error.clone())
    }

    /// What may still be given.
    fn known(&self, key: &str) -> Option<(Known, Duration)> {
        self.lock().cache.get(key).filter(|(_, age)| *age < self.policy.max_age)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, prompt: &str, question: &Resolve) -> Result<Request, Error> {
        if prompt.is_empty() {
            return Err(Error::Configuration("a prompt has a name or an id"));
        }
        let body = Body {
            environment: question.environment.unwrap_or(self.environment),
            user_id: question.user_id.as_deref(),
            variables: &question.variables,
            version: question.version.as_ref(),
            strict: question.strict,
        };
        let body = serde_json::to_string(&body).map_err(|_| Error::Configuration("variables are no JSON"))?;
        let key = format!("{prompt}\n{body}");
        Ok(Request { path: format!("/api/resolve/{}", percent_encoded(prompt)), body, key })
    }
}

impl Known {
    fn answer(self, source: Source, age: Duration, error: Option<Error>) -> Answer {
        let Self { prompt, request_id, server_is_stale } = self;
        Answer { prompt, source, age: Some(age), error, request_id, server_is_stale }
    }
}

fn read(response: &Response) -> Result<Known, Error> {
    Ok(Known {
        prompt: Arc::new(serde_json::from_slice(&response.body).map_err(Error::unreadable)?),
        request_id: response.header("x-request-id").map(str::to_owned),
        server_is_stale: response.header("x-promptlab-stale") == Some("true"),
    })
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
