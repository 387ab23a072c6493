//! The three wire formats against the mock server: what is sent, what is understood, and what providers do that no
//! documentation mentions.
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod mock_models;

use std::time::Duration;

use futures_util::StreamExt;
use llm::{
    Candidate, ChatRequest, Content, Deadline, Error, FinishReason, Kind, Message, Pace, Provider, Reasoning,
    Role, Secret, Settings, Transcript, Usage,
};
use mock_models::{REMOTE, candidate, question, read, requests, settings, text};
use serde_json::{Map, Value, json};

async fn answer(candidate: &Candidate, settings: &Settings) -> (Transcript, Option<Error>) {
    match llm::ask(candidate, &question(), settings).await {
        Ok(stream) => read(stream).await,
        Err(error) => (Transcript::default(), Some(error)),
    }
}

/// What every format reports for the server's usual counts.
fn usage(provider: Provider) -> Usage {
    Usage {
        tokens_in: 31,
        tokens_out: 17,
        cached_tokens_in: 8,
        cache_write_tokens: 0,
        reasoning_tokens: if provider == Provider::Anthropic { 0 } else { 5 },
    }
}

#[track_caller]
fn assert_whole(provider: Provider, model: &str, (transcript, failure): &(Transcript, Option<Error>)) {
    assert_eq!(*failure, None, "{provider} {model}");
    assert_eq!(transcript.text, text(20), "{provider} {model}");
    assert_eq!(transcript.finish_reason, Some(FinishReason::Stop), "{provider} {model}");
}

#[tokio::test]
async fn every_format_answers() {
    let models = ["mock-ok", "mock-bytes", "mock-crlf", "mock-no-done", "mock-reasoning"];
    for provider in REMOTE {
        for model in models {
            let answer = answer(&candidate(provider, model, "ok"), &settings()).await;
            assert_whole(provider, model, &answer);
            assert_eq!(answer.0.usage, Some(usage(provider)), "{provider} {model}");
            assert_eq!(answer.0.reasoning, "", "{provider} {model}");
        }
    }
}

#[tokio::test]
async fn reasoning_is_passed_when_asked_for() {
    for provider in REMOTE {
        let settings = Settings { reasoning: Reasoning::Pass, ..settings() };
        let answer = answer(&candidate(provider, "mock-reasoning", "reasoning"), &settings).await;
        assert_whole(provider, "mock-reasoning", &answer);
        assert_eq!(answer.0.reasoning, "Let me think.", "{provider}");
    }
}

#[tokio::test]
async fn openai_counts_come_in_every_place() {
    let models =
        ["mock-usage-last-choice", "mock-usage-empty-choices", "mock-usage-every-chunk", "mock-json-200"];
    for model in models {
        let answer = answer(&candidate(Provider::OpenAi, model, "usage"), &settings()).await;
        assert_whole(Provider::OpenAi, model, &answer);
        assert_eq!(answer.0.usage, Some(usage(Provider::OpenAi)), "{model}");
    }
    let answer = answer(&candidate(Provider::OpenAi, "mock-usage-none", "usage"), &settings()).await;
    assert_whole(Provider::OpenAi, "mock-usage-none", &answer);
    assert_eq!(answer.0.usage, None);
}

#[tokio::test]
async fn cached_tokens_are_part_of_the_input() {
    for provider in REMOTE {
        let answer = answer(&candidate(provider, "mock-cached", "cached"), &settings()).await;
        let expected =
            Usage { tokens_in: 262_960, tokens_out: 1_744, cached_tokens_in: 257_955, ..Usage::default() };
        assert_eq!(answer.0.usage, Some(expected), "{provider}");
    }
}

