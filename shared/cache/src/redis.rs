//! A client of Upstash's REST interface: single commands, pipelines, transactions and scripts.
//!
//! The wire: `POST /` with one command answers 200 `{"result"}` or 400 `{"error"}`; `POST /pipeline` and
//! `/multi-exec` take an array of commands and answer an array of such objects; a wrong token is 401.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use platform::{Config, http as port};
use serde::Deserialize;

use crate::{Command, Script, Step};

/// A Redis database behind a REST address. Cheap to clone; it holds no connection.
#[derive(Clone)]
pub struct Redis {
    url: String,
    token: String,
    timeout: Duration,
    base64: bool,
}

/// What a command answered.
pub type Reply = serde_json::Value;

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not reachable, too slow, or an answer that is not Redis's.
    #[error("redis unavailable: {0}")]
    Unavailable(String),
    /// Redis refused the command: `ERR wrong number of arguments`.
    #[error("redis refused: {0}")]
    Refused(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Result(Reply),
    Error(String),
}

/// Redis answers in a millisecond or is not worth waiting for: the database knows the same.
pub(crate) const REDIS_TIMEOUT_MS: i64 = 500;
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(REDIS_TIMEOUT_MS.unsigned_abs());
const LARGEST_ANSWER_BYTES: usize = 32 << 20;

impl Redis {
    /// The database named by `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN`; `None` without them.
    pub fn from_config(config: &Config) -> Option<Self> {
        let url = config.get("UPSTASH_REDIS_REST_URL")?;
        let token = config.get("UPSTASH_REDIS_REST_TOKEN")?;
        Some(Self::new(url, token))
    }

