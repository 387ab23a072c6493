//! Pointers: promoted, rolled back, recorded, and moved by one at a time.

use domain::{Environment, Error, Id};
use futures_util::future::join_all;
use store::Actor;
use store::pointers::{Action, Promotion, Rollback};

use crate::support::{database, promote, prompt, team, to_production, version};

const BACK: Rollback<'static> = Rollback {
    target_version_id: None,
    environment: Environment::Production,
    justification: Some("worse answers"),
    expected_revision: None,
};

/// A prompt with three versions.
async fn three_versions(actor: &Actor, name: &str) -> [Id; 3] {
    let database = database().await;
    prompt(&database, actor, name).await;
    let mut ids = Vec::new();
    for template in ["one", "two", "three"] {
        ids.push(version(&database, actor, name, template).await.version.id);
    }
    ids.try_into().unwrap()
}

#[tokio::test]
async fn a_pointer_moves_and_its_history_says_how() {
    let (database, actor) = (database().await, team().await);
    let [one, two, three] = three_versions(&actor, "p").await;

    let first = promote(&database, &actor, "p", &one).await;
    assert_eq!((first.previous_version_id, first.version_number, first.moved), (None, 1, true));
    let second = promote(&database, &actor, "p", &two).await;
    assert_eq!(second.previous_version_id.as_ref(), Some(&one));
    assert!(second.revision > first.revision);
    promote(&database, &actor, "p", &three).await;

    let back = store::pointers::roll_back(&database, &actor, "p", &BACK).await.unwrap();
    assert_eq!((&back.version_id, back.previous_version_id.as_ref()), (&two, Some(&three)));
    let undone = store::pointers::roll_back(&database, &actor, "p", &BACK).await.unwrap();
    assert_eq!(undone.version_id, three);
    let to_one = Rollback { target_version_id: Some(one.as_str()), ..BACK };
    let far = store::pointers::roll_back(&database, &actor, "p", &to_one).await.unwrap();
    assert_eq!((&far.version_id, far.previous_version_id.as_ref()), (&one, Some(&three)));

    let history = store::pointers::history(&database, &actor.team_id, "p", None, None, 4).await.unwrap();
    let rest = store::pointers::history(&database, &actor.team_id, "p", None, history.next.as_ref(), 4)
        .await
        .unwrap();
    let moves: Vec<_> =
        history.rows.iter().chain(&rest.rows).map(|row| (row.action, row.version_number)).collect();
    assert_eq!(
        moves,
        [
            (Action::Rollback, 1),
            (Action::Rollback, 3),
            (Action::Rollback, 2),
            (Action::Promote, 3),
            (Action::Promote, 2),
            (Action::Promote, 1)
        ]
    );
    assert_eq!(history.rows[0].justification.as_deref(), Some("worse answers"));
    assert_eq!(history.rows[0].previous_version_number, Some(3));
    assert_eq!(history.rows[0].moved_by_name.as_deref(), Some("first"));
    let staging = Some(Environment::Staging);
    let elsewhere = store::pointers::history(&database, &actor.team_id, "p", staging, None, 4).await.unwrap();
    assert_eq!(elsewhere.rows, []);

    let pointer =
        store::prompts::get(&database, &actor.team_id, "p").await.unwrap().pointers.production.unwrap();
    assert_eq!((pointer.version_id, pointer.revision), (one, far.revision));
}

#[tokio::test]
async fn what_is_live_already_moves_nothing() {
    let (database, actor) = (database().await, team().await);
    let [one, ..] = three_versions(&actor, "p").await;
    let first = promote(&database, &actor, "p", &one).await;
    let again = promote(&database, &actor, "p", &one).await;
    assert_eq!((again.moved, again.revision), (false, first.revision));
    let history = store::pointers::history(&database, &actor.team_id, "p", None, None, 10).await.unwrap();
    assert_eq!(history.rows.len(), 1);
}

#[tokio::test]
async fn of_twenty_who_expect_the_same_revision_one_wins_and_the_others_learn_the_new_one() {
    let (setup, actor) = (database().await, team().await);
    let [one, two, three] = three_versions(&actor, "p").await;
    let revision = promote(&setup, &actor, "p", &one).await.revision;

    let results = join_all((0..20).map(|number| {
        let (actor, target) = (&actor, if number % 2 == 0 { &two } else { &three });
        async move {
            let promotion = Promotion { expected_revision: Some(revision), ..to_production(target) };
            store::pointers::promote(&database().await, actor, "p", &promotion).await
        }
    }))
    .await;

    let winners: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    let current = winners[0].revision;
    let losers = results.iter().filter(|result| **result == Err(Error::RevisionMismatch { current })).count();
    assert_eq!(losers, 19, "{results:?}");
}

#[tokio::test]
async fn simultaneous_moves_form_one_chain() {
    let (setup, actor) = (database().await, team().await);
    let [one, two, three] = three_versions(&actor, "p").await;
    promote(&setup, &actor, "p", &one).await;
    join_all((0..30).map(|number| {
        let (actor, target) = (&actor, [&one, &two, &three][number % 3]);
        async move { promote(&database().await, actor, "p", target).await }
    }))
    .await;

    let history = store::pointers::history(&setup, &actor.team_id, "p", None, None, 100).await.unwrap().rows;
    for pair in history.windows(2) {
        assert_eq!(pair[0].previous_version_id.as_ref(), Some(&pair[1].version_id));
        assert_ne!(pair[0].version_id, pair[1].version_id);
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_go_live() {
    let (database, actor) = (database().await, team().await);
    let [one, ..] = three_versions(&actor, "p").await;
    prompt(&database, &actor, "other").await;

    let nothing = store::pointers::roll_back(&database, &actor, "p", &BACK).await;
    assert!(matches!(nothing, Err(Error::Conflict(_))), "{nothing:?}");
    let foreign = store::pointers::promote(&database, &actor, "other", &to_production(&one)).await;
    assert_eq!(foreign, Err(Error::NotFound("version")));
    let missing = store::pointers::promote(&database, &actor, "missing", &to_production(&one)).await;
    assert_eq!(missing, Err(Error::NotFound("prompt")));
    let history = store::pointers::history(&database, &actor.team_id, "missing", None, None, 1).await;
    assert_eq!(history, Err(Error::NotFound("prompt")));
}
