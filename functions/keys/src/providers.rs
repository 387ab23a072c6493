//! Keys for model providers. What is stored is sealed, and what is shown of a key is its last four characters.

use ::providers::{Keyring, Unsealable, last_four};
use axum::extract::Path;
use axum::response::Response;
use domain::Error;
use edge::{Body, Call, Checks, CursorKey, Problem, Query};
use llm::base_url;
use serde::Deserialize;
use store::providers::{self as stored, NewProvider};

use crate::api_keys::PageQuery;

const LONGEST_API_KEY: usize = 4_096;

/// The body of `PUT /api/providers/{provider}`: both values, for a key must not stay behind when its address changes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderInput {
    api_key: String,
    /// Version segment included. Needed by endpoints of the team's own; the others have one.
    base_url: Option<String>,
}

pub(crate) async fn list(call: Call, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let cursors = CursorKey::new("providers", &[]);
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let after = cursors.position(query.cursor.as_deref())?;
    let page = stored::list(&call.database, call.team_id(), after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}

pub(crate) async fn show(call: Call, Path(provider): Path<String>) -> Result<Response, Problem> {
    edge::to_json_response(200, &stored::get(&call.database, call.team_id(), &provider).await?)
}

pub(crate) async fn put(
    call: Call,
    Path(provider): Path<String>,
    Body(input): Body<ProviderInput>,
) -> Result<Response, Problem> {
    let base_url = input.check(&provider, &call)?;
    let sealed = Keyring::from_config(&call.context.config)
        .and_then(|keyring| keyring.seal(&input.api_key, call.team_id(), &provider))
        .map_err(not_configured)?;
    let new = NewProvider {
        name: &provider,
        sealed_key: &sealed.text,
        encryption_key_id: &sealed.encryption_key_id,
        last_four: last_four(&input.api_key),
        base_url: base_url.as_deref(),
    };
    let row = stored::put(&call.database, &call.actor(), &new).await?;
    publish(&call).await;
    edge::to_json_response(200, &row)
}

pub(crate) async fn delete(call: Call, Path(provider): Path<String>) -> Result<Response, Problem> {
    stored::delete(&call.database, &call.actor(), &provider).await?;
    publish(&call).await;
    Ok(edge::no_content())
}

/// The database knows already, so a failure delays what isolates hear and undoes nothing.
async fn publish(call: &Call) {
    let published = ::providers::publish(call.team_id(), call.redis(), &call.database).await;
    if let Err(error) = published {
        let (team_id, request_id) = (call.team_id(), &call.request_id);
        platform::warn!(
            "providers not published",
            team_id = team_id,
            error = error.to_string(),
            request_id = request_id,
            trace_id = call.trace_id()
        );
    }
}

/// Whoever runs the installation has to set a secret first: said plainly, for nothing else helps.
fn not_configured(error: Unsealable) -> Problem {
    Problem::new(503, "unavailable", error.to_string())
}

impl ProviderInput {
    /// Everything that is wrong, or the address as it is stored.
    fn check(&self, provider: &str, call: &Call) -> Result<Option<String>, Error> {
        let mut checks = Checks::default();
        let is_known = matches!(provider, "openai" | "anthropic" | "gemini");
        if !::providers::is_name(provider) {
            let detail = "openai, anthropic, gemini, or a name of your own: 1 to 63 of a-z, 0-9 and -";
            checks.refuse("provider", "invalid_format", detail);
        }
        check_key(&mut checks, &self.api_key);
        let surroundings = ::providers::surroundings(&call.context.config);
        let base_url = match self.base_url.as_deref() {
            None if !is_known => {
                checks.refuse("base_url", "required", "where the endpoint is: https://models.example.com/v1");
                None
            }
            None => None,
            Some(url) => base_url::check(url, surroundings)
                .map_err(|refused| checks.refuse("base_url", "invalid_format", refused.to_string()))
                .ok(),
        };
        checks.finish()?;
        Ok(base_url)
    }
}

/// What a header can carry.
fn check_key(checks: &mut Checks, key: &str) {
    checks.text("api_key", key, 1..=LONGEST_API_KEY);
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        checks.refuse("api_key", "invalid_character", "printable ASCII without spaces");
    }
}
