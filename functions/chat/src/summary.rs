//! Summaries of conversations that have become too long for a model. Made after the answer, for the next one.

use std::fmt::Write;
use std::time::Duration;

use domain::Error;
use events::{Event, Inference, Source, Status};
use futures_util::StreamExt;
use llm::{Candidate, ChatRequest, Message, Provider, Settings, Transcript};
use platform::time;
use serde_json::json;
use store::conversations::{self, NewSummary, Unsummarised};
use store::messages::{Role, Utterance};

use crate::counting::{self, Counter, cost_usd};
use crate::keeping::Keeping;
use crate::request::{longest_history, window};
use crate::turn::Turn;
use crate::{models, spans};

/// The model that summarises; the one that answered by default.
const SUMMARY_MODEL: &str = "CHAT_SUMMARY_MODEL";
/// The longest summary, in tokens.
const LONGEST: u32 = 600;
/// What is left free for the frame of a request, in tokens.
const FRAME: u64 = 64;
/// Work after a response has 30 s on Workers, all in all.
const TIME: Duration = Duration::from_secs(20);
/// What the built-in model keeps of a turn, in words, and of how many turns: it has no understanding to summarise with.
const DIGEST_WORDS: usize = 16;
const DIGEST_TURNS: usize = 40;
const INSTRUCTIONS: &str = "Summarise the conversation below for somebody who is to go on with it. Keep names, numbers, \
    decisions, open questions and what the user wants. Write plain sentences, at most 300 words, and nothing else.";

/// Who summarises.
struct Summariser {
    /// As callers call it.
    model: String,
    candidate: Candidate,
}

/// A summary, and the position of the last message that it stands for.
struct Summary {
    text: String,
    through: i64,
}

/// Summarises the beginning of a conversation up to the position `through`, or as much of it as the model takes in: the
/// next answer goes on. What goes wrong is in the log: the next answer tries again.
pub(crate) async fn summarise(turn: &Turn, choice: usize, through: i64) {
    let Some(summariser) = summariser(turn, choice).await else { return };
    if let Err(error) = try_to(turn, &summariser, through).await {
        platform::warn!(
            "conversation not summarised",
            error = error.to_string(),
            model = redaction::redact(&summariser.model),
            conversation_id = turn.conversation_id,
            request_id = turn.call.request_id,
            trace_id = turn.call.trace_id(),
            team_id = turn.call.team_id()
        );
    }
}

async fn summariser(turn: &Turn, choice: usize) -> Option<Summariser> {
    let configured = turn.call.context.config.get(SUMMARY_MODEL);
    if let Some(model) = configured
        && let Ok(candidates) = models::chain(model, &turn.call).await
        && let Some(candidate) = candidates.into_iter().next()
    {
        return Some(Summariser { model: model.to_owned(), candidate });
    }
    let choice = turn.choices.get(choice)?;
    Some(Summariser { model: choice.model.clone(), candidate: choice.candidate.clone() })
}

async fn try_to(turn: &Turn, summariser: &Summariser, through: i64) -> Result<(), Error> {
    let (_, database) = edge::stores(&turn.call.context);
    let (team_id, id) = (turn.call.team_id(), turn.conversation_id.as_str());
    let characters = longest_history(&[summariser.candidate.model.as_str()]).characters;
    let said = conversations::unsummarised(&database, team_id, id, through, characters).await?;
    database.close().await;
    // Another answer has summarised as much meanwhile.
    let Some(last) = said.turns.last() else { return Ok(()) };
    let Summary { text, through } = match summariser.candidate.provider {
        Provider::Offline => Summary { text: digest(&said), through: last.position },
        _ => ask(turn, summariser, &said).await?,
    };
    let text = text.replace('\0', "");
    if text.trim().is_empty() {
        return Err(Error::Internal("the summary is empty".to_owned()));
    }
    // It is made of what is stored, and of a model's own words.
    let keeping = Keeping::of(&turn.call).await;
    let text = keeping.text(text.trim());
    if text.is_empty() {
        return Ok(());
    }
    let summary = NewSummary { summary: &text, through, model: &summariser.model };
    // False when another answer has summarised as much meanwhile.
    let _is_new = conversations::summarise(&database, team_id, id, &summary).await?;
    Ok(())
}

