//! Lists: order, filters, search and pages.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::arrange::{member, text, with};
use crate::client::{Team, encoded};

fn names(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| member(row, "name")).collect()
}

async fn make_many(team: &Team, names: impl Iterator<Item = String>) {
    join_all(names.map(async |name| team.admin.make_prompt(&name).await)).await;
}

#[tokio::test]
async fn pages_stay_correct_while_rows_are_added() {
    for sort in ["name", "created_at", "updated_at"] {
        for order in ["asc", "desc"] {
            let team = Team::new().await;
            make_many(&team, (0..12).map(|number| format!("m{number:02}"))).await;
            let list = format!("/api/prompts?sort={sort}&order={order}");
            let whole: Vec<String> =
                names(&team.admin.all(&list).await).into_iter().map(str::to_owned).collect();
            assert_eq!(whole.len(), 12);

            let mut seen = Vec::new();
            let mut cursor = String::new();
            for page in 0.. {
                let rows = team.admin.get(&format!("{list}&limit=5{cursor}")).await.expect(200);
                seen.extend(names(rows["data"].as_array().unwrap()).into_iter().map(str::to_owned));
                // Before, between and after the rows that were there.
                make_many(&team, ["a", "m05x", "z"].map(|name| format!("{name}{page}")).into_iter()).await;
                let Some(next) = rows["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={}", encoded(next));
            }
            let distinct: BTreeSet<&String> = seen.iter().collect();
            assert_eq!(distinct.len(), seen.len(), "{sort} {order}: a row came twice in {seen:?}");
            let of_before: Vec<&String> = seen.iter().filter(|name| whole.contains(name)).collect();
            assert_eq!(of_before, whole.iter().collect::<Vec<_>>(), "{sort} {order}");
        }
    }
}

#[tokio::test]
async fn rows_come_in_the_order_asked_for() {
    let team = Team::new().await;
    for name in ["b", "c", "a"] {
        team.admin.make_prompt(name).await;
    }
    team.admin.patch("/api/prompts/c", json!({"description": "touched"})).await.expect(200);
    let checks = [
        ("sort=name&order=asc", ["a", "b", "c"]),
        ("sort=name&order=desc", ["c", "b", "a"]),
        ("sort=created_at&order=asc", ["b", "c", "a"]),
        ("sort=created_at&order=desc", ["a", "c", "b"]),
        ("sort=updated_at&order=asc", ["b", "a", "c"]),
        ("sort=updated_at&order=desc", ["c", "a", "b"]),
    ];
    for (query, expected) in checks {
        assert_eq!(names(&team.admin.all(&format!("/api/prompts?{query}")).await), expected, "{query}");
    }
    team.admin.get("/api/prompts?sort=size").await.invalid("sort");
    team.admin.get("/api/prompts?order=up").await.invalid("order");
}

#[tokio::test]
async fn names_sort_byte_by_byte() {
    let team = Team::new().await;
    for name in ["a_b", "a-b", "a/b", "a.b", "a0", "ab"] {
        team.admin.make_prompt(name).await;
    }
    let rows = team.admin.all("/api/prompts?sort=name&order=asc").await;
    assert_eq!(names(&rows), ["a-b", "a.b", "a/b", "a0", "a_b", "ab"]);
}

#[tokio::test]
async fn filters_narrow() {
    let team = Team::new().await;
    let collection = team.admin.post("/api/collections", json!({"name": "Some"})).await.expect(201);
    let collection = member(&collection, "id");
    let bodies = [
        json!({"name": "one", "tags": ["red", "größe"]}),
        json!({"name": "two", "tags": ["red"], "collection_id": collection}),
        json!({"name": "three", "collection_id": collection}),
    ];
    for body in bodies {
        team.admin.post("/api/prompts", body).await.expect(201);
    }
    let find = async |query: String| {
        let rows = team.admin.all(&format!("/api/prompts?sort=created_at&order=asc&{query}")).await;
        names(&rows).join(" ")
    };
    assert_eq!(find("tag=red".to_owned()).await, "one two");
    assert_eq!(find(format!("tag={}", encoded("größe"))).await, "one");
    assert_eq!(find("tag=re".to_owned()).await, "");
    assert_eq!(find(format!("collection_id={collection}")).await, "two three");
    assert_eq!(find(format!("collection_id={collection}&tag=red")).await, "two");
    assert_eq!(find(format!("search=o&collection_id={collection}")).await, "two");
    assert_eq!(find("collection_id=col_01h2xcejqtf2nbrexx3vqjhp41".to_owned()).await, "");
}

