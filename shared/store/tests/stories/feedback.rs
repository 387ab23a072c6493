//! Ratings of answers.

use domain::{Error, Kind};
use futures_util::future::join_all;
use serde_json::{Value, json};
use store::feedback::{self, Group, NewFeedback, Query, Scale, Stored};
use store::messages::{self, Longest, NewTurn};
use store::{Actor, conversations, events};

use crate::support::{self, database, team};

fn about<'a>(id: &'a domain::Id, request_id: &'a str) -> NewFeedback<'a> {
    NewFeedback {
        id,
        message_id: None,
        request_id: Some(request_id),
        request_name: Some(request_id),
        user_id: Some("u-1"),
        unit: Some("u-1"),
        rating: 1,
        scale: Scale::Thumbs,
        comment: None,
        prompt_id: None,
        version_id: None,
        experiment_id: None,
        variant: None,
    }
}

async fn rate(actor: &Actor, rating: i64) -> Stored {
    let id = support::id(Kind::Feedback);
    feedback::put(&database().await, actor, &NewFeedback { rating, ..about(&id, "req-1") }).await.unwrap()
}

#[tokio::test]
async fn of_simultaneous_ratings_each_knows_the_one_before() {
    let actor = team().await;
    let ratings = (0..16).map(|number| if number % 2 == 0 { 1 } else { -1 });
    let stored = join_all(ratings.map(|rating| rate(&actor, rating))).await;
    // Taking back what was replaced leaves exactly the last one: nothing is lost or taken back twice.
    let said: i64 = stored.iter().map(|stored| stored.feedback.rating).sum();
    let taken_back: i64 = stored.iter().filter_map(|stored| stored.previous).map(|old| old.rating).sum();
    assert_eq!(stored.iter().filter(|stored| stored.previous.is_none()).count(), 1);
    let counts = feedback::stats(&database().await, &actor.team_id, &Query::default()).await.unwrap();
    assert_eq!((counts[0].group, counts[0].count), (Group::All, 1));
    let left = i64::try_from(counts[0].positive).unwrap() - i64::try_from(counts[0].negative).unwrap();
    assert_eq!(said - taken_back, left);
}

#[tokio::test]
async fn a_rating_knows_what_the_message_was_an_answer_of() {
    let (database, actor, stranger) = (database().await, team().await, team().await);
    let ids =
        [Kind::Conversation, Kind::Message, Kind::Message, Kind::Prompt, Kind::Version, Kind::Experiment];
    let [conversation_id, message_id, answer_id, prompt_id, version_id, experiment_id] = ids.map(support::id);
    let turn = NewTurn {
        conversation_id: conversation_id.as_str(),
        title: Some("t"),
        user_id: Some("u-1"),
        message_id: &message_id,
        content: "hi",
        answer_id: &answer_id,
        prompt_id: Some(&prompt_id),
        version_id: Some(&version_id),
        environment: None,
        experiment_id: Some(&experiment_id),
        variant: Some("treatment"),
        model: "offline",
    };
    let history = Longest { messages: 0, characters: 0 };
    messages::start(&database, &actor, &turn, history).await.unwrap();
    let id = support::id(Kind::Feedback);
    let new = NewFeedback {
        message_id: Some(answer_id.as_str()),
        request_id: None,
        request_name: None,
        user_id: None,
        ..about(&id, "unused")
    };
    let stored = feedback::put(&database, &actor, &new).await.unwrap();
    let rating = &stored.feedback;
    assert_eq!((stored.unit.as_deref(), rating.user_id.as_str()), (Some("u-1"), "u-1"));
    assert_eq!((&rating.prompt_id, &rating.version_id), (&Some(prompt_id), &Some(version_id)));
    assert_eq!((&rating.experiment_id, rating.variant.as_deref()), (&Some(experiment_id), Some("treatment")));
    assert_eq!(rating.request_id.as_deref(), Some(actor.request_id.as_str()));
    assert_eq!(feedback::put(&database, &stranger, &new).await, Err(Error::NotFound("message")));

    // Somebody else who rates it is another person, and the unit stays who got the answer.
    let other = support::id(Kind::Feedback);
    let by_reviewer = NewFeedback { id: &other, user_id: Some("reviewer"), ..new.clone() };
    let stored = feedback::put(&database, &actor, &by_reviewer).await.unwrap();
    assert_eq!((stored.unit.as_deref(), stored.previous), (Some("u-1"), None));
    let counts = feedback::stats(&database, &actor.team_id, &Query::default()).await.unwrap();
    let variant = counts.iter().find(|counts| counts.group == Group::Variant).unwrap();
    assert_eq!((variant.variant.as_deref(), variant.count), (Some("treatment"), 2));
    let elsewhere = feedback::stats(&database, &stranger.team_id, &Query::default()).await.unwrap();
    assert_eq!((elsewhere.len(), elsewhere[0].count), (1, 0));

    // The rating outlives the conversation.
    conversations::delete(&database, &actor, conversation_id.as_str()).await.unwrap();
    let counts = feedback::stats(&database, &actor.team_id, &Query::default()).await.unwrap();
    assert_eq!(counts[0].count, 2);
}

