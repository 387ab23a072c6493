//! Another team's resources do not exist.

use domain::{Environment, Error, Kind};
use store::collections::{Cascade, CollectionChanges, NewCollection};
use store::messages::{Answer, Longest, NewTurn, Status};
use store::pointers::Rollback;
use store::prompts::PromptChanges;
use store::releases::Wanted;

use crate::support::{self, database, promote, prompt_with, team, to_production, try_version, version};

#[tokio::test]
async fn a_team_neither_sees_nor_changes_what_another_has() {
    let (database, owner, stranger) = (database().await, team().await, team().await);
    let new = NewCollection { id: &support::id(Kind::Collection), name: "c", description: "" };
    let collection = store::collections::create(&database, &owner, &new).await.unwrap();
    let place = collection.id.as_str();
    let prompt = prompt_with(&database, &owner, "p", "", Some(place), &["tag"]).await;
    let made = version(&database, &owner, "p", "one").await.version;
    promote(&database, &owner, "p", &made.id).await;
    let before = store::prompts::get(&database, &owner.team_id, "p").await.unwrap();

    let no_prompt = || Error::NotFound("prompt");
    for reference in ["p", prompt.id.as_str()] {
        let team_id = &stranger.team_id;
        assert_eq!(store::prompts::get(&database, team_id, reference).await, Err(no_prompt()));
        let changes = PromptChanges { name: Some("stolen".to_owned()), ..PromptChanges::default() };
        assert_eq!(store::prompts::update(&database, &stranger, reference, &changes).await, Err(no_prompt()));
        assert_eq!(store::prompts::archive(&database, &stranger, reference).await, Err(no_prompt()));
        assert_eq!(store::prompts::restore(&database, &stranger, reference).await, Err(no_prompt()));
        assert_eq!(try_version(&database, &stranger, reference, "mine").await, Err(no_prompt()));
        let found = store::versions::get(&database, team_id, reference, made.id.as_str()).await;
        assert_eq!(found, Err(Error::NotFound("version")));
        assert_eq!(store::versions::list(&database, team_id, reference, None, 1).await, Err(no_prompt()));
        let moved = store::pointers::promote(&database, &stranger, reference, &to_production(&made.id)).await;
        assert_eq!(moved, Err(no_prompt()));
        let back = Rollback {
            target_version_id: None,
            environment: Environment::Production,
            justification: None,
            expected_revision: None,
        };
        assert_eq!(
            store::pointers::roll_back(&database, &stranger, reference, &back).await,
            Err(no_prompt())
        );
        let history = store::pointers::history(&database, team_id, reference, None, None, 1).await;
        assert_eq!(history, Err(no_prompt()));
        let environment = Environment::Production;
        assert_eq!(store::releases::load(&database, team_id, reference, environment).await, Ok(None));
        let wanted = [Wanted { reference, environment, version: None }];
        assert_eq!(store::releases::load_many(&database, team_id, &wanted).await, Ok(vec![None]));
        let pinned = store::releases::load_version(&database, team_id, reference, "1", environment).await;
        assert_eq!(pinned, Ok(None));
    }
    assert_eq!(store::prompts::get(&database, &owner.team_id, "p").await.unwrap(), before);

    // The same name is free, the owner's version and collection are not.
    prompt_with(&database, &stranger, "p", "", None, &[]).await;
    let moved = store::pointers::promote(&database, &stranger, "p", &to_production(&made.id)).await;
    assert_eq!(moved, Err(Error::NotFound("version")));
    let into_foreign =
        PromptChanges { collection_id: Some(Some(place.to_owned())), ..PromptChanges::default() };
    let refused = store::prompts::update(&database, &stranger, "p", &into_foreign).await;
    assert_eq!(refused.unwrap_err(), Error::NotFound("collection"));
    let listed = crate::prompts::names(&stranger, &crate::prompts::ALL, 50).await;
    assert_eq!(listed, ["p"]);
}

#[tokio::test]
async fn collections_and_keys_stay_in_their_team() {
    let (database, owner, stranger) = (database().await, team().await, team().await);
    let new = NewCollection { id: &support::id(Kind::Collection), name: "c", description: "" };
    let collection = store::collections::create(&database, &owner, &new).await.unwrap();
    let id = collection.id.as_str();

    let missing = || Error::NotFound("collection");
    assert_eq!(store::collections::get(&database, &stranger.team_id, id).await, Err(missing()));
    let changes = CollectionChanges { name: Some("stolen".to_owned()), description: None };
    assert_eq!(store::collections::update(&database, &stranger, id, &changes).await, Err(missing()));
    assert_eq!(store::collections::delete(&database, &stranger, id, Cascade::Archive).await, Err(missing()));
    let listed = store::collections::list(&database, &stranger.team_id, None, 1).await.unwrap();
    assert_eq!(listed.rows, []);

    let key_id = owner.key_id.as_str();
    assert_eq!(store::keys::revoke(&database, &stranger, key_id).await, Err(Error::NotFound("API key")));
    let listed = store::keys::list(&database, &stranger.team_id, None, 10).await.unwrap();
    assert!(listed.rows.iter().all(|key| key.id == stranger.key_id));
    let query = store::audit::Query { resource: Some(id), ..Default::default() };
    let entries = store::audit::list(&database, &stranger.team_id, &query, None, 10).await.unwrap();
    assert_eq!(entries.rows, []);
}

#[tokio::test]
async fn conversations_stay_in_their_team() {
    let (database, owner, stranger) = (database().await, team().await, team().await);
    let (id, answer_id) = (support::id(Kind::Conversation), support::id(Kind::Message));
    let message_id = support::id(Kind::Message);
    let turn = NewTurn {
        conversation_id: id.as_str(),
        title: Some("secret"),
        user_id: None,
        message_id: &message_id,
        content: "secret",
        answer_id: &answer_id,
        prompt_id: None,
        version_id: None,
        environment: None,
        experiment_id: None,
        variant: None,
        model: "offline",
    };
    let history = Longest { messages: 10, characters: 1_000 };
    store::messages::start(&database, &owner, &turn, history).await.unwrap();

    let missing = || Error::NotFound("conversation");
    let (team_id, id) = (&stranger.team_id, id.as_str());
    assert_eq!(store::conversations::get(&database, team_id, id, 10).await, Err(missing()));
    assert_eq!(store::conversations::rename(&database, &stranger, id, "mine").await, Err(missing()));
    assert_eq!(store::conversations::delete(&database, &stranger, id).await, Err(missing()));
    assert_eq!(store::conversations::unsummarised(&database, team_id, id, 10, 10).await, Err(missing()));
    let intrusion = NewTurn { title: None, ..turn.clone() };
    assert_eq!(store::messages::start(&database, &stranger, &intrusion, history).await, Err(missing()));
    let found = store::messages::find(&database, team_id, answer_id.as_str()).await;
    assert_eq!(found, Err(Error::NotFound("message")));
    let answer = Answer {
        content: "forged",
        status: Status::Complete,
        model: None,
        tokens_in: None,
        tokens_out: None,
        cached_tokens_in: None,
        cost_usd: None,
        latency_ms: None,
        ttft_ms: None,
        finish_reason: None,
        error_code: None,
    };
    assert_eq!(store::messages::finish(&database, team_id, &answer_id, &answer).await, Ok(false));
    let query = store::conversations::Query { search: Some("secret"), ..Default::default() };
    let listed = store::conversations::list(&database, team_id, &query, None, 10).await.unwrap();
    assert_eq!(listed.rows, []);
}
