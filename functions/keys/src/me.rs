//! The caller.

use axum::response::Response;
use domain::{Id, Role, timestamp};
use edge::{Call, Problem};
use serde::Serialize;

/// The answer to `GET /api/me`, from what authentication knows: it asks no store of its own.
#[derive(Serialize)]
struct Me<'a> {
    key: OwnKey<'a>,
    user: OwnUser<'a>,
    team: OwnTeam<'a>,
    role: Role,
}

#[derive(Serialize)]
struct OwnKey<'a> {
    id: &'a Id,
    key_id: &'a Id,
    name: &'a str,
    role: Role,
    expires_at: Option<String>,
    grace_until: Option<String>,
    chat_requests_per_hour: Option<i64>,
}

#[derive(Serialize)]
struct OwnUser<'a> {
    id: &'a Id,
    user_id: &'a Id,
    name: &'a str,
}

#[derive(Serialize)]
struct OwnTeam<'a> {
    id: &'a Id,
    team_id: &'a Id,
    name: &'a str,
    is_operator: bool,
}

pub(crate) async fn show(call: Call) -> Result<Response, Problem> {
    let key = call.key();
    let me = Me {
        key: OwnKey {
            id: &key.key_id,
            key_id: &key.key_id,
            name: &key.key_name,
            role: key.role,
            expires_at: key.expires_at_ms.map(timestamp),
            grace_until: key.grace_until_ms.map(timestamp),
            chat_requests_per_hour: key.chat_requests_per_hour,
        },
        user: OwnUser { id: &key.user_id, user_id: &key.user_id, name: &key.user_name },
        team: OwnTeam {
            id: &key.team_id,
            team_id: &key.team_id,
            name: &key.team_name,
            is_operator: key.is_operator,
        },
        role: key.role,
    };
    edge::to_json_response(200, &me)
}
