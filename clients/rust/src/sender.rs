//! Requests with a key, time-outs and retries.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::clock::jittered;
use crate::transport::{Request, Response, Transport};
use crate::{Error, Patience};

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

pub(crate) struct Sender {
    base_url: String,
    api_key: String,
    transport: Box<dyn Transport>,
}

impl Sender {
    pub(crate) fn new(base_url: &str, api_key: &str, transport: Box<dyn Transport>) -> Result<Self, Error> {
        if api_key.is_empty() || !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Configuration("the key must be printable, without spaces"));
        }
        let Some((_, host)) = base_url.split_once("://") else {
            return Err(Error::Configuration("the base URL must begin with https:// or http://"));
        };
        if host.contains('@') {
            return Err(Error::Configuration("the base URL must have no user name and no password"));
        }
        let base_url = base_url.trim_end_matches('/').to_owned();
        Ok(Self { base_url, api_key: api_key.to_owned(), transport })
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    pub(crate) fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Sends until there is an answer, the tries are used up or the time is.
    pub(crate) async fn send(
        &self,
        path: &str,
        headers: &[(&'static str, &str)],
        body: String,
        patience: Patience,
    ) -> Result<Response, Error> {
        let request = self.request(path, headers, body);
        let deadline = Instant::now() + patience.timeout;
        let mut attempt = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let error = match self.send_once(&request, left.min(patience.attempt_timeout)).await {
                Err(error) if error.is_unavailable() && attempt < patience.retries => error,
                outcome => return outcome,
            };
            let wait = wait_after(&error, attempt, FIRST_WAIT);
            if Instant::now() + wait >= deadline {
                return Err(error);
            }
            sleep(wait).await;
            attempt += 1;
        }
    }

    fn request(&self, path: &str, headers: &[(&'static str, &str)], body: String) -> Request {
        let always = [
            ("authorization", format!("Bearer {}", self.api_key)),
            ("content-type", "application/json".to_owned()),
        ];
        let more = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Request {
            url: format!("{}{path}", self.base_url),
            headers: always.into_iter().chain(more).collect(),
            body,
        }
    }

    async fn send_once(&self, request: &Request, time: Duration) -> Result<Response, Error> {
        let Ok(outcome) = timeout(time, self.transport.send(request)).await else {
            return Err(Error::Timeout(time));
        };
        let response = outcome.map_err(|error| Error::Connection(Arc::from(error)))?;
        if !(200..300).contains(&response.status) {
            return Err(Error::of_response(&response));
        }
        Ok(response)
    }
}

/// How long to wait after the failure number `attempt`, from 0: as long as the server says, else doubling from
/// `first`, half of it by chance.
pub(crate) fn wait_after(error: &Error, attempt: u32, first: Duration) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempt.min(20)));
    let wait = jittered(doubled.min(LONGEST_WAIT));
    error.retry_after().map_or(wait, |asked| asked + wait.min(asked / 10))
}
