//! Search: any part of a word, in any language, with nothing special about wildcards.

use store::prompts::{Query, State};

use crate::prompts::{ALL, names};
use crate::support::{database, prompt_with, team};

#[tokio::test]
async fn search_finds_parts_of_words_and_takes_wildcards_literally() {
    let (database, actor) = (database().await, team().await);
    for (name, description) in [
        ("refund", "100% of the price"),
        ("refund-part", "1000 of the price"),
        ("snake_case", "a_b"),
        ("snakexcase", "axb"),
        ("path", r"C:\temp"),
        ("german", "Grüße an ALLE"),
        ("japanese", "返金ポリシー"),
    ] {
        prompt_with(&database, &actor, name, description, None, &[]).await;
    }
    for (search, expected) in [
        ("REFUND", vec!["refund", "refund-part"]),
        ("100%", vec!["refund"]),
        ("snake_", vec!["snake_case"]),
        ("a_b", vec!["snake_case"]),
        ("%", vec!["refund"]),
        ("_", vec!["snake_case"]),
        (r"\", vec!["path"]),
        (r"C:\t", vec!["path"]),
        ("GRÜSSE", vec![]),
        ("grüße an alle", vec!["german"]),
        ("GRÜ", vec!["german"]),
        ("金ポ", vec!["japanese"]),
        ("nothing", vec![]),
    ] {
        let found = names(&actor, &Query { search: Some(search), ..ALL }, 50).await;
        assert_eq!(found, expected, "{search}");
    }
}

#[tokio::test]
async fn filters_narrow_and_combine() {
    let (database, actor) = (database().await, team().await);
    let new = store::collections::NewCollection {
        id: &crate::support::id(domain::Kind::Collection),
        name: "Support",
        description: "",
    };
    let collection = store::collections::create(&database, &actor, &new).await.unwrap();
    let place = Some(collection.id.as_str());
    prompt_with(&database, &actor, "in-tagged", "", place, &["hot", "ü"]).await;
    prompt_with(&database, &actor, "in", "", place, &[]).await;
    prompt_with(&database, &actor, "tagged", "", None, &["hot"]).await;
    prompt_with(&database, &actor, "gone", "", place, &["hot"]).await;
    store::prompts::archive(&database, &actor, "gone").await.unwrap();

    let check = async |query: Query<'_>, expected: &[&str]| {
        assert_eq!(names(&actor, &query, 50).await, expected, "{query:?}");
    };
    check(Query { collection_id: place, ..ALL }, &["in", "in-tagged"]).await;
    check(Query { tag: Some("hot"), ..ALL }, &["in-tagged", "tagged"]).await;
    check(Query { tag: Some("ho"), ..ALL }, &[]).await;
    check(Query { tag: Some("hot"), collection_id: place, ..ALL }, &["in-tagged"]).await;
    check(Query { state: Some(State::Archived), ..ALL }, &["gone"]).await;
    check(Query { state: None, tag: Some("hot"), ..ALL }, &["gone", "in-tagged", "tagged"]).await;
    check(Query { search: Some("tag"), collection_id: place, ..ALL }, &["in-tagged"]).await;
}
