//! The audit log.

use store::audit::Query;

use crate::support::{database, promote, prompt, team, version};

#[tokio::test]
async fn every_change_leaves_one_entry_with_who_and_what() {
    let (database, actor) = (database().await, team().await);
    let prompt = prompt(&database, &actor, "p").await;
    let one = version(&database, &actor, "p", "one").await.version;
    version(&database, &actor, "p", "one").await;
    promote(&database, &actor, "p", &one.id).await;
    promote(&database, &actor, "p", &one.id).await;
    store::prompts::archive(&database, &actor, "p").await.unwrap();
    store::prompts::archive(&database, &actor, "p").await.unwrap();
    store::prompts::restore(&database, &actor, "p").await.unwrap();

    let query = Query { resource: Some(prompt.id.as_str()), ..Query::default() };
    let page = store::audit::list(&database, &actor.team_id, &query, None, 50).await.unwrap();

    let actions: Vec<&str> = page.rows.iter().rev().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        ["prompt.create", "version.create", "prompt.promote", "prompt.archive", "prompt.restore"]
    );
    for entry in &page.rows {
        assert_eq!(
            (&entry.user_id, &entry.key_id),
            (&Some(actor.user_id.clone()), &Some(actor.key_id.clone()))
        );
        assert_eq!(entry.request_id, Some(actor.request_id.clone()));
        assert_eq!((entry.user_name.as_deref(), entry.key_name.as_deref()), (Some("first"), Some("first")));
    }
    assert_eq!(page.rows[2].detail["version_id"], one.id.as_str());
}

#[tokio::test]
async fn entries_are_filtered_and_paged() {
    let (database, actor) = (database().await, team().await);
    for name in ["a", "b", "c"] {
        prompt(&database, &actor, name).await;
    }
    let now_ms = platform::time::now_ms();
    let check = async |query: Query<'_>, expected: usize| {
        let (mut after, mut count) = (None, 0);
        loop {
            let page =
                store::audit::list(&database, &actor.team_id, &query, after.as_ref(), 2).await.unwrap();
            count += page.rows.len();
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        assert_eq!(count, expected, "{query:?}");
    };
    check(Query::default(), 3).await;
    check(Query { actor: Some("first"), ..Query::default() }, 3).await;
    check(Query { actor: Some(actor.user_id.as_str()), ..Query::default() }, 3).await;
    check(Query { actor: Some("second"), ..Query::default() }, 0).await;
    check(Query { from_ms: Some(now_ms - 60_000), to_ms: Some(now_ms + 60_000), ..Query::default() }, 3)
        .await;
    check(Query { to_ms: Some(now_ms - 60_000), ..Query::default() }, 0).await;
}
