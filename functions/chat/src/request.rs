//! From a resolved prompt, a conversation and a message to what a model is asked. Pure.

use llm::{ChatRequest, Message, Role};
use resolution::Resolved;
use serde_json::{Map, Value};
use store::messages::{self, Utterance};

use crate::counting::Counter;

/// How many earlier messages are read at most.
pub(crate) const LONGEST_HISTORY: u32 = 50;
/// What fits into a model that the price table does not know.
const UNKNOWN_WINDOW: u64 = 32_000;
/// What is kept free for an answer without a limit.
const ANSWER_RESERVE: u64 = 4_096;

/// What a model is asked, and what that amounts to.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) request: ChatRequest,
    pub(crate) estimated_tokens_in: u64,
    /// Earlier messages that did not fit.
    pub(crate) dropped_messages: usize,
}

/// Puts a question together: the prompt, then what was said before, then what is said now. The prompt and the
/// message are always in it; of what was said before, the newest that fits into the model's window.
pub(crate) fn question(
    model: &str,
    prompt: Option<&Resolved>,
    history: Vec<Utterance>,
    message: &str,
) -> Question {
    let counter = Counter::of(model);
    let mut request = prompt.map(of_prompt).unwrap_or_default();
    request.messages.push(Message::user(message));
    let fixed = counter.request(&request);
    let free = window(model, request.max_tokens).saturating_sub(fixed);
    let (history, tokens, dropped_messages) = newest_that_fit(&counter, history, free);
    let place = request.messages.len().saturating_sub(1);
    request.messages.splice(place..place, history);
    Question { request, estimated_tokens_in: fixed + tokens, dropped_messages }
}

/// The tokens that a model takes in, what its answer needs not included.
fn window(model: &str, max_tokens: Option<u32>) -> u64 {
    let window =
        prices::lookup(model).and_then(|price| price.max_input_tokens).map_or(UNKNOWN_WINDOW, u64::from);
    window.saturating_sub(max_tokens.map_or(ANSWER_RESERVE, u64::from).min(window / 2))
}

/// The newest messages that fit into `free` tokens, oldest first; their tokens; how many did not fit.
fn newest_that_fit(counter: &Counter, history: Vec<Utterance>, free: u64) -> (Vec<Message>, u64, usize) {
    let count = history.len();
    let mut tokens = 0;
    let mut kept = Vec::with_capacity(count);
    for utterance in history.into_iter().rev() {
        let role = match utterance.role {
            messages::Role::User => Role::User,
            messages::Role::Assistant => Role::Assistant,
        };
        let message = Message::new(role, utterance.content);
        let with_this = tokens + counter.message(&message);
        if with_this > free {
            break;
        }
        tokens = with_this;
        kept.push(message);
    }
    kept.reverse();
    let dropped = count - kept.len();
    (kept, tokens, dropped)
}

/// What a prompt contributes. Its system prompt, its leading system messages and, of a text prompt, its text are
/// the instructions; its examples come next, then its other messages.
fn of_prompt(prompt: &Resolved) -> ChatRequest {
    let mut instructions: Vec<&str> = prompt.system_prompt.iter().map(String::as_str).collect();
    instructions.extend(prompt.text.as_deref());
    let turns = prompt.messages.as_deref().unwrap_or_default();
    let leading = turns.iter().take_while(|turn| role(&turn.role) == Role::System).count();
    let (leading, others) = turns.split_at_checked(leading).unwrap_or_default();
    instructions.extend(leading.iter().map(|turn| turn.content.as_str()));
    instructions.retain(|text| !text.trim().is_empty());
    let mut request = ChatRequest {
        system: (!instructions.is_empty()).then(|| instructions.join("\n\n")),
        ..ChatRequest::default()
    };
    if let Some(live) = prompt.live() {
        let content = &live.version.content;
        for example in &content.few_shot_examples {
            request.messages.push(Message::user(&example.input));
            request.messages.push(Message::assistant(&example.output));
        }
        request.temperature = content.temperature;
        request.max_tokens = content.max_tokens.and_then(|tokens| u32::try_from(tokens).ok());
        request.top_p = content.config.get("top_p").and_then(Value::as_f64);
        request.stop = stops(&content.config);
    }
    request.messages.extend(others.iter().map(|turn| Message::new(role(&turn.role), &turn.content)));
    request
}

