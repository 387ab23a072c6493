#![doc = include_str!("../README.md")]

mod buffer;
mod cache;
mod call;
mod clock;
mod error;
mod feedback;
mod inference;
mod log;
mod options;
#[cfg(feature = "reqwest")]
mod over_reqwest;
mod prompt;
mod resolver;
mod sender;
mod spool;
mod transport;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub use call::{Call, Usage};
pub use clock::new_id;
pub use error::{Error, FieldError, Problem};
pub use feedback::{Feedback, GivenFeedback, Scale};
pub use inference::{Inference, Status};
pub use log::LogStatistics;
pub use options::{CachePolicy, LogPolicy, OnError, Options, Patience};
#[cfg(feature = "reqwest")]
pub use over_reqwest::ReqwestTransport;
pub use prompt::{Answer, Environment, Example, Message, Prompt, Resolve, Source, Version};
pub use transport::{BoxFuture, Request, Response, Transport, TransportError};

use crate::log::Log;
use crate::resolver::Resolver;
use crate::sender::Sender;

/// A client: one for each server and key, for as long as the process runs. Clones share everything.
#[derive(Clone)]
pub struct PromptLab {
    sender: Arc<Sender>,
    resolver: Arc<Resolver>,
    log: Arc<Log>,
    patience: Patience,
}

/// What it talks to; never the key.
impl std::fmt::Debug for PromptLab {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PromptLab").field("base_url", &self.sender.base_url()).finish_non_exhaustive()
    }
}

impl PromptLab {
    /// A client that sends by `reqwest`. It must be made on a tokio runtime, which its background work runs on.
    #[cfg(feature = "reqwest")]
    pub fn new(base_url: &str, api_key: &str, options: Options) -> Result<Self, Error> {
        Self::with_transport(base_url, api_key, options, ReqwestTransport::new()?)
    }

    /// The same, sending in another way.
    pub fn with_transport(
        base_url: &str,
        api_key: &str,
        options: Options,
        transport: impl Transport,
    ) -> Result<Self, Error> {
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|_| Error::Configuration("a client must be made on a tokio runtime"))?;
        let sender = Arc::new(Sender::new(base_url, api_key, Box::new(transport))?);
        let patience = options.patience;
        let resolver =
            Resolver::new(Arc::clone(&sender), runtime.clone(), patience, options.cache, options.environment);
        let log = Log::start(Arc::clone(&sender), &runtime, options.log, options.on_error)?;
        Ok(Self { sender, resolver: Arc::new(resolver), log, patience })
    }

    /// The live version of a prompt, by name or id, filled in by the server.
    pub async fn resolve(&self, prompt: &str, question: Resolve) -> Result<Answer, Error> {
        Arc::clone(&self.resolver).resolve(prompt, question).await
    }

    /// Notes a call of a model, and gives the event's id. It neither waits nor fails: what goes wrong is counted.
    pub fn log(&self, inference: Inference) -> String {
        self.log.append(inference)
    }

    /// A call of a model that begins now, with what its prompt was resolved to.
    pub fn begin(&self, answer: Option<&Answer>, inference: Inference) -> Call {
        Call::begin(Arc::clone(&self.log), answer, inference)
    }

    /// Sends what waits. Whether everything has arrived in time.
    pub async fn flush(&self, timeout: Duration) -> bool {
        self.log.flush(timeout).await
    }

    /// The same, and takes no more. What has not arrived is lost, unless a spool has it.
    pub async fn close(&self, timeout: Duration) -> bool {
        self.log.close();
        self.log.flush(timeout).await
    }

    /// What became of the events.
    pub fn log_statistics(&self) -> LogStatistics {
        self.log.statistics()
    }

    /// Rates an answer.
    pub async fn feedback(&self, feedback: &Feedback) -> Result<GivenFeedback, Error> {
        let body =
            serde_json::to_string(feedback).map_err(|_| Error::Configuration("feedback is no JSON"))?;
        // Tried again after a lost answer, it must not be another rating.
        let key = new_id();
        let headers = [("idempotency-key", key.as_str())];
        let response = self.sender.send("/api/feedback", &headers, body, self.patience).await?;
        serde_json::from_slice(&response.body).map_err(Error::unreadable)
    }

    /// What an OpenAI client is made with so that its calls go through this server: the base URL, and the key.
    pub fn open_ai(&self) -> (String, String) {
        (format!("{}/v1", self.sender.base_url()), self.sender.api_key().to_owned())
    }
}

/// The body of a request to an OpenAI-compatible endpoint: the prompt's instructions, its examples and its other
/// messages, as the server's own `/v1` puts them, and then `messages`. More parameters may be added to it.
pub fn chat_request(prompt: &Prompt, messages: impl IntoIterator<Item = Value>) -> Value {
    call::chat_request(prompt, messages)
}
