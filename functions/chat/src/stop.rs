//! Ending an answer early: `POST /api/chat/{message}/stop`.

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;
use domain::{Error, Id};
use edge::{Call, NoBody, Problem};
use platform::time;
use serde::Serialize;
use store::messages::{self, Answer, Message, Status};

use crate::event::{CANCELLED, text_of};
use crate::resume::{find, log_of};
use crate::running;

/// How long it takes until the answer is stored: its writer hears of the wish with its next beat.
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
        let is_here = running::ask_to_stop(&message_id);
        let log = log_of(&call, &message_id);
        let asked = match &log {
            Ok(log) => log.ask_to_stop().await.map_err(Error::from),
            Err(error) => Err(error.clone()),
        };
        if !is_here {
            asked?;
        }
        message = until_ended(&call, message).await?;
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

/// The message once it is stored, or as it is when that takes too long.
async fn until_ended(call: &Call, mut message: Message) -> Result<Message, Error> {
    let deadline_ms = time::now_ms() + i64::try_from(PATIENCE.as_millis()).unwrap_or_default();
    while message.status == Status::Streaming && time::now_ms() < deadline_ms {
        time::sleep(EVERY).await;
        message = messages::find(&call.database, call.team_id(), message.id.as_str()).await?;
    }
    if message.status == Status::Streaming && bury(call, &message).await? {
        message = messages::find(&call.database, call.team_id(), message.id.as_str()).await?;
    }
    Ok(message)
}

/// Ends an answer whose writer has died, with what it has left behind. False when it lives.
async fn bury(call: &Call, message: &Message) -> Result<bool, Error> {
    let recording = log_of(call, &message.id)?.read(0).await?;
    if recording.is_alive || !recording.exists {
        return Ok(false);
    }
    let mut text = String::new();
    let mut after = 0;
    for events in &recording.texts {
        let (new, last_id) = crate::event::rest(events, after);
        text.push_str(&text_of(new));
        after = last_id;
    }
    let answer = Answer {
        content: &text,
        status: Status::Cancelled,
        model: None,
        tokens_in: None,
        tokens_out: None,
        cached_tokens_in: None,
        cost_usd: None,
        latency_ms: None,
        ttft_ms: None,
        finish_reason: Some(CANCELLED),
        error_code: None,
    };
    messages::finish(&call.database, call.team_id(), &message.id, &answer).await
}
