//! One question to a chain of candidates: retries, circuit breakers and fallbacks until the first token.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use platform::time::{now_ms, sleep};

use crate::answer::ask_until;
use crate::breaker::{Admission, Breakers, LocalBreakers, Outcome, Ticket};
use crate::candidate::{Candidate, Provider};
use crate::delta::{Delta, DeltaStream};
use crate::error::{Deadline, Error, Kind};
use crate::request::ChatRequest;
use crate::settings::Settings;
use crate::watch::later;

/// An answer that has begun.
pub struct Answer {
    /// Which candidate gives it: its index in the chain.
    pub candidate: usize,
    /// What failed before.
    pub attempts: Vec<Attempt>,
    /// The answer. Its first item is there already.
    pub stream: DeltaStream,
}

/// There is no answer: every candidate failed before its first token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Failure {
    /// The last error that came from a provider, or else why none was asked.
    pub error: Error,
    /// Every failed attempt, that last one included.
    pub attempts: Vec<Attempt>,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Index of the candidate in the chain.
    pub candidate: usize,
    /// Why it failed.
    pub error: Error,
}

/// Asks the candidates in turn and returns with the first token of the first that answers.
///
/// A candidate is asked again after an error that may pass, with a jittered pause or the one the provider asks
/// for; then the next one is asked, whatever the error was. Once a token is there, nothing is asked again: the
/// stream ends with the error. The caller decides whom a prompt's version allows into the chain. Dropping the
/// future or the stream aborts the request.
pub async fn chat<B: Breakers>(
    chain: &[Candidate],
    request: &ChatRequest,
    settings: &Settings,
    breakers: &Arc<B>,
) -> Result<Answer, Failure> {
    let call = Call { request, settings, breakers, total_at_ms: later(now_ms(), settings.timeouts.total) };
    let mut attempts = Vec::new();
    for (index, candidate) in chain.iter().enumerate() {
        let mut retry = 0;
        loop {
            let error = match call.attempt(candidate).await {
                Ok(stream) => return Ok(Answer { candidate: index, attempts, stream }),
                Err(error) => error,
            };
            attempts.push(Attempt { candidate: index, error: error.clone() });
            let Some(pause) = call.pause(retry, &error) else { break };
            sleep(pause).await;
            retry += 1;
        }
        if now_ms() >= call.total_at_ms {
            break;
        }
    }
    Err(Failure { error: decisive_error(&attempts), attempts })
}

/// The last error that a provider caused; that a breaker was open says less.
fn decisive_error(attempts: &[Attempt]) -> Error {
    let was_sent = |attempt: &&Attempt| attempt.error.kind != Kind::CircuitOpen;
    let decisive = attempts.iter().rfind(was_sent).or(attempts.last());
    decisive
        .map_or_else(|| Error::new(Kind::Refused, "no model is configured"), |attempt| attempt.error.clone())
}

struct Call<'a, B> {
    request: &'a ChatRequest,
    settings: &'a Settings,
    breakers: &'a Arc<B>,
    total_at_ms: i64,
}

