//! Ratings of answers, and what they add up to.

use serde_json::{Value, json};

use crate::arrange::{contains, member, text, with};
use crate::client::{Client, Team, unique};
use crate::routes::Role;

/// An answer of the built-in model. The conversation is `user_id`'s.
async fn answer(client: &Client, prompt: Option<&str>, user_id: &str) -> Value {
    let body =
        json!({"message": "Hi", "model": "offline", "prompt": prompt, "user_id": user_id, "stream": false});
    client.post("/api/chat", body).await.expect(200)
}

async fn rate(client: &Client, body: Value, status: u16) -> Value {
    client.post("/api/feedback", body).await.expect(status)
}

#[tokio::test]
async fn an_answer_is_rated_once_by_each_person() {
    let team = Team::new().await;
    let runtime = team.client(Role::Runtime).await;
    let answer = answer(&runtime, None, "u-1").await;
    let message_id = member(&answer, "message_id");

    let given = rate(&runtime, json!({"message_id": message_id, "rating": 1, "comment": "Größe"}), 201).await;
    contains(
        &given,
        &json!({"message_id": message_id, "rating": 1, "scale": "thumbs", "comment": "Größe",
        "user_id": "u-1", "replaced": false}),
    );
    assert!(member(&given, "id").starts_with("fb_"), "{given}");

    // The same person again, by the request instead of the message: the first rating is gone.
    let body = json!({"request_id": answer["request_id"], "rating": 4, "scale": "stars", "user_id": "u-1"});
    let again = rate(&runtime, body, 200).await;
    contains(
        &again,
        &json!({"id": given["id"], "rating": 4, "scale": "stars", "comment": null, "replaced": true,
        "message_id": message_id, "created_at": given["created_at"]}),
    );

    rate(&runtime, json!({"message_id": message_id, "rating": -1, "user_id": "u-2"}), 201).await;
    let stats = team.admin.get("/api/feedback/stats").await.expect(200);
    contains(
        &stats,
        &json!({"count": 2, "positive": 0, "negative": 1, "approval": 0.0, "star_count": 1,
        "average_stars": 4.0}),
    );
}

#[tokio::test]
async fn ratings_are_counted_by_prompt_and_version() {
    let team = Team::new().await;
    let name = unique("prompt");
    let (prompt_id, version_id) = team.admin.make_live(&name, text("Be brief.")).await;
    for (user, rating) in [("u-1", 1), ("u-2", 1), ("u-3", -1)] {
        let answer = answer(&team.admin, Some(&name), user).await;
        rate(&team.admin, json!({"message_id": answer["message_id"], "rating": rating}), 201).await;
    }
    for (user, rating) in [("u-1", 5), ("u-2", 2)] {
        let body = json!({"request_id": unique("req"), "user_id": user, "rating": rating, "scale": "stars",
            "prompt_id": prompt_id, "version_id": version_id});
        contains(&rate(&team.admin, body, 201).await, &json!({"message_id": null, "prompt_id": prompt_id}));
    }
    rate(&team.admin, json!({"request_id": unique("req"), "rating": 1}), 201).await;

    let viewer = team.client(Role::Viewer).await;
    let all = viewer.get("/api/feedback/stats").await.expect(200);
    contains(&all, &json!({"count": 6, "positive": 3, "negative": 1, "approval": 0.75, "by_variant": []}));
    let stats = viewer.get(&format!("/api/feedback/stats?prompt_id={prompt_id}")).await.expect(200);
    contains(
        &stats,
        &json!({"count": 5, "positive": 2, "negative": 1, "star_count": 2, "average_stars": 3.5}),
    );
    let by_name = viewer.get(&format!("/api/feedback/stats?prompt_id={name}")).await.expect(200);
    assert_eq!(by_name, stats);
    let unknown = viewer.get("/api/feedback/stats?prompt_id=unknown").await.expect(200);
    contains(&unknown, &json!({"count": 0, "by_prompt": []}));
    let interval: Vec<f64> =
        stats["approval_interval"].as_array().unwrap().iter().map(|end| end.as_f64().unwrap()).collect();
    assert!(interval[0] > 0.2 && interval[0] < 2.0 / 3.0 && interval[1] > 0.9, "{interval:?}");
    let of_version = &stats["by_version"][0];
    contains(
        of_version,
        &json!({"version_id": version_id, "version_number": 1, "prompt_name": name, "count": 5}),
    );
    assert_eq!(
        stats["by_prompt"][0]["distribution"][4],
        json!({"stars": 5, "count": 1, "share": 0.5,
        "interval": stats["distribution"][4]["interval"]})
    );

    let past = viewer.get("/api/feedback/stats?to=2020-01-01T00:00:00Z").await.expect(200);
    contains(&past, &json!({"count": 0, "approval": null, "approval_interval": null, "average_stars": null}));
}

