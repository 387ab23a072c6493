//! Collections.

use axum::extract::Path;
use axum::response::Response;
use domain::{Environment, Error, Kind};
use edge::{Body, Call, Checks, CursorKey, Problem, Query, present};
use serde::Deserialize;
use store::collections::{self, Cascade, CollectionChanges, NewCollection};
use store::prompts::{self, Order, Sort, State};

use crate::publication::publish_archived;

const LONGEST_NAME: usize = 200;
const LONGEST_DESCRIPTION: usize = 500;
/// How many prompts are looked at in one question.
const PROMPTS_AT_ONCE: u32 = 200;

/// The query of `GET /api/collections`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionsQuery {
    limit: Option<String>,
    cursor: Option<String>,
}

/// The body of `POST /api/collections`, and of `PUT`, which replaces all of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionInput {
    name: String,
    description: Option<String>,
}

/// The body of `PATCH`: an absent field stays, null clears.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::option_option, reason = "absent, null, and a value are three things in a PATCH")]
pub(crate) struct CollectionPatch {
    #[serde(deserialize_with = "present")]
    name: Option<String>,
    #[serde(deserialize_with = "present")]
    description: Option<Option<String>>,
}

/// The query of `DELETE /api/collections/{collection}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletionQuery {
    #[serde(default)]
    cascade: bool,
}

pub(crate) async fn list(call: Call, Query(query): Query<CollectionsQuery>) -> Result<Response, Problem> {
    let cursors = CursorKey::new("collections", &[]);
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let after = cursors.position(query.cursor.as_deref())?;
    let page = collections::list(&call.database, call.team_id(), after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}

pub(crate) async fn create(call: Call, Body(input): Body<CollectionInput>) -> Result<Response, Problem> {
    check(Some(&input.name), input.description.as_deref())?;
    let collection = NewCollection {
        id: &call.new_id(Kind::Collection),
        name: &input.name,
        description: input.description.as_deref().unwrap_or_default(),
    };
    let collection = collections::create(&call.database, &call.actor(), &collection).await?;
    edge::to_json_response(201, &collection)
}

pub(crate) async fn show(call: Call, Path(id): Path<String>) -> Result<Response, Problem> {
    let collection = collections::get(&call.database, call.team_id(), &id).await?;
    edge::to_json_response(200, &collection)
}

pub(crate) async fn replace(
    call: Call,
    Path(id): Path<String>,
    Body(input): Body<CollectionInput>,
) -> Result<Response, Problem> {
    check(Some(&input.name), input.description.as_deref())?;
    let description = Some(input.description.unwrap_or_default());
    update(&call, &id, &CollectionChanges { name: Some(input.name), description }).await
}

pub(crate) async fn change(
    call: Call,
    Path(id): Path<String>,
    Body(patch): Body<CollectionPatch>,
) -> Result<Response, Problem> {
    check(patch.name.as_deref(), patch.description.as_ref().and_then(Option::as_deref))?;
    let description = patch.description.map(Option::unwrap_or_default);
    update(&call, &id, &CollectionChanges { name: patch.name, description }).await
}

async fn update(call: &Call, id: &str, changes: &CollectionChanges) -> Result<Response, Problem> {
    let collection = collections::update(&call.database, &call.actor(), id, changes).await?;
    edge::to_json_response(200, &collection)
}

pub(crate) async fn delete(
    call: Call,
    Path(id): Path<String>,
    Query(query): Query<DeletionQuery>,
) -> Result<Response, Problem> {
    let cascade = if query.cascade { Cascade::Archive } else { Cascade::Refuse };
    if cascade == Cascade::Archive {
        require_for_production_prompts(&call, &id).await?;
    }
    let archived = collections::delete(&call.database, &call.actor(), &id, cascade).await?;
    publish_archived(&call, &archived).await;
    Ok(edge::no_content())
}

/// Refuses a caller who may not change production, if a living prompt of the collection is live there.
async fn require_for_production_prompts(call: &Call, collection_id: &str) -> Result<(), Error> {
    let role = Environment::Production.role_to_change();
    if call.key().role >= role {
        return Ok(());
    }
    let query = prompts::Query {
        search: None,
        collection_id: Some(collection_id),
        tag: None,
        state: Some(State::Living),
        sort: Sort::CreatedAt,
        order: Order::Ascending,
    };
    let mut after = None;
    loop {
        let team_id = call.team_id();
        let page = prompts::list(&call.database, team_id, &query, after.as_ref(), PROMPTS_AT_ONCE).await?;
        if page.rows.iter().any(|prompt| prompt.pointers.production.is_some()) {
            return call.require(role);
        }
        if page.next.is_none() {
            return Ok(());
        }
        after = page.next;
    }
}

fn check(name: Option<&str>, description: Option<&str>) -> Result<(), Error> {
    let mut checks = Checks::default();
    if let Some(name) = name {
        checks.title("name", name, LONGEST_NAME);
    }
    checks.text("description", description.unwrap_or_default(), 0..=LONGEST_DESCRIPTION);
    checks.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fields_are_checked() {
        assert!(check(Some("Grüße"), Some(&"ü".repeat(500))).is_ok());
        assert!(check(None, None).is_ok());
        let Err(Error::Validation(errors)) = check(Some(" "), Some(&"ü".repeat(501))) else { panic!() };
        let codes: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(codes, [("name", "too_short"), ("description", "too_long")]);
    }
}
