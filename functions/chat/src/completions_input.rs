//! What a caller says in `POST /v1/chat/completions`: `OpenAI`'s request. What is not known here is passed on to
//! providers that speak that format, as its users expect.

use domain::{Environment, Error, FieldError};
use llm::{ChatRequest, Content, Message, Role};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What makes a model's name a prompt's.
const PROMPT_PREFIX: &str = "prompt:";
/// In bytes, as in resolve.
const LONGEST_USER_ID: usize = 256;
const LONGEST_MODEL: usize = 300;
/// Parts of `metadata` that are for us. The rest is kept with the call.
const USER_ID: &str = "user_id";
const VARIABLES: &str = "variables";

/// The body of `POST /v1/chat/completions`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Input {
    /// A model's id, or `prompt:<name>`, or `prompt:<name>@staging`.
    pub(crate) model: String,
    #[serde(default)]
    messages: Vec<InputMessage>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    stop: Option<Stop>,
    tools: Option<Value>,
    tool_choice: Option<Value>,
    n: Option<u32>,
    user: Option<String>,
    metadata: Option<Map<String, Value>>,
    /// The prompt's variables; also as `metadata.variables`, an object or its JSON text, for clients that know no
    /// other place.
    variables: Option<Map<String, Value>>,
    /// Whether the model's reasoning is part of the answer, as `reasoning_content`; else the version decides.
    pub(crate) include_reasoning: Option<bool>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// A message as `OpenAI` takes it. What else it has is ignored: clients send answers back as they came.
#[derive(Debug, Deserialize)]
pub(crate) struct InputMessage {
    pub(crate) role: InputRole,
    pub(crate) content: Option<InputContent>,
    pub(crate) name: Option<String>,
    pub(crate) tool_calls: Option<Value>,
    pub(crate) tool_call_id: Option<String>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum InputRole {
    System,
    Developer,
    User,
    Assistant,
    Tool,
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for InputRole {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        match name.as_str() {
            "system" => Ok(Self::System),
            "developer" => Ok(Self::Developer),
            "user" => Ok(Self::User),
            "assistant" => Ok(Self::Assistant),
            "tool" => Ok(Self::Tool),
            _ => Err("unknown variant, expected system, developer, user, assistant or tool"),
        }
    }
}

/// What is said.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum InputContent {
    Text(String),
    Parts(Vec<Value>),
}

#[derive(Debug, Default, Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Several(Vec<String>),
}

/// What a model's name asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    /// A model.
    Model(&'a str),
    /// A prompt by id or name, and where it is resolved or which of its versions.
    Prompt { reference: &'a str, environment: Environment, version: Option<&'a str> },
}

