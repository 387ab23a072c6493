//! One request to one candidate, and its answer as it arrives.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::header;
use platform::http::BodyStream;
use platform::time::now_ms;

use crate::candidate::{Candidate, Provider};
use crate::classify;
use crate::delta::{Delta, DeltaStream};
use crate::error::Error;
use crate::request::ChatRequest;
use crate::settings::{Reasoning, Settings};
use crate::sse;
use crate::watch::{Watch, later};
use crate::wire::{self, Decoder};

const LARGEST_EVENT: usize = 1 << 20;
/// What a delta takes besides its text, in whatever form it is kept.
const DELTA_OVERHEAD: usize = 32;
const LARGEST_ERROR: usize = 64 << 10;
/// A body that is read as a whole is under the watch for the first token; this only has to be longer.
const LONGEST_SILENCE: Duration = Duration::from_hours(1);
/// What comes after the finish is a count, and nobody should wait long for it.
const WAIT_FOR_COUNT: Duration = Duration::from_secs(2);

/// Asks one candidate, once. Returns when the response's head is there; the stream obeys the time-outs for tokens
/// and ends by itself.
pub async fn ask(
    candidate: &Candidate,
    request: &ChatRequest,
    settings: &Settings,
) -> Result<DeltaStream, Error> {
    ask_until(candidate, request, settings, later(now_ms(), settings.timeouts.total)).await
}

/// [`ask`] with the total time-out as a point in time.
pub(crate) async fn ask_until(
    candidate: &Candidate,
    request: &ChatRequest,
    settings: &Settings,
    total_at_ms: i64,
) -> Result<DeltaStream, Error> {
    if candidate.provider == Provider::Offline {
        return Ok(crate::offline::answer(request, settings.offline_pace));
    }
    let http_request = wire::encode(candidate, request)?;
    let mut watch = Watch::new(&settings.timeouts, total_at_ms);
    let response = watch
        .guard(platform::http::send(http_request, settings.timeouts.head))
        .await
        .map_err(Error::timeout)??;
    if response.status() != http::StatusCode::OK {
        return Err(refusal(candidate, response).await);
    }
    let mut reading = Reading::new(candidate, settings, watch);
    match content_type(&response).as_str() {
        "text/html" => return Err(html()),
        "application/json" => reading.read_whole(response.into_body()).await?,
        _ => reading.body = response.into_body(),
    }
    Ok(Box::pin(stream::unfold(reading, |mut reading| async move {
        let item = reading.next().await?;
        Some((item, reading))
    })))
}

fn content_type(response: &http::Response<BodyStream>) -> String {
    let value = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_lowercase()
}

fn html() -> Error {
    Error::malformed("the provider answered with a web page, not with a model's answer")
}

