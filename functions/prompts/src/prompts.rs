//! Prompts.

use axum::extract::Path;
use axum::response::Response;
use domain::{Error, Kind, LONGEST_PROMPT_NAME};
use edge::{Body, Call, Checks, CursorKey, Problem, Query, present};
use serde::Deserialize;
use store::prompts::{self, NewPrompt, Order, PromptChanges, Sort, State};

use crate::archive::publish_everywhere;
use crate::publication::require_for_production;

const LONGEST_DESCRIPTION: usize = 2_000;
const MOST_TAGS: usize = 20;
const LONGEST_TAG: usize = 50;
const LONGEST_SEARCH: usize = 200;

/// The query of `GET /api/prompts`. Empty filters are none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptsQuery {
    search: Option<String>,
    collection_id: Option<String>,
    tag: Option<String>,
    #[serde(default)]
    archived: Archived,
    sort: Option<String>,
    order: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

/// Which prompts: archived ones, living ones, or both.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Archived {
    True,
    #[default]
    False,
    All,
}

impl Archived {
    /// What the store is asked for.
    pub(crate) const fn state(self) -> Option<State> {
        match self {
            Self::True => Some(State::Archived),
            Self::False => Some(State::Living),
            Self::All => None,
        }
    }
}

/// The body of `POST /api/prompts`, and of `PUT`, which replaces all of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptInput {
    name: String,
    description: Option<String>,
    collection_id: Option<String>,
    tags: Option<Vec<String>>,
}

/// The body of `PATCH`: an absent field stays, null clears.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::option_option, reason = "absent, null, and a value are three things in a PATCH")]
pub(crate) struct PromptPatch {
    #[serde(deserialize_with = "present")]
    name: Option<String>,
    #[serde(deserialize_with = "present")]
    description: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    collection_id: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    tags: Option<Option<Vec<String>>>,
}

pub(crate) async fn list(call: Call, Query(query): Query<PromptsQuery>) -> Result<Response, Problem> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let [search, collection_id, tag] = [&query.search, &query.collection_id, &query.tag].map(given);
    let mut checks = Checks::default();
    checks.text("search", search.as_deref().unwrap_or_default(), 0..=LONGEST_SEARCH);
    checks.storable("tag", tag.as_deref().unwrap_or_default());
    if let Some(id) = &collection_id {
        checks.id("collection_id", id, Kind::Collection);
    }
    let names = ["name", "created_at", "updated_at"];
    let sort = checks.choice("sort", query.sort.as_deref(), Sort::Name, Sort::parse, &names);
    let order =
        checks.choice("order", query.order.as_deref(), Order::Ascending, Order::parse, &["asc", "desc"]);
    checks.finish()?;
    let limit = CursorKey::limit(query.limit.as_deref())?;
    let wanted = prompts::Query {
        search: search.as_deref(),
        collection_id: collection_id.as_deref(),
        tag: tag.as_deref(),
        state: query.archived.state(),
        sort,
        order,
    };
    let cursors = CursorKey::new("prompts", &[&format!("{wanted:?}")]);
    let after = cursors.position(query.cursor.as_deref())?;
    let page = prompts::list(&call.database, call.team_id(), &wanted, after.as_ref(), limit).await?;
    edge::to_json_response(200, &cursors.page(page))
}

pub(crate) async fn create(call: Call, Body(input): Body<PromptInput>) -> Result<Response, Problem> {
    input.check()?;
    let tags = distinct(input.tags.unwrap_or_default());
    let prompt = NewPrompt {
        id: &call.new_id(Kind::Prompt),
        name: &input.name,
        description: input.description.as_deref().unwrap_or_default(),
        collection_id: input.collection_id.as_deref(),
        tags: &tags,
    };
    let prompt = prompts::create(&call.database, &call.actor(), &prompt).await?;
    edge::to_json_response(201, &prompt)
}

pub(crate) async fn show(call: Call, Path(reference): Path<String>) -> Result<Response, Problem> {
    let prompt = prompts::get(&call.database, call.team_id(), &reference).await?;
    edge::to_json_response(200, &prompt)
}

pub(crate) async fn replace(
    call: Call,
    Path(reference): Path<String>,
    Body(input): Body<PromptInput>,
) -> Result<Response, Problem> {
    input.check()?;
    let changes = PromptChanges {
        name: Some(input.name),
        description: Some(input.description.unwrap_or_default()),
        collection_id: Some(input.collection_id),
        tags: Some(distinct(input.tags.unwrap_or_default())),
    };
    update(&call, &reference, &changes).await
}

pub(crate) async fn change(
    call: Call,
    Path(reference): Path<String>,
    Body(patch): Body<PromptPatch>,
) -> Result<Response, Problem> {
    patch.check()?;
    let changes = PromptChanges {
        name: patch.name,
        description: patch.description.map(Option::unwrap_or_default),
        collection_id: patch.collection_id,
        tags: patch.tags.map(|tags| distinct(tags.unwrap_or_default())),
    };
    update(&call, &reference, &changes).await
}

