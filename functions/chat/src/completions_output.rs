//! Answers in `OpenAI`'s shapes: whole, and as chunks of a stream.

use llm::{Delta, FinishReason, Transcript};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What ends a stream that went well.
pub(crate) const DONE: &str = "data: [DONE]\n\n";

/// What all parts of an answer say of it.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// `chatcmpl-…`.
    pub(crate) id: String,
    /// In seconds since the Unix epoch.
    pub(crate) created: i64,
    /// The model that answers.
    pub(crate) model: String,
    /// Whether a stream tells its usage.
    pub(crate) includes_usage: bool,
}

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: Vec<Value>,
    /// Absent from chunks that nobody asked to tell it, null in those before the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

/// Tokens under `OpenAI`'s names.
#[derive(Debug, Clone, Copy, Serialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct PromptDetails {
    cached_tokens: u64,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
}

impl From<llm::Usage> for Usage {
    fn from(usage: llm::Usage) -> Self {
        Self {
            prompt_tokens: usage.tokens_in,
            completion_tokens: usage.tokens_out,
            total_tokens: usage.tokens_in.saturating_add(usage.tokens_out),
            prompt_tokens_details: PromptDetails { cached_tokens: usage.cached_tokens_in },
            completion_tokens_details: CompletionDetails { reasoning_tokens: usage.reasoning_tokens },
        }
    }
}

impl Head {
    /// The whole answer, as JSON.
    pub(crate) fn whole(&self, transcript: &Transcript, usage: llm::Usage) -> String {
        let finish_reason = transcript.finish_reason.unwrap_or(FinishReason::Stop);
        let message = message(transcript);
        let logprobs = (!transcript.logprobs.is_empty()).then_some(&transcript.logprobs);
        let choice = json!({
            "index": 0, "message": message, "logprobs": logprobs, "finish_reason": finish_reason.as_str(),
        });
        self.write("chat.completion", vec![choice], Some(json!(Usage::from(usage))))
    }

    /// The chunk that begins a stream.
    pub(crate) fn opening(&self) -> String {
        self.delta(&json!({"role": "assistant", "content": ""}))
    }

    /// The chunk for a piece of the answer; none for what has no place in the stream.
    pub(crate) fn piece(&self, delta: &Delta) -> Option<String> {
        match delta {
            Delta::Text(text) => Some(self.delta(&json!({"content": text}))),
            // Not OpenAI's own, but what those who pass it on have agreed upon.
            Delta::Reasoning(text) => Some(self.delta(&json!({"reasoning_content": text}))),
            Delta::ToolCall(call) => Some(self.delta(&json!({"tool_calls": [call]}))),
            // Clients add them up, whatever text they come with.
            Delta::Logprobs(logprobs) => Some(self.chunk(&json!({}), Some(logprobs), None)),
            Delta::Usage(_) | Delta::Finish(_) => None,
        }
    }

    /// What ends a stream: why, how much if that was asked for, and the mark.
    pub(crate) fn ending(&self, finish: FinishReason, usage: llm::Usage) -> String {
        let mut ending = self.chunk(&json!({}), None, Some(finish));
        if self.includes_usage {
            let last = self.write("chat.completion.chunk", Vec::new(), Some(json!(Usage::from(usage))));
            ending.push_str(&event(&last));
        }
        ending.push_str(DONE);
        ending
    }

    fn delta(&self, delta: &Value) -> String {
        self.chunk(delta, None, None)
    }