#[tokio::test]
async fn counts_come_as_soon_as_they_are_known() {
    for provider in [Provider::Anthropic, Provider::Gemini] {
        let candidate = candidate(provider, "mock-cached:delay=20", "counts");
        let mut stream = llm::ask(&candidate, &question(), &settings()).await.unwrap();
        let mut begun = Transcript::default();
        while !begun.text.contains("naïve") {
            begun.push(&stream.next().await.unwrap().unwrap());
        }
        let usage = begun.usage.unwrap();
        assert_eq!((usage.tokens_in, usage.cached_tokens_in), (262_960, 257_955), "{provider}");
        assert!(usage.tokens_out < 1_744, "{provider}");
    }
}

#[tokio::test]
async fn a_count_is_no_token() {
    let candidate = candidate(Provider::Anthropic, "mock-ok:stall_after=1", "no-token");
    let (transcript, failure) = answer(&candidate, &settings()).await;
    assert_eq!(transcript.usage.map(|usage| usage.tokens_in), Some(23));
    assert_eq!(failure.unwrap().kind, Kind::Timeout(Deadline::FirstToken));
}

#[tokio::test]
async fn an_answer_without_end_is_ended() {
    for provider in REMOTE {
        let settings = Settings { largest_answer: 1_000, ..settings() };
        let (transcript, failure) =
            answer(&candidate(provider, "mock-ok:words=100", "endless"), &settings).await;
        let failure = failure.unwrap();
        assert_eq!(failure.kind, Kind::Malformed, "{provider}");
        assert!(failure.message.contains("1000 bytes"), "{provider}: {failure}");
        assert!(transcript.text.len() > 100 && transcript.text.len() < 1_000, "{provider}");
        assert!(text(100).starts_with(&transcript.text), "{provider}");
    }
}

#[tokio::test]
async fn what_is_sent() {
    let mut request = question();
    request.messages = vec![
        Message::user("Hi"),
        Message::assistant("Yes?"),
        Message::new(Role::System, "Be kind."),
        Message::user("Why?"),
    ];
    request.stop = vec!["END".to_owned()];
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    request.traceparent = Some(traceparent.to_owned());
    for provider in REMOTE {
        let key = format!("sent-{provider}");
        let stream = llm::ask(&candidate(provider, "mock-ok", &key), &request, &settings()).await.unwrap();
        read(stream).await;
        let seen = requests(&key).await.remove(0);
        assert_eq!(seen["body"], expected_body(provider), "{provider}");
        assert_eq!(seen["headers"]["traceparent"], traceparent, "{provider}");
        assert_eq!(seen["finished"], true);
    }
    let anthropic = requests("sent-anthropic").await.remove(0);
    assert_eq!(anthropic["headers"]["anthropic-version"], "2023-06-01");
    assert_eq!(anthropic["path"], "/v1/messages");
    assert_eq!(requests("sent-openai").await[0]["path"], "/v1/chat/completions");
    assert_eq!(requests("sent-gemini").await[0]["path"], "/v1/models/mock-ok:streamGenerateContent");
}

