//! Teams do not see each other.

use reqwest::Method;
use serde_json::json;

use crate::arrange::{member, text};
use crate::client::Team;
use crate::routes::Role;

#[tokio::test]
async fn another_teams_resource_is_not_there() {
    let (ours, theirs) = (Team::new().await, Team::new().await);
    let collection = theirs.admin.post("/api/collections", json!({"name": "Theirs"})).await.expect(201);
    let collection = member(&collection, "id");
    let (prompt, version) = theirs.admin.make_live("theirs/greeting", text("Secret {{ name }}")).await;
    theirs.admin.promote(&prompt, &version, "staging").await;
    let chat = json!({"message": "Hello", "model": "offline", "stream": false});
    let chat = theirs.admin.post("/api/chat", chat).await.expect(200);
    let conversation = member(&chat, "conversation_id");
    let holder = theirs.holder(Role::Viewer).await;
    let prompt_before = theirs.admin.get(&format!("/api/prompts/{prompt}")).await.expect(200);

    let to = json!({"version_id": version, "environment": "production"});
    for reference in [prompt.as_str(), "theirs%2Fgreeting"] {
        let path = format!("/api/prompts/{reference}");
        let attempts = [
            (Method::GET, String::new(), json!({})),
            (Method::PUT, String::new(), json!({"name": "ours"})),
            (Method::PATCH, String::new(), json!({"description": "ours"})),
            (Method::DELETE, String::new(), json!({})),
            (Method::POST, "/restore".to_owned(), json!({})),
            (Method::GET, "/versions".to_owned(), json!({})),
            (Method::POST, "/versions".to_owned(), text("ours")),
            (Method::GET, "/versions/1".to_owned(), json!({})),
            (Method::GET, "/versions/latest".to_owned(), json!({})),
            (Method::GET, "/versions/production".to_owned(), json!({})),
            (Method::GET, format!("/versions/{version}"), json!({})),
            (Method::GET, "/diff?from=1&to=1".to_owned(), json!({})),
            (Method::POST, "/promote".to_owned(), to.clone()),
            (Method::POST, "/rollback".to_owned(), json!({"environment": "production"})),
            (Method::GET, "/history".to_owned(), json!({})),
        ];
        for (method, rest, body) in attempts {
            let call = ours.admin.request(method.clone(), &format!("{path}{rest}"));
            let call = if [Method::GET, Method::DELETE].contains(&method) { call } else { call.json(&body) };
            call.await.problem(404, "not_found");
        }
        let resolve = format!("/api/resolve/{reference}");
        ours.admin.get(&resolve).await.problem(404, "not_found");
        ours.admin.get(&format!("{resolve}?version={version}")).await.problem(404, "not_found");
        ours.admin.post(&resolve, json!({"environment": "staging"})).await.problem(404, "not_found");
        let chat = json!({"message": "Hello", "prompt": reference.replace("%2F", "/"), "model": "offline"});
        ours.admin.post("/api/chat", chat).await.problem(404, "not_found");
    }
    let path = format!("/api/collections/{collection}");
    ours.admin.get(&path).await.problem(404, "not_found");
    ours.admin.put(&path, json!({"name": "Ours"})).await.problem(404, "not_found");
    ours.admin.patch(&path, json!({"name": "Ours"})).await.problem(404, "not_found");
    ours.admin.delete(&path).await.problem(404, "not_found");
    ours.admin.delete(&format!("{path}?cascade=true")).await.problem(404, "not_found");
    let talk = format!("/api/conversations/{conversation}");
    ours.admin.get(&talk).await.problem(404, "not_found");
    ours.admin.patch(&talk, json!({"title": "Ours"})).await.problem(404, "not_found");
    ours.admin.delete(&talk).await.problem(404, "not_found");
    let chat = json!({"message": "Hello", "conversation_id": conversation, "model": "offline"});
    ours.admin.post("/api/chat", chat).await.problem(404, "not_found");
    ours.admin.delete(&format!("/api/keys/{}", holder.key_id)).await.problem(404, "not_found");
    ours.admin
        .post(&format!("/api/keys/{}/rotate", holder.key_id), json!({}))
        .await
        .problem(404, "not_found");

    for list in ["/api/prompts", "/api/collections", "/api/conversations"] {
        assert_eq!(ours.admin.all(list).await, Vec::<serde_json::Value>::new(), "{list}");
    }
    let search = ours.admin.get("/api/prompts?search=theirs").await.expect(200);
    assert_eq!(search["data"], json!([]));
    let seen = ours.admin.get(&format!("/api/audit?resource={prompt}")).await.expect(200);
    assert_eq!(seen["data"], json!([]));
    assert_eq!(theirs.admin.get(&format!("/api/prompts/{prompt}")).await.expect(200), prompt_before);
    holder.client.get("/api/me").await.expect(200);
    theirs.admin.get(&path).await.expect(200);
    theirs.admin.get(&talk).await.expect(200);
}

#[tokio::test]
async fn another_teams_id_in_a_body_is_not_there_either() {
    let (ours, theirs) = (Team::new().await, Team::new().await);
    let collection = theirs.admin.post("/api/collections", json!({"name": "Theirs"})).await.expect(201);
    let (_, version) = theirs.admin.make_live("theirs", text("Secret")).await;
    let (prompt, _) = ours.admin.make_live("ours", text("Open")).await;
    let path = format!("/api/prompts/{prompt}");
    let pointers = [
        ours.admin
            .post(&format!("{path}/promote"), json!({"version_id": version, "environment": "staging"}))
            .await,
        ours.admin
            .post(
                &format!("{path}/rollback"),
                json!({"target_version_id": version, "environment": "production"}),
            )
            .await,
    ];
    for reply in pointers {
        reply.problem(404, "not_found");
    }
    let collection = &collection["id"];
    let collections = [
        ours.admin.post("/api/prompts", json!({"name": "second", "collection_id": collection})).await,
        ours.admin.patch(&path, json!({"collection_id": collection})).await,
        ours.admin.put(&path, json!({"name": "ours", "collection_id": collection})).await,
    ];
    // A field of a valid body names nothing: that may be told of the field as well.
    for reply in collections {
        assert_eq!(reply.status, 404, "{}", reply.story());
        reply.problem_of(reply.status);
    }
    ours.admin.get(&format!("{path}/versions/{version}")).await.problem(404, "not_found");
    ours.admin.get(&format!("{path}/diff?from=1&to={version}")).await.problem(404, "not_found");
    ours.admin.get(&format!("/api/resolve/{prompt}?version={version}")).await.problem(404, "not_found");
    let shown = ours.admin.get(&path).await.expect(200);
    assert!(shown["collection_id"].is_null() && shown["pointers"]["staging"].is_null(), "{shown}");
    assert_eq!(ours.admin.all("/api/prompts").await.len(), 1);
}

#[tokio::test]
async fn teams_use_the_same_names() {
    let (ours, theirs) = (Team::new().await, Team::new().await);
    ours.admin.make_live("greeting", text("Ours")).await;
    theirs.admin.make_live("greeting", text("Theirs")).await;
    for (team, expected) in [(&ours, "Ours"), (&theirs, "Theirs")] {
        assert_eq!(team.admin.get("/api/resolve/greeting").await.expect(200)["resolved_text"], expected);
    }
}