/// The event of an inference, or of a rating, of the request `req-1`.
fn event(kind: &str, id: &str, actor: &Actor, more: Value) -> Value {
    let mut event = json!({
        "type": kind, "id": id, "team_id": actor.team_id, "at_ms": platform::time::now_ms(), "request_id": "req-1",
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

async fn ingest(events: &[Value]) {
    let events = Value::from(events.to_vec()).to_string();
    events::ingest(&database().await, &events).await.unwrap();
}

#[tokio::test]
async fn a_rating_that_comes_before_its_inference_is_counted_where_that_is() {
    let (database, actor) = (database().await, team().await);
    let [prompt_id, version_id] = [Kind::Prompt, Kind::Version].map(support::id);
    let first = rate(&actor, -1).await;
    assert_eq!((first.feedback.prompt_id, first.unit.as_deref()), (None, Some("u-1")));
    let inference = event(
        "inference",
        "i",
        &actor,
        json!({"source": "openai", "model": "offline", "status": "ok", "prompt_id": prompt_id,
            "version_id": version_id, "environment": "production", "unit": "u-1"}),
    );
    let rating = event("feedback", "f", &actor, json!({"approval": 0.0, "unit": "u-1"}));
    ingest(&[inference, rating]).await;

    let counts = feedback::stats(&database, &actor.team_id, &Query::default()).await.unwrap();
    let version = counts.iter().find(|counts| counts.group == Group::Version).unwrap();
    assert_eq!((version.version_id.as_ref(), version.negative), (Some(&version_id), 1));
    let rows = support::client()
        .await
        .query(
            "select version_id, sum(approvals)::bigint from rollups join rollup_series on id = series_id
             where rollups.team_id = $1 and resolution = 60 and not rollups.is_total and approvals <> 0 group by 1",
            &[&actor.team_id.as_str()],
        )
        .await
        .unwrap();
    let counted: Vec<(String, i64)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(counted, [(version_id.to_string(), 1)]);

    let second = rate(&actor, 1).await;
    assert_eq!(
        (second.feedback.version_id, second.previous.map(|old| old.rating)),
        (Some(version_id), Some(-1))
    );
}

#[tokio::test]
async fn a_second_rating_knows_what_the_first_one_could_not() {
    let actor = team().await;
    let prompt_id = support::id(Kind::Prompt);
    rate(&actor, -1).await;
    let inference = event(
        "inference",
        "i",
        &actor,
        json!({"source": "openai", "model": "offline", "status": "ok", "prompt_id": prompt_id}),
    );
    ingest(&[inference]).await;
    assert_eq!(rate(&actor, 1).await.feedback.prompt_id, Some(prompt_id));
}