fn expected_body(provider: Provider) -> Value {
    match provider {
        Provider::OpenAi => json!({
            "model": "mock-ok", "stream": true, "stream_options": {"include_usage": true},
            "messages": [
                {"role": "system", "content": "You are terse."},
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Yes?"},
                {"role": "system", "content": "Be kind."},
                {"role": "user", "content": "Why?"},
            ],
            "temperature": 0.5, "max_tokens": 100, "stop": ["END"],
        }),
        Provider::Anthropic => json!({
            "model": "mock-ok", "stream": true, "max_tokens": 100, "system": "You are terse.\n\nBe kind.",
            "messages": [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Yes?"},
                {"role": "user", "content": "Why?"},
            ],
            "temperature": 0.5, "stop_sequences": ["END"],
        }),
        Provider::Gemini | Provider::Offline => json!({
            "systemInstruction": {"parts": [{"text": "You are terse.\n\nBe kind."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Hi"}]},
                {"role": "model", "parts": [{"text": "Yes?"}]},
                {"role": "user", "parts": [{"text": "Why?"}]},
            ],
            "generationConfig": {"temperature": 0.5, "maxOutputTokens": 100, "stopSequences": ["END"]},
        }),
    }
}

/// A question that comes with tools, after one of them was called and answered.
fn question_with_tools() -> ChatRequest {
    let tools = json!([{"type": "function", "function": {
        "name": "weather", "description": "Of a city.", "parameters": {"type": "object"},
    }}]);
    let calls = json!([
        {"id": "call_a", "type": "function", "function": {"name": "time", "arguments": "{\"zone\":\"UTC\"}"}},
        {"id": "call_b", "type": "function", "function": {"name": "date", "arguments": ""},
            "extra_content": {"google": {"thought_signature": "c2ln"}}},
    ]);
    let answer = |id: &str, text: &str| Message {
        tool_call_id: Some(id.to_owned()),
        ..Message::new(Role::Tool, text)
    };
    ChatRequest {
        messages: vec![
            Message { tool_calls: Some(calls), ..Message::assistant("") },
            answer("call_a", "12:00"),
            answer("call_b", "{\"day\":1}"),
            Message {
                content: Content::Parts(vec![json!({"type": "text", "text": "And now?"})]),
                ..Message::user("")
            },
        ],
        tools: Some(tools),
        tool_choice: Some("required".into()),
        extra: [("seed".to_owned(), 7.into()), ("model".to_owned(), "other".into())].into_iter().collect(),
        ..ChatRequest::default()
    }
}

/// What was sent to the provider.
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
async fn asked_with_tools(provider: Provider) -> Value {
    let (key, request) = (format!("tools-{provider}"), question_with_tools());
    let stream = llm::ask(&candidate(provider, "mock-tools", &key), &request, &settings()).await.unwrap();
    let (transcript, failure) = read(stream).await;
    assert_eq!(failure, None, "{provider}");
    assert_eq!(transcript.finish_reason, Some(FinishReason::ToolCalls), "{provider}");
    let calls: Vec<Value> = transcript
        .tool_calls
        .iter()
        .map(|call| json!({"id": call["id"], "type": call["type"], "function": call["function"]}))
        .collect();
    let expected = [
        json!({"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Köln\"}"}}),
        json!({"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}}),
    ];
    assert_eq!(calls, expected, "{provider}");
    requests(&key).await.remove(0)["body"].take()
}

#[tokio::test]
async fn tools_pass_through_to_openai() {
    let request = question_with_tools();
    let body = asked_with_tools(Provider::OpenAi).await;
    assert_eq!((&body["tools"], &body["tool_choice"]), (&request.tools.unwrap(), &json!("required")));
    assert_eq!((&body["seed"], &body["model"]), (&json!(7), &json!("mock-tools")));
    let calls = request.messages[0].tool_calls.clone().unwrap();
    assert_eq!(body["messages"][0], json!({"role": "assistant", "content": null, "tool_calls": calls}));
    assert_eq!(body["messages"][1], json!({"role": "tool", "content": "12:00", "tool_call_id": "call_a"}));
    assert_eq!(body["messages"][3]["content"], json!([{"type": "text", "text": "And now?"}]));
}

#[tokio::test]
async fn tools_are_translated_for_anthropic() {
    let body = asked_with_tools(Provider::Anthropic).await;
    let tool = json!({"name": "weather", "description": "Of a city.", "input_schema": {"type": "object"}});
    assert_eq!((&body["tools"], &body["tool_choice"]), (&json!([tool]), &json!({"type": "any"})));
    let expected = json!([
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "call_a", "name": "time", "input": {"zone": "UTC"}},
            {"type": "tool_use", "id": "call_b", "name": "date", "input": {}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "call_a", "content": "12:00"},
            {"type": "tool_result", "tool_use_id": "call_b", "content": "{\"day\":1}"},
        ]},
        {"role": "user", "content": "And now?"},
    ]);
    assert_eq!(body["messages"], expected);
}

