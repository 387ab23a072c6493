//! From a resolved prompt, a conversation and a message to what a model is asked. Pure.

use llm::{ChatRequest, Message, Role};
use resolution::Resolved;
use serde_json::{Map, Value};
use store::messages::{self, Longest, Utterance};

use crate::counting::Counter;
use crate::event::Context;

/// How many earlier messages are read at most. A conversation is summarised before it has as many.
const MOST_MESSAGES: u32 = 1_000;
/// How many characters are read for each token of the window: more than any text has.
const CHARACTERS_PER_TOKEN: u64 = 8;
/// However large the window, in characters.
const MOST_CHARACTERS: u64 = 8_000_000;
/// What fits into a model that the price table does not know.
const UNKNOWN_WINDOW: u64 = 32_000;
/// What is kept free for an answer without a limit.
const ANSWER_RESERVE: u64 = 4_096;
/// A conversation that takes more of what is free for it, in percent, is summarised.
const FULL_PERCENT: u64 = 80;
/// How much its newest turns may take then, which are left as they are.
const KEPT_PERCENT: u64 = 40;
const SUMMARY_HEADING: &str = "Summary of the conversation so far:";

/// What was said before.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    /// What stands for the beginning.
    pub(crate) summary: Option<String>,
    /// How many messages say something, those included that the summary stands for.
    pub(crate) count: u64,
    /// How many of them it does not stand for.
    pub(crate) unsummarised: u64,
    /// The last of these, the oldest first.
    pub(crate) history: Vec<Utterance>,
    /// The position of the last message.
    pub(crate) last: i64,
}

/// What a model is asked, and what that amounts to.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) request: ChatRequest,
    pub(crate) estimated_tokens_in: u64,
    pub(crate) context: Context,
    /// The position of the last message that should be summarised before the next question.
    pub(crate) overflow: Option<i64>,
}

/// Puts a question together: the prompt, then what was said before, then what is said now. The prompt, the summary and
/// the message are always in it; of what was said before, the newest that fits into the smallest window of `models`. `counter`
/// is the first model's.
pub(crate) fn question(
    counter: &Counter,
    models: &[&str],
    prompt: Option<&Resolved>,
    earlier: Earlier,
    message: &str,
) -> Question {
    let mut request = prompt.map(of_prompt).unwrap_or_default();
    if let Some(summary) = &earlier.summary {
        let instructions = request.system.take().map(|system| format!("{system}\n\n")).unwrap_or_default();
        request.system = Some(format!("{instructions}{SUMMARY_HEADING}\n{summary}"));
    }
    request.messages.push(Message::user(message));
    let fixed = counter.request(&request);
    let free = smallest_window(models, request.max_tokens).saturating_sub(fixed);
    let (count, is_summarised) = (earlier.count, earlier.summary.is_some());
    let Fit { kept, tokens, overflow } = fit(counter, earlier, free);
    let messages_kept = kept.len() as u64;
    let place = request.messages.len().saturating_sub(1);
    request.messages.splice(place..place, kept);
    let context = Context {
        messages_kept,
        messages_dropped: count.saturating_sub(messages_kept),
        summarised: is_summarised,
    };
    Question { request, estimated_tokens_in: fixed + tokens, context, overflow }
}

/// The tokens that a model takes in, what its answer needs not included.
pub(crate) fn window(model: &str, max_tokens: Option<u32>) -> u64 {
    let window =
        prices::lookup(model).and_then(|price| price.max_input_tokens).map_or(UNKNOWN_WINDOW, u64::from);
    window.saturating_sub(max_tokens.map_or(ANSWER_RESERVE, u64::from).min(window / 2))
}

/// How much is read of what was said before: all that can fit into the smallest window of `models`.
pub(crate) fn longest_history(models: &[&str]) -> Longest {
    let characters = smallest_window(models, None).saturating_mul(CHARACTERS_PER_TOKEN);
    Longest { messages: MOST_MESSAGES, characters: characters.min(MOST_CHARACTERS) }
}

fn smallest_window(models: &[&str], max_tokens: Option<u32>) -> u64 {
    models.iter().map(|model| window(model, max_tokens)).min().unwrap_or_default()
}

/// What of a history fits.
struct Fit {
    /// The newest messages, the oldest of them first.
    kept: Vec<Message>,
    /// Their tokens.
    tokens: u64,
    /// The position of the last message that should be summarised, when the history is too long.
    overflow: Option<i64>,
}

