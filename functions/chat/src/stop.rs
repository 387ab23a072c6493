//! Ending an answer early: `POST /api/chat/{message}/stop`.

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;
use domain::{Error, Id};
use edge::{Call, NoBody, Problem};
use platform::time;
use serde::Serialize;
use store::messages::{self, Message, Status};

use crate::burial::bury;
use crate::resume::{find, log_of};
use crate::running;

/// How long it takes until the answer is stored: its writer hears of the wish with its next beat. One that is silent
/// for longer has died.
const PATIENCE: Duration = Duration::from_secs(3);
const EVERY: Duration = Duration::from_millis(50);

/// How far the answer got.
#[derive(Serialize)]
struct Stopped {
    message_id: Id,
    conversation_id: Id,
    status: Status,
    finish_reason: Option<String>,
}

/// Stops an answer, wherever it is written. One that has ended already stays as it is, and that is no error: it ended
/// while somebody reached for the button.
pub(crate) async fn stop(call: Call, Path(message): Path<String>, _: NoBody) -> Result<Response, Problem> {
    let message_id = find(&message)?;
    let mut message = messages::find(&call.database, call.team_id(), message_id.as_str()).await?;
    if message.status == Status::Streaming {
        let is_here = ask(&call, &message_id).await?;
        message = until_ended(&call, message, is_here).await?;
    }
    let status = if message.status == Status::Streaming { 202 } else { 200 };
    edge::to_json_response(
        status,
        &Stopped {
            message_id,
            conversation_id: message.conversation_id,
            status: message.status,
            finish_reason: message.finish_reason,
        },
    )
}

/// Wishes an answer to stop, wherever it is written. Whether that is in this isolate, where it hears of it also while
/// Redis is down.
pub(crate) async fn ask(call: &Call, message_id: &Id) -> Result<bool, Error> {
    let is_here = running::ask_to_stop(message_id);
    let asked = match log_of(call, message_id) {
        Ok(log) => log.ask_to_stop().await.map_err(Error::from),
        Err(error) => Err(error),
    };
    if is_here { Ok(true) } else { asked.map(|()| false) }
}

/// The message once it is stored, or as it is when that takes too long. One that is not written in this isolate ends
/// here if its writer has died.
async fn until_ended(call: &Call, mut message: Message, is_here: bool) -> Result<Message, Error> {
    let deadline_ms = time::now_ms() + i64::try_from(PATIENCE.as_millis()).unwrap_or_default();
    while message.status == Status::Streaming && time::now_ms() < deadline_ms {
        time::sleep(EVERY).await;
        message = messages::find(&call.database, call.team_id(), message.id.as_str()).await?;
    }
    if message.status == Status::Streaming && !is_here && bury(call, &message.id).await? {
        message = messages::find(&call.database, call.team_id(), message.id.as_str()).await?;
    }
    Ok(message)
}
