//! Summaries of conversations that have become too long for a model. Made after the answer, for the next one.

use std::fmt::Write;
use std::time::Duration;

use domain::{Error, Id};
use futures_util::StreamExt;
use llm::{Candidate, ChatRequest, Message, Provider, Settings, Transcript};
use store::conversations::{self, NewSummary};
use store::messages::{Role, Utterance};

use crate::counting::Counter;
use crate::keeping::Keeping;
use crate::models;
use crate::request::{Overflow, window};
use crate::turn::Turn;

/// The model that summarises; the one that answered by default.
const SUMMARY_MODEL: &str = "CHAT_SUMMARY_MODEL";
/// The longest summary, in tokens.
const LONGEST: u32 = 600;
/// Work after a response has 30 s on Workers, all in all.
const TIME: Duration = Duration::from_secs(20);
/// What the built-in model keeps of a turn, in words, and of how many turns: it has no understanding to summarise with.
const DIGEST_WORDS: usize = 16;
const DIGEST_TURNS: usize = 40;
const INSTRUCTIONS: &str = "Summarise the conversation below for somebody who is to go on with it. Keep names, numbers, \
    decisions, open questions and what the user wants. Write plain sentences, at most 300 words, and nothing else.";

/// Summarises the beginning of a conversation. What goes wrong is in the log: the next answer tries again.
pub(crate) async fn summarise(turn: &Turn, choice: usize, overflow: Overflow) {
    let Some((model, candidate)) = summariser(turn, choice).await else { return };
    let text = match candidate.provider {
        Provider::Offline => Ok(digest(&overflow)),
        _ => ask(turn, &candidate, &overflow).await,
    };
    let kept = match text {
        Ok(text) => keep(turn, &model, &text, overflow.through).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = kept {
        platform::warn!(
            "conversation not summarised",
            error = error,
            model = redaction::redact(&model),
            conversation_id = turn.conversation_id,
            request_id = turn.call.request_id,
            trace_id = turn.call.trace_id(),
            team_id = turn.call.team_id()
        );
    }
}

async fn summariser(turn: &Turn, choice: usize) -> Option<(String, Candidate)> {
    let configured = turn.call.context.config.get(SUMMARY_MODEL);
    if let Some(model) = configured
        && let Ok(candidates) = models::chain(model, &turn.call).await
        && let Some(candidate) = candidates.into_iter().next()
    {
        return Some((model.to_owned(), candidate));
    }
    turn.choices.get(choice).map(|choice| (choice.model.clone(), choice.candidate.clone()))
}

async fn ask(turn: &Turn, candidate: &Candidate, overflow: &Overflow) -> Result<String, llm::Error> {
    let request = ChatRequest {
        system: Some(INSTRUCTIONS.to_owned()),
        messages: vec![Message::user(transcript(turn.call.team_id(), candidate, overflow))],
        max_tokens: Some(LONGEST),
        traceparent: turn.call.new_span().map(|span| span.traceparent()),
        ..ChatRequest::default()
    };
    let mut settings: Settings = models::settings(&turn.call.context.config);
    settings.timeouts.total = TIME;
    let chain = std::slice::from_ref(candidate);
    let answer = llm::chat(chain, &request, &settings, &models::breakers(&turn.call)).await;
    let mut stream = answer.map_err(|failure| failure.error)?.stream;
    let mut transcript = Transcript::default();
    while let Some(delta) = stream.next().await {
        transcript.push(&delta?);
    }
    Ok(transcript.text)
}

async fn keep(turn: &Turn, model: &str, text: &str, through: i64) -> Result<(), Error> {
    let text = text.replace('\0', "");
    if text.trim().is_empty() {
        return Err(Error::Internal("the summary is empty".to_owned()));
    }
    let (_, database) = edge::stores(&turn.call.context);
    // It is made of what is stored, and of a model's own words.
    let keeping = Keeping::of(&turn.call).await;
    let text = keeping.text(text.trim());
    if text.is_empty() {
        return Ok(());
    }
    let summary = NewSummary { summary: &text, through, model };
    let id = turn.conversation_id.as_str();
    // False when another answer has summarised as much meanwhile.
    let _is_new = conversations::summarise(&database, turn.call.team_id(), id, &summary).await?;
    Ok(())
}

/// What is to be summarised: the last summary, and as many of the newest turns as the model takes in.
fn transcript(team_id: &Id, candidate: &Candidate, overflow: &Overflow) -> String {
    let counter = Counter::of(team_id, candidate);
    let mut free = window(&candidate.model, Some(LONGEST)).saturating_sub(counter.text(INSTRUCTIONS) + 64);
    let before =
        overflow.summary.as_ref().map(|summary| format!("Before: {summary}\n\n")).unwrap_or_default();
    free = free.saturating_sub(counter.text(&before));
    let mut turns: Vec<String> = Vec::new();
    for turn in overflow.turns.iter().rev() {
        let text = format!("{}: {}\n\n", speaker(turn), turn.content);
        let Some(left) = free.checked_sub(counter.text(&text)) else { break };
        free = left;
        turns.push(text);
    }
    turns.reverse();
    format!("{before}{}", turns.concat())
}

fn digest(overflow: &Overflow) -> String {
    let mut lines: Vec<String> =
        overflow.summary.iter().flat_map(|summary| summary.lines()).map(str::to_owned).collect();
    for turn in &overflow.turns {
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

    #[test]
    fn a_digest_has_the_beginning_of_each_turn_and_forgets_the_oldest() {
        let turn = |role, content: &str| Utterance { role, content: content.to_owned(), position: 1 };
        let long = "word ".repeat(20);
        let turns = vec![turn(Role::User, "Where is it?"), turn(Role::Assistant, &long)];
        let overflow = Overflow { summary: Some("User: Hello".to_owned()), turns, through: 2 };
        let words = "word ".repeat(16);
        assert_eq!(digest(&overflow), format!("User: Hello\nUser: Where is it?\nAssistant: {words}…"));
        let many = vec![turn(Role::User, "a"); 100];
        let overflow = Overflow { summary: None, turns: many, through: 2 };
        assert_eq!(digest(&overflow).lines().count(), DIGEST_TURNS);
    }

    #[test]
    fn a_transcript_has_the_newest_turns_that_fit() {
        let long = "word ".repeat(20_000);
        let turns = ["old", &long, "new"].map(|content| Utterance {
            role: Role::User,
            content: content.to_owned(),
            position: 1,
        });
        let overflow = Overflow { summary: Some("gist".to_owned()), turns: turns.to_vec(), through: 3 };
        let text = transcript(&Id::new(domain::Kind::Team, 1, [1; 10]), &Candidate::offline(), &overflow);
        assert!(text.starts_with("Before: gist\n\n") && text.ends_with("User: new\n\n"), "{}", text.len());
    }
}
