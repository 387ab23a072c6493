//! Telling a webhook what the schedule has done.
//!
//! The body is signed as `x-promptlab-signature: v1=…`, the HMAC-SHA256 in hexadecimal digits over the value of
//! `x-promptlab-timestamp` (seconds since the Unix epoch), a full stop and the body, so that a receiver can refuse what
//! is forged or old. Without a secret there is no such header, because a signature that everybody can make says nothing.

use std::time::Duration;

use bytes::Bytes;
use domain::{Environment, Id};
use platform::Context;
use platform::time;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::experiments::ExperimentStatus;

const ALERT_WEBHOOK_URL: &str = "ALERT_WEBHOOK_URL";
const ALERT_WEBHOOK_SECRET: &str = "ALERT_WEBHOOK_SECRET";

/// The pauses between attempts: all of them fit into the 30 s after a response.
const BACKOFF_MS: [u64; 4] = [500, 1_000, 2_000, 4_000];
const TIMEOUT: Duration = Duration::from_secs(4);

/// What happened.
#[derive(Serialize)]
pub(crate) struct Alert<'a> {
    /// `canary.roll_back`, `experiment.stop`, ….
    pub(crate) r#type: String,
    pub(crate) team_id: &'a Id,
    /// The experiment or canary.
    pub(crate) id: &'a Id,
    pub(crate) prompt_id: &'a Id,
    pub(crate) prompt_name: &'a str,
    pub(crate) environment: Environment,
    pub(crate) status: ExperimentStatus,
    pub(crate) reason: &'a str,
    pub(crate) numbers: &'a Value,
    pub(crate) at: &'a str,
}

/// Sends an alert as a task, if a webhook is configured.
pub(crate) fn send(context: &Context, alert: &Alert<'_>) {
    let Some(url) = context.config.get(ALERT_WEBHOOK_URL).map(str::to_owned) else { return };
    let Ok(body) = serde_json::to_vec(alert) else { return };
    let secret = context.config.get(ALERT_WEBHOOK_SECRET).filter(|secret| !secret.is_empty());
    let secret = secret.map(str::to_owned);
    if secret.is_none() {
        platform::warn!("alert sent unsigned: ALERT_WEBHOOK_SECRET is not set", experiment_id = alert.id);
    }
    let (body, id) = (Bytes::from(body), alert.id.clone());
    context.tasks.spawn(async move {
        let pauses = BACKOFF_MS.map(Some).into_iter().chain([None]);
        for pause_ms in pauses {
            let Err(error) = attempt(&url, secret.as_deref(), &body).await else { return };
            if let Some(pause_ms) = pause_ms {
                time::sleep(Duration::from_millis(pause_ms)).await;
            } else {
                platform::error!("alert not delivered", experiment_id = id, error = error);
            }
        }
    });
}

async fn attempt(url: &str, secret: Option<&str>, body: &Bytes) -> Result<(), String> {
    let timestamp_s = time::now_ms() / 1_000;
    let request = request(url, secret, timestamp_s, body).map_err(|error| error.to_string())?;
    let response = platform::http::send(request, TIMEOUT).await.map_err(|error| error.to_string())?;
    if response.status().is_success() {
        Ok(())
    } else {
        Err(format!("status {}", response.status().as_u16()))
    }
}

fn request(
    url: &str,
    secret: Option<&str>,
    timestamp_s: i64,
    body: &Bytes,
) -> http::Result<http::Request<Bytes>> {
    let timestamp = timestamp_s.to_string();
    let mut request = http::Request::builder()
        .method("POST")
        .uri(url)
        .header("content-type", "application/json")
        .header("x-promptlab-timestamp", &timestamp);
    if let Some(secret) = secret {
        let signed = [timestamp.as_bytes(), b".", body].concat();
        let signature = format!("v1={}", hex::encode(hmac(secret.as_bytes(), &signed)));
        request = request.header("x-promptlab-signature", signature);
    }
    request.body(body.clone())
}

/// HMAC-SHA256 (RFC 2104). Not that of the PostgreSQL client, which would forget the password that it remembers.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let hashed;
    let key = if key.len() > BLOCK {
        hashed = Sha256::digest(key);
        hashed.as_slice()
    } else {
        key
    };
    let padded = |pad: u8| {
        let mut block = [pad; BLOCK];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the empty key everybody could sign.
    #[test]
    fn without_a_secret_there_is_no_signature() {
        let body = Bytes::from_static(b"{}");
        let signature = |secret| {
            let request = request("https://example.com/alerts", secret, 7, &body).unwrap();
            assert_eq!(request.headers()["x-promptlab-timestamp"], "7");
            request.headers().get("x-promptlab-signature").cloned()
        };
        assert!(signature(Some("secret")).is_some());
        assert_eq!(signature(None), None);
    }

    /// RFC 4231, test cases 1, 2 and 6.
    #[test]
    fn the_signature_is_that_of_the_specification() {
        let check = |key: &[u8], message: &[u8], expected: &str| {
            assert!(hex::encode(hmac(key, message)).starts_with(expected));
        };
        check(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        check(&[0xaa; 131], long, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }
}
