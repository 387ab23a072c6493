//! Conversations and their messages.

use domain::{Environment, Error, Id, Kind};
use futures_util::future::join_all;
use platform::database::Database;
use store::Actor;
use store::conversations::{NewSummary, Query};
use store::messages::{Answer, Longest, NewTurn, Role, Started, Status, Utterance};

use crate::support::{self, client, database, team};

const ANSWER: Answer<'static> = Answer {
    content: "Gern geschehen 🎈",
    status: Status::Complete,
    model: None,
    tokens_in: Some(10),
    tokens_out: Some(3),
    cached_tokens_in: Some(0),
    cost_usd: Some(0.184_92),
    latency_ms: Some(900),
    ttft_ms: Some(120),
    finish_reason: Some("stop"),
    error_code: None,
};

async fn say(
    database: &Database,
    actor: &Actor,
    conversation_id: &str,
    title: Option<&str>,
    content: &str,
) -> Result<(Started, Id), Error> {
    let answer_id = support::id(Kind::Message);
    let turn = NewTurn {
        conversation_id,
        title,
        user_id: Some("user-1"),
        message_id: &support::id(Kind::Message),
        content,
        answer_id: &answer_id,
        prompt_id: None,
        version_id: Some(&support::id(Kind::Version)),
        environment: Some(Environment::Production),
        experiment_id: None,
        variant: None,
        model: "offline",
    };
    let history = Longest { messages: 10, characters: 1_000 };
    store::messages::start(database, actor, &turn, history).await.map(|started| (started, answer_id))
}

#[tokio::test]
async fn a_summary_stands_for_the_beginning_and_only_grows() {
    let (database, actor) = (database().await, team().await);
    let id = support::id(Kind::Conversation);
    for (content, title) in [("one", Some("t")), ("two", None), ("three", None)] {
        let (_, answer) = say(&database, &actor, id.as_str(), title, content).await.unwrap();
        store::messages::finish(&database, &actor.team_id, &answer, &ANSWER).await.unwrap();
    }
    let summarise = async |summary, through| {
        let new = NewSummary { summary, through, model: "offline" };
        store::conversations::summarise(&database, &actor.team_id, id.as_str(), &new).await
    };
    assert_eq!(summarise("one and two", 4).await, Ok(true));
    assert_eq!(summarise("one", 2).await, Ok(false));
    let (started, _) = say(&database, &actor, id.as_str(), None, "four").await.unwrap();
    assert_eq!((started.summary.as_deref(), started.earlier), (Some("one and two"), 6));
    assert_eq!(started.unsummarised, 2);
    let positions: Vec<i64> = started.history.iter().map(|utterance| utterance.position).collect();
    assert_eq!(positions, [5, 6]);
    let stranger = team().await;
    let new = NewSummary { summary: "x", through: 8, model: "offline" };
    let others = store::conversations::summarise(&database, &stranger.team_id, id.as_str(), &new).await;
    assert_eq!(others, Ok(false));
}

