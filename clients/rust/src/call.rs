//! A call of a model, from its beginning to the log, by whatever client it is made.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::clock::{new_id, now_text};
use crate::inference::{Inference, Status};
use crate::log::Log;
use crate::prompt::{Answer, Message, Prompt};

/// A call of a model that is under way. It measures the time, gathers what is heard, and is logged once: when it is
/// finished, when it has failed, or, when it is dropped, as cancelled.
pub struct Call {
    log: Arc<Log>,
    inference: Option<Inference>,
    id: String,
    started: Instant,
    text: String,
    tools: Vec<Tool>,
}

/// More than models call at once.
const MOST_TOOLS: usize = 128;

/// A call of a tool, as far as it has been heard.
#[derive(Default)]
struct Tool {
    id: String,
    name: String,
    arguments: String,
}

impl Tool {
    fn into_json(self) -> Value {
        let Self { id, name, arguments } = self;
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
    }
}

fn text_at<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path).and_then(Value::as_str)
}

/// Tokens, as OpenAI's `usage` counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says it")]
pub struct Usage {
    pub tokens_in: u64,
    pub tokens_out: u64,
    pub cached_tokens_in: Option<u64>,
}

impl std::fmt::Debug for Call {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Call").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Call {
    pub(crate) fn begin(log: Arc<Log>, answer: Option<&Answer>, mut inference: Inference) -> Self {
        let id = inference.id.get_or_insert_with(new_id).clone();
        inference.request_id.get_or_insert_with(|| id.clone());
        inference.client_started_at.get_or_insert_with(now_text);
        if let Some(prompt) = answer.map(|answer| &answer.prompt) {
            inference.prompt_id.clone_from(&prompt.prompt_id);
            inference.version_id.clone_from(&prompt.version_id);
            inference.environment = prompt.environment;
            inference.experiment_id.clone_from(&prompt.experiment_id);
            inference.variant.clone_from(&prompt.variant);
            if inference.model.is_empty() {
                inference.model = prompt.model_id.clone().unwrap_or_default();
            }
        }
        let (text, tools) = (String::new(), Vec::new());
        Self { log, inference: Some(inference), id, started: Instant::now(), text, tools }
    }