#[tokio::test]
async fn tools_are_translated_for_gemini() {
    let body = asked_with_tools(Provider::Gemini).await;
    let declaration =
        json!({"name": "weather", "description": "Of a city.", "parametersJsonSchema": {"type": "object"}});
    assert_eq!(body["tools"], json!([{"functionDeclarations": [declaration]}]));
    assert_eq!(body["toolConfig"], json!({"functionCallingConfig": {"mode": "ANY"}}));
    let expected = json!([
        {"role": "model", "parts": [
            {"functionCall": {"name": "time", "args": {"zone": "UTC"}}},
            {"functionCall": {"name": "date", "args": {}}, "thoughtSignature": "c2ln"},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"name": "time", "response": {"result": "12:00"}}},
            {"functionResponse": {"name": "date", "response": {"day": 1}}},
        ]},
        {"role": "user", "parts": [{"text": "And now?"}]},
    ]);
    assert_eq!(body["contents"], expected);
}

/// What `provider` receives of a question whose answer is to have this form.
async fn asked_for(provider: Provider, key: &str, format: Value) -> Result<Value, Kind> {
    let request =
        ChatRequest { extra: Map::from_iter([("response_format".to_owned(), format)]), ..question() };
    let asked = llm::ask(&candidate(provider, "mock-ok", key), &request, &settings()).await;
    read(asked.map_err(|error| error.kind)?).await;
    Ok(requests(key).await.remove(0).get_mut("body").map(Value::take).unwrap_or_default())
}

#[tokio::test]
async fn the_form_of_an_answer_is_translated_or_refused() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let by_schema =
        json!({"type": "json_schema", "json_schema": {"name": "place", "strict": true, "schema": schema}});
    let (any, text) = (json!({"type": "json_object"}), json!({"type": "text"}));

    let body = asked_for(Provider::Gemini, "form-1", by_schema.clone()).await.unwrap();
    assert_eq!(body["generationConfig"]["responseMimeType"], "application/json");
    assert_eq!(body["generationConfig"]["responseJsonSchema"], schema);
    let body = asked_for(Provider::Gemini, "form-2", any.clone()).await.unwrap();
    assert_eq!(body["generationConfig"]["responseMimeType"], "application/json");
    assert_eq!(body["generationConfig"].get("responseJsonSchema"), None);

    let body = asked_for(Provider::Anthropic, "form-3", by_schema.clone()).await.unwrap();
    assert_eq!(body["output_config"], json!({"format": {"type": "json_schema", "schema": schema}}));
    assert_eq!(asked_for(Provider::Anthropic, "form-4", any).await, Err(Kind::Refused));
    let body = asked_for(Provider::Anthropic, "form-5", text).await.unwrap();
    assert_eq!(body.get("output_config"), None);

    let body = asked_for(Provider::OpenAi, "form-6", by_schema.clone()).await.unwrap();
    assert_eq!(body["response_format"], by_schema);
}

#[tokio::test]
async fn probabilities_come_with_the_text() {
    let request = ChatRequest { extra: Map::from_iter([("logprobs".to_owned(), true.into())]), ..question() };
    let candidate = candidate(Provider::OpenAi, "mock-ok:words=3", "logprobs");
    let (transcript, failure) = read(llm::ask(&candidate, &request, &settings()).await.unwrap()).await;
    assert_eq!(failure, None);
    let tokens = transcript.logprobs["content"].as_array().unwrap();
    let said: String = tokens.iter().filter_map(|token| token["token"].as_str()).collect();
    assert_eq!((said.as_str(), transcript.text.as_str()), (text(3).as_str(), text(3).as_str()));
}

#[tokio::test]
async fn what_is_no_text_reaches_who_can_read_it() {
    let picture = json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}});
    let request = ChatRequest {
        messages: vec![Message { content: Content::Parts(vec![picture]), ..Message::user("") }],
        ..ChatRequest::default()
    };
    for provider in REMOTE {
        let asked = llm::ask(&candidate(provider, "mock-ok", "pictures"), &request, &settings()).await;
        assert_eq!(
            asked.err().map(|error| error.kind),
            (provider != Provider::OpenAi).then_some(Kind::Refused)
        );
    }
}

