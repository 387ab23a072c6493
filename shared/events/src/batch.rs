//! What this isolate has still to append.
//!
//! Each request that adds an event has a task of its own that lives until that event is appended. The tasks share this
//! plain data and nothing else: none waits for what another one does, because a runtime may end that one at any time.
//! A task looks, appends everything if it is time, and looks again.

use std::collections::VecDeque;

use crate::Event;

/// How long an event waits for others.
const LINGER_MS: i64 = 100;
/// How many events wait for no longer.
const FULL: usize = 100;
/// How many wait at most, those under way not counted: what comes faster than it is appended is lost, and logged.
const MOST_WAITING: usize = 5_000;
/// Spans give way: from here on they are not taken.
const MOST_WAITING_FOR_SPANS: usize = 1_000;
/// How often a task looks whether another one has appended its event.
const LOOK_EVERY_MS: i64 = 25;
/// Whoever has been appending for longer than this has died.
const ABANDONED_AFTER_MS: i64 = 12_000;

/// The events of an isolate.
#[derive(Default)]
pub(crate) struct Batch {
    next_ticket: u64,
    waiting: VecDeque<Waiting>,
    flights: Vec<Flight>,
}

struct Waiting {
    ticket: u64,
    since_ms: i64,
    event: Event,
}

/// Events that somebody is appending.
struct Flight {
    first: u64,
    last: u64,
    since_ms: i64,
    events: Vec<Event>,
}

/// What a task does next.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// Its event is appended.
    Done,
    /// It looks again after so many milliseconds.
    Wait(i64),
    /// It appends these, and says when they have [landed](Batch::landed). The number names the flight.
    Append(u64, Vec<Event>),
}

impl Batch {
    /// Adds an event. The ticket is what its task asks about; none when there are too many already.
    pub(crate) fn add(&mut self, event: Event, now_ms: i64) -> Result<u64, Box<Event>> {
        let most = if matches!(event, Event::Span { .. }) { MOST_WAITING_FOR_SPANS } else { MOST_WAITING };
        if self.waiting.len() >= most {
            return Err(Box::new(event));
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back(Waiting { ticket, since_ms: now_ms, event });
        Ok(ticket)
    }

    /// What the task of `ticket` does now.
    pub(crate) fn step(&mut self, ticket: u64, now_ms: i64) -> Step {
        let flight = self.flights.iter_mut().find(|flight| (flight.first..=flight.last).contains(&ticket));
        if let Some(flight) = flight {
            let age_ms = now_ms - flight.since_ms;
            if age_ms < ABANDONED_AFTER_MS {
                return Step::Wait(LOOK_EVERY_MS);
            }
            flight.since_ms = now_ms;
            return Step::Append(flight.first, flight.events.clone());
        }
        let Some(oldest) = self.waiting.front().filter(|oldest| oldest.ticket <= ticket) else {
            return Step::Done;
        };
        let age_ms = now_ms - oldest.since_ms;
        // A clock that is set back shall not hold anybody up.
        if self.waiting.len() < FULL && (0..LINGER_MS).contains(&age_ms) {
            return Step::Wait(LINGER_MS - age_ms);
        }
        self.take_off(now_ms)
    }

    fn take_off(&mut self, now_ms: i64) -> Step {
        let count = self.waiting.len().min(FULL);
        let taken: Vec<Waiting> = self.waiting.drain(..count).collect();
        let (Some(first), Some(last)) = (taken.first(), taken.last()) else { return Step::Done };
        let (first, last) = (first.ticket, last.ticket);
        let events: Vec<Event> = taken.into_iter().map(|waiting| waiting.event).collect();
        self.flights.push(Flight { first, last, since_ms: now_ms, events: events.clone() });
        Step::Append(first, events)
    }

    /// A flight's events are appended, or lost for good.
    pub(crate) fn landed(&mut self, first: u64) {
        self.flights.retain(|flight| flight.first != first);
    }
}

#[cfg(feature = "contents")]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Inference, Source, Status};
    use domain::{Id, Kind};

    fn event() -> Event {
        let team_id = Id::new(Kind::Team, 1, [0; 10]);
        Event::Inference(Box::new(Inference::new(team_id, Source::Chat, "offline", Status::Ok)))
    }

    fn appended(step: Step) -> (u64, usize) {
        let Step::Append(first, events) = step else { panic!("{step:?}") };
        (first, events.len())
    }

    #[test]
    fn events_wait_for_others_and_go_together() {
        let mut batch = Batch::default();
        let first = batch.add(event(), 0).unwrap();
        let second = batch.add(event(), 60).unwrap();
        assert_eq!(batch.step(first, 0), Step::Wait(100));
        assert_eq!(batch.step(second, 99), Step::Wait(1));
        let (flight, count) = appended(batch.step(second, 100));
        assert_eq!(count, 2);
        assert_eq!(batch.step(first, 101), Step::Wait(25));
        batch.landed(flight);
        assert_eq!((batch.step(first, 102), batch.step(second, 102)), (Step::Done, Step::Done));
    }

    #[test]
    fn a_hundred_wait_for_nobody() {
        let mut batch = Batch::default();
        let tickets: Vec<u64> = (0..150).map(|_| batch.add(event(), 0).unwrap()).collect();
        assert_eq!(appended(batch.step(tickets[149], 0)), (0, 100));
        assert_eq!(batch.step(tickets[99], 0), Step::Wait(25));
        assert_eq!(batch.step(tickets[100], 0), Step::Wait(100));
        assert_eq!(appended(batch.step(tickets[149], 100)), (100, 50));
        batch.landed(0);
        assert_eq!((batch.step(tickets[0], 0), batch.step(tickets[149], 0)), (Step::Done, Step::Wait(25)));
    }

    #[test]
    fn what_a_task_that_died_was_appending_is_taken_over() {
        let mut batch = Batch::default();
        let tickets = [batch.add(event(), 0).unwrap(), batch.add(event(), 0).unwrap()];
        let (flight, _) = appended(batch.step(tickets[0], 100));
        assert_eq!(batch.step(tickets[1], 12_099), Step::Wait(25));
        assert_eq!(appended(batch.step(tickets[1], 12_100)), (flight, 2));
        batch.landed(flight);
        assert_eq!(batch.step(tickets[1], 12_101), Step::Done);
    }

    #[test]
    fn there_is_an_end_to_what_waits() {
        let mut batch = Batch::default();
        assert!((0..5_000).all(|_| batch.add(event(), 0).is_ok()));
        assert!(batch.add(event(), 0).is_err());
    }
}