#[tokio::test]
async fn a_rating_of_nothing_is_refused() {
    let (team, stranger) = (Team::new().await, Team::new().await);
    let answer = answer(&team.admin, None, "u-1").await;
    let message_id = member(&answer, "message_id");
    let post = |body| team.admin.post("/api/feedback", body);
    post(json!({"message_id": "msg_01h2xcejqtf2nbrexx3vqjhp41", "rating": 1}))
        .await
        .problem(404, "not_found");
    post(json!({"message_id": "nothing", "rating": 1})).await.problem(404, "not_found");
    // What the user said is no answer.
    post(json!({"message_id": answer["user_message_id"], "rating": 1})).await.problem(404, "not_found");
    let stolen = json!({"message_id": message_id, "rating": 1});
    stranger.admin.post("/api/feedback", stolen).await.problem(404, "not_found");

    for (body, field) in [
        (json!({"rating": 1}), "message_id"),
        (json!({"message_id": message_id, "request_id": "r", "rating": 1}), "request_id"),
        (json!({"message_id": message_id}), "rating"),
        (json!({"message_id": message_id, "rating": 0}), "rating"),
        (json!({"message_id": message_id, "rating": 5}), "rating"),
        (json!({"message_id": message_id, "rating": 6, "scale": "stars"}), "rating"),
        (json!({"message_id": message_id, "rating": 1, "scale": "smileys"}), "scale"),
        (json!({"message_id": message_id, "rating": "up"}), "rating"),
        (json!({"message_id": message_id, "rating": 1, "mood": "good"}), "mood"),
        (json!({"message_id": message_id, "rating": 1, "comment": "c".repeat(4_001)}), "comment"),
    ] {
        post(body).await.invalid(field);
    }
    team.admin.get("/api/feedback/stats?from=yesterday").await.invalid("from");
    let stats = team.admin.get("/api/feedback/stats").await.expect(200);
    assert_eq!(stats["count"], 0, "{stats}");
}

#[tokio::test]
async fn what_a_rating_says_of_its_request_is_the_teams() {
    let (team, stranger) = (Team::new().await, Team::new().await);
    let (prompt_id, version_id) = team.admin.make_live(&unique("prompt"), text("Be brief.")).await;
    let (other_prompt, _) = team.admin.make_live(&unique("prompt"), text("Be kind.")).await;
    let (theirs, their_version) = stranger.admin.make_live(&unique("prompt"), text("Be brief.")).await;
    for said in [
        json!({"prompt_id": theirs}),
        json!({"version_id": their_version}),
        json!({"prompt_id": prompt_id, "version_id": their_version}),
        json!({"prompt_id": other_prompt, "version_id": version_id}),
        json!({"prompt_id": prompt_id, "experiment_id": "exp_01h2xcejqtf2nbrexx3vqjhp41", "variant": "a"}),
    ] {
        let body = with(json!({"request_id": unique("req"), "user_id": "u-1", "rating": 1}), &said);
        team.admin.post("/api/feedback", body).await.problem(404, "not_found");
    }
    for team in [&team, &stranger] {
        let stats = team.admin.get("/api/feedback/stats").await.expect(200);
        assert_eq!(stats["count"], 0, "{stats}");
    }
    let body =
        json!({"request_id": unique("req"), "rating": 1, "prompt_id": prompt_id, "version_id": version_id});
    rate(&team.admin, body, 201).await;
}

#[tokio::test]
async fn a_rating_sent_again_is_the_same_rating() {
    let team = Team::new().await;
    let body = json!({"request_id": unique("req"), "rating": 1});
    let key = unique("key");
    let send = || team.admin.post("/api/feedback", body.clone()).header("idempotency-key", &key);
    let first = send().await.expect(201);
    let second = send().await;
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(second.expect(201), first);
}
