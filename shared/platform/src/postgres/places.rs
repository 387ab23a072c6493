//! How many connections an isolate has at once. A crowd that opens them all together waits for all of them together,
//! and every one of them takes too long; in turn, most are quick.

use std::collections::VecDeque;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::database::Error;
use crate::time::{now_ms, sleep};

/// The most connections.
const MOST: usize = 32;
/// How long the row may stand still before who waits gives up, in milliseconds: as long as connections are opened, a
/// long row is a busy machine and no failure.
const STANDSTILL_MS: i64 = 10_000;
/// The longest wait all the same, in milliseconds.
const PATIENCE_MS: i64 = 120_000;
/// A place that is held longer than this counts as given up, in milliseconds: what a cancelled request held is not
/// always dropped.
const HELD_MS: i64 = 30_000;
/// Who has not asked for so long has left, in milliseconds.
const SILENT_MS: i64 = 5_000;
/// How long who is first in the row waits before asking again; those behind ask less often. In milliseconds.
const ASK_AGAIN_MS: u64 = 2;
const ASK_AGAIN_AT_MOST_MS: u64 = 500;

/// Plain data: no request waits for a future that another drives.
#[derive(Default)]
struct Places {
    next_number: u64,
    /// The number and the time of each that is taken.
    taken: Vec<(u64, i64)>,
    /// The number of each that waits, and when it last asked.
    row: VecDeque<(u64, i64)>,
    /// When a connection was opened last.
    opened_at_ms: i64,
}

static PLACES: LazyLock<Mutex<Places>> = LazyLock::new(Mutex::default);

/// A place for a connection, free again once it is dropped.
pub(crate) struct Place(u64);

impl Place {
    /// The next place, in the order of asking.
    pub(crate) async fn take() -> Result<Self, Error> {
        let began_ms = now_ms();
        let number = places().number();
        loop {
            let now_ms = now_ms();
            let ahead = match places().ask(number, now_ms) {
                Ok(()) => return Ok(Self(number)),
                Err(ahead) => ahead,
            };
            if places().is_hopeless(began_ms, now_ms) {
                places().row.retain(|(other, _)| *other != number);
                return Err(Error::Unavailable("too many connections at once".to_owned()));
            }
            let pause_ms = ASK_AGAIN_MS.saturating_mul(ahead as u64 + 1).min(ASK_AGAIN_AT_MOST_MS);
            sleep(Duration::from_millis(pause_ms)).await;
        }
    }
}

/// Notes that a connection was opened: the row moves.
pub(crate) fn opened() {
    places().opened_at_ms = now_ms();
}

impl Drop for Place {
    fn drop(&mut self) {
        places().taken.retain(|(number, _)| *number != self.0);
    }
}

impl Places {
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// Whether somebody who has waited since `began_ms` should give up.
    fn is_hopeless(&self, began_ms: i64, now_ms: i64) -> bool {
        now_ms - began_ms.max(self.opened_at_ms) > STANDSTILL_MS || now_ms - began_ms > PATIENCE_MS
    }

    /// Takes a place, or says how many are ahead.
    fn ask(&mut self, number: u64, now_ms: i64) -> Result<(), usize> {
        self.taken.retain(|(_, since_ms)| now_ms - since_ms < HELD_MS);
        self.row.retain(|(other, asked_ms)| *other == number || now_ms - asked_ms < SILENT_MS);
        let ahead = self.row.iter().take_while(|(other, _)| *other < number).count();
        let is_waiting = self.row.get(ahead).is_some_and(|(other, _)| *other == number);
        if self.taken.len() + ahead < MOST {
            if is_waiting {
                self.row.remove(ahead);
            }
            self.taken.push((number, now_ms));
            return Ok(());
        }
        match self.row.get_mut(ahead) {
            Some(entry) if is_waiting => entry.1 = now_ms,
            _ => self.row.insert(ahead, (number, now_ms)),
        }
        Err(ahead)
    }
}

fn places() -> MutexGuard<'static, Places> {
    PLACES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Places {
        let mut places = Places::default();
        for _ in 0..MOST {
            let number = places.number();
            places.ask(number, 0).unwrap();
        }
        places
    }

    #[test]
    fn places_are_taken_in_the_order_of_asking() {
        let mut places = full();
        let (first, second) = (places.number(), places.number());
        assert_eq!(places.ask(first, 10), Err(0));
        assert_eq!(places.ask(second, 20), Err(1));
        places.taken.pop();
        assert_eq!(places.ask(second, 30), Err(1), "who came first is still there");
        assert_eq!(places.ask(first, 40), Ok(()));
        places.taken.pop();
        assert_eq!(places.ask(second, 50), Ok(()));
        assert!(places.row.is_empty());
    }

    #[test]
    fn who_has_left_keeps_nobody_waiting() {
        let mut places = full();
        let (gone, patient) = (places.number(), places.number());
        assert_eq!(places.ask(gone, 0), Err(0));
        assert_eq!(places.ask(patient, 0), Err(1));
        places.taken.pop();
        assert_eq!(places.ask(patient, SILENT_MS), Ok(()));
        let late = places.number();
        assert_eq!(places.ask(late, SILENT_MS), Err(0));
        assert_eq!(places.ask(late, HELD_MS), Ok(()), "what was taken at the beginning is given up");
    }

    #[test]
    fn who_waits_gives_up_when_nothing_moves() {
        let mut places = Places { opened_at_ms: 5_000, ..Places::default() };
        assert!(!places.is_hopeless(0, 5_000 + STANDSTILL_MS));
        assert!(places.is_hopeless(0, 5_001 + STANDSTILL_MS));
        places.opened_at_ms = PATIENCE_MS;
        assert!(!places.is_hopeless(0, PATIENCE_MS));
        assert!(places.is_hopeless(0, PATIENCE_MS + 1));
    }

    #[tokio::test]
    async fn a_place_that_is_dropped_is_free() {
        let mut held = Vec::new();
        for _ in 0..MOST {
            held.push(Place::take().await.unwrap());
        }
        let waiting = tokio::spawn(Place::take());
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!waiting.is_finished());
        held.pop();
        assert!(waiting.await.unwrap().is_ok());
    }
}
