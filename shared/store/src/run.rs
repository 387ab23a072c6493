//! Runs statements and says in the product's terms what came of it.

use domain::Error;
use platform::database::{self, Database, Parameter, Statement};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::page;

/// What a change answers. Each statement's last part says which of these it was.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome<T> {
    /// It is done.
    Done(T),
    /// What it is about does not exist in this team.
    NotFound(Resource),
    /// It contradicts what is there; in words for the caller.
    Conflict(String),
    /// The pointer has moved on to this revision.
    RevisionMismatch(i64),
    /// It is not for this team to do.
    Forbidden(String),
}

/// What may be missing.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Resource {
    ApiKey,
    Canary,
    Collection,
    Conversation,
    Experiment,
    Message,
    Prompt,
    Provider,
    Version,
}

impl Resource {
    const fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "API key",
            Self::Canary => "canary",
            Self::Collection => "collection",
            Self::Conversation => "conversation",
            Self::Experiment => "experiment",
            Self::Message => "message",
            Self::Prompt => "prompt",
            Self::Provider => "provider",
            Self::Version => "version",
        }
    }
}

impl<T> Outcome<T> {
    fn into_result(self) -> Result<T, Error> {
        match self {
            Self::Done(value) => Ok(value),
            Self::NotFound(resource) => Err(Error::NotFound(resource.name())),
            Self::Conflict(detail) => Err(Error::Conflict(detail)),
            Self::RevisionMismatch(current) => Err(Error::RevisionMismatch { current }),
            Self::Forbidden(detail) => Err(Error::Forbidden(detail)),
        }
    }
}

/// All rows.
pub(crate) async fn rows<T: DeserializeOwned>(
    database: &Database,
    statement: &Statement,
    parameters: &[Parameter<'_>],
) -> Result<Vec<T>, Error> {
    let rows = database.query(statement, parameters).await.map_err(|error| explain(&error))?;
    rows.iter().map(|row| decode(statement, row)).collect()
}

/// The same, one row after the other: of the rest no more is there than what the database sent.
pub(crate) async fn for_each<T: DeserializeOwned>(
    database: &Database,
    statement: &Statement,
    parameters: &[Parameter<'_>],
    mut each: impl FnMut(T),
) -> Result<(), Error> {
    for row in database.query(statement, parameters).await.map_err(|error| explain(&error))? {
        each(decode(statement, &row)?);
    }
    Ok(())
}

/// The first row; none when there is no row or its document is null.
pub(crate) async fn optional<T: DeserializeOwned>(
    database: &Database,
    statement: &Statement,
    parameters: &[Parameter<'_>],
) -> Result<Option<T>, Error> {
    let rows = database.query(statement, parameters).await.map_err(|error| explain(&error))?;
    rows.first().map_or(Ok(None), |row| decode(statement, row))
}

/// The one row of a statement that always has one.
pub(crate) async fn one<T: DeserializeOwned>(
    database: &Database,
    statement: &Statement,
    parameters: &[Parameter<'_>],
) -> Result<T, Error> {
    optional(database, statement, parameters)
        .await?
        .ok_or_else(|| Error::Internal(format!("{} gave no row", statement.name)))
}

/// What came of a change.
pub(crate) async fn change<T: DeserializeOwned>(
    database: &Database,
    statement: &Statement,
    parameters: &[Parameter<'_>],
) -> Result<T, Error> {
    one::<Outcome<T>>(database, statement, parameters).await?.into_result()
}

/// The same for a change whose loser against a simultaneous twin finds, at a second try, what the winner made.
pub(crate) async fn change_or_repeat<T: DeserializeOwned>(
    database: &Database,
    statement: &Statement,
    parameters: &[Parameter<'_>],
) -> Result<T, Error> {
    match database.query(statement, parameters).await {
        Err(database::Error::Refused { code, .. }) if code == UNIQUE_VIOLATION => {
            change(database, statement, parameters).await
        }
        Err(error) => Err(explain(&error)),
        Ok(rows) => {
            let row = rows.first().map_or(b"null".as_slice(), Vec::as_slice);
            decode::<Outcome<T>>(statement, row)?.into_result()
        }
    }
}

/// A document as a parameter.
pub(crate) fn json<T: Serialize + ?Sized>(document: &T) -> Result<Parameter<'static>, Error> {
    let text = serde_json::to_string(document).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Parameter::Json(text.into()))
}

fn decode<T: DeserializeOwned>(statement: &Statement, row: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(row)
        .map_err(|error| Error::Internal(format!("row of {} is not as expected: {error}", statement.name)))
}

// Of https://www.postgresql.org/docs/current/errcodes-appendix.html.
const FOREIGN_KEY_VIOLATION: &str = "23503";
const UNIQUE_VIOLATION: &str = "23505";
const DEADLOCK: &str = "40P01";
const QUERY_CANCELED: &str = "57014";
/// Text that is a time or a number of no use, such as one that is out of range: only a position that somebody made up
/// holds such.
const NO_SUCH_VALUE: [&str; 4] = ["22003", "22007", "22008", "22P02"];
/// A zero byte in a text, and in a text inside JSON.
const UNSTORABLE_CHARACTER: [&str; 2] = ["22021", "22P05"];

fn explain(error: &database::Error) -> Error {
    let (code, constraint) = match error {
        database::Error::Unavailable(detail) => return Error::Unavailable(detail.clone()),
        database::Error::Refused { code, constraint, .. } => (code.as_str(), constraint.as_deref()),
    };
    match code {
        UNIQUE_VIOLATION => {
            Error::Conflict("something of this name or with this content exists already".to_owned())
        }
        FOREIGN_KEY_VIOLATION => {
            Error::Conflict("something that this refers to has just been deleted".to_owned())
        }
        DEADLOCK | QUERY_CANCELED => Error::Unavailable(error.to_string()),
        _ if NO_SUCH_VALUE.contains(&code) => page::no_position(),
        _ if UNSTORABLE_CHARACTER.contains(&code) => {
            Error::field("body", "invalid_character", "The character U+0000 cannot be stored.")
        }
        _ if constraint == Some("prompts_name_is_no_id") => {
            Error::field("name", "invalid_format", "A name must not look like an id.")
        }
        _ => Error::Internal(error.to_string()),
    }
}
