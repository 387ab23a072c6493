//! Versions: consecutive, deduplicated, unchangeable.

use domain::{Error, Kind};
use futures_util::future::join_all;
use store::versions::{Content, FewShotExample, MessageTemplate, NewVersion, VersionKind};

use crate::support::{self, client, database, promote, prompt, team, try_version, version};

#[tokio::test]
async fn a_version_is_found_by_every_selector() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "greeting").await;
    let first = version(&database, &actor, "greeting", "one").await.version;
    let second = version(&database, &actor, "greeting", "two").await.version;
    promote(&database, &actor, "greeting", &first.id).await;

    for (selector, expected) in [
        ("1", Some(&first)),
        (first.id.as_str(), Some(&first)),
        ("production", Some(&first)),
        ("2", Some(&second)),
        ("latest", Some(&second)),
        ("staging", None),
        ("3", None),
        ("0", None),
        ("99999999999999999999", None),
        ("-1", None),
        ("", None),
    ] {
        let found = store::versions::get(&database, &actor.team_id, "greeting", selector).await;
        assert_eq!(found.as_ref().ok(), expected, "{selector}: {found:?}");
    }
    assert_eq!(second.content, support::text("two"));
    assert_eq!((second.version_number, second.eval_status.as_str()), (2, "none"));
}

#[tokio::test]
async fn twenty_simultaneous_authors_get_twenty_consecutive_numbers() {
    let actor = team().await;
    prompt(&database().await, &actor, "busy").await;

    let created = join_all((0..20).map(|author| {
        let actor = &actor;
        async move { version(&database().await, actor, "busy", &format!("by {author}")).await }
    }))
    .await;

    let mut numbers: Vec<i64> = created.iter().map(|created| created.version.version_number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    let prompt = store::prompts::get(&database().await, &actor.team_id, "busy").await.unwrap();
    assert_eq!(prompt.latest_version_number, Some(20));
}

#[tokio::test]
async fn the_same_content_from_twenty_authors_is_one_version_and_takes_one_number() {
    let (database_1, actor) = (database().await, team().await);
    prompt(&database_1, &actor, "agreed").await;

    let created = join_all((0..20).map(|_| {
        let actor = &actor;
        async move { version(&database().await, actor, "agreed", "the same").await }
    }))
    .await;

    assert_eq!(created.iter().filter(|created| !created.deduplicated).count(), 1);
    assert!(created.iter().all(|other| other.version == created[0].version));
    let next = version(&database_1, &actor, "agreed", "another").await;
    assert_eq!((next.version.version_number, next.deduplicated), (2, false));
}

#[tokio::test]
async fn the_database_refuses_to_change_or_delete_what_is_written_for_ever() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "stone").await;
    let version = version(&database, &actor, "stone", "one").await.version;
    promote(&database, &actor, "stone", &version.id).await;

    let client = client().await;
    for table in ["versions", "pointer_moves", "audit"] {
        for sql in [
            format!("update {table} set team_id = team_id where team_id = '{}'", actor.team_id),
            format!("delete from {table} where team_id = '{}'", actor.team_id),
        ] {
            let refusal = client.execute(&sql, &[]).await.unwrap_err();
            assert_eq!(refusal.code().unwrap().code(), "23001", "{sql}");
        }
    }
}

#[tokio::test]
async fn versions_are_listed_newest_first_while_more_are_added() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "long").await;
    for number in 1..=5 {
        version(&database, &actor, "long", &number.to_string()).await;
    }

    let first = store::versions::list(&database, &actor.team_id, "long", None, 2).await.unwrap();
    version(&database, &actor, "long", "6").await;
    let second =
        store::versions::list(&database, &actor.team_id, "long", first.next.as_ref(), 2).await.unwrap();
    let third =
        store::versions::list(&database, &actor.team_id, "long", second.next.as_ref(), 2).await.unwrap();

    let numbers: Vec<i64> =
        [&first, &second, &third].iter().flat_map(|page| &page.rows).map(|row| row.version_number).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(third.next, None);
}

#[tokio::test]
async fn a_chat_with_every_field_comes_back_as_it_went_in() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "chat").await;
    let content = Content {
        kind: VersionKind::Chat,
        template_text: None,
        messages: Some(vec![MessageTemplate {
            role: "user".into(),
            content: "Grüß {{ name }}, 日本 🎌".into(),
        }]),
        system_prompt: Some("\"quoted\" \\ and\nbroken".into()),
        few_shot_examples: vec![FewShotExample { input: "a".into(), output: "b".into() }],
        model_id: "offline".into(),
        temperature: Some(0.1),
        max_tokens: Some(4_096),
        config: serde_json::from_str(r#"{"stop": ["\n"], "seed": 9007199254740991, "deep": {"x": null}}"#)
            .unwrap(),
    };
    let new = NewVersion {
        id: &support::id(Kind::Version),
        content: &content,
        commit_message: None,
        content_hash: "hash",
        variables: &["name".to_owned()],
    };

    let created = store::versions::create(&database, &actor, "chat", &new).await.unwrap().version;

    assert_eq!(created.content, content);
    assert_eq!(store::versions::get(&database, &actor.team_id, "chat", "1").await.unwrap(), created);
    assert_eq!(created.created_by_name.as_deref(), Some("first"));
}

#[tokio::test]
async fn what_cannot_have_a_version_gets_none() {
    let (database, actor) = (database().await, team().await);
    assert_eq!(try_version(&database, &actor, "nowhere", "x").await, Err(Error::NotFound("prompt")));

    prompt(&database, &actor, "old").await;
    version(&database, &actor, "old", "one").await;
    store::prompts::archive(&database, &actor, "old").await.unwrap();
    for template in ["one", "two"] {
        let refused = try_version(&database, &actor, "old", template).await;
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }

    prompt(&database, &actor, "zero").await;
    let refused = try_version(&database, &actor, "zero", "a\0b").await;
    assert!(matches!(refused, Err(Error::Validation(_))), "{refused:?}");
    let prompt = store::prompts::get(&database, &actor.team_id, "zero").await.unwrap();
    assert_eq!(prompt.latest_version_number, None);
}
