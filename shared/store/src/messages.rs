//! Messages: what users said and models answered. An answer exists from its start, so that one whose client or
//! isolate went away is not lost.

use domain::{Environment, Error, Id};
use platform::database::{Database, Parameter, Statement};
use serde::{Deserialize, Serialize};

use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const START: Statement = change_statement!("messages/start", [Text, Json, Integer, Integer]);
const FINISH: Statement = read_statement!("messages/finish", [Text, Text, Json]);
const FIND: Statement = read_statement!("messages/find", [Text, Text]);

pub(crate) const STATEMENTS: &[&Statement] = &[&START, &FINISH, &FIND];

/// A message. What only answers have is `None` for what users said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The message.
    pub id: Id,
    /// The same.
    pub message_id: Id,
    /// The conversation.
    pub conversation_id: Id,
    /// Its place there: 1, 2, 3, ….
    pub position: i64,
    /// Who spoke.
    pub role: Role,
    /// What was said; of an unfinished answer, nothing yet.
    pub content: String,
    /// How far it got. An answer that has been streaming for 15 minutes is shown as cancelled.
    pub status: Status,
    /// The prompt that was used.
    pub prompt_id: Option<Id>,
    /// The version that was used.
    pub version_id: Option<Id>,
    /// Where the prompt was resolved.
    pub environment: Option<Environment>,
    /// The experiment that chose the version.
    pub experiment_id: Option<Id>,
    /// The variant that the user was in.
    pub variant: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// Tokens that the model read.
    pub tokens_in: Option<i64>,
    /// Tokens that it wrote.
    pub tokens_out: Option<i64>,
    /// Tokens that it had read before.
    pub cached_tokens_in: Option<i64>,
    /// What that cost, if the model's price is known.
    pub cost_usd: Option<f64>,
    /// From the request to the end of the answer.
    pub latency_ms: Option<i64>,
    /// From the request to the first token.
    pub ttft_ms: Option<i64>,
    /// Why the answer ended.
    pub finish_reason: Option<String>,
    /// What went wrong.
    pub error_code: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// When it was started.
    pub created_at: String,
    /// When it was finished.
    pub completed_at: Option<String>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is being written.
    Streaming,
    /// To its end.
    Complete,
    /// The client left or stopped it.
    Cancelled,
    /// Something went wrong.
    Failed,
}

/// One side's part of a conversation, as models get it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utterance {
    /// Who spoke.
    pub role: Role,
    /// What was said.
    pub content: String,
    /// Its place in the conversation.
    pub position: i64,
}

/// What the user says and who is to answer. All ids are the caller's to make.
#[derive(Debug, Clone, Serialize)]
pub struct NewTurn<'a> {
    /// The conversation, old or new.
    pub conversation_id: &'a str,
    /// Of a new conversation its title; `None` goes on with an existing one.
    pub title: Option<&'a str>,
    /// The caller's user. Kept with a new conversation.
    pub user_id: Option<&'a str>,
    /// The id of what the user says.
    pub message_id: &'a Id,
    /// What the user says.
    pub content: &'a str,
    /// The id of the answer.
    pub answer_id: &'a Id,
    /// The prompt that is used.
    pub prompt_id: Option<&'a Id>,
    /// The version that is used.
    pub version_id: Option<&'a Id>,
    /// Where the prompt was resolved.
    pub environment: Option<Environment>,
    /// The experiment that chose the version.
    pub experiment_id: Option<&'a Id>,
    /// The variant that the user is in.
    pub variant: Option<&'a str>,
    /// The model that is to answer.
    pub model: &'a str,
}

/// A turn that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Started {
    /// The conversation.
    pub conversation_id: Id,
    /// The answer's place in it.
    pub position: i64,
    /// What stands for the conversation's beginning, if it is a long one.
    pub summary: Option<String>,
    /// How many messages say something before this turn.
    pub earlier: u64,
    /// How many of them the summary does not stand for.
    pub unsummarised: u64,
    /// The last of these, the oldest first.
    pub history: Vec<Utterance>,
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer<'a> {
    /// What was said, perhaps in part.
    pub content: &'a str,
    /// How far it got.
    pub status: Status,
    /// The model that answered, if another one did than was to.
    pub model: Option<&'a str>,
    /// Tokens that the model read.
    pub tokens_in: Option<i64>,
    /// Tokens that it wrote.
    pub tokens_out: Option<i64>,
    /// Tokens that it had read before.
    pub cached_tokens_in: Option<i64>,
    /// What that cost, if the model's price is known.
    pub cost_usd: Option<f64>,
    /// From the request to the end of the answer.
    pub latency_ms: Option<i64>,
    /// From the request to the first token.
    pub ttft_ms: Option<i64>,
    /// Why the answer ended.
    pub finish_reason: Option<&'a str>,
    /// What went wrong.
    pub error_code: Option<&'a str>,
}

#[derive(Serialize)]
struct StartDocument<'a> {
    #[serde(flatten)]
    turn: &'a NewTurn<'a>,
    created_by: &'a Id,
    request_id: &'a str,
}

/// How much of what was said before a turn is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Longest {
    /// In messages.
    pub messages: u32,
    /// In characters, all messages together.
    pub characters: u64,
}

/// Begins a turn: stores what the user says and an answer that is streaming, starting the conversation if need be. What
/// was said before comes back for the model, the newest of it up to `history`. Not audited: the messages are their own
/// record.
pub async fn start(
    database: &Database,
    actor: &Actor,
    turn: &NewTurn<'_>,
    history: Longest,
) -> Result<Started, Error> {
    let document = StartDocument { turn, created_by: &actor.user_id, request_id: &actor.request_id };
    let characters = i64::try_from(history.characters).unwrap_or(i64::MAX);
    let parameters = [
        actor.team(),
        run::json(&document)?,
        Parameter::from(i64::from(history.messages)),
        Parameter::from(characters),
    ];
    run::change(database, &START, &parameters).await
}

/// Ends an answer. False when it had been ended already, or its conversation is gone: nothing changes then.
pub async fn finish(
    database: &Database,
    team_id: &Id,
    answer_id: &Id,
    answer: &Answer<'_>,
) -> Result<bool, Error> {
    let parameters = [team_id.as_str().into(), answer_id.as_str().into(), run::json(answer)?];
    run::one(database, &FINISH, &parameters).await
}

/// An answer, by its id or by the request that asked for it.
pub async fn find(database: &Database, team_id: &Id, message_or_request_id: &str) -> Result<Message, Error> {
    run::optional(database, &FIND, &[team_id.as_str().into(), message_or_request_id.into()])
        .await?
        .ok_or(Error::NotFound("message"))
}
