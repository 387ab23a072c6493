//! Conversations: their titles and places. What was said in them is in [messages](crate::messages), which also start
//! them.

use domain::{Error, Id};
use platform::database::{Database, Parameter, Statement};
use serde::{Deserialize, Serialize};

use crate::messages::{Message, Utterance};
use crate::page::{self, Page, Position, SortedBy};
use crate::statement::{change_statement, read_statement};
use crate::{Actor, run};

const LIST: Statement = read_statement!("conversations/list", [Text, Text, Text, Text, Text, Integer]);
const GET: Statement = read_statement!("conversations/get", [Text, Text, Integer]);
const RENAME: Statement = change_statement!("conversations/rename", [Text, Json, Text, Text]);
const UNSUMMARISED: Statement = read_statement!("conversations/unsummarised", [Text, Text, Integer, Integer]);
const SUMMARISE: Statement = read_statement!("conversations/summarise", [Text, Text, Json]);
const DELETE: Statement = change_statement!("conversations/delete", [Text, Json, Text]);

pub(crate) const STATEMENTS: &[&Statement] = &[&LIST, &GET, &RENAME, &UNSUMMARISED, &SUMMARISE, &DELETE];

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The conversation.
    pub id: Id,
    /// The same.
    pub conversation_id: Id,
    /// What it is about.
    pub title: String,
    /// The caller's user.
    pub user_id: Option<String>,
    /// The prompt it was started with.
    pub prompt_id: Option<Id>,
    /// How many messages it has.
    pub message_count: i64,
    /// When it was started.
    pub created_at: String,
    /// The user whose key started it.
    pub created_by: Id,
    /// When its last message was started or finished.
    pub updated_at: String,
}

/// A conversation and what was said in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithMessages {
    /// The conversation.
    #[serde(flatten)]
    pub conversation: Conversation,
    /// Its last messages, the oldest of them first.
    pub messages: Vec<Message>,
}

/// Which conversations.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<'a> {
    /// Of this user of the caller's.
    pub user_id: Option<&'a str>,
    /// With this in the title or a message, in any case.
    pub search: Option<&'a str>,
}

/// A team's conversations, the latest first. Positions are times.
pub async fn list(
    database: &Database,
    team_id: &Id,
    query: &Query<'_>,
    after: Option<&Position>,
    limit: u32,
) -> Result<Page<Conversation>, Error> {
    let [value, id] = page::after(after, SortedBy::Time)?;
    let parameters = [
        team_id.as_str().into(),
        query.user_id.into(),
        Parameter::from(query.search.map(page::pattern)),
        value,
        id,
        page::one_more_than(limit),
    ];
    let rows = run::rows(database, &LIST, &parameters).await?;
    Ok(Page::new(rows, limit, |conversation: &Conversation| {
        Position::new(&conversation.updated_at, conversation.id.as_str())
    }))
}

/// A conversation with its last `messages` messages.
pub async fn get(
    database: &Database,
    team_id: &Id,
    conversation_id: &str,
    messages: u32,
) -> Result<WithMessages, Error> {
    let parameters = [team_id.as_str().into(), conversation_id.into(), i64::from(messages).into()];
    run::optional(database, &GET, &parameters).await?.ok_or(Error::NotFound("conversation"))
}

/// What is to be summarised of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Unsummarised {
    /// What stands for what was before.
    pub summary: Option<String>,
    /// What was said since, the oldest first.
    pub turns: Vec<Utterance>,
}

/// What a conversation's summary does not stand for, up to the position `through`: the oldest of it, up to
/// `characters`, and one turn at least.
pub async fn unsummarised(
    database: &Database,
    team_id: &Id,
    conversation_id: &str,
    through: i64,
    characters: u64,
) -> Result<Unsummarised, Error> {
    let characters = i64::try_from(characters).unwrap_or(i64::MAX);
    let parameters =
        [team_id.as_str().into(), conversation_id.into(), through.into(), Parameter::from(characters)];
    run::optional(database, &UNSUMMARISED, &parameters).await?.ok_or(Error::NotFound("conversation"))
}

/// What stands for the beginning of a conversation that does not fit into a model any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NewSummary<'a> {
    /// The text.
    pub summary: &'a str,
    /// The position of the last message that it stands for.
    pub through: i64,
    /// The model that wrote it.
    pub model: &'a str,
}

/// Keeps a summary. False when there is one that goes as far, or no such conversation.
pub async fn summarise(
    database: &Database,
    team_id: &Id,
    conversation_id: &str,
    summary: &NewSummary<'_>,
) -> Result<bool, Error> {
    let parameters = [team_id.as_str().into(), conversation_id.into(), run::json(summary)?];
    run::one(database, &SUMMARISE, &parameters).await
}

/// Gives a conversation another title.
pub async fn rename(
    database: &Database,
    actor: &Actor,
    conversation_id: &str,
    title: &str,
) -> Result<Conversation, Error> {
    let parameters = [actor.team(), actor.document(), conversation_id.into(), title.into()];
    run::change(database, &RENAME, &parameters).await
}

/// Deletes a conversation and its messages for good. Gives the answers in it that nobody has ended.
pub async fn delete(database: &Database, actor: &Actor, conversation_id: &str) -> Result<Vec<Id>, Error> {
    let parameters = [actor.team(), actor.document(), conversation_id.into()];
    run::change(database, &DELETE, &parameters).await
}
