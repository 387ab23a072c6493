//! Keys, users and teams.

use domain::{Error, Id, KeyHash, Kind, Role};
use futures_util::future::join_all;
use store::Actor;
use store::keys::{ApiKeyRow, NewKey, Replacement, Use};
use store::teams::NewTeam;

use crate::support::{client, database, id, random_name, team};

fn hash() -> KeyHash {
    domain::ApiKey::new(platform::random::bytes()).hash()
}

async fn key(actor: &Actor, hash: &KeyHash, expires_at_ms: Option<i64>) -> ApiKeyRow {
    let new = NewKey {
        id: &id(Kind::Key),
        user_id: &actor.user_id,
        name: "Schlüssel",
        role: Role::Editor,
        key_hash: hash,
        hint: "pl_123456",
        chat_requests_per_hour: Some(5),
        expires_at_ms,
    };
    store::keys::create(&database().await, actor, &new).await.unwrap()
}

#[tokio::test]
async fn a_key_is_found_by_its_hash_with_all_that_decides_about_it() {
    let (database, actor, hash) = (database().await, team().await, hash());
    let made = key(&actor, &hash, Some(1_900_000_000_123)).await;

    let known = store::keys::find_by_hash(&database, &hash).await.unwrap().unwrap();
    assert_eq!((&known.key_id, &known.team_id, &known.user_id), (&made.id, &actor.team_id, &actor.user_id));
    assert_eq!((known.role, known.revoked, known.is_operator), (Role::Editor, false, false));
    assert_eq!((known.expires_at_ms, known.grace_until_ms), (Some(1_900_000_000_123), None));
    assert_eq!((known.chat_requests_per_hour, known.user_name.as_str()), (Some(5), "first"));
    assert_eq!(made.expires_at.as_deref(), Some("2030-03-17T17:46:40.123Z"));
    assert_eq!(store::keys::find_by_hash(&database, &self::hash()).await, Ok(None));
}

#[tokio::test]
async fn a_rotated_key_has_one_successor_and_a_time_of_grace() {
    let (setup, actor, old_hash, new_hash) = (database().await, team().await, hash(), hash());
    let old = key(&actor, &old_hash, None).await;

    let new_id = id(Kind::Key);
    let replacement = Replacement { id: &new_id, key_hash: &new_hash, hint: "pl_654321" };
    let before_ms = platform::time::now_ms();
    let rotation = store::keys::rotate(&setup, &actor, old.id.as_str(), &replacement, 60).await.unwrap();

    assert_eq!((&rotation.previous_key_id, &rotation.previous_key_hash), (&old.id, &old_hash));
    assert_eq!((&rotation.key.name, rotation.key.role, &rotation.key.id), (&old.name, old.role, &new_id));
    let grace_ms = rotation.previous_grace_until_ms - before_ms;
    assert!((59_000..70_000).contains(&grace_ms), "{grace_ms}");
    let known = store::keys::find_by_hash(&setup, &old_hash).await.unwrap().unwrap();
    assert_eq!(known.grace_until_ms, Some(rotation.previous_grace_until_ms));

    let again = Replacement { id: &id(Kind::Key), key_hash: &hash(), hint: "pl_000000" };
    let refused = store::keys::rotate(&setup, &actor, old.id.as_str(), &again, 60).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    let missing = store::keys::rotate(&setup, &actor, "key_missing", &again, 60).await;
    assert_eq!(missing, Err(Error::NotFound("API key")));

    let results = join_all((0..10).map(|_| async {
        let replacement = Replacement { id: &id(Kind::Key), key_hash: &hash(), hint: "pl_000000" };
        store::keys::rotate(&database().await, &actor, new_id.as_str(), &replacement, 0).await
    }))
    .await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
}

