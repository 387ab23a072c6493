//! Collections.

use domain::{Environment, Error, Kind};
use platform::database::Database;
use store::Actor;
use store::collections::{Cascade, Collection, CollectionChanges, NewCollection};

use crate::support::{self, database, prompt_with, team};

async fn collection(database: &Database, actor: &Actor, name: &str) -> Result<Collection, Error> {
    let new = NewCollection { id: &support::id(Kind::Collection), name, description: "für alle" };
    store::collections::create(database, actor, &new).await
}

#[tokio::test]
async fn a_collection_is_made_changed_and_listed() {
    let (database, actor) = (database().await, team().await);
    let made = collection(&database, &actor, "Ärger").await.unwrap();
    for name in ["A", "B"] {
        collection(&database, &actor, name).await.unwrap();
    }
    let refused = collection(&database, &actor, "Ärger").await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    let changes = CollectionChanges { description: Some(String::new()), name: None };
    let updated = store::collections::update(&database, &actor, made.id.as_str(), &changes).await.unwrap();
    assert_eq!((updated.name.as_str(), updated.description.as_str()), ("Ärger", ""));
    assert_eq!(store::collections::get(&database, &actor.team_id, made.id.as_str()).await.unwrap(), updated);
    let changes = CollectionChanges { name: Some("A".to_owned()), description: None };
    let refused = store::collections::update(&database, &actor, made.id.as_str(), &changes).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    let page = store::collections::list(&database, &actor.team_id, None, 2).await.unwrap();
    let rest = store::collections::list(&database, &actor.team_id, page.next.as_ref(), 2).await.unwrap();
    let names: Vec<&str> = page.rows.iter().chain(&rest.rows).map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["A", "B", "Ärger"]);
}

#[tokio::test]
async fn deleting_a_collection_archives_its_prompts_only_when_told_to() {
    let (database, actor) = (database().await, team().await);
    let made = collection(&database, &actor, "c").await.unwrap();
    for name in ["p", "q"] {
        prompt_with(&database, &actor, name, "", Some(made.id.as_str()), &[]).await;
    }
    prompt_with(&database, &actor, "bystander", "", None, &[]).await;
    let release = store::releases::load(&database, &actor.team_id, "p", Environment::Production);
    let before = release.await.unwrap().unwrap();

    let refused = store::collections::delete(&database, &actor, made.id.as_str(), Cascade::Refuse).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    let mut archived =
        store::collections::delete(&database, &actor, made.id.as_str(), Cascade::Archive).await.unwrap();
    archived.sort_by(|left, right| left.name.cmp(&right.name));
    let names: Vec<&str> = archived.iter().map(|prompt| prompt.name.as_str()).collect();
    assert_eq!(names, ["p", "q"]);
    assert!(archived[0].revisions.production > before.revision);
    let prompt = store::prompts::get(&database, &actor.team_id, "p").await.unwrap();
    assert_eq!((prompt.archived, prompt.collection_id), (true, None));
    assert!(!store::prompts::get(&database, &actor.team_id, "bystander").await.unwrap().archived);

    let gone = store::collections::delete(&database, &actor, made.id.as_str(), Cascade::Archive).await;
    assert_eq!(gone, Err(Error::NotFound("collection")));
    let empty = collection(&database, &actor, "c").await.unwrap();
    let deleted = store::collections::delete(&database, &actor, empty.id.as_str(), Cascade::Refuse).await;
    assert_eq!(deleted, Ok(Vec::new()));
}