async fn ask(turn: &Turn, summariser: &Summariser, said: &Unsummarised) -> Result<Summary, Error> {
    let candidate = &summariser.candidate;
    let counter = Counter::of(turn.call.team_id(), candidate);
    let (text, through) = transcript(&counter, window(&candidate.model, Some(LONGEST)), said)
        .ok_or_else(|| Error::Internal("the model takes in no turn".to_owned()))?;
    let span = turn.call.new_span();
    let request = ChatRequest {
        system: Some(INSTRUCTIONS.to_owned()),
        messages: vec![Message::user(text)],
        max_tokens: Some(LONGEST),
        traceparent: span.map(|span| span.traceparent()),
        ..ChatRequest::default()
    };
    let started_ms = time::now_ms();
    let mut summary = Transcript::default();
    let result = read(turn, candidate, &request, &mut summary).await;
    let mut inference = inference(turn, summariser, &request, &summary, result.as_ref().err());
    inference.latency_ms = Some(time::now_ms() - started_ms);
    if let Some(span) = &span {
        inference.trace_id = Some(span.trace_id());
        inference.span_id = Some(span.span_id());
        inference.parent_span_id = Some(span.parent_span_id());
        spans::asked(&turn.call.context, span, started_ms, &inference);
    }
    events::record(&turn.call.context, Event::Inference(Box::new(inference)));
    result.map_err(|error| Error::Unavailable(error.to_string()))?;
    Ok(Summary { text: summary.text, through })
}

async fn read(
    turn: &Turn,
    candidate: &Candidate,
    request: &ChatRequest,
    summary: &mut Transcript,
) -> Result<(), llm::Error> {
    let mut settings: Settings = models::settings(&turn.call.context.config);
    settings.timeouts.total = TIME;
    let chain = std::slice::from_ref(candidate);
    let answer = llm::chat(chain, request, &settings, &models::breakers(&turn.call)).await;
    let mut stream = answer.map_err(|failure| failure.error)?.stream;
    while let Some(delta) = stream.next().await {
        summary.push(&delta?);
    }
    Ok(())
}

/// What the summary took, as it is counted: no answer to anybody, so that neither a prompt nor a request is named.
fn inference(
    turn: &Turn,
    summariser: &Summariser,
    request: &ChatRequest,
    summary: &Transcript,
    error: Option<&llm::Error>,
) -> Inference {
    let candidate = &summariser.candidate;
    let team_id = turn.call.team_id();
    let usage = counting::usage(summary.usage, summary.finish_reason.is_some(), || {
        let counter = Counter::of(team_id, candidate);
        let (tokens_in, tokens_out) = (counter.request(request), counter.text(&summary.text));
        llm::Usage { tokens_in, tokens_out, ..llm::Usage::default() }
    });
    // Of a model that has said nothing, nobody knows whether it has read anything.
    let is_known = error.is_none() || summary.usage.is_some() || !summary.text.is_empty();
    let number = |tokens: u64| i64::try_from(tokens).ok().filter(|_| is_known);
    let messages = request.messages.iter();
    let messages: Vec<_> = messages
        .map(|message| json!({"role": message.role.as_str(), "content": message.content.text()}))
        .collect();
    let status = if error.is_some() { Status::Error } else { Status::Ok };
    Inference {
        error_code: error.map(|error| error.name().to_owned()),
        tokens_in: number(usage.tokens_in),
        tokens_out: number(usage.tokens_out),
        cached_tokens_in: number(usage.cached_tokens_in),
        cost_usd: cost_usd(candidate, &usage).filter(|_| is_known),
        conversation_id: Some(turn.conversation_id.clone()),
        input: Some(json!({"system": request.system, "messages": messages})),
        output: Some(summary.text.as_str().into()),
        ..Inference::new(team_id.clone(), Source::Summary, summariser.model.clone(), status)
    }
}

/// What is to be summarised: the last summary, and as many of the oldest turns as the window takes, with the position
/// of the last of them. Of a turn that is too long by itself it is the beginning.
fn transcript(counter: &Counter, window: u64, said: &Unsummarised) -> Option<(String, i64)> {
    let mut text = said.summary.as_ref().map(|summary| format!("Before: {summary}\n\n")).unwrap_or_default();
    let mut free = window.saturating_sub(counter.text(INSTRUCTIONS) + counter.text(&text) + FRAME);
    if free == 0 {
        return None;
    }
    let mut through = None;
    for turn in &said.turns {
        let mut line = format!("{}: {}\n\n", speaker(turn), turn.content);
        let mut tokens = counter.text(&line);
        if tokens > free && through.is_none() {
            (line, tokens) = (beginning(&line, free, tokens), free);
        }
        let Some(left) = free.checked_sub(tokens) else { break };
        free = left;
        through = Some(turn.position);
        text.push_str(&line);
    }
    Some((text, through?))
}

