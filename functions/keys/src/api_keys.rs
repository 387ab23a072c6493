//! API keys.
//!
//! A key is shown once, in the answer that makes it; the store has its hash. Ending one writes a tombstone where
//! every isolate looks, so that it is refused within half a second; should that write be lost, within five.

use axum::extract::Path;
use axum::response::Response;
use cache::{Document, Slot};
use domain::{ApiKey, Error, Id, KeyHash, Kind, Role};
use edge::{Body, Call, Checks, CursorKey, Problem, Query};
use http::header::{CACHE_CONTROL, HeaderValue};
use platform::{random, time};
use serde::{Deserialize, Serialize};
use store::keys::{self, ApiKeyRow, NewKey, Replacement};
use store::users;

pub(crate) const LONGEST_NAME: usize = 200;
const MOST_REQUESTS_PER_HOUR: i64 = 1_000_000_000;
/// A week.
const LONGEST_GRACE_SECONDS: u32 = 7 * 24 * 60 * 60;
/// The revision of a key that has ended: see [`edge::key_document`].
const ENDED: i64 = 3;

/// The query of `GET /api/keys` and `GET /api/teams`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    pub(crate) limit: Option<String>,
    pub(crate) cursor: Option<String>,
}

/// The body of `POST /api/keys`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyInput {
    name: String,
    role: Role,
    /// The user that the key is for, made if there is none of this name. Without one, the caller's.
    user_name: Option<String>,
    expires_at: Option<String>,
    chat_requests_per_hour: Option<i64>,
}

/// The body of `POST /api/keys/{key}/rotate`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationInput {
    /// How long the old key goes on working; not at all by default.
    #[serde(default, deserialize_with = "edge::null_is_default")]
    grace_seconds: u32,
}

/// A new key with its secret.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    row: &'a ApiKeyRow,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_key_id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_grace_until: Option<String>,
}

pub(crate) async fn list(call: Call, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let cursors = CursorKey::new("keys", &[]);
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let after = cursors.position(query.cursor.as_deref())?;
    let page = keys::list(&call.database, call.team_id(), after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}

pub(crate) async fn create(call: Call, Body(input): Body<KeyInput>) -> Result<Response, Problem> {
    let expires_at_ms = input.check(time::now_ms())?;
    let user_id = match input.user_name.as_deref() {
        None => call.key().user_id.clone(),
        Some(name) => {
            let id = call.new_id(Kind::User);
            users::find_or_create(&call.database, &call.actor(), &id, name).await?.id
        }
    };
    let secret = ApiKey::new(random::bytes());
    let key = NewKey {
        id: &call.new_id(Kind::Key),
        user_id: &user_id,
        name: &input.name,
        role: input.role,
        key_hash: &secret.hash(),
        hint: secret.hint(),
        chat_requests_per_hour: input.chat_requests_per_hour,
        expires_at_ms,
    };
    let row = keys::create(&call.database, &call.actor(), &key).await?;
    let shown = Shown { row: &row, key: secret.reveal(), previous_key_id: None, previous_grace_until: None };
    secret_response(&shown)
}

pub(crate) async fn rotate(
    call: Call,
    Path(key_id): Path<String>,
    Body(input): Body<RotationInput>,
) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    checks.number("grace_seconds", input.grace_seconds, 0..=LONGEST_GRACE_SECONDS);
    checks.finish()?;
    let secret = ApiKey::new(random::bytes());
    let replacement =
        Replacement { id: &call.new_id(Kind::Key), key_hash: &secret.hash(), hint: secret.hint() };
    let rotation =
        keys::rotate(&call.database, &call.actor(), &key_id, &replacement, input.grace_seconds).await?;
    if input.grace_seconds == 0 {
        end(&call, &rotation.previous_key_hash).await;
    }
    secret_response(&Shown {
        row: &rotation.key,
        key: secret.reveal(),
        previous_key_id: Some(&rotation.previous_key_id),
        previous_grace_until: Some(domain::timestamp(rotation.previous_grace_until_ms)),
    })
}

pub(crate) async fn revoke(call: Call, Path(key_id): Path<String>) -> Result<Response, Problem> {
    let hash = keys::revoke(&call.database, &call.actor(), &key_id).await?;
    end(&call, &hash).await;
    Ok(edge::no_content())
}

/// Tells the caches that a key has ended. The database knows already, so a failure delays this and undoes nothing.
async fn end(call: &Call, hash: &KeyHash) {
    edge::forget_key(hash);
    let Some(redis) = call.redis() else { return };
    let tombstone = Document { revision: ENDED, json: "null".to_owned() };
    let written = cache::write_documents(redis, &[(Slot::api_key(hash.as_str()), tombstone)]).await;
    if let Err(error) = written {
        platform::warn!("end of a key not published", error = error.to_string());
    }
}

/// What holds a secret is kept by nobody on its way.
pub(crate) fn secret_response<T: Serialize>(value: &T) -> Result<Response, Problem> {
    let mut response = edge::to_json_response(201, value)?;
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

impl KeyInput {
    /// Everything that is wrong, or when the key ends.
    fn check(&self, now_ms: i64) -> Result<Option<i64>, Error> {
        let mut checks = Checks::default();
        checks.title("name", &self.name, LONGEST_NAME);
        if let Some(user_name) = &self.user_name {
            checks.title("user_name", user_name, LONGEST_NAME);
        }
        if let Some(most) = self.chat_requests_per_hour {
            checks.number("chat_requests_per_hour", most, 0..=MOST_REQUESTS_PER_HOUR);
        }
        let expires_at_ms = checks.time("expires_at", self.expires_at.as_deref());
        if expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
            checks.refuse("expires_at", "out_of_range", "a time to come");
        }
        checks.finish()?;
        Ok(expires_at_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &[(&str, &str)]) {
        let input: KeyInput = serde_json::from_str(body).unwrap();
        let found = match input.check(1_000) {
            Ok(_) => Vec::new(),
            Err(Error::Validation(errors)) => errors,
            Err(error) => panic!("{error}"),
        };
        let found: Vec<_> = found.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn everything_wrong_with_a_key_is_said_at_once() {
        check(r#"{"name":"Prüfung","role":"viewer"}"#, &[]);
        check(r#"{"name":"a","role":"admin","expires_at":"1970-01-01T00:00:02Z"}"#, &[]);
        check(
            r#"{"name":"","role":"viewer","user_name":"  ","expires_at":"1970-01-01T00:00:01Z",
                "chat_requests_per_hour":-1}"#,
            &[
                ("name", "too_short"),
                ("user_name", "too_short"),
                ("chat_requests_per_hour", "out_of_range"),
                ("expires_at", "out_of_range"),
            ],
        );
        check(r#"{"name":"a\u0000","role":"viewer"}"#, &[("name", "invalid_character")]);
        check(r#"{"name":"a","role":"viewer","expires_at":"soon"}"#, &[("expires_at", "invalid_format")]);
    }
}