fn fit(counter: &Counter, earlier: Earlier, free: u64) -> Fit {
    let Earlier { history, unsummarised, last, .. } = earlier;
    let sizes: Vec<u64> =
        history.iter().map(|turn| counter.turn(role_of(turn).as_str(), &turn.content)).collect();
    let newest_within = |limit: u64| {
        let mut tokens = 0;
        let fitting = sizes.iter().rev().take_while(|size| {
            let fits = tokens + **size <= limit;
            tokens += if fits { **size } else { 0 };
            fits
        });
        let count = fitting.count();
        (history.len() - count, tokens)
    };
    let (first_kept, tokens) = newest_within(free);
    let most = u64::from(MOST_MESSAGES);
    let is_full = sizes.iter().sum::<u64>() > free / 100 * FULL_PERCENT
        || unsummarised > most / 100 * FULL_PERCENT
        || unsummarised > history.len() as u64;
    let overflow = is_full.then(|| {
        let most_left = usize::try_from(most / 100 * KEPT_PERCENT).unwrap_or_default();
        let first_left =
            newest_within(free / 100 * KEPT_PERCENT).0.max(history.len().saturating_sub(most_left));
        // What was not read is older than what was.
        history.get(first_left).map_or(last, |turn| turn.position - 1)
    });
    let kept = history.into_iter().skip(first_kept).map(|turn| Message::new(role_of(&turn), turn.content));
    Fit { kept: kept.collect(), tokens, overflow }
}

fn role_of(turn: &Utterance) -> Role {
    match turn.role {
        messages::Role::User => Role::User,
        messages::Role::Assistant => Role::Assistant,
    }
}

