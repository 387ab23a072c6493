//! Against an installation, which `make test ONLY=clients` starts and names in `PROMPTLAB_URL` and
//! `PROMPTLAB_ADMIN_KEY`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "it is a test, its helpers included"
)]
#![cfg(feature = "reqwest")]

use std::time::{Duration, Instant};

use promptlab::{
    Feedback, Inference, LogPolicy, Options, PromptLab, Resolve, Source, Version, chat_request, new_id,
};
use serde_json::{Value, json};

struct Installation {
    url: String,
    key: String,
    http: reqwest::Client,
}

impl Installation {
    fn from_environment() -> Self {
        let variable = |name: &str| std::env::var(name).expect("make test ONLY=clients sets it");
        Self {
            url: variable("PROMPTLAB_URL"),
            key: variable("PROMPTLAB_ADMIN_KEY"),
            http: reqwest::Client::new(),
        }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key);
        let response =
            request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
        let (status, body) = (response.status(), response.bytes().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    async fn promote(&self, name: &str, template_text: &str) -> String {
        let version = json!({"type": "text", "template_text": template_text, "model_id": "offline"});
        let made = self.post(&format!("/api/prompts/{name}/versions"), version).await;
        let version_id = made["version_id"].as_str().unwrap().to_owned();
        self.post(
            &format!("/api/prompts/{name}/promote"),
            json!({"version_id": version_id, "environment": "production"}),
        )
        .await;
        version_id
    }
}

fn inference(id: Option<&String>) -> Inference {
    Inference { id: id.cloned(), model: "offline".to_owned(), tokens_in: Some(3), ..Inference::default() }
}

#[tokio::test]
#[ignore = "needs an installation: make test ONLY=clients"]
async fn prompts_are_resolved_and_inferences_counted_once() {
    let installation = Installation::from_environment();
    let name = format!("client-rust-{}", new_id());
    let runtime = installation.post("/api/keys", json!({"name": "client", "role": "runtime"})).await;
    let key = runtime["key"].as_str().unwrap();
    installation.post("/api/prompts", json!({"name": name})).await;
    installation.promote(&name, "Greet {{ name }}.").await;
    let promptlab = PromptLab::new(&installation.url, key, Options::default()).unwrap();

    let question = Resolve::default().variable("name", "Zoë");
    let answer = promptlab.resolve(&name, question.clone()).await.unwrap();
    assert_eq!((answer.source, answer.prompt.resolved_text.as_deref()), (Source::Server, Some("Greet Zoë.")));
    let second = installation.promote(&name, "Welcome {{ name }}.").await;
    let began = Instant::now();
    while promptlab.resolve(&name, question.clone()).await.unwrap().prompt.version_id.as_ref()
        != Some(&second)
    {
        assert!(began.elapsed() < Duration::from_secs(5), "it is still the old one");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let first = Resolve { version: Some(Version::Number(1)), ..question.clone() };
    assert_eq!(
        promptlab.resolve(&name, first).await.unwrap().prompt.resolved_text.as_deref(),
        Some("Greet Zoë.")
    );
    let strict = promptlab.resolve(&name, Resolve { strict: true, ..Resolve::default() }).await.unwrap_err();
    assert_eq!(strict.problem().unwrap().code, "missing_variables");

    // Through its own /v1, by hand: any OpenAI client would do.
    let (base_url, key) = promptlab.open_ai();
    let body = chat_request(&answer.prompt, [json!({"role": "user", "content": "hi"})]);
    let call = promptlab
        .begin(Some(&answer), Inference { messages: Some(body["messages"].clone()), ..Inference::default() });
    let id = call.id().to_owned();
    let request = reqwest::Client::new().post(format!("{base_url}/chat/completions")).bearer_auth(&key);
    let response =
        request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap();
    call.completion(&serde_json::from_slice(&response.bytes().await.unwrap()).unwrap());
    assert!(promptlab.flush(Duration::from_secs(10)).await);
    assert_eq!(promptlab.log_statistics().accepted, 1);
    let down = promptlab.feedback(&Feedback::of_call(&id, &answer, -1)).await.unwrap();
    let up = promptlab.feedback(&Feedback::of_call(&id, &answer, 1)).await.unwrap();
    assert_eq!((down.replaced, up.replaced), (false, true));

    // What a process without a network has spooled is sent by the next one, under the same ids.
    let spool = std::env::temp_dir().join(format!("promptlab-spool-{}", new_id()));
    let options = || Options {
        log: LogPolicy { spool: Some(spool.clone()), ..LogPolicy::default() },
        ..Options::default()
    };
    let cut_off = PromptLab::new("http://127.0.0.1:1", &key, options()).unwrap();
    let ids: Vec<String> = (0..600).map(|_| cut_off.log(inference(None))).collect();
    assert!(!cut_off.close(Duration::from_millis(100)).await);
    drop(cut_off);
    promptlab.log(inference(ids.get(7)));
    assert!(promptlab.flush(Duration::from_secs(10)).await);
    let next = PromptLab::new(&installation.url, &key, options()).unwrap();
    assert!(next.close(Duration::from_secs(10)).await);
    let statistics = next.log_statistics();
    assert_eq!((statistics.accepted, statistics.duplicates, statistics.rejected), (599, 1, 0));
    assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 0);
    std::fs::remove_dir_all(spool).unwrap();
}