/// What an answer of `model` ends with: how many words come at most, and which error follows.
async fn check_failure(model: &str, words: usize, kind: Kind) {
    let settings = settings();
    futures_util::future::join_all(REMOTE.map(async |provider| {
        let (transcript, failure) = answer(&candidate(provider, model, "fails"), &settings).await;
        let failure = failure.unwrap_or_else(|| panic!("{provider} {model} did not fail"));
        assert_eq!(failure.kind, kind, "{provider} {model}: {failure}");
        assert!(!failure.message.is_empty() && !failure.message.contains("fails"), "{failure}");
        let said = transcript.text.split_whitespace().count();
        assert_eq!(said > 0, words > 0, "{provider} {model}: {said} words");
        assert!(said <= words, "{provider} {model}: {said} words");
        assert!(text(20).starts_with(transcript.text.trim_end()), "{provider} {model}: {}", transcript.text);
        assert_eq!(transcript.finish_reason, None, "{provider} {model}");
    }))
    .await;
}

#[tokio::test]
async fn answers_that_break_off() {
    check_failure("mock-cut-half-event", 5, Kind::Interrupted).await;
    check_failure("mock-end-early", 5, Kind::Interrupted).await;
    check_failure("mock-cut-at-once", 0, Kind::Interrupted).await;
    check_failure("mock-429-midstream", 5, Kind::RateLimited { retry_after: None }).await;
    check_failure("mock-error-midstream", 5, Kind::ServerError).await;
}

#[tokio::test]
async fn broken_answers_are_counted() {
    let (transcript, failure) =
        answer(&candidate(Provider::Anthropic, "mock-error-midstream", "counted"), &settings()).await;
    assert!(failure.is_some());
    assert_eq!(transcript.usage, Some(Usage { tokens_in: 23, tokens_out: 1, ..Usage::default() }));
}

#[tokio::test]
async fn answers_that_are_none() {
    check_failure("mock-html-200", 0, Kind::Malformed).await;
    check_failure("mock-400", 0, Kind::Refused).await;
    check_failure("mock-401", 0, Kind::Authentication).await;
    check_failure("mock-402", 0, Kind::Unpaid).await;
    check_failure("mock-302", 0, Kind::Malformed).await;
    check_failure("mock-context", 0, Kind::ContextTooLong).await;
    check_failure("mock-500", 0, Kind::ServerError).await;
    check_failure("mock-529", 0, Kind::ServerError).await;
    check_failure(
        "mock-429:retry_after=7",
        0,
        Kind::RateLimited { retry_after: Some(Duration::from_secs(7)) },
    )
    .await;
    check_failure("mock-reset", 0, Kind::Connect).await;
    check_failure("mock-html-as-events", 0, Kind::Malformed).await;
}

#[tokio::test]
async fn events_that_are_too_large() {
    check_failure("mock-huge-event:cut_after=99", 0, Kind::Malformed).await;
}

#[tokio::test]
async fn silence_ends() {
    check_failure("mock-slow-head", 0, Kind::Timeout(Deadline::Head)).await;
    check_failure("mock-slow", 0, Kind::Timeout(Deadline::FirstToken)).await;
    check_failure("mock-silent", 0, Kind::Timeout(Deadline::FirstToken)).await;
    check_failure("mock-stall", 5, Kind::Timeout(Deadline::Idle)).await;
}

#[tokio::test]
async fn single_bytes_are_no_sign_of_life() {
    check_failure("mock-drip", 0, Kind::Timeout(Deadline::FirstToken)).await;
}