/// What a prompt contributes: its preamble and its parameters.
pub(crate) fn of_prompt(prompt: &Resolved) -> ChatRequest {
    let content = prompt.chosen.live().map(|live| &live.version.content);
    let turns = prompt.messages.iter().flatten();
    let examples = content.iter().flat_map(|content| &content.few_shot_examples);
    let parts = preamble::Prompt {
        system_prompt: prompt.system_prompt.as_deref(),
        text: prompt.text.as_deref(),
        messages: turns.map(|turn| preamble::Message { role: &turn.role, content: &turn.content }).collect(),
        examples: examples
            .map(|example| preamble::Example { input: &example.input, output: &example.output })
            .collect(),
    };
    let preamble = parts.assemble();
    let turn = |turn: preamble::Turn<'_>| Message::new(role(turn.role), turn.content);
    let mut request = ChatRequest {
        system: preamble.instructions,
        messages: preamble.turns.into_iter().map(turn).collect(),
        ..ChatRequest::default()
    };
    if let Some(content) = content {
        request.temperature = content.temperature;
        request.max_tokens = content.max_tokens.and_then(|tokens| u32::try_from(tokens).ok());
        request.top_p = content.config.get("top_p").and_then(Value::as_f64);
        request.stop = stops(&content.config);
    }
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

fn role(role: preamble::Role) -> Role {
    match role {
        preamble::Role::System => Role::System,
        preamble::Role::User => Role::User,
        preamble::Role::Assistant => Role::Assistant,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use resolution::{Prepared, Request};
    use serde_json::json;

    fn question(models: &[&str], prompt: Option<&Resolved>, earlier: Earlier, message: &str) -> Question {
        let team_id = domain::Id::new(domain::Kind::Team, 1, [1; 10]);
        super::question(
            &Counter::of(&team_id, &crate::models::unasked(models[0])),
            models,
            prompt,
            earlier,
            message,
        )
    }

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
        let request = Request { user_id: None, variables: variables.as_object().unwrap().into() };
        resolution::resolve(&Arc::new(prepared), &request).unwrap()
    }

    fn said(texts: &[&str]) -> Vec<Utterance> {
        let roles = [messages::Role::User, messages::Role::Assistant];
        let turns = texts.iter().zip(roles.iter().cycle());
        turns
            .zip(1..)
            .map(|((text, role), position)| Utterance { role: *role, content: (*text).to_owned(), position })
            .collect()
    }

    fn earlier(texts: &[&str]) -> Earlier {
        let count = texts.len() as u64;
        let last = i64::try_from(count).unwrap();
        Earlier { summary: None, count, unsummarised: count, history: said(texts), last }
    }

    /// The instructions, and then each turn as its role's first letter and its text.
    fn outline(question: &Question) -> (Option<&str>, Vec<String>) {
        let turn = |message: &Message| format!("{}:{}", &message.role.as_str()[..1], message.content.text());
        (question.request.system.as_deref(), question.request.messages.iter().map(turn).collect())
    }

    #[test]
    fn a_plain_chat_is_what_was_said() {
        let question = question(&["offline"], None, earlier(&["a", "b"]), "c");
        assert_eq!(outline(&question), (None, vec!["u:a".into(), "a:b".into(), "u:c".into()]));
        assert_eq!((question.estimated_tokens_in, question.context.messages_dropped), (3, 0));
    }

    #[test]
    fn the_text_of_a_text_prompt_is_an_instruction() {
        let alone = resolved(json!({"template_text": "Greet {{name}}."}));
        let question_alone = question(&["offline"], Some(&alone), Earlier::default(), "hi");
        assert_eq!(outline(&question_alone), (Some("Greet Zoë."), vec!["u:hi".into()]));

        let both = resolved(json!({
            "template_text": "Greet {{name}}.", "system_prompt": "Be kind to {{name}}.",
            "few_shot_examples": [{"input": "in", "output": "out"}],
            "temperature": 0.5, "max_tokens": 9, "config": {"top_p": 0.9, "stop": "END"}
        }));
        let question = question(&["offline"], Some(&both), earlier(&["a", "b"]), "hi");
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
        let question = question(&["offline"], Some(&prompt), earlier(&["a", "b"]), "hi");
        let turns =
            ["u:in", "a:out", "u:q", "a:r", "s:later", "u:a", "a:b", "u:hi"].map(str::to_owned).to_vec();
        assert_eq!(outline(&question), (Some("First.\n\nGreet Zoë."), turns));
    }

    #[test]
    fn the_oldest_are_left_out_when_not_all_fit() {
        let long = "word ".repeat(10_000);
        let question = question(&["offline"], None, earlier(&[&long, &long, &long, "short"]), "now");
        let context = Context { messages_kept: 3, messages_dropped: 1, summarised: false };
        assert_eq!((question.context, question.request.messages.len()), (context, 4));
        assert_eq!(question.estimated_tokens_in, 20_002);
        assert_eq!(question.overflow, Some(2), "what takes more than 40 % is summarised");
    }

    #[test]
    fn a_conversation_is_summarised_before_it_is_full() {
        let quarter = "word ".repeat(6_000);
        let three = question(&["offline"], None, earlier(&[&quarter, &quarter, &quarter]), "now");
        assert_eq!(three.overflow, None);
        let four = question(&["offline"], None, earlier(&[&quarter, &quarter, &quarter, &quarter]), "now");
        assert_eq!(four.context.messages_dropped, 0);
        assert_eq!(four.overflow, Some(3));
    }

    #[test]
    fn a_conversation_is_summarised_before_it_has_more_messages_than_are_read() {
        let short = |count: usize| question(&["offline"], None, earlier(&vec!["a"; count]), "now");
        assert_eq!(short(800).overflow, None);
        let long = short(801);
        assert_eq!((long.context.messages_kept, long.overflow), (801, Some(401)));
    }

    #[test]
    fn what_was_not_read_is_summarised_first() {
        let earlier = |texts: &[&str]| {
            let mut history = said(texts);
            for turn in &mut history {
                turn.position += 10;
            }
            Earlier { summary: None, count: 10 + texts.len() as u64, unsummarised: 12, history, last: 12 }
        };
        let some = question(&["offline"], None, earlier(&["a", "b"]), "now");
        assert_eq!((some.context.messages_dropped, some.overflow), (10, Some(10)));
        assert_eq!(question(&["offline"], None, earlier(&[]), "now").overflow, Some(12));
    }

    #[test]
    fn as_much_is_read_as_the_smallest_window_takes() {
        let longest = |models: &[&str]| longest_history(models).characters;
        assert_eq!(longest(&["gpt-4o", "a-model-of-our-own"]), (UNKNOWN_WINDOW - ANSWER_RESERVE) * 8);
        assert!(longest(&["gpt-4o"]) > 500_000 && longest(&["gemini-2.5-pro"]) == MOST_CHARACTERS);
    }

    #[test]
    fn a_summary_is_among_the_instructions_whatever_is_left_out() {
        let prompt = resolved(json!({"system_prompt": "Be kind.", "template_text": ""}));
        let earlier = Earlier { summary: Some("They met.".to_owned()), count: 10, ..earlier(&["a", "b"]) };
        let question = question(&["offline"], Some(&prompt), earlier, "hi");
        let system = "Be kind.\n\nSummary of the conversation so far:\nThey met.";
        assert_eq!(question.request.system.as_deref(), Some(system));
        assert_eq!(question.context, Context { messages_kept: 2, messages_dropped: 8, summarised: true });
    }

    #[test]
    fn the_smallest_window_of_the_chain_counts() {
        let long = "word ".repeat(10_000);
        let both = question(&["gpt-4.1", "offline"], None, earlier(&[&long, &long, &long]), "now");
        assert!(both.context.messages_dropped > 0);
        let one = question(&["gpt-4.1"], None, earlier(&[&long, &long, &long]), "now");
        assert_eq!(one.context.messages_dropped, 0);
    }

    #[test]
    fn the_window_is_the_models_own_without_its_answer() {
        assert_eq!(window("a-model-of-our-own", None), UNKNOWN_WINDOW - ANSWER_RESERVE);
        assert_eq!(window("a-model-of-our-own", Some(u32::MAX)), UNKNOWN_WINDOW / 2);
        assert!(window("gpt-4o", Some(1000)) > 100_000);
    }
}
