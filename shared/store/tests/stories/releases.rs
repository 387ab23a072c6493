//! Releases: what the edge loads.

use domain::Environment;
use store::releases::Wanted;

use crate::support::{database, promote, prompt, release, team, text, version};

const PRODUCTION: Environment = Environment::Production;

#[tokio::test]
async fn a_release_has_all_that_resolve_needs() {
    let (database, actor) = (database().await, team().await);
    let prompt = prompt(&database, &actor, "p").await;

    let empty = release(&database, &actor, "p", PRODUCTION).await;
    assert_eq!((&empty.prompt_id, empty.environment, empty.version), (&prompt.id, PRODUCTION, None));

    let created = version(&database, &actor, "p", "Hello {{ name }}").await.version;
    let moved = promote(&database, &actor, "p", &created.id).await;
    for reference in ["p", prompt.id.as_str()] {
        let release = release(&database, &actor, reference, PRODUCTION).await;
        assert_eq!((release.revision, release.archived, release.killed), (moved.revision, false, false));
        let live = release.version.unwrap();
        assert_eq!((&live.version_id, live.version_number), (&created.id, 1));
        assert_eq!((&live.content, &live.variables), (&text("Hello {{ name }}"), &created.variables));
    }

    let archived = store::prompts::archive(&database, &actor, "p").await.unwrap();
    let release = release(&database, &actor, "p", PRODUCTION).await;
    assert!(release.archived);
    assert_eq!(release.revision, archived.revisions.unwrap().of(PRODUCTION));
    assert_eq!(store::releases::load(&database, &actor.team_id, "q", PRODUCTION).await, Ok(None));
}

#[tokio::test]
async fn a_batch_answers_in_the_order_it_was_asked() {
    let (database, actor) = (database().await, team().await);
    for name in ["a", "b"] {
        prompt(&database, &actor, name).await;
    }
    let one = version(&database, &actor, "a", "one").await.version;
    version(&database, &actor, "a", "two").await;
    promote(&database, &actor, "a", &one.id).await;
    let wanted = |reference, environment, version| Wanted { reference, environment, version };
    let wanted = [
        wanted("b", PRODUCTION, None),
        wanted("missing", PRODUCTION, None),
        wanted("a", PRODUCTION, None),
        wanted("a", Environment::Staging, Some("latest")),
        wanted("a", Environment::Staging, None),
        wanted("a", PRODUCTION, Some("3")),
        wanted("b", PRODUCTION, None),
    ];
    let releases = store::releases::load_many(&database, &actor.team_id, &wanted).await.unwrap();
    let found: Vec<_> = releases
        .iter()
        .map(|release| {
            let written = release.as_ref()?;
            let release = written.read().unwrap();
            assert_eq!((&release.name, release.archived), (&written.name, written.archived));
            let number = release.version.as_ref().map(|version| version.version_number);
            Some((written.name.as_str(), release.environment, number, release.pinned))
        })
        .collect();
    let staging = Environment::Staging;
    let expected = [
        Some(("b", PRODUCTION, None, false)),
        None,
        Some(("a", PRODUCTION, Some(1), false)),
        Some(("a", staging, Some(2), true)),
        Some(("a", staging, None, false)),
        None,
        Some(("b", PRODUCTION, None, false)),
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_pinned_version_takes_the_place_of_the_live_one() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "p").await;
    let one = version(&database, &actor, "p", "one").await.version;
    version(&database, &actor, "p", "two").await;
    promote(&database, &actor, "p", &one.id).await;

    for (selector, number) in [
        ("1", Some(1)),
        ("2", Some(2)),
        ("latest", Some(2)),
        ("production", Some(1)),
        ("staging", None),
        ("3", None),
    ] {
        let release =
            store::releases::load_version(&database, &actor.team_id, "p", selector, Environment::Staging)
                .await
                .unwrap();
        let found = release.map(|release| release.read().unwrap().version.unwrap().version_number);
        assert_eq!(found, number, "{selector}");
    }
}

#[tokio::test]
async fn a_release_survives_the_way_through_a_cache() {
    let (database, actor) = (database().await, team().await);
    prompt(&database, &actor, "p").await;
    let one = version(&database, &actor, "p", "one").await.version;
    promote(&database, &actor, "p", &one.id).await;
    let release = release(&database, &actor, "p", PRODUCTION).await;
    let text = serde_json::to_string(&release).unwrap();
    assert_eq!(serde_json::from_str::<store::releases::Release>(&text).unwrap(), release);
}