impl Input {
    /// Refuses what no type refuses, all of it in one answer.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut errors = Vec::new();
        let mut refuse = |field: &str, code, detail: &str| errors.push(FieldError::new(field, code, detail));
        if self.model.trim().is_empty() || self.model.len() > LONGEST_MODEL || self.model.contains('\0') {
            refuse("model", "invalid_value", "a model's id, or prompt:<name>");
        }
        if self.messages.is_empty() && matches!(self.target(), Target::Model(_)) {
            refuse("messages", "required", "at least one message");
        }
        if self.n.is_some_and(|n| n != 1) {
            refuse("n", "unsupported_value", "one choice for each request: ask n times");
        }
        if self.max_tokens() == Some(0) {
            refuse("max_completion_tokens", "invalid_value", "at least 1");
        }
        if self.user_id().is_some_and(|user_id| user_id.len() > LONGEST_USER_ID || user_id.contains('\0')) {
            refuse("user", "too_long", "at most 256 bytes, none of them zero");
        }
        if self.metadata_variables().is_err() {
            refuse("metadata", "invalid_type", "`variables` is an object, or the JSON text of one");
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Validation(errors)) }
    }

    /// What the model's name asks for. No prompt's name has an `@`.
    pub(crate) fn target(&self) -> Target<'_> {
        let Some(prompt) = self.model.strip_prefix(PROMPT_PREFIX) else { return Target::Model(&self.model) };
        let (reference, place) = prompt.split_once('@').unwrap_or((prompt, "production"));
        let (environment, version) = match place {
            "production" => (Environment::Production, None),
            "staging" => (Environment::Staging, None),
            version => (Environment::Production, Some(version)),
        };
        Target::Prompt { reference, environment, version }
    }

    /// The unit of experiments.
    pub(crate) fn user_id(&self) -> Option<&str> {
        let in_metadata = self.metadata.as_ref().and_then(|metadata| metadata.get(USER_ID)?.as_str());
        in_metadata.or(self.user.as_deref()).filter(|user_id| !user_id.is_empty())
    }

    /// The prompt's variables. [`Input::check`] has read them once.
    pub(crate) fn variables(&self) -> Map<String, Value> {
        let mut variables = self.metadata_variables().unwrap_or_default();
        variables.extend(self.variables.clone().unwrap_or_default());
        variables
    }

    fn metadata_variables(&self) -> Result<Map<String, Value>, serde_json::Error> {
        match self.metadata.as_ref().and_then(|metadata| metadata.get(VARIABLES)) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::String(text)) => serde_json::from_str(text),
            Some(other) => serde_json::from_value(other.clone()),
        }
    }

    /// What the caller says of the call, without what was for us.
    pub(crate) fn metadata(&self) -> Option<Value> {
        let mut metadata = self.metadata.clone()?;
        metadata.remove(USER_ID);
        metadata.remove(VARIABLES);
        (!metadata.is_empty()).then_some(Value::Object(metadata))
    }

    pub(crate) fn streams(&self) -> bool {
        self.stream == Some(true)
    }

    pub(crate) fn includes_usage(&self) -> bool {
        self.stream_options.as_ref().and_then(|options| options.include_usage) == Some(true)
    }

    fn max_tokens(&self) -> Option<u32> {
        self.max_completion_tokens.or(self.max_tokens)
    }

    /// What the model is asked: the prompt first, if there is one, and what the caller says in place of what the
    /// version says.
    pub(crate) fn into_request(mut self, prompt: Option<ChatRequest>) -> ChatRequest {
        let mut request = prompt.unwrap_or_default();
        let max_tokens = self.max_tokens();
        request.messages.extend(self.messages.into_iter().map(InputMessage::into_message));
        request.temperature = self.temperature.or(request.temperature);
        request.top_p = self.top_p.or(request.top_p);
        request.max_tokens = max_tokens.or(request.max_tokens);
        match self.stop {
            Some(Stop::One(stop)) => request.stop = vec![stop],
            Some(Stop::Several(stops)) => request.stop = stops,
            None => {}
        }
        request.tools = self.tools.filter(|tools| !tools.is_null()).or(request.tools);
        request.tool_choice = self.tool_choice.filter(|choice| !choice.is_null()).or(request.tool_choice);
        // A provider takes metadata only along with what it is to keep.
        if self.others.get("store") == Some(&Value::Bool(true))
            && let Some(metadata) = self.metadata.take()
        {
            self.others.insert("metadata".to_owned(), Value::Object(metadata));
        }
        if let Some(user) = self.user {
            self.others.insert("user".to_owned(), Value::String(user));
        }
        request.extra.extend(self.others.into_iter().filter(|(_, value)| !value.is_null()));
        request
    }
}