#[tokio::test]
async fn a_history_has_the_newest_and_what_is_to_be_summarised_the_oldest() {
    let (database, actor) = (database().await, team().await);
    let id = support::id(Kind::Conversation);
    let answer = Answer { content: "answer", ..ANSWER };
    let mut histories = Vec::new();
    for turn in 0..8 {
        let title = (turn == 0).then_some("t");
        let content = if turn == 6 { "long ".repeat(190) } else { format!("question {turn}") };
        let (started, message) = say(&database, &actor, id.as_str(), title, &content).await.unwrap();
        store::messages::finish(&database, &actor.team_id, &message, &answer).await.unwrap();
        assert_eq!((started.earlier, started.unsummarised), (2 * turn, 2 * turn));
        histories.push(started.history);
    }
    let positions = |turns: &[Utterance]| turns.iter().map(|turn| turn.position).collect::<Vec<_>>();
    assert_eq!(positions(&histories[6]), (3..=12).collect::<Vec<i64>>(), "as many messages as wanted");
    assert_eq!(positions(&histories[7]), (8..=14).collect::<Vec<i64>>(), "as many characters as wanted");

    let unsummarised = async |through, characters| {
        let team_id = &actor.team_id;
        store::conversations::unsummarised(&database, team_id, id.as_str(), through, characters).await
    };
    let oldest = unsummarised(12, 20).await.unwrap();
    assert_eq!((oldest.summary, positions(&oldest.turns)), (None, vec![1, 2, 3]));
    assert_eq!(positions(&unsummarised(12, 1_000).await.unwrap().turns), (1..=12).collect::<Vec<i64>>());
    assert_eq!(positions(&unsummarised(12, 1).await.unwrap().turns), [1], "one at least");
    let new = NewSummary { summary: "gist", through: 4, model: "offline" };
    store::conversations::summarise(&database, &actor.team_id, id.as_str(), &new).await.unwrap();
    let later = unsummarised(12, 20).await.unwrap();
    assert_eq!((later.summary.as_deref(), positions(&later.turns)), (Some("gist"), vec![5, 6, 7]));
}

#[tokio::test]
async fn a_conversation_grows_turn_by_turn() {
    let (database, actor) = (database().await, team().await);
    let id = support::id(Kind::Conversation);

    let (first, answer) = say(&database, &actor, id.as_str(), Some("Danke"), "Danke!").await.unwrap();
    assert_eq!((first.position, first.history), (2, Vec::new()));
    assert_eq!(store::messages::finish(&database, &actor.team_id, &answer, &ANSWER).await, Ok(true));
    let late = Answer { content: "", status: Status::Cancelled, ..ANSWER };
    assert_eq!(store::messages::finish(&database, &actor.team_id, &answer, &late).await, Ok(false));

    let (second, unfinished) = say(&database, &actor, id.as_str(), None, "Und?").await.unwrap();
    let history = [(Role::User, "Danke!", 1), (Role::Assistant, "Gern geschehen 🎈", 2)]
        .map(|(role, content, position)| Utterance { role, content: content.to_owned(), position });
    assert_eq!((second.position, second.history.as_slice()), (4, history.as_slice()));
    assert_eq!((second.earlier, second.summary), (2, None));

    let whole = store::conversations::get(&database, &actor.team_id, id.as_str(), 100).await.unwrap();
    assert_eq!((whole.conversation.title.as_str(), whole.conversation.message_count), ("Danke", 4));
    let statuses: Vec<Status> = whole.messages.iter().map(|message| message.status).collect();
    assert_eq!(statuses, [Status::Complete, Status::Complete, Status::Complete, Status::Streaming]);
    let stored = &whole.messages[1];
    assert_eq!(
        (stored.content.as_str(), stored.cost_usd, stored.ttft_ms),
        (ANSWER.content, Some(0.184_92), Some(120))
    );
    assert_eq!(
        (stored.model.as_deref(), stored.environment),
        (Some("offline"), Some(Environment::Production))
    );
    assert_eq!(
        store::messages::find(&database, &actor.team_id, unfinished.as_str()).await.unwrap().position,
        4
    );
    let latest = store::conversations::get(&database, &actor.team_id, id.as_str(), 1).await.unwrap();
    assert_eq!(latest.messages, whole.messages[3..]);
}

#[tokio::test]
async fn simultaneous_turns_get_places_of_their_own() {
    let (setup, actor) = (database().await, team().await);
    let id = support::id(Kind::Conversation);
    say(&setup, &actor, id.as_str(), Some("t"), "first").await.unwrap();
    let turns = join_all((0..10).map(|_| {
        let (actor, id) = (&actor, &id);
        async move { say(&database().await, actor, id.as_str(), None, "more").await.unwrap().0.position }
    }))
    .await;
    let mut positions = turns;
    positions.sort_unstable();
    assert_eq!(positions, (2..=11).map(|turn| turn * 2).collect::<Vec<i64>>());
}

