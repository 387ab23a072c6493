//! Prompts: made, found, changed, archived, restored, listed.

use domain::{Error, Kind};
use futures_util::future::join_all;
use store::Actor;
use store::prompts::{NewPrompt, Order, PromptChanges, Query, Sort, State};

use crate::support::{self, database, promote, prompt, prompt_with, random_name, release, team, version};

pub(crate) const ALL: Query<'static> = Query {
    search: None,
    collection_id: None,
    tag: None,
    state: Some(State::Living),
    sort: Sort::Name,
    order: Order::Ascending,
};

#[tokio::test]
async fn a_prompt_is_found_by_id_and_by_name() {
    let (database, actor) = (database().await, team().await);
    let made = prompt_with(&database, &actor, "team/greeting.v2_b-1", "Grüße", None, &["a", "ü"]).await;

    for reference in [made.id.as_str(), "team/greeting.v2_b-1"] {
        assert_eq!(store::prompts::get(&database, &actor.team_id, reference).await.as_ref(), Ok(&made));
    }
    assert_eq!(made.latest_version_number, None);
    assert_eq!((&made.pointers.staging, &made.pointers.production), (&None, &None));
    assert_eq!(made.tags, ["a", "ü"]);
    assert!(made.created_at.ends_with('Z') && made.created_at.len() == 24, "{}", made.created_at);
    let missing = store::prompts::get(&database, &actor.team_id, "missing").await;
    assert_eq!(missing, Err(Error::NotFound("prompt")));
}

#[tokio::test]
async fn a_name_belongs_to_one_prompt_even_when_that_is_archived() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "taken").await;

    let refused = try_prompt(&database, &actor, "taken", None).await.unwrap_err();
    assert_eq!(refused, Error::Conflict("a prompt of this name exists already".to_owned()));

    store::prompts::archive(&database, &actor, "taken").await.unwrap();
    let refused = try_prompt(&database, &actor, "taken", None).await.unwrap_err();
    assert!(matches!(&refused, Error::Conflict(text) if text.contains("restore")), "{refused:?}");

    let looks_like_an_id = support::id(Kind::Prompt);
    let refused = try_prompt(&database, &actor, looks_like_an_id.as_str(), None).await.unwrap_err();
    assert!(matches!(&refused, Error::Validation(fields) if fields[0].field == "name"), "{refused:?}");

    let refused = try_prompt(&database, &actor, "homeless", Some("col_nowhere")).await.unwrap_err();
    assert_eq!(refused, Error::NotFound("collection"));
}

#[tokio::test]
async fn of_ten_simultaneous_prompts_of_one_name_one_is_made() {
    let actor = team().await;
    let made =
        join_all((0..10).map(|_| async { try_prompt(&database().await, &actor, "wanted", None).await }))
            .await;
    assert_eq!(made.iter().filter(|result| result.is_ok()).count(), 1, "{made:?}");
    assert!(made.iter().all(|result| matches!(result, Ok(_) | Err(Error::Conflict(_)))), "{made:?}");
}

#[tokio::test]
async fn a_change_touches_only_what_it_names() {
    let (database, actor) = (database().await, team().await);
    let made = prompt_with(&database, &actor, "plain", "first", None, &["a"]).await;

    let changes = PromptChanges { description: Some("second".to_owned()), ..PromptChanges::default() };
    let updated = store::prompts::update(&database, &actor, "plain", &changes).await.unwrap();

    assert_eq!((updated.previous_name, updated.revisions), (None, None));
    assert_eq!(updated.prompt.description, "second");
    assert_eq!((&updated.prompt.name, &updated.prompt.tags), (&made.name, &made.tags));
}

#[tokio::test]
async fn a_new_name_takes_new_revisions_and_tells_the_old_name() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "before").await;
    let live = version(&database, &actor, "before", "one").await.version;
    let promoted = promote(&database, &actor, "before", &live.id).await;

    let changes = PromptChanges { name: Some("after".to_owned()), ..PromptChanges::default() };
    let updated = store::prompts::update(&database, &actor, "before", &changes).await.unwrap();

    assert_eq!(updated.previous_name.as_deref(), Some("before"));
    let revision = updated.revisions.unwrap().production;
    assert!(revision > promoted.revision);
    assert_eq!(updated.prompt.pointers.production.as_ref().unwrap().revision, revision);
    assert_eq!(store::prompts::get(&database, &actor.team_id, "after").await.unwrap(), updated.prompt);

    let newcomer = prompt(&database, &actor, "before").await;
    let environment = domain::Environment::Production;
    let release = release(&database, &actor, "before", environment).await;
    assert_eq!(release.prompt_id, newcomer.id);
    assert!(release.revision > revision, "a name that is used again must not be overtaken by its past");

    let changes = PromptChanges { name: Some("after".to_owned()), ..PromptChanges::default() };
    let refused = store::prompts::update(&database, &actor, "before", &changes).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
}

