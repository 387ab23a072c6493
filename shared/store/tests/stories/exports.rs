//! Exports give every row once, in order.

use store::exports::{self, Range, Table};

use crate::support::{client, database, team};

#[tokio::test]
async fn pages_give_every_message_once_and_in_order() {
    let (database, client, actor) = (database().await, client().await, team().await);
    let (team_id, user_id) = (&actor.team_id, &actor.user_id);
    client
        .batch_execute(&format!(
            "insert into conversations (team_id, id, title, message_count, created_by, created_at)
               select '{team_id}', 'conv_' || i, 'c', 4, '{user_id}', '2026-11-01'::timestamptz + i * interval '1 hour'
               from generate_series(1, 9) as i;
             insert into messages (team_id, id, conversation_id, position, role, content, status, created_at)
               select '{team_id}', 'msg_' || (100 - i * 10 - p), 'conv_' || i, p, 'user', 'text', 'complete',
                 '2026-11-01'::timestamptz + i * interval '1 hour' + (p / 3) * interval '1 minute'
               from generate_series(1, 9) as i, generate_series(1, 4) as p"
        ))
        .await
        .unwrap();
    for limit in [1, 3, 7, 100] {
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let read = exports::page(
                &database,
                &actor.team_id,
                Table::Messages,
                Range::default(),
                after.as_ref(),
                limit,
                |row| {
                    let value = |column| &row[place(Table::Messages, column)];
                    assert_eq!(row.len(), Table::Messages.columns().len());
                    seen.push((value("conversation_id").to_string(), value("position").as_i64().unwrap()));
                },
            )
            .await
            .unwrap();
            if read.rows == 0 {
                break;
            }
            after = read.last;
        }
        let mut sorted = seen.clone();
        sorted.sort();
        assert_eq!((seen.len(), &seen), (36, &sorted), "pages of {limit}");
    }
    let from_ms = Some(1_793_491_200_000 + 2 * 3_600_000);
    let range = Range { from_ms, to_ms: from_ms.map(|from_ms| from_ms + 2 * 3_600_000) };
    let mut ids = Vec::new();
    exports::page(&database, &actor.team_id, Table::Conversations, range, None, 100, |row| {
        assert_eq!(row.len(), Table::Conversations.columns().len());
        ids.push(row[place(Table::Conversations, "id")].as_str().unwrap().to_owned());
    })
    .await
    .unwrap();
    assert_eq!(ids, ["conv_2", "conv_3"]);
    let other = team().await.team_id;
    let none = exports::page(&database, &other, Table::Messages, Range::default(), None, 100, |_| ());
    assert_eq!(none.await.unwrap().rows, 0);
}

fn place(table: Table, column: &str) -> usize {
    table.columns().iter().position(|name| *name == column).unwrap()
}
