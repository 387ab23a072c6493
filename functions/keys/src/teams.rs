//! Teams. Only the team that runs the installation adds others.

use axum::response::Response;
use domain::{ApiKey, Id, Kind};
use edge::{Body, Call, Checks, CursorKey, Problem, Query};
use platform::random;
use serde::{Deserialize, Serialize};
use store::keys::ApiKeyRow;
use store::teams::{self, NewTeam, Team};

use crate::api_keys::{LONGEST_NAME, PageQuery, secret_response};

/// The body of `POST /api/teams`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamInput {
    name: String,
    /// The first user's name.
    user_name: Option<String>,
    /// The first key's name.
    key_name: Option<String>,
}

const FIRST_USER_NAME: &str = "admin";
const FIRST_KEY_NAME: &str = "First key";

/// A new team with the key of its first admin, shown this once.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    team: &'a Team,
    user_id: &'a Id,
    user_name: &'a str,
    key_id: &'a Id,
    key: &'a str,
    /// The key as `GET /api/keys` of the new team shows it.
    api_key: &'a ApiKeyRow,
}

pub(crate) async fn list(call: Call, Query(query): Query<PageQuery>) -> Result<Response, Problem> {
    let cursors = CursorKey::new("teams", &[]);
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let after = cursors.position(query.cursor.as_deref())?;
    let page = teams::list(&call.database, call.team_id(), after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}

pub(crate) async fn create(call: Call, Body(input): Body<TeamInput>) -> Result<Response, Problem> {
    let user_name = input.user_name.as_deref().unwrap_or(FIRST_USER_NAME);
    let key_name = input.key_name.as_deref().unwrap_or(FIRST_KEY_NAME);
    let mut checks = Checks::default();
    checks.title("name", &input.name, LONGEST_NAME);
    checks.title("user_name", user_name, LONGEST_NAME);
    checks.title("key_name", key_name, LONGEST_NAME);
    checks.finish()?;
    let secret = ApiKey::new(random::bytes());
    let team = NewTeam {
        team_id: &call.new_id(Kind::Team),
        team_name: &input.name,
        user_id: &call.new_id(Kind::User),
        user_name,
        key_id: &call.new_id(Kind::Key),
        key_name,
        key_hash: &secret.hash(),
        hint: secret.hint(),
    };
    let created = teams::create(&call.database, &call.actor(), &team).await?;
    secret_response(&Shown {
        team: &created.team,
        user_id: &created.key.user_id,
        user_name: &created.key.user_name,
        key_id: &created.key.key_id,
        key: secret.reveal(),
        api_key: &created.key,
    })
}