impl<B: Breakers> Call<'_, B> {
    /// Asks once, through the breaker.
    async fn attempt(&self, candidate: &Candidate) -> Result<DeltaStream, Error> {
        if now_ms() >= self.total_at_ms {
            return Err(Error::timeout(Deadline::Total));
        }
        if candidate.provider == Provider::Offline {
            return self.begin(candidate).await;
        }
        let key = candidate.breaker_key();
        let ticket = match self.breakers.admit(&key, now_ms()).await {
            Admission::Admitted(ticket) => ticket,
            Admission::Refused { retry_after } => {
                let message =
                    format!("the model failed too often and rests for {} ms", retry_after.as_millis());
                return Err(Error::new(Kind::CircuitOpen, message));
            }
        };
        let breakers = Arc::clone(self.breakers);
        let mut probe = Probe(None);
        if ticket == Ticket::Probe {
            probe.0 = Some((Arc::clone(&breakers), key.clone()));
        }
        let watched = Watched { breakers, key, ticket };
        let begun = match self.begin(candidate).await {
            Ok(stream) => Ok(watched.follow(stream).await),
            Err(error) => {
                watched.record(outcome_of(&error)).await;
                Err(error)
            }
        };
        probe.0 = None;
        begun
    }

    /// Waits for the first token, which stays in the stream.
    async fn begin(&self, candidate: &Candidate) -> Result<DeltaStream, Error> {
        let mut stream = ask_until(candidate, self.request, self.settings, self.total_at_ms).await?;
        let mut begun = VecDeque::new();
        while let Some(delta) = stream.next().await {
            let delta = delta?;
            let is_first_token = !matches!(delta, Delta::Usage(_));
            begun.push_back(Ok(delta));
            if is_first_token {
                return Ok(Box::pin(stream::iter(begun).chain(stream)));
            }
        }
        Err(Error::interrupted())
    }

    /// How long to wait before the same candidate is asked again, if it is to be.
    fn pause(&self, retry: u32, error: &Error) -> Option<Duration> {
        let policy = &self.settings.retry;
        if !error.is_retryable() || retry + 1 >= policy.attempts {
            return None;
        }
        let jittered = policy.pause(retry, u64::from_be_bytes(platform::random::bytes()));
        let pause = match error.kind {
            // A little more than was asked for: others wait for the same moment.
            Kind::RateLimited { retry_after: Some(wait) } if wait <= policy.longest_retry_after => {
                wait + jittered.min(policy.base)
            }
            Kind::RateLimited { retry_after: Some(_) } => return None,
            _ => jittered,
        };
        (later(now_ms(), pause) < self.total_at_ms).then_some(pause)
    }
}

fn outcome_of(error: &Error) -> Outcome {
    if error.is_providers_fault() { Outcome::Failure } else { Outcome::Success }
}

/// A probe whose outcome is not recorded yet. Dropped until then, because its client has left or stopped it, it makes
/// way for the next one.
struct Probe<B: Breakers>(Option<(Arc<B>, String)>);

impl<B: Breakers> Drop for Probe<B> {
    fn drop(&mut self) {
        if let Some((breakers, key)) = &self.0 {
            breakers.give_up(key, now_ms());
        }
    }
}

/// An admitted request whose outcome the breaker waits for.
struct Watched<B> {
    breakers: Arc<B>,
    key: String,
    ticket: Ticket,
}

impl<B: Breakers> Watched<B> {
    async fn record(&self, outcome: Outcome) {
        self.breakers.record(&self.key, self.ticket, outcome, now_ms()).await;
    }

    /// The same stream; how it ends is recorded. A probe has done its part with the first token: everybody waits
    /// for it.
    async fn follow(self, stream: DeltaStream) -> DeltaStream {
        let is_probe = self.ticket == Ticket::Probe;
        if is_probe {
            self.record(Outcome::Success).await;
        }
        let watched = Arc::new(Self { ticket: Ticket::Ordinary, ..self });
        Box::pin(stream.then(move |item| {
            let outcome = match &item {
                Ok(Delta::Finish(_)) if !is_probe => Some(Outcome::Success),
                Err(error) => Some(outcome_of(error)),
                Ok(_) => None,
            };
            let watched = outcome.map(|outcome| (Arc::clone(&watched), outcome));
            async move {
                if let Some((watched, outcome)) = watched {
                    watched.record(outcome).await;
                }
                item
            }
        }))
    }
}

/// Handlers run only futures that are `Send`, on every platform; this is where a break of that shows.
const _: fn(&[Candidate], &ChatRequest, &Settings, &Arc<LocalBreakers>) =
    |chain, request, settings, breakers| {
        fn is_send(_: impl Send) {}
        is_send(chat(chain, request, settings, breakers));
    };