async fn update(call: &Call, reference: &str, changes: &PromptChanges) -> Result<Response, Problem> {
    if let Some(name) = &changes.name {
        // Who resolves by the old name finds nothing any more.
        require_for_production(call, reference, |prompt| !prompt.archived && prompt.name != *name).await?;
    }
    let updated = prompts::update(&call.database, &call.actor(), reference, changes).await?;
    if updated.revisions.is_none() {
        return edge::to_json_response(200, &updated.prompt);
    }
    publish_everywhere(call, &updated).await
}

/// Tags are a set, in the order in which they were first given.
fn distinct(tags: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::with_capacity(tags.len());
    for tag in tags {
        if !distinct.contains(&tag) {
            distinct.push(tag);
        }
    }
    distinct
}

impl PromptInput {
    fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::default();
        check_name(&mut checks, &self.name);
        check_description(&mut checks, self.description.as_deref());
        check_collection(&mut checks, self.collection_id.as_deref());
        check_tags(&mut checks, self.tags.as_deref());
        checks.finish()
    }
}

impl PromptPatch {
    fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::default();
        if let Some(name) = &self.name {
            check_name(&mut checks, name);
        }
        check_description(&mut checks, self.description.as_ref().and_then(Option::as_deref));
        check_collection(&mut checks, self.collection_id.as_ref().and_then(Option::as_deref));
        check_tags(&mut checks, self.tags.as_ref().and_then(Option::as_deref));
        checks.finish()
    }
}

/// `[a-z0-9][a-z0-9._/-]{0,199}`.
fn check_name(checks: &mut Checks, name: &str) {
    if name.is_empty() {
        return checks.refuse("name", "too_short", "at least 1 character");
    }
    if name.len() > LONGEST_PROMPT_NAME {
        checks.refuse("name", "too_long", format!("at most {LONGEST_PROMPT_NAME} characters"));
    }
    if !domain::has_name_characters(name) {
        let detail = "a to z and 0 to 9, after the first character also . _ / -";
        checks.refuse("name", "invalid_format", detail);
    }
}

fn check_description(checks: &mut Checks, description: Option<&str>) {
    checks.text("description", description.unwrap_or_default(), 0..=LONGEST_DESCRIPTION);
}

fn check_collection(checks: &mut Checks, collection_id: Option<&str>) {
    if let Some(id) = collection_id {
        checks.id("collection_id", id, Kind::Collection);
    }
}

fn check_tags(checks: &mut Checks, tags: Option<&[String]>) {
    let tags = tags.unwrap_or_default();
    checks.count("tags", tags.len(), 0..=MOST_TAGS);
    for (index, tag) in tags.iter().enumerate().take(MOST_TAGS) {
        checks.title(&format!("tags[{index}]"), tag, LONGEST_TAG);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn codes(result: Result<(), Error>) -> Vec<(String, &'static str)> {
        match result {
            Ok(()) => Vec::new(),
            Err(Error::Validation(errors)) => {
                errors.into_iter().map(|error| (error.field, error.code)).collect()
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[track_caller]
    fn check_input(body: &str, expected: &[(&str, &str)]) {
        let found = codes(serde_json::from_str::<PromptInput>(body).unwrap().check());
        let found: Vec<_> = found.iter().map(|(field, code)| (field.as_str(), *code)).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn names_have_every_legal_character_and_no_other() {
        let every: String = (0..=127_u8).map(char::from).filter(char::is_ascii_graphic).collect();
        for character in every.chars().chain(" \n\0äЖ️🙂".chars()) {
            let legal = character.is_ascii_lowercase() || character.is_ascii_digit();
            let check = |name: String| {
                let mut checks = Checks::default();
                check_name(&mut checks, &name);
                checks.finish().is_ok()
            };
            assert_eq!(check(character.to_string()), legal, "{character:?}");
            assert_eq!(check(format!("a{character}")), legal || "._/-".contains(character), "{character:?}");
        }
        check_input(&format!(r#"{{"name":"{}"}}"#, "a".repeat(200)), &[]);
        check_input(&format!(r#"{{"name":"{}"}}"#, "a".repeat(201)), &[("name", "too_long")]);
    }

    #[test]
    fn everything_wrong_with_a_prompt_is_said_at_once() {
        check_input(r#"{"name":"a","description":"über 🙂","tags":["ü"]}"#, &[]);
        check_input(
            r#"{"name":"","description":"\u0000","collection_id":"prm_1","tags":["", "a\u0000"]}"#,
            &[
                ("name", "too_short"),
                ("description", "invalid_character"),
                ("collection_id", "invalid_format"),
                ("tags[0]", "too_short"),
                ("tags[1]", "invalid_character"),
            ],
        );
    }

    #[test]
    fn a_patch_tells_null_from_absent() {
        let read = |body| serde_json::from_str::<PromptPatch>(body);
        assert!(read(r#"{"name":null}"#).is_err());
        let patch = read(r#"{"description":null,"tags":["a","b"]}"#).unwrap();
        assert_eq!(patch.description, Some(None));
        assert_eq!(patch.collection_id, None);
        assert_eq!(codes(read(r#"{"name":"A"}"#).unwrap().check()).len(), 1);
    }

    #[test]
    fn tags_are_a_set() {
        let tags = ["b", "a", "b"].map(str::to_owned).to_vec();
        assert_eq!(distinct(tags), ["b", "a"]);
    }
}
