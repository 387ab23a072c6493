//! `Idempotency-Key`: a request that is sent again gets the first answer.
//!
//! The kept answer may hold a secret (a new API key is shown once), so it is encrypted under a key that only the
//! caller can present again: the API key together with the idempotency key. The database alone reveals nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use domain::{ApiKey, Error};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use store::idempotency::{self as kept, Claim, Held};

use crate::{Call, Function, Problem};

type Response = http::Response<axum::body::Body>;

pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const LONGEST_KEY: usize = 255;
const NONCE_BYTES: usize = 24;
/// A claim that is older than this belongs to a request that has died.
const LEASE_SECONDS: i64 = 60;
/// The same where a model is asked: as long as it may take by default, and a minute.
const LONGEST_ANSWER_SECONDS: i64 = 360;

/// What a function finds the rest of a streamed answer by. It says so in the extensions of its response, and gets it
/// back in those of a request that repeats the first one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streamed(pub String);

/// What a repeated request is answered with.
pub(crate) enum First {
    /// The first answer.
    Answer(Response),
    /// What its function makes of this.
    Streamed(Streamed),
}

/// A request with an idempotency key, before it is answered.
pub(crate) struct Repeatable {
    key: String,
    route: String,
    body_hash: String,
    cipher: XChaCha20Poly1305,
}

impl Repeatable {
    /// # Errors
    /// 422 when the key is empty, too long, or not printable ASCII.
    pub(crate) fn new(
        idempotency_key: &HeaderValue,
        api_key: &ApiKey,
        route: String,
        body: &[u8],
    ) -> Result<Self, Problem> {
        let key = idempotency_key.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > LONGEST_KEY {
            let detail = format!("1 to {LONGEST_KEY} printable ASCII characters");
            return Err(Error::field("Idempotency-Key", "invalid", detail).into());
        }
        let secret =
            Sha256::new().chain_update(api_key.reveal()).chain_update([0x1f]).chain_update(key).finalize();
        Ok(Self {
            key: key.to_owned(),
            route,
            body_hash: hex::encode(Sha256::digest(body)),
            cipher: XChaCha20Poly1305::new(Key::from_slice(&secret)),
        })
    }

    /// The first answer, if there is one; otherwise the key is ours to [`Repeatable::keep`].
    ///
    /// # Errors
    /// 409 when the key was used for another request, or its first one is still being answered.
    pub(crate) async fn first_answer(&self, call: &Call) -> Result<Option<First>, Problem> {
        let lease_seconds =
            if call.function == Function::Chat { LONGEST_ANSWER_SECONDS } else { LEASE_SECONDS };
        let actor = call.actor();
        let claim =
            kept::claim(&call.database, &actor, &self.key, &self.route, &self.body_hash, lease_seconds)
                .await?;
        let Claim::Held(held) = claim else { return Ok(None) };
        if held.route != self.route || held.body_hash != self.body_hash {
            let detail = "this Idempotency-Key was used for another request";
            return Err(Error::Conflict(detail.to_owned()).into());
        }
        let Held { status: Some(status), response: Some(response), .. } = held else {
            let detail = "the first request with this Idempotency-Key is still being answered";
            return Err(Problem::from(Error::Conflict(detail.to_owned())).with_header(RETRY_AFTER, 1));
        };
        if status == STREAMED {
            return match self.open(&response).map(String::from_utf8) {
                Some(Ok(found_by)) if !found_by.is_empty() => Ok(Some(First::Streamed(Streamed(found_by)))),
                _ => Err(streamed()),
            };
        }
        self.replay(status, &response).map(|answer| Some(First::Answer(answer)))
    }

    fn open(&self, kept: &str) -> Option<Vec<u8>> {
        let sealed = STANDARD.decode(kept).ok()?;
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
        self.cipher.decrypt(XNonce::from_slice(nonce), sealed).ok()
    }

    fn replay(&self, status: u16, kept: &str) -> Result<Response, Problem> {
        let broken = || Error::Internal("a kept answer cannot be read".to_owned());
        let body = self.open(kept).ok_or_else(broken)?;
        let response = http::Response::builder()
            .status(status)
            .header(CONTENT_TYPE, "application/json")
            .header(REPLAYED, "true")
            .body(axum::body::Body::from(body));
        Ok(response.map_err(|_| broken())?)
    }

    /// Keeps a successful answer for repetitions; gives the key back after any other, since nothing was made.
    pub(crate) async fn keep(&self, call: &Call, response: Response) -> Result<Response, Problem> {
        if !response.status().is_success() {
            kept::release(&call.database, &call.actor(), &self.key).await?;
            return Ok(response);
        }
        if http_body::Body::size_hint(response.body()).exact().is_none() {
            return self.keep_that_it_streamed(call, response).await;
        }
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_or_else(|_| Bytes::new(), http_body_util::Collected::to_bytes);
        self.complete(call, parts.status.as_u16(), &body).await?;
        Ok(Response::from_parts(parts, axum::body::Body::from(body)))
    }

    /// A stream is not held back to be kept. Its repetition starts no other: it goes to the function, if that can find
    /// the answer again, or hears that it was given.
    async fn keep_that_it_streamed(&self, call: &Call, response: Response) -> Result<Response, Problem> {
        let found_by = response.extensions().get::<Streamed>();
        self.complete(call, STREAMED, found_by.map_or(&[], |Streamed(text)| text.as_bytes())).await?;
        Ok(response)
    }

    async fn complete(&self, call: &Call, status: u16, body: &[u8]) -> Result<(), Problem> {
        let nonce: [u8; NONCE_BYTES] = platform::random::bytes();
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), body);
        let sealed = sealed.map_err(|_| Error::Internal("an answer cannot be sealed".to_owned()))?;
        let text = STANDARD.encode([nonce.as_slice(), &sealed].concat());
        let completed = kept::complete(&call.database, &call.actor(), &self.key, status, &text).await;
        purge_now_and_then(call);
        if let Err(error) = completed {
            // What was asked for is done: the caller hears so, and a repetition has to wait for the claim's end.
            platform::error!(
                "answer not kept",
                error = error.to_string(),
                request_id = call.request_id,
                trace_id = call.trace_id()
            );
        }
        Ok(())
    }
}

/// What is kept as the status of a stream: that of [`streamed`].
const STREAMED: u16 = 409;

fn streamed() -> Problem {
    let detail = "the first answer to this Idempotency-Key was a stream, which cannot be given again; what it said is \
                  stored";
    Error::Conflict(detail.to_owned()).into()
}

/// Forgets answers that are older than a day, after one response in 256: there is no schedule that everybody has.
fn purge_now_and_then(call: &Call) {
    if platform::random::bytes::<1>() != [0] {
        return;
    }
    let (database, team_id) = (call.database.clone(), call.team_id().clone());
    call.context.tasks.spawn(async move {
        if let Err(error) = kept::purge(&database, &team_id).await {
            platform::warn!("old answers not forgotten", team_id = team_id, error = error.to_string());
        }
    });
}