impl InputMessage {
    pub(crate) fn into_message(self) -> Message {
        let role = match self.role {
            InputRole::System | InputRole::Developer => Role::System,
            InputRole::User => Role::User,
            InputRole::Assistant => Role::Assistant,
            InputRole::Tool => Role::Tool,
        };
        let content = match self.content {
            Some(InputContent::Text(text)) => Content::Text(text),
            Some(InputContent::Parts(parts)) => Content::Parts(parts),
            None => Content::Text(String::new()),
        };
        let tool_calls = self.tool_calls.filter(|calls| !calls.is_null());
        Message { role, content, name: self.name, tool_calls, tool_call_id: self.tool_call_id }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn input(body: Value) -> Input {
        serde_json::from_value(body).unwrap()
    }

    fn said(more: &Value) -> Input {
        let mut body = json!({"model": "offline", "messages": [{"role": "user", "content": "hi"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input(body)
    }

    #[track_caller]
    fn refused(input: &Input, field: &str) {
        let Err(Error::Validation(errors)) = input.check() else { panic!("accepted: {input:?}") };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), [field]);
    }

    #[test]
    fn a_models_name_may_be_a_prompts() {
        let check = |model: &str, expected| assert_eq!(said(&json!({"model": model})).target(), expected);
        let prompt = |reference, environment, version| Target::Prompt { reference, environment, version };
        check("gpt-4o", Target::Model("gpt-4o"));
        check("prompt:team/greeting", prompt("team/greeting", Environment::Production, None));
        check("prompt:greeting@staging", prompt("greeting", Environment::Staging, None));
        check("prompt:greeting@7", prompt("greeting", Environment::Production, Some("7")));
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        assert_eq!(said(&json!({"n": 1, "anything": {"at": "all"}})).check(), Ok(()));
        refused(&said(&json!({"n": 2})), "n");
        refused(&said(&json!({"messages": []})), "messages");
        refused(&said(&json!({"model": " "})), "model");
        refused(&said(&json!({"max_tokens": 0})), "max_completion_tokens");
        refused(&said(&json!({"user": "u".repeat(257)})), "user");
        refused(&said(&json!({"metadata": {"variables": "name"}})), "metadata");
        assert_eq!(said(&json!({"model": "prompt:greeting", "messages": []})).check(), Ok(()));
    }

    #[test]
    fn metadata_tells_who_and_what() {
        let input = said(&json!({
            "user": "u-1", "variables": {"b": 2},
            "metadata": {"user_id": "u-2", "variables": "{\"a\": \"1\", \"b\": 1}", "page": "start"},
        }));
        assert_eq!(input.user_id(), Some("u-2"));
        assert_eq!(Value::Object(input.variables()), json!({"a": "1", "b": 2}));
        assert_eq!(input.metadata(), Some(json!({"page": "start"})));
        assert_eq!(said(&json!({"user": "u-1"})).user_id(), Some("u-1"));
    }

    #[test]
    fn what_the_caller_says_takes_the_place_of_what_the_version_says() {
        let version = ChatRequest {
            system: Some("Be brief.".to_owned()),
            temperature: Some(0.1),
            max_tokens: Some(10),
            stop: vec!["END".to_owned()],
            ..ChatRequest::default()
        };
        let input = said(&json!({
            "temperature": 1, "max_completion_tokens": 5, "max_tokens": 9, "stop": "STOP", "seed": 7,
            "metadata": {"page": "start"}, "user": "u-1", "logit_bias": null,
            "messages": [
                {"role": "developer", "content": "d"},
                {"role": "user", "content": [{"type": "text", "text": "t"}], "name": "Zoë"},
                {"role": "assistant", "content": null, "tool_calls": [{"id": "c"}]},
                {"role": "tool", "tool_call_id": "c", "content": "r"},
            ],
        }));
        let request = input.into_request(Some(version));
        assert_eq!(request.system.as_deref(), Some("Be brief."));
        assert_eq!((request.temperature, request.max_tokens), (Some(1.0), Some(5)));
        assert_eq!(request.stop, ["STOP"]);
        assert_eq!(Value::Object(request.extra), json!({"seed": 7, "user": "u-1"}));
        let roles: Vec<&str> = request.messages.iter().map(|message| message.role.as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "tool"]);
        assert_eq!(request.messages[1].name.as_deref(), Some("Zoë"));
        assert_eq!(request.messages[3].tool_call_id.as_deref(), Some("c"));
    }
}
