//! Teams' keys for model providers.

use domain::Error;
use store::Actor;
use store::providers::{self, NewProvider, Provider, SealedProvider};

use crate::support::{database, team};

async fn put(actor: &Actor, name: &str, sealed_key: &str) -> Provider {
    let new = NewProvider {
        name,
        sealed_key,
        encryption_key_id: "old",
        last_four: "wxyz",
        base_url: Some("https://models.example.com/v1"),
    };
    providers::put(&database().await, actor, &new).await.unwrap()
}

async fn sealed(actor: &Actor, name: &str) -> Option<SealedProvider> {
    let known = providers::load(&database().await, &actor.team_id).await.unwrap();
    known.providers.into_iter().find(|provider| provider.name == name)
}

#[tokio::test]
async fn a_teams_revision_never_falls() {
    let (database, actor) = (database().await, team().await);
    let revision = async || providers::load(&database, &actor.team_id).await.unwrap().revision;
    assert_eq!(revision().await, 0);
    put(&actor, "openai", "one").await;
    let first = revision().await;
    put(&actor, "openai", "two").await;
    let second = revision().await;
    providers::delete(&database, &actor, "openai").await.unwrap();
    let third = revision().await;
    assert!(0 < first && first < second && second < third, "{first} {second} {third}");
    assert_eq!(sealed(&actor, "openai").await, None);
    let missing = Err(Error::NotFound("provider"));
    assert_eq!(providers::get(&database, &actor.team_id, "openai").await, missing);
    put(&actor, "openai", "three").await;
    assert!(revision().await > third);
}

#[tokio::test]
async fn a_key_is_sealed_anew_unless_it_was_replaced() {
    let (database, actor, stranger) = (database().await, team().await, team().await);
    put(&actor, "openai", "one").await;
    let old = sealed(&actor, "openai").await.unwrap();
    assert!(!providers::reseal(&database, &stranger.team_id, &old, "new one", "new").await.unwrap());
    assert!(providers::reseal(&database, &actor.team_id, &old, "new one", "new").await.unwrap());
    let new = sealed(&actor, "openai").await.unwrap();
    assert_eq!((new.sealed_key.as_str(), new.encryption_key_id.as_str()), ("new one", "new"));
    put(&actor, "openai", "two").await;
    assert!(!providers::reseal(&database, &actor.team_id, &old, "new one", "new").await.unwrap());
    assert_eq!(sealed(&actor, "openai").await.unwrap().sealed_key, "two");
}

#[tokio::test]
async fn providers_stay_in_their_team() {
    let (database, owner, stranger) = (database().await, team().await, team().await);
    put(&owner, "openai", "one").await;
    let missing = || Error::NotFound("provider");
    assert_eq!(providers::get(&database, &stranger.team_id, "openai").await, Err(missing()));
    assert_eq!(providers::delete(&database, &stranger, "openai").await, Err(missing()));
    assert_eq!(providers::list(&database, &stranger.team_id, None, 10).await.unwrap().rows, []);
    assert!(sealed(&owner, "openai").await.is_some());
}
