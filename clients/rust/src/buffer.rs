//! What waits to be sent, in memory or on a disk. Events are lines of JSON.

use std::collections::VecDeque;
use std::io;

use crate::spool::{Segment, Spool};

/// What the server takes at once.
pub(crate) const MOST_EVENTS: usize = 500;
/// Below the megabyte that it takes, with room for what stands around the events.
pub(crate) const MOST_BYTES: usize = 900_000;

pub(crate) enum Buffer {
    Memory(Memory),
    Disk(Spool),
}

/// What is under way. It goes back by `restore` unless it is settled.
pub(crate) struct Batch {
    pub(crate) lines: Vec<String>,
    /// Of a spool: the file that the lines are from.
    pub(crate) segment: Option<Segment>,
}

/// Events in memory. The oldest are dropped when there are too many.
pub(crate) struct Memory {
    lines: VecDeque<String>,
    bytes: usize,
    max_events: usize,
    max_bytes: usize,
    dropped: u64,
}

impl Buffer {
    pub(crate) fn append(&mut self, line: String) -> io::Result<()> {
        match self {
            Self::Memory(memory) => {
                memory.bytes += line.len();
                memory.lines.push_back(line);
                memory.trim();
                Ok(())
            }
            Self::Disk(spool) => spool.append(&line),
        }
    }

    /// The oldest batch.
    pub(crate) fn take(&mut self) -> io::Result<Option<Batch>> {
        match self {
            Self::Memory(memory) => Ok(memory.take()),
            Self::Disk(spool) => spool.take(),
        }
    }

    /// It was delivered.
    pub(crate) fn settle(&mut self, batch: Batch) -> io::Result<()> {
        match (self, batch.segment) {
            (Self::Disk(spool), Some(segment)) => spool.settle(&segment),
            _ => Ok(()),
        }
    }

    /// It was not.
    pub(crate) fn restore(&mut self, batch: Batch) {
        match (self, batch.segment) {
            (Self::Disk(spool), Some(segment)) => spool.restore(segment),
            (Self::Memory(memory), _) => {
                memory.bytes += batch.lines.iter().map(String::len).sum::<usize>();
                for line in batch.lines.into_iter().rev() {
                    memory.lines.push_front(line);
                }
                memory.trim();
            }
            (Self::Disk(_), None) => {}
        }
    }

    /// Events that wait, those under way not counted.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Memory(memory) => memory.lines.len(),
            Self::Disk(spool) => spool.count(),
        }
    }

    /// Whether there is a whole batch.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Memory(memory) => memory.lines.len() >= MOST_EVENTS || memory.bytes >= MOST_BYTES,
            Self::Disk(spool) => spool.is_full(),
        }
    }

    /// Events that were given up because there was no room.
    pub(crate) fn dropped(&self) -> u64 {
        match self {
            Self::Memory(memory) => memory.dropped,
            Self::Disk(spool) => spool.dropped(),
        }
    }
}

impl Memory {
    pub(crate) fn new(max_events: usize, max_bytes: usize) -> Self {
        Self { lines: VecDeque::new(), bytes: 0, max_events, max_bytes, dropped: 0 }
    }

    fn take(&mut self) -> Option<Batch> {
        let mut lines: Vec<String> = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.lines.front() {
            let has_room = lines.len() < MOST_EVENTS && bytes + next.len() < MOST_BYTES;
            if !lines.is_empty() && !has_room {
                break;
            }
            let Some(line) = self.lines.pop_front() else { break };
            bytes += line.len() + 1;
            self.bytes -= line.len();
            lines.push(line);
        }
        (!lines.is_empty()).then_some(Batch { lines, segment: None })
    }

    fn trim(&mut self) {
        while self.lines.len() > self.max_events || self.bytes > self.max_bytes {
            let Some(line) = self.lines.pop_front() else { return };
            self.bytes -= line.len();
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(max_events: usize, lines: usize) -> Buffer {
        let mut buffer = Buffer::Memory(Memory::new(max_events, 10_000_000));
        for number in 0..lines {
            buffer.append(number.to_string()).unwrap();
        }
        buffer
    }

    #[test]
    fn the_oldest_are_dropped_and_counted() {
        let mut buffer = memory(10, 25);
        assert_eq!((buffer.count(), buffer.dropped()), (10, 15));
        let batch = buffer.take().unwrap().unwrap();
        assert_eq!((batch.lines[0].as_str(), buffer.count()), ("15", 0));
        buffer.append("new".to_owned()).unwrap();
        buffer.restore(batch);
        assert_eq!((buffer.count(), buffer.dropped()), (10, 16));
        assert_eq!(buffer.take().unwrap().unwrap().lines[9], "new");
    }

    #[test]
    fn a_batch_is_what_the_server_takes_at_once() {
        let mut buffer = memory(10_000, 1_200);
        let sizes: Vec<usize> =
            std::iter::from_fn(|| buffer.take().unwrap().map(|batch| batch.lines.len())).collect();
        assert_eq!(sizes, [500, 500, 200]);
        for _ in 0..5 {
            buffer.append("x".repeat(200_000)).unwrap();
        }
        assert!(buffer.is_full());
        assert_eq!(buffer.take().unwrap().unwrap().lines.len(), 4);
    }
}