/// The error that a status other than 200 stands for. The body may help to tell, and may not delay.
async fn refusal(candidate: &Candidate, response: http::Response<BodyStream>) -> Error {
    let (head, body) = response.into_parts();
    let wait = Duration::from_secs(2);
    let body = platform::time::timeout(wait, platform::http::collect(body, LARGEST_ERROR, wait)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    classify::response(head.status.as_u16(), &head.headers, &body, now_ms(), &candidate.api_key)
}

/// An answer in the middle of its arrival.
struct Reading {
    body: BodyStream,
    parser: sse::Parser,
    events: VecDeque<sse::Event>,
    decoder: Decoder,
    watch: Watch,
    reasoning: Reasoning,
    /// How much may still be handed out, in bytes.
    room: usize,
    largest_answer: usize,
    /// No byte has come yet.
    untouched: bool,
    /// The answer is over, and only its count may still come.
    awaits_count: bool,
    /// Nothing more is read; what is left is handed out, and then this error if there is one.
    ended: bool,
    failure: Option<Error>,
}

impl Reading {
    fn new(candidate: &Candidate, settings: &Settings, watch: Watch) -> Self {
        Self {
            body: Box::pin(stream::empty()),
            parser: sse::Parser::new(LARGEST_EVENT),
            events: VecDeque::new(),
            decoder: Decoder::new(candidate),
            watch,
            reasoning: settings.reasoning,
            room: settings.largest_answer,
            largest_answer: settings.largest_answer,
            untouched: true,
            awaits_count: false,
            ended: false,
            failure: None,
        }
    }

    /// Reads the body of an endpoint that does not stream as if it were one event.
    async fn read_whole(&mut self, body: BodyStream) -> Result<(), Error> {
        let whole = platform::http::collect(body, LARGEST_EVENT, LONGEST_SILENCE);
        let whole = self.watch.guard(whole).await.map_err(Error::timeout)??;
        let data = String::from_utf8_lossy(&whole).into_owned();
        self.events.push_back(sse::Event { data, ..sse::Event::default() });
        Ok(())
    }

    async fn next(&mut self) -> Option<Result<Delta, Error>> {
        // The time that the reader took over the last token is not the provider's.
        if self.watch.has_begun() {
            self.watch.token();
        }
        loop {
            if let Some(delta) = self.decoder.deltas.pop_front() {
                // A count comes when the model has read the question, and is no token.
                if !matches!(delta, Delta::Usage(_)) {
                    self.watch.token();
                }
                if self.reasoning == Reasoning::Drop && matches!(delta, Delta::Reasoning(_)) {
                    continue;
                }
                let Some(room) = self.room.checked_sub(size_of(&delta)) else {
                    self.break_off();
                    continue;
                };
                self.room = room;
                return Some(Ok(delta));
            }
            if self.ended {
                return self.failure.take().map(Err);
            }
            if let Err(error) = self.advance().await {
                self.end(Some(error));
            }
        }
    }

    /// Reads one event, or one chunk when there is no event.
    async fn advance(&mut self) -> Result<(), Error> {
        if let Some(event) = self.events.pop_front() {
            self.decoder.event(&event)?;
            if self.decoder.complete {
                self.end(None);
            }
            return Ok(());
        }
        if self.decoder.has_finished() && self.decoder.finish_is_last() && !self.awaits_count {
            self.awaits_count = true;
            self.watch.wait_at_most(WAIT_FOR_COUNT);
        }
        match self.watch.guard(self.body.next()).await {
            Ok(Some(chunk)) => self.read(&chunk?),
            Ok(None) => {
                self.end(Some(Error::interrupted()));
                Ok(())
            }
            Err(deadline) => Err(Error::timeout(deadline)),
        }
    }

    fn read(&mut self, chunk: &Bytes) -> Result<(), Error> {
        if self.untouched && chunk.trim_ascii_start().first() == Some(&b'<') {
            return Err(html());
        }
        self.untouched &= chunk.is_empty();
        let read = self.parser.push(chunk, &mut self.events);
        if read.is_err() {
            // The events before the broken one are part of the answer.
            while let Some(event) = self.events.pop_front() {
                self.decoder.event(&event)?;
            }
        }
        read.map_err(|error| Error::malformed(error.to_string()))
    }

    /// Stops reading an answer that is too long, also where the model has come to its end.
    fn break_off(&mut self) {
        self.end(None);
        self.decoder.deltas.clear();
        let detail = format!("the answer is larger than {} bytes", self.largest_answer);
        self.failure = Some(Error::malformed(detail));
    }

    /// Stops reading. Once the model has given its finish reason, nothing that happens afterwards is an error.
    fn end(&mut self, error: Option<Error>) {
        self.body = Box::pin(stream::empty());
        self.events.clear();
        self.decoder.conclude();
        self.ended = true;
        self.failure = error.filter(|_| !self.decoder.has_finished());
    }
}

fn size_of(delta: &Delta) -> usize {
    let size = match delta {
        Delta::Text(text) | Delta::Reasoning(text) => text.len(),
        Delta::ToolCall(piece) => piece.to_string().len(),
        Delta::Logprobs(piece) => {
            piece.iter().map(|(name, value)| name.len() + value.to_string().len()).sum()
        }
        Delta::Usage(_) | Delta::Finish(_) => return 0,
    };
    size.saturating_add(DELTA_OVERHEAD)
}