#[tokio::test]
async fn a_revoked_key_stays_revoked() {
    let (database, actor, hash) = (database().await, team().await, hash());
    let made = key(&actor, &hash, None).await;
    for _ in 0..2 {
        assert_eq!(store::keys::revoke(&database, &actor, made.id.as_str()).await, Ok(hash.clone()));
    }
    assert!(store::keys::find_by_hash(&database, &hash).await.unwrap().unwrap().revoked);
    let replacement = Replacement { id: &id(Kind::Key), key_hash: &self::hash(), hint: "pl_000000" };
    let refused = store::keys::rotate(&database, &actor, made.id.as_str(), &replacement, 0).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    assert_eq!(store::keys::revoke(&database, &actor, "key_x").await, Err(Error::NotFound("API key")));
}

#[tokio::test]
async fn uses_are_noted_for_many_keys_at_once_and_shown_in_the_list() {
    let (database, actor) = (database().await, team().await);
    let one = key(&actor, &hash(), None).await;
    let two = key(&actor, &hash(), None).await;
    let uses: Vec<Use> = [&one.id, &two.id]
        .map(|key_id: &Id| Use { team_id: actor.team_id.clone(), key_id: key_id.clone() })
        .into();
    store::keys::touch(&database, &uses).await.unwrap();

    let page = store::keys::list(&database, &actor.team_id, None, 2).await.unwrap();
    assert!(page.rows.iter().all(|row| row.last_used_at.is_some()));
    let rest = store::keys::list(&database, &actor.team_id, page.next.as_ref(), 2).await.unwrap();
    let ids: Vec<&Id> = page.rows.iter().chain(&rest.rows).map(|row| &row.id).collect();
    assert_eq!(ids, [&two.id, &one.id, &actor.key_id]);
    assert_eq!(rest.next, None);
}

#[tokio::test]
async fn a_user_is_made_once() {
    let (database_1, actor) = (database().await, team().await);
    let found = join_all((0..10).map(|_| async {
        store::users::find_or_create(&database().await, &actor, &id(Kind::User), "Zoë").await.unwrap()
    }))
    .await;
    assert!(found.iter().all(|user| user.id == found[0].id));
    let query = store::audit::Query { resource: Some(found[0].id.as_str()), ..Default::default() };
    let page = store::audit::list(&database_1, &actor.team_id, &query, None, 10).await.unwrap();
    assert_eq!(page.rows.len(), 1);
}

#[tokio::test]
async fn only_the_operator_adds_teams_and_sees_all() {
    let (database, guest, operator) = (database().await, team().await, team().await);
    client()
        .await
        .execute("update teams set is_operator = true where id = $1", &[&operator.team_id.as_str()])
        .await
        .unwrap();
    let (team_id, user_id, key_id, key_hash) = (id(Kind::Team), id(Kind::User), id(Kind::Key), hash());
    let team_name = random_name("Team Ω");
    let new = NewTeam {
        team_id: &team_id,
        team_name: &team_name,
        user_id: &user_id,
        user_name: "lead",
        key_id: &key_id,
        key_name: "first",
        key_hash: &key_hash,
        hint: "pl_123456",
    };

    let refused = store::teams::create(&database, &guest, &new).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
    let created = store::teams::create(&database, &operator, &new).await.unwrap();
    assert_eq!((&created.team.name, created.key.role), (&team_name, Role::Admin));
    let known = store::keys::find_by_hash(&database, &key_hash).await.unwrap().unwrap();
    assert_eq!((&known.team_id, &known.user_name), (&team_id, &"lead".to_owned()));

    let other = NewTeam { team_id: &id(Kind::Team), ..new };
    let refused = store::teams::create(&database, &operator, &other).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    let all = store::teams::list(&database, &operator.team_id, None, 200).await.unwrap();
    assert!(all.rows.iter().any(|team| team.id == team_id));
    let own = store::teams::list(&database, &guest.team_id, None, 200).await.unwrap();
    assert_eq!(own.rows.iter().map(|team| &team.id).collect::<Vec<_>>(), [&guest.team_id]);
}