    /// What it is logged under, and rated by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Text of the answer has come. The first is the first token.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.note_first_token();
        self.text.push_str(text);
    }

    /// A chunk of an OpenAI-compatible stream.
    pub fn chunk(&mut self, chunk: &Value) {
        self.text(text_at(chunk, "/choices/0/delta/content").unwrap_or_default());
        let tools = chunk.pointer("/choices/0/delta/tool_calls").and_then(Value::as_array);
        for part in tools.into_iter().flatten() {
            self.note_first_token();
            self.add_tool(part);
        }
        self.note_outcome(chunk);
    }

    /// A whole OpenAI-compatible answer, which ends the call.
    pub fn completion(mut self, completion: &Value) {
        self.text.push_str(text_at(completion, "/choices/0/message/content").unwrap_or_default());
        let tools = completion.pointer("/choices/0/message/tool_calls").filter(|tools| tools.is_array());
        if let (Some(tools), Some(inference)) = (tools, &mut self.inference) {
            inference.tools.get_or_insert_with(|| tools.clone());
        }
        self.note_outcome(completion);
        self.end(Status::Ok);
    }

    /// What was counted.
    pub fn usage(&mut self, usage: Usage) {
        if let Some(inference) = &mut self.inference {
            inference.tokens_in = Some(usage.tokens_in);
            inference.tokens_out = Some(usage.tokens_out);
            inference.cached_tokens_in = usage.cached_tokens_in;
        }
    }

    /// The answer is complete.
    pub fn finish(mut self) {
        self.end(Status::Ok);
    }

    /// There is no answer, or no more of it. `code` is for programs, and counted by.
    pub fn fail(mut self, code: &str, error: &dyn std::fmt::Display) {
        if let Some(inference) = &mut self.inference {
            inference.error_code = Some(code.chars().take(64).collect());
            inference.error = Some(error.to_string().chars().take(1_000).collect());
        }
        self.end(Status::Error);
    }

    fn note_first_token(&mut self) {
        let time = milliseconds(self.started);
        if let Some(inference) = &mut self.inference {
            inference.ttft_ms.get_or_insert(time);
        }
    }

    fn add_tool(&mut self, part: &Value) {
        let index = part.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let index = index.unwrap_or(0).min(MOST_TOOLS - 1);
        if self.tools.len() <= index {
            self.tools.resize_with(index + 1, Tool::default);
        }
        let Some(tool) = self.tools.get_mut(index) else { return };
        tool.id.push_str(text_at(part, "/id").unwrap_or_default());
        tool.name.push_str(text_at(part, "/function/name").unwrap_or_default());
        tool.arguments.push_str(text_at(part, "/function/arguments").unwrap_or_default());
    }

    fn note_outcome(&mut self, body: &Value) {
        if let (Some(model), Some(inference)) = (text_at(body, "/model"), &mut self.inference) {
            model.clone_into(&mut inference.model);
        }
        let count = |path: &str| body.pointer(path).and_then(Value::as_u64);
        if let (Some(tokens_in), Some(tokens_out)) =
            (count("/usage/prompt_tokens"), count("/usage/completion_tokens"))
        {
            let cached_tokens_in = count("/usage/prompt_tokens_details/cached_tokens");
            self.usage(Usage { tokens_in, tokens_out, cached_tokens_in });
        }
    }

    fn end(&mut self, status: Status) {
        let Some(mut inference) = self.inference.take() else { return };
        inference.status = Some(status);
        inference.latency_ms = Some(milliseconds(self.started));
        inference.client_ended_at = Some(now_text());
        if !self.text.is_empty() {
            inference.output.get_or_insert_with(|| std::mem::take(&mut self.text).into());
        }
        if !self.tools.is_empty() {
            let tools: Value = self.tools.drain(..).map(Tool::into_json).collect();
            inference.tools.get_or_insert(tools);
        }
        self.log.append(inference);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end(Status::Cancelled);
    }
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

pub(crate) fn chat_request(prompt: &Prompt, messages: impl IntoIterator<Item = Value>) -> Value {
    let turns = prompt.messages.as_deref().unwrap_or_default();
    let is_system = |turn: &Message| matches!(turn.role.as_str(), "system" | "developer");
    let leading = turns.iter().take_while(|turn| is_system(turn)).count();
    let (leading, others) = turns.split_at_checked(leading).unwrap_or_default();
    let own = prompt.system_prompt.iter().chain(&prompt.resolved_text);
    let instructions: Vec<&str> = own
        .chain(leading.iter().map(|turn| &turn.content))
        .map(String::as_str)
        .filter(|text| !text.trim().is_empty())
        .collect();
    let mut all = Vec::new();
    if !instructions.is_empty() {
        all.push(json!({"role": "system", "content": instructions.join("\n\n")}));
    }
    for example in &prompt.few_shot_examples {
        all.push(json!({"role": "user", "content": example.input}));
        all.push(json!({"role": "assistant", "content": example.output}));
    }
    all.extend(others.iter().map(|turn| json!(turn)));
    all.extend(messages);
    let mut request = Map::from_iter([("messages".to_owned(), Value::Array(all))]);
    let parameters = [
        ("model", prompt.model_id.as_deref().map(Value::from)),
        ("temperature", prompt.temperature.map(Value::from)),
        ("max_tokens", prompt.max_tokens.map(Value::from)),
        ("top_p", prompt.config.get("top_p").cloned()),
        ("stop", prompt.config.get("stop").cloned()),
    ];
    for (name, value) in parameters {
        if let Some(value) = value {
            request.insert(name.to_owned(), value);
        }
    }
    Value::Object(request)
}
