//! Where the events of an answer go: to the response at once, and to Redis a few times a second, for who comes back.

use std::collections::VecDeque;
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
/// How much is told at once, in bytes. Redis' REST interfaces refuse what is much larger.
const LARGEST_PAGE: usize = 128 << 10;
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
    /// Events that Redis has not confirmed. The last page grows until it is full.
    unwritten: VecDeque<Page>,
}

impl Draft {
    fn add(&mut self, events: &str, is_over: bool) {
        let last_id = self.encoder.last_id();
        let has_room = |page: &&mut Page| page.events.len() + events.len() <= LARGEST_PAGE;
        match self.unwritten.back_mut().filter(has_room) {
            Some(page) => {
                page.events.push_str(events);
                page.last_id = last_id;
                page.is_over = is_over;
            }
            None => self.unwritten.push_back(Page { last_id, events: events.to_owned(), is_over }),
        }
    }

    /// The first page was written when it had so many bytes. What has come since stays.
    fn confirm(&mut self, written: usize) {
        let Some(page) = self.unwritten.front_mut() else { return };
        page.events.drain(..written);
        if page.events.is_empty() {
            self.unwritten.pop_front();
        }
    }
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
        if self.log.is_some() {
            draft.add(&text, is_over);
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
        let pages = self.draft().unwritten.len();
        if pages == 0 {
            return log.append(None).await;
        }
        let mut stop = false;
        for _ in 0..pages {
            let Some(page) = self.draft().unwritten.front().cloned() else { break };
            stop |= log.append(Some(&page)).await?;
            self.draft().confirm(page.events.len());
        }
        Ok(stop)
    }

    fn draft(&self) -> MutexGuard<'_, Draft> {
        self.draft.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_full_or_the_last_and_hold_whole_events() {
        let mut draft = Draft::default();
        let add = |draft: &mut Draft, length: usize, is_over| {
            draft.encoder.event(&Event::Delta(String::new()));
            draft.add(&"x".repeat(length), is_over);
        };
        for (length, is_over) in [(LARGEST_PAGE - 10, false), (10, false), (7, false), (5, true)] {
            add(&mut draft, length, is_over);
        }
        let pages: Vec<_> =
            draft.unwritten.iter().map(|page| (page.last_id, page.events.len(), page.is_over)).collect();
        assert_eq!(pages, [(2, LARGEST_PAGE, false), (4, 12, true)]);
        draft.confirm(LARGEST_PAGE);
        draft.confirm(7);
        assert_eq!(draft.unwritten.len(), 1);
        let rest = Page { last_id: 4, events: "x".repeat(5), is_over: true };
        assert_eq!(draft.unwritten.front(), Some(&rest), "what came while it was written is not written");
        draft.confirm(5);
        assert!(draft.unwritten.is_empty());
    }
}