#[tokio::test]
async fn tags_are_counted() {
    let team = Team::new().await;
    let stranger = Team::new().await;
    stranger.admin.post("/api/prompts", json!({"name": "theirs", "tags": ["theirs"]})).await.expect(201);
    for (name, tags) in
        [("one", json!(["red", "größe"])), ("two", json!(["red", "Blue"])), ("old", json!(["gone"]))]
    {
        team.admin.post("/api/prompts", json!({"name": name, "tags": tags})).await.expect(201);
    }
    team.admin.delete("/api/prompts/old").await;
    let find = async |query: &str| {
        let rows = team.admin.all(&format!("/api/tags?{query}")).await;
        let row = |row: &Value| format!("{} {}", member(row, "tag"), row["prompts"]);
        rows.iter().map(row).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(find("").await, "Blue 1, größe 1, red 2");
    let first = team.admin.get("/api/tags?limit=1").await.expect(200);
    assert_eq!(member(&first["data"][0], "tag"), "Blue");
    let next = format!("limit=1&cursor={}", encoded(member(&first, "next_cursor")));
    let second = team.admin.get(&format!("/api/tags?{next}")).await.expect(200);
    assert_eq!(member(&second["data"][0], "tag"), "größe", "page by page");
    assert_eq!(find("archived=true").await, "gone 1");
    assert_eq!(find("archived=all").await, "Blue 1, gone 1, größe 1, red 2");
}

#[tokio::test]
async fn search_takes_every_character_for_itself() {
    let team = Team::new().await;
    let bodies = [
        ("percent", "Save 100% today"),
        ("hundred", "Save 1000 today"),
        ("under_score", "snake_case"),
        ("underxscore", "snakexcase"),
        ("backslash", "a\\b"),
        ("german", "Die Größe zählt"),
        ("japanese", "日本語のプロンプト"),
        ("emoji", "dragons 🐉 here"),
        ("quote", "it's \"quoted\""),
    ];
    for (name, description) in bodies {
        team.admin.post("/api/prompts", json!({"name": name, "description": description})).await.expect(201);
    }
    let checks = [
        ("100%", "percent"),
        ("%", "percent"),
        ("1000", "hundred"),
        ("_", "under_score"),
        ("der_sc", "under_score"),
        ("snake_", "under_score"),
        ("\\", "backslash"),
        ("Größe", "german"),
        ("größe", "german"),
        ("GRÖSSE X", ""),
        ("日本", "japanese"),
        ("プロンプト", "japanese"),
        ("🐉", "emoji"),
        ("'", "quote"),
        ("\"quoted\"", "quote"),
        ("UNDER_", "under_score"),
        ("nothing like it", ""),
        ("'; drop table prompts; --", ""),
    ];
    for (search, expected) in checks {
        let rows = team.admin.all(&format!("/api/prompts?search={}", encoded(search))).await;
        assert_eq!(names(&rows).join(" "), expected, "search for {search}");
    }
    assert_eq!(team.admin.all("/api/prompts?search=").await.len(), bodies.len());
    assert_eq!(team.admin.all("/api/prompts?search=score").await.len(), 2);
}

#[tokio::test]
async fn limits_have_limits() {
    let team = Team::new().await;
    make_many(&team, (0..52).map(|number| format!("p{number}"))).await;
    let page = team.admin.get("/api/prompts").await.expect(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(50), "50 when nothing is said");
    assert!(page["next_cursor"].is_string());
    let page = team.admin.get("/api/prompts?limit=52").await.expect(200);
    assert_eq!(page["data"].as_array().map(Vec::len), Some(52));
    assert!(page["next_cursor"].is_null(), "nothing is left: {}", page["next_cursor"]);
    team.admin.get("/api/prompts?limit=200").await.expect(200);
    for limit in ["0", "201", "-1", "many", "1.5", "99999999999999999999"] {
        for list in ["/api/prompts", "/api/collections", "/api/keys", "/api/audit", "/api/conversations"] {
            team.admin.get(&format!("{list}?limit={limit}")).await.problem(422, "validation_failed");
        }
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list() {
    let team = Team::new().await;
    make_many(&team, (0..3).map(|number| format!("p{number}"))).await;
    for name in ["One", "Two"] {
        team.admin.post("/api/collections", json!({"name": name})).await.expect(201);
    }
    let first = team.admin.get("/api/prompts?sort=created_at&order=desc&limit=1").await.expect(200);
    let cursor = encoded(member(&first, "next_cursor"));
    team.admin
        .get(&format!("/api/prompts?sort=created_at&order=desc&limit=2&cursor={cursor}"))
        .await
        .expect(200);
    let strangers = [
        "/api/collections?",
        "/api/keys?",
        "/api/audit?",
        "/api/conversations?",
        "/api/prompts/p0/versions?",
        "/api/prompts/p0/history?",
        "/api/prompts?sort=name&order=asc&",
        "/api/prompts?sort=created_at&order=asc&",
        "/api/prompts?sort=created_at&order=desc&search=p&",
        "/api/prompts?sort=created_at&order=desc&archived=true&",
    ];
    for list in strangers {
        team.admin.get(&format!("{list}cursor={cursor}")).await.problem_of(400);
    }
    let broken = ["x", "%00", "e30", "bm9uc2Vuc2U", "%F0%9F%90%89", &cursor[1..], &"A".repeat(4_000)];
    for list in ["/api/prompts", "/api/collections", "/api/keys", "/api/audit", "/api/conversations"] {
        for cursor in broken {
            team.admin.get(&format!("{list}?cursor={cursor}")).await.problem_of(400);
        }
    }
    let other = Team::new().await;
    let list = "/api/prompts?sort=created_at&order=desc";
    let page = other.admin.get(&format!("{list}&cursor={cursor}")).await.expect(200);
    assert_eq!(page, json!({"data": [], "next_cursor": null}), "a cursor holds a position, and no team");
}

#[tokio::test]
async fn a_position_that_somebody_made_up_is_refused() {
    let team = Team::new().await;
    make_many(&team, (0..2).map(|number| format!("p{number}"))).await;
    for template in ["One", "Two"] {
        let version = team.admin.make_version("p0", text(template)).await;
        team.admin.promote("p0", &version, "production").await;
    }
    for list in [
        "/api/prompts?sort=created_at&order=asc&limit=1",
        "/api/audit?limit=1",
        "/api/prompts/p0/versions?limit=1",
        "/api/prompts/p0/history?limit=1",
    ] {
        let page = team.admin.get(list).await.expect(200);
        let cursor = URL_SAFE_NO_PAD.decode(member(&page, "next_cursor")).unwrap();
        let cursor: Value = serde_json::from_slice(&cursor).unwrap();
        for value in
            ["2026-11-21T09:30:00.000+99:00", "2026-11-21T09:30:00.000 Nowhere/At_All", "1e99", "", "\0"]
        {
            let altered = with(cursor.clone(), &json!({"value": value}));
            let altered = URL_SAFE_NO_PAD.encode(altered.to_string());
            team.admin.get(&format!("{list}&cursor={altered}")).await.problem(400, "invalid_json");
        }
    }
}

#[tokio::test]
async fn an_empty_value_is_as_good_as_none() {
    let team = Team::new().await;
    team.admin.make_live("p", text("One")).await;
    for (list, parameters) in [
        ("/api/audit", "resource=&actor=&from=&to=&limit=&cursor="),
        ("/api/prompts", "search=&collection_id=&tag=&archived=&sort=&order=&limit=&cursor="),
        ("/api/prompts/p/history", "environment=&limit=&cursor="),
        ("/api/conversations", "search=&user_id="),
        ("/api/experiments", "status=&prompt_id="),
        ("/api/feedback/stats", "prompt_id=&experiment_id=&from=&to="),
        ("/api/analytics/versions", "interval=&group_by=&prompt_id=&environment="),
    ] {
        let whole = team.admin.get(list).await.expect(200);
        let same = team.admin.get(&format!("{list}?{parameters}")).await.expect(200);
        assert_eq!(same["data"], whole["data"], "{list}");
        team.admin.get(&format!("{list}?surprise=1")).await.invalid("surprise");
    }
}
