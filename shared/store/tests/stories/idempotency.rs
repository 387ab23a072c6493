//! Answers kept for repeated requests.

use futures_util::future::join_all;
use store::Actor;
use store::idempotency::{Claim, Held, claim, complete, purge, release};

use crate::support::{client, database, prompt, random_name, team};

const LEASE_SECONDS: i64 = 60;

/// The same key, in another request.
fn another_request(actor: &Actor) -> Actor {
    Actor { request_id: random_name("request"), ..actor.clone() }
}

async fn age(actor: &Actor, interval: &str) {
    let sql = format!(
        "update idempotency set created_at = created_at - interval '{interval}' where team_id = '{}'",
        actor.team_id
    );
    client().await.batch_execute(&sql).await.unwrap();
}

#[tokio::test]
async fn the_first_answer_is_given_again() {
    let (database, actor) = (database().await, team().await);
    let held = |status, response: Option<&str>| {
        Claim::Held(Held {
            route: "POST /api/keys".to_owned(),
            body_hash: "hash".to_owned(),
            status,
            response: response.map(str::to_owned),
            is_lost: false,
        })
    };
    let again = async |actor: &Actor| {
        claim(&database, actor, "k", "POST /api/keys", "hash", LEASE_SECONDS).await.unwrap()
    };

    assert_eq!(again(&actor).await, Claim::Claimed);
    let repeat = another_request(&actor);
    assert_eq!(again(&repeat).await, held(None, None));
    complete(&database, &actor, "k", 201, "sealed").await.unwrap();
    assert_eq!(again(&repeat).await, held(Some(201), Some("sealed")));

    release(&database, &actor, "k").await.unwrap();
    assert_eq!(again(&repeat).await, held(Some(201), Some("sealed")), "an answer is not given back");
    age(&actor, "25 hours").await;
    assert_eq!(again(&repeat).await, Claim::Claimed);
}

#[tokio::test]
async fn a_request_that_died_loses_its_claim() {
    let (database, actor) = (database().await, team().await);
    let successor = another_request(&actor);
    assert_eq!(claim(&database, &actor, "k", "r", "h", LEASE_SECONDS).await, Ok(Claim::Claimed));
    age(&actor, "61 seconds").await;
    let in_time = claim(&database, &successor, "k", "r", "h", 2 * LEASE_SECONDS).await.unwrap();
    assert!(matches!(&in_time, Claim::Held(_)), "{in_time:?}");
    assert_eq!(claim(&database, &successor, "k", "r", "h", LEASE_SECONDS).await, Ok(Claim::Claimed));

    complete(&database, &actor, "k", 201, "late").await.unwrap();
    let still_pending = claim(&database, &actor, "k", "r", "h", LEASE_SECONDS).await.unwrap();
    assert!(matches!(&still_pending, Claim::Held(held) if held.status.is_none()), "{still_pending:?}");
    release(&database, &successor, "k").await.unwrap();
    assert_eq!(claim(&database, &actor, "k", "r", "h", LEASE_SECONDS).await, Ok(Claim::Claimed));
}

/// It was not heard of any more, and there is what it made.
#[tokio::test]
async fn a_change_whose_answer_was_lost_is_not_made_again() {
    let (database, actor) = (database().await, team().await);
    claim(&database, &actor, "k", "r", "h", LEASE_SECONDS).await.unwrap();
    prompt(&database, &actor, "made").await;
    let repeat = another_request(&actor);
    let again = async || match claim(&database, &repeat, "k", "r", "h", LEASE_SECONDS).await {
        Ok(Claim::Held(held)) => held.is_lost,
        other => panic!("{other:?}"),
    };
    assert!(!again().await, "it may still be on its way");
    age(&actor, "61 seconds").await;
    assert!(again().await);
    assert!(again().await);
}

#[tokio::test]
async fn of_twenty_simultaneous_requests_one_gets_the_claim() {
    let actor = team().await;
    let claims = join_all((0..20).map(|_| {
        let actor = another_request(&actor);
        async move { claim(&database().await, &actor, "k", "r", "h", LEASE_SECONDS).await.unwrap() }
    }))
    .await;
    assert_eq!(claims.iter().filter(|claim| **claim == Claim::Claimed).count(), 1, "{claims:?}");
}

#[tokio::test]
async fn old_answers_are_forgotten() {
    let (database, actor) = (database().await, team().await);
    claim(&database, &actor, "old", "r", "h", LEASE_SECONDS).await.unwrap();
    age(&actor, "25 hours").await;
    claim(&database, &actor, "new", "r", "h", LEASE_SECONDS).await.unwrap();
    assert_eq!(purge(&database, &actor.team_id).await, Ok(1));
}