/// `stop` as providers take it: a string or several.
fn stops(config: &Map<String, Value>) -> Vec<String> {
    match config.get("stop") {
        Some(Value::String(stop)) => vec![stop.clone()],
        Some(Value::Array(stops)) => stops.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A prompt's role as models know it.
fn role(name: &str) -> Role {
    match name {
        "system" | "developer" => Role::System,
        "assistant" | "model" => Role::Assistant,
        _ => Role::User,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use resolution::{Prepared, Request};
    use serde_json::json;

    fn resolved(version: Value) -> Resolved {
        let mut whole = json!({
            "version_id": "ver_01h455vb4pex5vsknk084sn02q", "version_number": 1, "content_hash": "h",
            "variables": [], "type": "text", "template_text": null, "messages": null, "system_prompt": null,
            "few_shot_examples": [], "model_id": "offline", "temperature": null, "max_tokens": null, "config": {}
        });
        for (name, value) in version.as_object().unwrap() {
            whole[name] = value.clone();
        }
        let release = json!({
            "prompt_id": "prm_01h455vb4pex5vsknk084sn02q", "name": "p", "environment": "production",
            "revision": 1, "archived": false, "version": whole
        });
        let (prepared, _) = Prepared::parse(&release.to_string()).unwrap();
        let variables = json!({"name": "Zoë"});
        let request = Request {
            user_id: None,
            variables: variables.as_object().unwrap(),
            strict: false,
            pinned: false,
        };
        resolution::resolve(&Arc::new(prepared), &request).unwrap()
    }

    fn said(texts: &[&str]) -> Vec<Utterance> {
        let roles = [messages::Role::User, messages::Role::Assistant];
        let turns = texts.iter().zip(roles.iter().cycle());
        turns.map(|(text, role)| Utterance { role: *role, content: (*text).to_owned() }).collect()
    }

    /// The instructions, and then each turn as its role's first letter and its text.
    fn outline(question: &Question) -> (Option<&str>, Vec<String>) {
        let turn = |message: &Message| format!("{}:{}", &message.role.as_str()[..1], message.content.text());
        (question.request.system.as_deref(), question.request.messages.iter().map(turn).collect())
    }

    #[test]
    fn a_plain_chat_is_what_was_said() {
        let question = question("offline", None, said(&["a", "b"]), "c");
        assert_eq!(outline(&question), (None, vec!["u:a".into(), "a:b".into(), "u:c".into()]));
        assert_eq!((question.estimated_tokens_in, question.dropped_messages), (3, 0));
    }

    #[test]
    fn the_text_of_a_text_prompt_is_an_instruction() {
        let alone = resolved(json!({"template_text": "Greet {{name}}."}));
        let question_alone = question("offline", Some(&alone), Vec::new(), "hi");
        assert_eq!(outline(&question_alone), (Some("Greet Zoë."), vec!["u:hi".into()]));

        let both = resolved(json!({
            "template_text": "Greet {{name}}.", "system_prompt": "Be kind to {{name}}.",
            "few_shot_examples": [{"input": "in", "output": "out"}],
            "temperature": 0.5, "max_tokens": 9, "config": {"top_p": 0.9, "stop": "END"}
        }));
        let question = question("offline", Some(&both), said(&["a", "b"]), "hi");
        let turns = ["u:in", "a:out", "u:a", "a:b", "u:hi"].map(str::to_owned).to_vec();
        assert_eq!(outline(&question), (Some("Be kind to Zoë.\n\nGreet Zoë."), turns));
        let request = question.request;
        assert_eq!((request.temperature, request.max_tokens, request.top_p), (Some(0.5), Some(9), Some(0.9)));
        assert_eq!(request.stop, ["END"]);
    }

    #[test]
    fn the_messages_of_a_chat_prompt_come_before_the_conversation() {
        let prompt = resolved(json!({
            "type": "chat", "system_prompt": "First.",
            "messages": [
                {"role": "system", "content": "Greet {{name}}."}, {"role": "user", "content": "q"},
                {"role": "assistant", "content": "r"}, {"role": "system", "content": "later"},
            ],
            "few_shot_examples": [{"input": "in", "output": "out"}]
        }));
        let question = question("offline", Some(&prompt), said(&["a", "b"]), "hi");
        let turns =
            ["u:in", "a:out", "u:q", "a:r", "s:later", "u:a", "a:b", "u:hi"].map(str::to_owned).to_vec();
        assert_eq!(outline(&question), (Some("First.\n\nGreet Zoë."), turns));
    }

    #[test]
    fn the_oldest_are_left_out_when_not_all_fit() {
        let long = "word ".repeat(10_000);
        let history = said(&[&long, &long, &long, "short"]);
        let question = question("offline", None, history, "now");
        assert_eq!(question.dropped_messages, 1);
        assert_eq!(question.request.messages.len(), 4);
        assert_eq!(question.estimated_tokens_in, 20_002);
    }

    #[test]
    fn the_window_is_the_models_own_without_its_answer() {
        assert_eq!(window("a-model-of-our-own", None), UNKNOWN_WINDOW - ANSWER_RESERVE);
        assert_eq!(window("a-model-of-our-own", Some(u32::MAX)), UNKNOWN_WINDOW / 2);
        assert!(window("gpt-4o", Some(1000)) > 100_000);
    }
}