    /// The database at `url`.
    pub fn new(url: &str, token: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            timeout: DEFAULT_TIMEOUT,
            base64: false,
        }
    }

    /// The same database, waiting at most `timeout` for an answer.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same database, with strings in base 64 on the wire. Needed where values may not be UTF-8, such as
    /// what another program wrote: they come back with U+FFFD for what is not.
    pub fn with_base64(mut self) -> Self {
        self.base64 = true;
        self
    }

    /// Runs one command.
    pub async fn run(&self, command: &Command) -> Result<Reply, Error> {
        self.one(command).await
    }

    /// Runs commands in order, in one round trip; others' commands may come between. One may fail alone.
    pub async fn pipeline(&self, commands: &[Command]) -> Result<Vec<Result<Reply, Error>>, Error> {
        self.many("/pipeline", commands).await
    }

    /// Runs commands as one transaction.
    pub async fn multi_exec(&self, commands: &[Command]) -> Result<Vec<Result<Reply, Error>>, Error> {
        self.many("/multi-exec", commands).await
    }

    /// Runs a script by its hash, and by its text where the server has not seen it.
    pub async fn script(
        &self,
        script: &Script,
        keys: &[String],
        arguments: &[String],
    ) -> Result<Reply, Error> {
        match self.one(&script.by_hash(keys, arguments)).await {
            reply if is_unknown_script(&reply) => self.one(&script.by_text(keys, arguments)).await,
            reply => reply,
        }
    }

    /// Runs commands and scripts in order, in one round trip. Scripts go by their hashes; those that the server has not
    /// seen go once more, by their texts.
    pub async fn steps(&self, steps: &[Step<'_>]) -> Result<Vec<Result<Reply, Error>>, Error> {
        let by_hash: Vec<Command> = steps.iter().map(Step::by_hash).collect();
        let mut replies = self.pipeline(&by_hash).await?;
        let unknown = |(index, reply)| is_unknown_script(reply).then_some(index);
        let places: Vec<usize> = replies.iter().enumerate().filter_map(unknown).collect();
        let by_text: Vec<Command> =
            places.iter().filter_map(|place| steps.get(*place)).map(Step::by_text).collect();
        for (place, reply) in places.into_iter().zip(self.pipeline(&by_text).await?) {
            if let Some(slot) = replies.get_mut(place) {
                *slot = reply;
            }
        }
        Ok(replies)
    }

    async fn one(&self, command: &Command) -> Result<Reply, Error> {
        let body = serde_json::to_vec(command).map_err(unreadable)?;
        let answer = self.exchange("", body, command.is_idempotent()).await?;
        self.reply(serde_json::from_slice(&answer).map_err(unreadable)?)
    }

    async fn many(&self, path: &str, commands: &[Command]) -> Result<Vec<Result<Reply, Error>>, Error> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let body = serde_json::to_vec(commands).map_err(unreadable)?;
        let retry = commands.iter().all(Command::is_idempotent);
        let answer = self.exchange(path, body, retry).await?;
        if let Ok(Outcome::Error(reason)) = serde_json::from_slice(&answer) {
            return Err(Error::Refused(reason));
        }
        let outcomes: Vec<Outcome> = serde_json::from_slice(&answer).map_err(unreadable)?;
        if outcomes.len() != commands.len() {
            return Err(Error::Unavailable(format!("{} answers to {}", outcomes.len(), commands.len())));
        }
        Ok(outcomes.into_iter().map(|outcome| self.reply(outcome)).collect())
    }

    fn reply(&self, outcome: Outcome) -> Result<Reply, Error> {
        match outcome {
            Outcome::Result(reply) if self.base64 => Ok(decode(reply)),
            Outcome::Result(reply) => Ok(reply),
            Outcome::Error(reason) => Err(Error::Refused(reason)),
        }
    }

    /// Sends a body and reads the answer; once more when the first try got none and `retry` allows it.
    async fn exchange(&self, path: &str, body: Vec<u8>, retry: bool) -> Result<Bytes, Error> {
        let body = Bytes::from(body);
        match self.attempt(path, body.clone()).await {
            // A time-out is not retried: a slow Redis gets slower from it, and the caller waits twice.
            Err(Attempt::Broken(_)) if retry => self.attempt(path, body).await.map_err(Attempt::into_error),
            result => result.map_err(Attempt::into_error),
        }
    }

    async fn attempt(&self, path: &str, body: Bytes) -> Result<Bytes, Attempt> {
        let mut request = http::Request::post(format!("{}{path}", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json");
        if self.base64 {
            request = request.header("upstash-encoding", "base64");
        }
        let request = request.body(body).map_err(|error| Attempt::Final(error.to_string()))?;
        let answer = platform::time::timeout(self.timeout, async {
            let response = port::send(request, self.timeout).await?;
            let status = response.status().as_u16();
            let body = port::collect(response.into_body(), LARGEST_ANSWER_BYTES, self.timeout).await?;
            Ok::<_, port::Error>((status, body))
        })
        .await
        .unwrap_or(Err(port::Error::Timeout));
        match answer {
            Ok((200 | 400, body)) => Ok(body),
            Ok((401, _)) => Err(Attempt::Final("the token is wrong".to_owned())),
            Ok((status, _)) => Err(Attempt::Broken(format!("status {status}"))),
            Err(port::Error::Timeout) => Err(Attempt::Final("timed out".to_owned())),
            Err(error) => Err(Attempt::Broken(error.to_string())),
        }
    }
}

fn is_unknown_script(reply: &Result<Reply, Error>) -> bool {
    matches!(reply, Err(Error::Refused(reason)) if reason.starts_with("NOSCRIPT"))
}

/// A failed exchange: worth another try, or not.
enum Attempt {
    Broken(String),
    Final(String),
}

impl Attempt {
    fn into_error(self) -> Error {
        let (Self::Broken(reason) | Self::Final(reason)) = self;
        Error::Unavailable(reason)
    }
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::Unavailable(format!("unreadable answer: {error}"))
}

/// Strings from base 64; simple strings such as `OK` come as they are.
fn decode(reply: Reply) -> Reply {
    match reply {
        Reply::String(text) => match STANDARD.decode(&text) {
            Ok(bytes) => Reply::String(String::from_utf8_lossy(&bytes).into_owned()),
            Err(_) => Reply::String(text),
        },
        Reply::Array(replies) => Reply::Array(replies.into_iter().map(decode).collect()),
        other => other,
    }
}

impl From<Error> for domain::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(reason) => Self::Unavailable(format!("redis: {reason}")),
            Error::Refused(reason) => Self::Internal(format!("redis refused: {reason}")),
        }
    }
}
