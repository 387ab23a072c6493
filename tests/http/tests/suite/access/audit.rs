//! Who changed what.

use serde_json::{Value, json};

use crate::arrange::{member, text};
use crate::client::{Call, Team, encoded, unique};
use crate::routes::Role;

/// Makes a change and expects a row of it about `resource`, written by the same request.
async fn leaves_a_row(team: &Team, call: Call, resource: Option<&str>) -> Value {
    let id = unique("audited");
    let body = call.header("x-request-id", &id).await.success();
    let resource = resource.unwrap_or_else(|| member(&body, "id"));
    let rows = team.admin.get(&format!("/api/audit?resource={resource}")).await.expect(200);
    let rows = rows["data"].as_array().expect("rows");
    let of_request: Vec<_> = rows.iter().filter(|row| row["request_id"] == id.as_str()).collect();
    assert_eq!(of_request.len(), 1, "rows of {id} in {rows:?}");
    for name in ["action", "resource", "user_id", "key_id", "at"] {
        assert!(of_request[0][name].is_string(), "no {name} in {:?}", of_request[0]);
    }
    body
}

#[tokio::test]
async fn every_change_leaves_a_row() {
    let team = Team::new().await;
    let admin = &team.admin;
    let collection =
        leaves_a_row(&team, admin.post("/api/collections", json!({"name": "Audited"})), None).await;
    let collection = member(&collection, "id");
    let path = format!("/api/collections/{collection}");
    leaves_a_row(&team, admin.patch(&path, json!({"description": "new"})), Some(collection)).await;
    leaves_a_row(&team, admin.put(&path, json!({"name": "Renamed"})), Some(collection)).await;
    leaves_a_row(&team, admin.delete(&path), Some(collection)).await;

    let prompt = leaves_a_row(&team, admin.post("/api/prompts", json!({"name": "audited"})), None).await;
    let prompt = member(&prompt, "id");
    let path = format!("/api/prompts/{prompt}");
    leaves_a_row(&team, admin.patch(&path, json!({"description": "new"})), Some(prompt)).await;
    leaves_a_row(&team, admin.put(&path, json!({"name": "renamed"})), Some(prompt)).await;
    let first = admin.post(&format!("{path}/versions"), text("One")).await.expect(201);
    let second = admin.post(&format!("{path}/versions"), text("Two")).await.expect(201);
    for version in [&first, &second] {
        let to = json!({"version_id": version["version_id"], "environment": "production", "justification": "because"});
        leaves_a_row(&team, admin.post(&format!("{path}/promote"), to), Some(prompt)).await;
    }
    let back = json!({"environment": "production", "justification": "too terse"});
    leaves_a_row(&team, admin.post(&format!("{path}/rollback"), back), Some(prompt)).await;
    leaves_a_row(&team, admin.delete(&path), Some(prompt)).await;
    leaves_a_row(&team, admin.post(&format!("{path}/restore"), json!({})), Some(prompt)).await;
    let rows = admin.all("/api/audit").await;
    let of_version =
        |version: &Value| rows.iter().any(|row| row.to_string().contains(member(version, "version_id")));
    assert!(of_version(&first) && of_version(&second), "rows of versions in {rows:?}");

    let key =
        leaves_a_row(&team, admin.post("/api/keys", json!({"name": "Audited", "role": "viewer"})), None)
            .await;
    let id = member(&key, "id");
    let rotated =
        leaves_a_row(&team, admin.post(&format!("/api/keys/{id}/rotate"), json!({})), Some(id)).await;
    let id = member(&rotated, "id");
    leaves_a_row(&team, admin.delete(&format!("/api/keys/{id}")), Some(id)).await;
}

#[tokio::test]
async fn reading_leaves_none() {
    let team = Team::new().await;
    let (prompt, _) = team.admin.make_live("read", text("One")).await;
    let before = team.admin.all("/api/audit").await.len();
    team.admin.get(&format!("/api/prompts/{prompt}")).await.expect(200);
    team.admin.get(&format!("/api/resolve/{prompt}")).await.expect(200);
    team.admin.post("/api/prompts", json!({"name": "NOT LEGAL"})).await.invalid("name");
    assert_eq!(team.admin.all("/api/audit").await.len(), before);
}

#[tokio::test]
async fn a_change_that_changes_nothing_leaves_none() {
    let team = Team::new().await;
    let admin = &team.admin;
    let prompt = json!({"name": "same", "description": "Same", "tags": ["a", "b"]});
    admin.post("/api/prompts", prompt.clone()).await.expect(201);
    let collection = json!({"name": "Same", "description": "Same"});
    let made = admin.post("/api/collections", collection.clone()).await.expect(201);
    let collection_path = format!("/api/collections/{}", member(&made, "id"));
    let before = admin.all("/api/audit").await;
    for (path, whole) in [("/api/prompts/same", prompt), (collection_path.as_str(), collection)] {
        let shown = admin.get(path).await.expect(200);
        for part in [json!({}), json!({"description": "Same"}), whole.clone()] {
            assert_eq!(admin.patch(path, part).await.expect(200), shown, "{path}");
        }
        assert_eq!(admin.put(path, whole).await.expect(200), shown, "{path}");
    }
    assert_eq!(admin.all("/api/audit").await, before);
    admin.patch("/api/prompts/same", json!({"tags": ["b", "a"]})).await.expect(200);
    admin.patch(&collection_path, json!({"description": ""})).await.expect(200);
    assert_eq!(admin.all("/api/audit").await.len(), before.len() + 2);
}

#[tokio::test]
async fn rows_are_found_by_actor_and_time() {
    let team = Team::new().await;
    let editor = team.client(Role::Editor).await;
    let prompt = editor.make_prompt("searched").await;
    let me = editor.get("/api/me").await.expect(200);
    let row = &team.admin.get(&format!("/api/audit?resource={prompt}")).await.expect(200)["data"][0];
    let actor = member(row, "user_id");
    assert!(me.to_string().contains(actor), "{actor} in {me}");
    let find = async |query: String| {
        let rows = team.admin.get(&format!("/api/audit?resource={prompt}&{query}")).await.expect(200);
        rows["data"].as_array().map_or(0, Vec::len)
    };
    let at = chrono::DateTime::parse_from_rfc3339(member(row, "at")).unwrap();
    let (before, after) = (at - chrono::TimeDelta::seconds(1), at + chrono::TimeDelta::seconds(1));
    let (before, after) = (encoded(&before.to_rfc3339()), encoded(&after.to_rfc3339()));
    assert_eq!(find(format!("actor={actor}")).await, 1);
    assert_eq!(find(format!("actor={}", member(row, "key_id"))).await, 1);
    assert_eq!(
        find(format!("actor={}", member(&team.admin.get("/api/me").await.expect(200)["key"], "id"))).await,
        0
    );
    assert_eq!(find("actor=usr_01h2xcejqtf2nbrexx3vqjhp41".to_owned()).await, 0);
    assert_eq!(find(format!("from={before}&to={after}")).await, 1);
    assert_eq!(find(format!("from={after}")).await, 0);
    assert_eq!(find(format!("to={before}")).await, 0);
    team.admin.get("/api/audit?from=yesterday").await.invalid("from");
}
