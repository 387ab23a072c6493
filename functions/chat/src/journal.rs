//! Where the events of an answer go: to the response at once, and to Redis a few times a second, for who comes back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cache::{AnswerLog, Page};
use platform::time;

use crate::event::{Encoder, Event, Meta};
use crate::feed::{Ending, Feed, Item};
use crate::running::{self, Running};

/// How often Redis is told of new events, and asked whether somebody wishes the answer to stop.
const BEAT: Duration = Duration::from_millis(400);
/// The same where an isolate writes so many answers that telling Redis would be most of its work. A stop is still
/// heard of within a second.
const BEAT_IN_A_CROWD: Duration = Duration::from_millis(800);
const CROWD: usize = 100;
/// How long Redis is left alone after a failure.
const BEAT_AFTER_FAILURE: Duration = Duration::from_millis(1_500);
/// How often the end is told, should Redis not answer.
const LAST_TRIES: u32 = 3;

/// An answer's events on their way.
pub(crate) struct Journal {
    feed: Feed,
    log: Option<AnswerLog>,
    draft: Mutex<Draft>,
}

#[derive(Default)]
struct Draft {
    encoder: Encoder,
    /// Events that Redis has not confirmed.
    unwritten: String,
    is_over: bool,
}

impl Journal {
    /// A journal that is kept in `log`, if there is one.
    pub(crate) fn new(feed: Feed, log: Option<AnswerLog>) -> Self {
        Self { feed, log, draft: Mutex::default() }
    }

    /// The first event.
    pub(crate) fn begin(&self, meta: &Meta) {
        self.note(|encoder| encoder.meta(meta), false);
    }

    /// Any other that is not the last.
    pub(crate) fn event(&self, event: &Event) {
        self.note(|encoder| encoder.event(event), false);
    }

    /// The last event, and the whole of it. The response ends here.
    pub(crate) fn end(&self, event: &Event, ending: Ending) {
        self.note(|encoder| encoder.event(event), true);
        self.feed.send(Item::End(Box::new(ending)));
        self.feed.close();
    }

    fn note(&self, write: impl FnOnce(&mut Encoder) -> String, is_over: bool) {
        let mut draft = self.draft();
        let text = write(&mut draft.encoder);
        draft.is_over = is_over;
        if self.log.is_some() {
            draft.unwritten.push_str(&text);
        }
        drop(draft);
        self.feed.send(Item::Event(text));
    }

    /// Tells Redis again and again, until somebody wishes the answer to stop. No token waits for it.
    pub(crate) async fn keep(&self, running: &Running) {
        let mut is_known_to_fail = false;
        loop {
            let mut pause = if running::count() > CROWD { BEAT_IN_A_CROWD } else { BEAT };
            match self.write().await {
                Ok(true) => return,
                Ok(false) => is_known_to_fail = false,
                Err(error) => {
                    pause = BEAT_AFTER_FAILURE;
                    if !std::mem::replace(&mut is_known_to_fail, true) {
                        platform::warn!(
                            "answer cannot be resumed: redis not written",
                            error = error.to_string()
                        );
                    }
                }
            }
            if running.wait(pause, BEAT).await {
                return;
            }
        }
    }

    /// Tells Redis the rest.
    pub(crate) async fn close(&self) {
        for _ in 0..LAST_TRIES {
            match self.write().await {
                Ok(_) => return,
                Err(error) => platform::warn!("end of an answer not kept", error = error.to_string()),
            }
            time::sleep(BEAT).await;
        }
    }

    /// Writes what is not written. Whether somebody wishes the answer to stop. Dropped in the middle, nothing is lost:
    /// what is not confirmed is written again, and readers go by the ids.
    async fn write(&self) -> Result<bool, cache::Error> {
        let Some(log) = &self.log else { return Ok(false) };
        let page = {
            let draft = self.draft();
            let (last_id, is_over) = (draft.encoder.last_id(), draft.is_over);
            (!draft.unwritten.is_empty()).then(|| Page { last_id, events: draft.unwritten.clone(), is_over })
        };
        let stop = log.append(page.as_ref()).await?;
        let written = page.map_or(0, |page| page.events.len());
        self.draft().unwritten.drain(..written);
        Ok(stop)
    }

    fn draft(&self) -> MutexGuard<'_, Draft> {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