#[tokio::test]
async fn an_archived_prompt_comes_back_as_it_was() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "sleeper").await;
    let live = version(&database, &actor, "sleeper", "one").await.version;
    promote(&database, &actor, "sleeper", &live.id).await;

    let archived = store::prompts::archive(&database, &actor, "sleeper").await.unwrap();
    let again = store::prompts::archive(&database, &actor, "sleeper").await.unwrap();
    assert!(archived.prompt.archived);
    assert_eq!(again.prompt.archived_at, archived.prompt.archived_at);
    let refused =
        store::pointers::promote(&database, &actor, "sleeper", &support::to_production(&live.id)).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    let restored = store::prompts::restore(&database, &actor, "sleeper").await.unwrap();
    assert_eq!((restored.prompt.archived, &restored.prompt.archived_at), (false, &None));
    assert_eq!(restored.prompt.pointers.production.as_ref().unwrap().version_id, live.id);
    assert!(restored.revisions.unwrap().staging > again.revisions.unwrap().staging);
}

#[tokio::test]
async fn every_order_pages_through_everything_once() {
    let (database, actor) = (database().await, team().await);
    for name in ["b", "d", "a", "c", "e"] {
        prompt(&database, &actor, name).await;
    }
    for sort in [Sort::Name, Sort::CreatedAt, Sort::UpdatedAt] {
        let mut forwards = names(&actor, &Query { sort, ..ALL }, 2).await;
        let backwards = names(&actor, &Query { sort, order: Order::Descending, ..ALL }, 2).await;
        let expected = if sort == Sort::Name { ["a", "b", "c", "d", "e"] } else { ["b", "d", "a", "c", "e"] };
        assert_eq!(forwards, expected, "{sort:?}");
        forwards.reverse();
        assert_eq!(forwards, backwards, "{sort:?}");
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_miss_what_was_there_while_prompts_are_added() {
    let (database, actor) = (database().await, team().await);
    let existing: Vec<String> = (0..20).map(|number| format!("m{number:02}")).collect();
    for name in &existing {
        prompt(&database, &actor, name).await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store::prompts::list(&database, &actor.team_id, &ALL, after.as_ref(), 3).await.unwrap();
        seen.extend(page.rows.into_iter().map(|row| row.name));
        let Some(next) = page.next else { break };
        after = Some(next);
        prompt(&database, &actor, &random_name("a")).await;
        prompt(&database, &actor, &random_name("z")).await;
    }
    seen.retain(|name| name.starts_with('m'));
    assert_eq!(seen, existing);
}

#[tokio::test]
async fn a_made_up_position_is_malformed() {
    let (database, actor) = (database().await, team().await);
    let query = Query { sort: Sort::CreatedAt, ..ALL };
    // The last is well-formed, and no time that the database has.
    for value in ["yesterday-ish", "2026-11-21T09:30:00.000+99:00", "0000-01-01T00:00:00.000Z"] {
        let position = store::Position { value: value.to_owned(), id: "x".to_owned() };
        let refused = store::prompts::list(&database, &actor.team_id, &query, Some(&position), 3).await;
        assert!(
            matches!(&refused, Err(Error::Malformed(detail)) if detail.contains("cursor")),
            "{refused:?}"
        );
    }
}

/// The names in the order in which pages of `limit` show them.
pub(crate) async fn names(actor: &Actor, query: &Query<'_>, limit: u32) -> Vec<String> {
    let database = database().await;
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page =
            store::prompts::list(&database, &actor.team_id, query, after.as_ref(), limit).await.unwrap();
        names.extend(page.rows.into_iter().map(|row| row.name));
        let Some(next) = page.next else { return names };
        after = Some(next);
    }
}

async fn try_prompt(
    database: &platform::database::Database,
    actor: &Actor,
    name: &str,
    collection_id: Option<&str>,
) -> Result<store::prompts::Prompt, Error> {
    let new = NewPrompt { id: &support::id(Kind::Prompt), name, description: "", collection_id, tags: &[] };
    store::prompts::create(database, actor, &new).await
}
