//! Experiments and canaries, as the contract has them.

mod canaries;
mod input;
mod lifecycle;
mod reading;

use serde_json::{Value, json};

use crate::arrange::{member, text};
use crate::client::{Client, Team};

/// A prompt with two versions, the first live in production.
pub(crate) struct Stage {
    pub(crate) team: Team,
    pub(crate) prompt: String,
    pub(crate) versions: [String; 2],
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let team = Team::new().await;
        let (prompt, first) = team.admin.make_live("tried", text("One")).await;
        let second = team.admin.make_version(&prompt, text("Two")).await;
        Self { team, prompt, versions: [first, second] }
    }

    /// A body that begins an experiment of both versions, half and half.
    pub(crate) fn body(&self) -> Value {
        let [first, second] = &self.versions;
        json!({
            "variants": [
                {"name": "control", "version_id": first, "traffic_weight": 50},
                {"name": "shorter", "version_id": second, "traffic_weight": 50},
            ],
            "allocation_strategy": "fixed_split", "primary_metric": "approval",
        })
    }

    pub(crate) fn path(&self) -> String {
        format!("/api/prompts/{}/experiments", self.prompt)
    }

    /// Begins it and says where it is.
    pub(crate) async fn begin(&self, body: Value) -> String {
        let made = self.team.admin.post(&self.path(), body).await.expect(201);
        format!("/api/experiments/{}", member(&made, "experiment_id"))
    }

    /// What each of many users gets in production.
    pub(crate) async fn resolve(&self, users: std::ops::Range<usize>) -> Vec<Value> {
        let users: Vec<usize> = users.collect();
        let mut answers = Vec::new();
        for some in users.chunks(50) {
            let one = |user: &usize| json!({"prompt": self.prompt, "user_id": format!("user-{user}")});
            let requests: Vec<Value> = some.iter().map(one).collect();
            let reply = self.team.admin.post("/api/resolve", json!({"requests": requests})).await.expect(200);
            answers.extend(reply["results"].as_array().unwrap().clone());
        }
        answers
    }

    pub(crate) async fn resolve_one(&self, query: &str) -> Value {
        self.team.admin.get(&format!("/api/resolve/{}{query}", self.prompt)).await.expect(200)
    }
}

/// How many of `answers` have this member.
pub(crate) fn count(answers: &[Value], name: &str, value: &str) -> usize {
    answers.iter().filter(|answer| answer[name] == value).count()
}

/// Posts nothing and reads what is there then.
pub(crate) async fn act(client: &Client, path: &str, action: &str) -> Value {
    client.post(&format!("{path}/{action}"), json!({})).await.expect(200)
}
