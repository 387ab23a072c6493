//! Every legal and illegal prompt name.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::arrange::{member, text};
use crate::client::{Team, encoded};

#[tokio::test]
async fn legal_names_are_found_again() {
    let team = Team::new().await;
    let longest = "a".repeat(200);
    let names = [
        "a",
        "0",
        "9z",
        "a.b",
        "a-b",
        "a_b",
        "a/b",
        "a/b/c/d",
        "a..",
        "a//b",
        "a/../b",
        "a/./b",
        "a/.",
        "a/..",
        "a/",
        "a.-_/",
        "versions",
        "promote",
        "a/versions",
        "a/versions/1",
        "abcdefghijklmnopqrstuvwxyz0123456789._/-",
        &longest,
    ];
    join_all(names.map(async |name| {
        let (id, version) = team.admin.make_live(name, text("Hello")).await;
        let place = encoded(name);
        let shown = team.admin.get(&format!("/api/prompts/{place}")).await.expect(200);
        assert_eq!((&shown["id"], &shown["name"]), (&json!(id), &json!(name)));
        let versions = team.admin.get(&format!("/api/prompts/{place}/versions/latest")).await.expect(200);
        assert_eq!(versions["version_id"], version.as_str(), "{name}");
        let resolved = team.admin.get(&format!("/api/resolve/{place}")).await.expect(200);
        assert_eq!((&resolved["prompt_id"], &resolved["name"]), (&json!(id), &json!(name)));
        let resolved = team.admin.post(&format!("/api/resolve/{place}"), json!({})).await.expect(200);
        assert_eq!(resolved["prompt_id"], id.as_str(), "{name}");
    }))
    .await;
    assert_eq!(team.admin.all("/api/prompts").await.len(), names.len());
}

#[tokio::test]
async fn illegal_names_are_refused() {
    let team = Team::new().await;
    let kept = team.admin.make_prompt("kept").await;
    let printable =
        (' '..='~').filter(|letter| !matches!(letter, 'a'..='z' | '0'..='9' | '.' | '_' | '/' | '-'));
    let inside = printable.map(|letter| format!("a{letter}b"));
    let others = [
        "",
        "A",
        "aB",
        ".a",
        "_a",
        "/a",
        "-a",
        " a",
        "a ",
        "a\n",
        "\na",
        "a\tb",
        "a\u{0}",
        "a\u{7f}",
        "ä",
        "aä",
        "а",
        "龍",
        "🐉",
        "a\u{200b}",
        "ａ",
    ];
    let too_long = "a".repeat(201);
    let names: Vec<String> =
        inside.chain(others.map(str::to_owned)).chain([too_long, "a".repeat(100_000)]).collect();
    for some in names.chunks(16) {
        join_all(some.iter().map(async |name| {
            team.admin.post("/api/prompts", json!({"name": name})).await.invalid("name");
        }))
        .await;
    }
    for name in ["", "A", "a b", "ä"] {
        team.admin.patch(&format!("/api/prompts/{kept}"), json!({"name": name})).await.invalid("name");
        team.admin.put(&format!("/api/prompts/{kept}"), json!({"name": name})).await.invalid("name");
    }
    for name in [json!(null), json!(1), json!(["a"]), json!({}), json!(true)] {
        team.admin.post("/api/prompts", json!({"name": name})).await.invalid("name");
    }
    let rows = team.admin.all("/api/prompts").await;
    assert_eq!(rows.iter().map(|row| member(row, "name")).collect::<Vec<_>>(), ["kept"]);
}

#[tokio::test]
async fn a_name_that_could_be_an_id_is_refused() {
    let team = Team::new().await;
    let name = "prm_01h2xcejqtf2nbrexx3vqjhp41";
    team.admin.post("/api/prompts", json!({"name": name})).await.invalid("name");
    assert_eq!(team.admin.all("/api/prompts").await, Vec::<Value>::new());
}