#[tokio::test]
async fn the_total_time_is_limited() {
    let mut settings = settings();
    settings.timeouts.total = Duration::from_millis(500);
    for provider in REMOTE {
        let (transcript, failure) =
            answer(&candidate(provider, "mock-ok:delay=50", "total"), &settings).await;
        assert_eq!(failure.unwrap().kind, Kind::Timeout(Deadline::Total), "{provider}");
        assert!(!transcript.text.is_empty(), "{provider}");
        let (transcript, failure) = answer(&candidate(provider, "mock-drip", "total"), &settings).await;
        assert_eq!(failure.unwrap().kind, Kind::Timeout(Deadline::Total), "{provider}");
        assert_eq!(transcript.text, "", "{provider}");
    }
}

#[tokio::test]
async fn a_finished_answer_is_not_spoiled_by_silence() {
    for provider in REMOTE {
        let answer = answer(&candidate(provider, "mock-hang-after-finish", "hang"), &settings()).await;
        assert_whole(provider, "mock-hang-after-finish", &answer);
    }
}

#[tokio::test]
async fn a_reader_may_be_slower_than_the_provider() {
    let mut settings = settings();
    settings.timeouts.idle = Duration::from_millis(150);
    let candidate = candidate(Provider::OpenAi, "mock-ok:delay=20,words=10", "slow-reader");
    let mut stream = llm::ask(&candidate, &question(), &settings).await.unwrap();
    let mut transcript = Transcript::default();
    while let Some(delta) = stream.next().await {
        transcript.push(&delta.unwrap());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(transcript.text, text(10));
}

#[tokio::test]
async fn dropping_the_stream_aborts_the_request() {
    for provider in REMOTE {
        let key = format!("abort-{provider}");
        let candidate = candidate(provider, "mock-ok:delay=20,words=500", &key);
        let mut stream = llm::ask(&candidate, &question(), &settings()).await.unwrap();
        stream.next().await.unwrap().unwrap();
        drop(stream);
        for _ in 0..100 {
            if requests(&key).await[0]["aborted"] == true {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let seen = requests(&key).await.remove(0);
        assert_eq!(seen["aborted"], true, "{provider}");
        assert!(seen["events_sent"].as_u64().unwrap() < 100, "{provider}");
    }
}

#[tokio::test]
async fn keys_and_names_cannot_break_out() {
    let mut candidate = candidate(Provider::Gemini, "../../evil?x=1#", "evil");
    read(llm::ask(&candidate, &question(), &settings()).await.unwrap()).await;
    assert_eq!(
        requests("evil").await[0]["path"],
        "/v1/models/..%2F..%2Fevil%3Fx%3D1%23:streamGenerateContent"
    );
    candidate.api_key = Secret::new("line\nbreak");
    let error = llm::ask(&candidate, &question(), &settings()).await.err().unwrap();
    assert_eq!(error.kind, Kind::Authentication);
    assert!(!format!("{candidate:?}").contains("break"));
}

#[tokio::test]
async fn the_offline_model_streams_at_its_pace() {
    let mut request = question();
    let mut settings = Settings { offline_pace: Pace::IMMEDIATE, ..settings() };
    let (transcript, failure) =
        read(llm::ask(&Candidate::offline(), &request, &settings).await.unwrap()).await;
    assert_eq!(failure, None);
    assert_eq!(transcript.text, llm::offline::text_of(&request));
    let usage = transcript.usage.unwrap();
    assert_eq!((usage.tokens_in, usage.tokens_out), (4, llm::offline::count_tokens(&transcript.text)));
    assert_eq!(transcript.finish_reason, Some(FinishReason::Stop));

    request.max_tokens = Some(5);
    settings.offline_pace = Pace::STANDARD;
    let start = platform::time::now_ms();
    let (transcript, _) = read(llm::ask(&Candidate::offline(), &request, &settings).await.unwrap()).await;
    assert!(platform::time::now_ms() - start >= 5 * 15);
    assert_eq!(transcript.usage.unwrap().tokens_out, 5);
    assert_eq!(transcript.finish_reason, Some(FinishReason::Length));
}