    fn chunk(
        &self,
        delta: &Value,
        logprobs: Option<&Map<String, Value>>,
        finish: Option<FinishReason>,
    ) -> String {
        let finish_reason = finish.map(FinishReason::as_str);
        let choice =
            json!({"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason});
        let usage = self.includes_usage.then_some(Value::Null);
        event(&self.write("chat.completion.chunk", vec![choice], usage))
    }

    fn write(&self, object: &'static str, choices: Vec<Value>, usage: Option<Value>) -> String {
        let Self { id, created, model, .. } = self;
        let completion = Completion { id, object, created: *created, model, choices, usage };
        // Texts and numbers can always be written.
        serde_json::to_string(&completion).unwrap_or_default()
    }
}

/// One server-sent event. JSON has no line breaks of its own.
pub(crate) fn event(data: &str) -> String {
    ["data: ", data, "\n\n"].concat()
}

/// The assistant's message. One that only calls tools has no content.
pub(crate) fn message(transcript: &Transcript) -> Value {
    let calls = &transcript.tool_calls;
    let content = if transcript.text.is_empty() && !calls.is_empty() {
        Value::Null
    } else {
        transcript.text.as_str().into()
    };
    let mut message = Map::new();
    let mut set = |name: &str, value: Value| message.insert(name.to_owned(), value);
    set("role", "assistant".into());
    set("content", content);
    set("refusal", Value::Null);
    if !calls.is_empty() {
        set("tool_calls", calls.clone().into());
    }
    if !transcript.reasoning.is_empty() {
        set("reasoning_content", transcript.reasoning.as_str().into());
    }
    message.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USAGE: llm::Usage = llm::Usage {
        tokens_in: 31,
        tokens_out: 17,
        cached_tokens_in: 8,
        cache_write_tokens: 0,
        reasoning_tokens: 5,
    };

    fn head(includes_usage: bool) -> Head {
        Head { id: "chatcmpl-1".to_owned(), created: 1, model: "m".to_owned(), includes_usage }
    }

    fn data(events: &str) -> Vec<Value> {
        let blocks = events.split_terminator("\n\n").filter(|block| *block != "data: [DONE]");
        blocks.map(|block| serde_json::from_str(block.strip_prefix("data: ").unwrap()).unwrap()).collect()
    }

    #[test]
    fn a_whole_answer_has_openais_shape() {
        let mut transcript = Transcript::default();
        transcript.push(&Delta::Text("Hello.".to_owned()));
        transcript.push(&Delta::Finish(FinishReason::Length));
        let whole: Value = serde_json::from_str(&head(false).whole(&transcript, USAGE)).unwrap();
        let expected = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{
                "index": 0, "message": {"role": "assistant", "content": "Hello.", "refusal": null},
                "logprobs": null, "finish_reason": "length",
            }],
            "usage": {
                "prompt_tokens": 31, "completion_tokens": 17, "total_tokens": 48,
                "prompt_tokens_details": {"cached_tokens": 8},
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
        });
        assert_eq!(whole, expected);
    }

    #[test]
    fn usage_comes_last_and_only_when_asked_for() {
        let quiet = head(false).ending(FinishReason::Stop, USAGE);
        assert!(quiet.ends_with(DONE));
        assert_eq!(data(&quiet).len(), 1);
        assert_eq!(data(&quiet)[0].get("usage"), None);
        let told = data(&head(true).ending(FinishReason::Stop, USAGE));
        assert_eq!(
            (&told[0]["choices"][0]["finish_reason"], &told[0]["usage"]),
            (&json!("stop"), &Value::Null)
        );
        assert!(told[0].as_object().unwrap().contains_key("usage"));
        assert_eq!((&told[1]["choices"], &told[1]["usage"]["total_tokens"]), (&json!([]), &json!(48)));
    }

    #[test]
    fn probabilities_add_up() {
        let piece = |tokens: Value| json!({"content": tokens, "refusal": null}).as_object().unwrap().clone();
        let pieces = [piece(json!([{"token": "a", "logprob": -0.1}])), piece(json!([{"token": "b"}]))];
        let chunk = &data(&head(false).piece(&Delta::Logprobs(pieces[0].clone())).unwrap())[0]["choices"][0];
        assert_eq!((&chunk["delta"], &chunk["logprobs"]), (&json!({}), &json!(pieces[0])));
        let mut transcript = Transcript::default();
        for piece in pieces {
            transcript.push(&Delta::Logprobs(piece));
        }
        let whole: Value = serde_json::from_str(&head(false).whole(&transcript, USAGE)).unwrap();
        let expected = json!({"content": [{"token": "a", "logprob": -0.1}, {"token": "b"}], "refusal": null});
        assert_eq!(whole["choices"][0]["logprobs"], expected);
    }

    #[test]
    fn tool_calls_pass() {
        let call = json!({"index": 0, "id": "call_1", "type": "function",
            "function": {"name": "weather", "arguments": "{}"}});
        let chunk = &data(&head(false).piece(&Delta::ToolCall(call.clone())).unwrap())[0];
        assert_eq!(chunk["choices"][0]["delta"], json!({"tool_calls": [call]}));
        let mut transcript = Transcript::default();
        transcript.push(&Delta::ToolCall(call));
        let message = message(&transcript);
        assert_eq!((&message["content"], &message["tool_calls"][0]["id"]), (&Value::Null, &json!("call_1")));
    }
}