/// About `wanted` of a text's `tokens`, rather less: tokens are not equally long.
fn beginning(text: &str, wanted: u64, tokens: u64) -> String {
    let share = |length: usize| {
        let length = u128::try_from(length).unwrap_or_default();
        usize::try_from(length * u128::from(wanted) * 9 / 10 / u128::from(tokens.max(1))).unwrap_or_default()
    };
    let end = text.floor_char_boundary(share(text.len()));
    format!("{} …\n\n", text.get(..end).unwrap_or_default())
}

fn digest(said: &Unsummarised) -> String {
    let mut lines: Vec<String> =
        said.summary.iter().flat_map(|summary| summary.lines()).map(str::to_owned).collect();
    for turn in &said.turns {
        let mut words = turn.content.split_whitespace();
        let mut line = format!("{}:", speaker(turn));
        for word in words.by_ref().take(DIGEST_WORDS) {
            let _infallible = write!(line, " {word}");
        }
        line.extend(words.next().map(|_| " …"));
        lines.push(line.chars().take(200).collect());
    }
    let first = lines.len().saturating_sub(DIGEST_TURNS);
    lines.get(first..).unwrap_or_default().join("\n")
}

fn speaker(turn: &Utterance) -> &'static str {
    match turn.role {
        Role::User => "User",
        Role::Assistant => "Assistant",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(summary: Option<&str>, contents: &[&str]) -> Unsummarised {
        let turns = contents.iter().zip(1..).map(|(content, position)| {
            let role = if position % 2 == 1 { Role::User } else { Role::Assistant };
            Utterance { role, content: (*content).to_owned(), position }
        });
        Unsummarised { summary: summary.map(str::to_owned), turns: turns.collect() }
    }

    /// With room for as many words, which is what the built-in model counts.
    fn transcript(words: u64, said: &Unsummarised) -> Option<(String, i64)> {
        let window = Counter::Words.text(INSTRUCTIONS) + FRAME + words;
        super::transcript(&Counter::Words, window, said)
    }

    #[test]
    fn a_digest_has_the_beginning_of_each_turn_and_forgets_the_oldest() {
        let long = "word ".repeat(20);
        let words = "word ".repeat(16);
        let digested = digest(&said(Some("User: Hello"), &["Where is it?", &long]));
        assert_eq!(digested, format!("User: Hello\nUser: Where is it?\nAssistant: {words}…"));
        assert_eq!(digest(&said(None, &["a"; 100])).lines().count(), DIGEST_TURNS);
    }

    #[test]
    fn a_transcript_has_the_oldest_turns_that_fit_and_says_how_far_it_goes() {
        let said = said(Some("gist"), &["one two", "three", "four five six", "seven"]);
        let all = "Before: gist\n\nUser: one two\n\nAssistant: three\n\nUser: four five six\n\nAssistant: seven\n\n";
        assert_eq!(transcript(100, &said), Some((all.to_owned(), 4)));
        let two = "Before: gist\n\nUser: one two\n\nAssistant: three\n\n";
        assert_eq!(transcript(2 + 3 + 2 + 3, &said), Some((two.to_owned(), 2)), "and none after a gap");
    }

    #[test]
    fn a_turn_that_is_too_long_by_itself_is_cut() {
        let long = "wörd ".repeat(1_000);
        let (text, through) = transcript(100, &said(None, &[&long, "next"])).unwrap();
        assert_eq!(through, 1);
        assert!(text.starts_with("User: wörd wörd") && text.ends_with("…\n\n"), "{text}");
        assert!((80..=100).contains(&Counter::Words.text(&text)), "{}", Counter::Words.text(&text));
        let (text, through) = transcript(100, &said(None, &["first", &long])).unwrap();
        assert_eq!((text.as_str(), through), ("User: first\n\n", 1), "the next summary begins with it");
    }

    #[test]
    fn a_window_that_takes_nothing_loses_nothing() {
        assert_eq!(super::transcript(&Counter::Words, 10, &said(None, &["a"])), None);
    }
}