#[tokio::test]
async fn an_answer_whose_writer_died_is_shown_as_cancelled() {
    let (database, actor) = (database().await, team().await);
    let id = support::id(Kind::Conversation);
    let (_, answer) = say(&database, &actor, id.as_str(), Some("t"), "hello").await.unwrap();
    let sql =
        format!("update messages set created_at = created_at - interval '16 minutes' where id = '{answer}'");
    client().await.batch_execute(&sql).await.unwrap();
    let message = store::messages::find(&database, &actor.team_id, answer.as_str()).await.unwrap();
    assert_eq!(message.status, Status::Cancelled);
}

#[tokio::test]
async fn conversations_are_searched_renamed_and_deleted() {
    let (database, actor) = (database().await, team().await);
    let ids: Vec<Id> = (0..3).map(|_| support::id(Kind::Conversation)).collect();
    for (id, title, content) in
        [(&ids[0], "Rückgabe", "hello"), (&ids[1], "Other", "50% off"), (&ids[2], "Third", "505 off")]
    {
        say(&database, &actor, id.as_str(), Some(title), content).await.unwrap();
    }
    let check = async |search: Option<&str>, expected: &[&Id]| {
        let query = Query { user_id: Some("user-1"), search };
        let page = store::conversations::list(&database, &actor.team_id, &query, None, 50).await.unwrap();
        let found: Vec<&Id> = page.rows.iter().map(|row| &row.id).collect();
        assert_eq!(found, expected, "{search:?}");
    };
    check(None, &[&ids[2], &ids[1], &ids[0]]).await;
    check(Some("rück"), &[&ids[0]]).await;
    check(Some("50%"), &[&ids[1]]).await;
    check(Some("OFF"), &[&ids[2], &ids[1]]).await;

    let renamed = store::conversations::rename(&database, &actor, ids[0].as_str(), "返品").await.unwrap();
    assert_eq!(renamed.title, "返品");
    check(Some("返品"), &[&ids[0]]).await;
    store::conversations::delete(&database, &actor, ids[0].as_str()).await.unwrap();
    check(Some("hello"), &[]).await;
    let again = store::conversations::delete(&database, &actor, ids[0].as_str()).await;
    assert_eq!(again, Err(Error::NotFound("conversation")));

    let page =
        store::conversations::list(&database, &actor.team_id, &Query::default(), None, 1).await.unwrap();
    let rest =
        store::conversations::list(&database, &actor.team_id, &Query::default(), page.next.as_ref(), 1)
            .await
            .unwrap();
    assert_eq!((&page.rows[0].id, &rest.rows[0].id, rest.next), (&ids[2], &ids[1], None));
}

/// What was said stands in what was counted, too, also of an answer that is counted while its conversation is deleted.
#[tokio::test]
async fn what_was_said_in_a_deleted_conversation_is_nowhere() {
    let (database, client, actor) = (database().await, client().await, team().await);
    let id = support::id(Kind::Conversation);
    say(&database, &actor, id.as_str(), Some("t"), "hello").await.unwrap();
    let count = async |number: i32| {
        let event = serde_json::json!([{
            "type": "inference", "id": format!("answer-{number}"), "team_id": actor.team_id, "source": "chat",
            "at_ms": platform::time::now_ms(), "model": "offline", "status": "ok", "conversation_id": id,
            "input": "hello", "output": "hi", "tools": ["a"], "latency_ms": 5,
        }]);
        store::events::ingest(&database, &event.to_string()).await.unwrap();
    };
    let left = async || {
        let sql =
            "select count(*), count(input) + count(output) + count(tools) from inferences where team_id = $1";
        let row = client.query_one(sql, &[&actor.team_id.as_str()]).await.unwrap();
        (row.get::<_, i64>(0), row.get::<_, i64>(1))
    };
    count(1).await;
    assert_eq!(left().await, (1, 3));
    store::conversations::delete(&database, &actor, id.as_str()).await.unwrap();
    assert_eq!(left().await, (1, 0));
    count(2).await;
    while left().await != (2, 0) {
        store::events::prune(&database, 20_000).await.unwrap();
    }
}
