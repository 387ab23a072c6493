//! Takes events without making anybody wait, and sends them in batches until the server has them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::buffer::{Batch, Buffer, MOST_BYTES, Memory};
use crate::clock::new_id;
use crate::error::Problem;
use crate::inference::Inference;
use crate::sender::{Sender, wait_after};
use crate::spool::Spool;
use crate::{BoxFuture, Error, FieldError, LogPolicy, OnError, Patience};

/// A batch has longer than a question that somebody waits for; its retries are made here.
const PATIENCE: Patience =
    Patience { timeout: Duration::from_secs(15), attempt_timeout: Duration::from_secs(15), retries: 0 };
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// One event must leave room for others.
const LARGEST_EVENT_BYTES: usize = MOST_BYTES / 4;

/// What became of the events since the client was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LogStatistics {
    /// Taken.
    pub logged: u64,
    /// Waiting, or on their way.
    pub queued: usize,
    /// New to the server.
    pub accepted: u64,
    /// Sent again after an answer that was lost: the server has counted them once.
    pub duplicates: u64,
    /// Refused by the server: something is wrong with them.
    pub rejected: u64,
    /// Given up: there was no room, or they could not be written.
    pub dropped: u64,
    /// Batches that have to be sent again.
    pub failed_sends: u64,
}

pub(crate) struct Log {
    sender: Arc<Sender>,
    flush_interval: Duration,
    on_error: Option<OnError>,
    state: Mutex<State>,
    /// Held by who sends: the schedule, or a flush.
    sending: tokio::sync::Mutex<()>,
    wake: Arc<Notify>,
    is_closed: AtomicBool,
    in_flight: AtomicU64,
}

struct State {
    buffer: Buffer,
    statistics: LogStatistics,
    unusable: u64,
    /// When the oldest event began to wait.
    waiting_since: Option<Instant>,
    failures: u32,
    retry_at: Option<Instant>,
}

#[derive(Serialize)]
struct Event<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    inference: &'a Inference,
}

#[derive(Deserialize)]
struct Taken {
    accepted: u64,
    duplicates: u64,
    rejected: Vec<Rejected>,
}

#[derive(Deserialize)]
struct Rejected {
    code: String,
    detail: String,
    #[serde(default)]
    errors: Vec<FieldError>,
}

/// A batch under way. Whoever is dropped while it sends leaves it to the next.
struct UnderWay<'a> {
    log: &'a Log,
    batch: Option<Batch>,
    count: u64,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.log.in_flight.fetch_sub(self.count, Ordering::Relaxed);
        if let Some(batch) = self.batch.take() {
            let mut state = self.log.lock();
            state.buffer.restore(batch);
            state.waiting_since.get_or_insert_with(Instant::now);
            self.log.wake.notify_one();
        }
    }
}

impl Log {
    pub(crate) fn start(
        sender: Arc<Sender>,
        runtime: &Handle,
        policy: LogPolicy,
        on_error: Option<OnError>,
    ) -> Result<Arc<Self>, Error> {
        let buffer = match &policy.spool {
            None => Buffer::Memory(Memory::new(policy.max_events, policy.max_bytes)),
            Some(directory) => Spool::open(directory, policy.max_bytes)
                .map(Buffer::Disk)
                .map_err(|error| Error::Event(format!("the spool cannot be opened: {error}")))?,
        };
        // What an earlier process has left.
        let waiting_since = (buffer.count() > 0).then(Instant::now);
        let state = State {
            buffer,
            statistics: LogStatistics::default(),
            unusable: 0,
            waiting_since,
            failures: 0,
            retry_at: None,
        };
        let log = Arc::new(Self {
            sender,
            flush_interval: policy.flush_interval,
            on_error,
            state: Mutex::new(state),
            sending: tokio::sync::Mutex::new(()),
            wake: Arc::new(Notify::new()),
            is_closed: AtomicBool::new(false),
            in_flight: AtomicU64::new(0),
        });
        runtime.spawn(run(Arc::downgrade(&log), Arc::clone(&log.wake)));
        Ok(log)
    }

    pub(crate) fn append(&self, mut inference: Inference) -> String {
        let id = inference.id.get_or_insert_with(new_id).clone();
        if let Err(error) = self.try_append(inference) {
            self.lock().unusable += 1;
            self.report(&error);
        }
        id
    }

    fn try_append(&self, inference: Inference) -> Result<(), Error> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Error::Event("the client is closed".to_owned()));
        }
        let line = to_line(inference)?;
        let mut state = self.lock();
        state.buffer.append(line).map_err(|error| Error::Event(error.to_string()))?;
        state.statistics.logged += 1;
        let is_first = state.waiting_since.is_none();
        state.waiting_since.get_or_insert_with(Instant::now);
        if is_first || state.buffer.is_full() {
            self.wake.notify_one();
        }
        Ok(())
    }

    pub(crate) fn statistics(&self) -> LogStatistics {
        let state = self.lock();
        let in_flight = usize::try_from(self.in_flight.load(Ordering::Relaxed)).unwrap_or(0);
        LogStatistics {
            queued: state.buffer.count() + in_flight,
            dropped: state.buffer.dropped() + state.unusable,
            ..state.statistics
        }
    }

    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    pub(crate) async fn flush(&self, time: Duration) -> bool {
        let deadline = Instant::now() + time;
        loop {
            match timeout_at(deadline, self.send_all()).await {
                Ok(true) => return true,
                Err(_) => return false,
                Ok(false) => {}
            }
            let retry_at = self.lock().retry_at.unwrap_or_else(Instant::now);
            if retry_at >= deadline {
                return false;
            }
            sleep_until(retry_at).await;
        }
    }

    /// When there is something to do.
    fn due_at(&self) -> Option<Instant> {
        let state = self.lock();
        let since = state.waiting_since?;
        let at = if state.buffer.is_full() { since } else { since + self.flush_interval };
        Some(state.retry_at.map_or(at, |retry_at| at.max(retry_at)))
    }

    /// Sends batch after batch. Whether nothing is left.
    async fn send_all(&self) -> bool {
        let _sending = self.sending.lock().await;
        loop {
            let taken = {
                let mut state = self.lock();
                state.waiting_since = None;
                state.buffer.take()
            };
            let batch = match taken {
                Ok(Some(batch)) => batch,
                Ok(None) => return true,
                Err(error) => {
                    self.fail(&Error::Event(error.to_string()));
                    return false;
                }
            };
            let count = u64::try_from(batch.lines.len()).unwrap_or(0);
            self.in_flight.fetch_add(count, Ordering::Relaxed);
            let mut under_way = UnderWay { log: self, batch: Some(batch), count };
            let lines = under_way.batch.as_ref().map_or(&[][..], |batch| &batch.lines);
            if let Err(error) = self.deliver(lines).await {
                drop(under_way);
                self.fail(&error);
                return false;
            }
            self.settle(under_way.batch.take());
        }
    }

    fn settle(&self, batch: Option<Batch>) {
        let mut state = self.lock();
        state.failures = 0;
        state.retry_at = None;
        let outcome = batch.map_or(Ok(()), |batch| state.buffer.settle(batch));
        drop(state);
        if let Err(error) = outcome {
            self.report(&Error::Event(error.to_string()));
        }
    }

    fn fail(&self, error: &Error) {
        let mut state = self.lock();
        state.statistics.failed_sends += 1;
        state.retry_at = Some(Instant::now() + wait_after(error, state.failures, FIRST_WAIT));
        state.failures = state.failures.saturating_add(1);
        state.waiting_since.get_or_insert_with(Instant::now);
        drop(state);
        self.report(error);
        self.wake.notify_one();
    }

    fn deliver<'a>(&'a self, lines: &'a [String]) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let body = format!("{{\"events\":[{}]}}", lines.join(","));
            let error = match self.sender.send("/api/ingest", &[], body, PATIENCE).await {
                Ok(response) => {
                    let taken = serde_json::from_slice(&response.body).map_err(Error::unreadable)?;
                    self.count(taken);
                    return Ok(());
                }
                Err(error) if error.is_mistake() => error,
                Err(error) => return Err(error),
            };
            // No time will make it right.
            if error.status() != Some(413) || lines.len() < 2 {
                self.refuse(lines.len(), &error);
                return Ok(());
            }
            let (left, right) = lines.split_at_checked(lines.len() / 2).unwrap_or((lines, &[]));
            self.deliver(left).await?;
            self.deliver(right).await
        })
    }

    fn count(&self, taken: Taken) {
        let mut state = self.lock();
        state.statistics.accepted += taken.accepted;
        state.statistics.duplicates += taken.duplicates;
        drop(state);
        let count = taken.rejected.len();
        if let Some(Rejected { code, detail, errors }) = taken.rejected.into_iter().next() {
            let problem = Problem { status: 422, code, detail, errors, ..Problem::default() };
            self.refuse(count, &Error::Problem(Box::new(problem)));
        }
    }

    fn refuse(&self, count: usize, error: &Error) {
        self.lock().statistics.rejected += u64::try_from(count).unwrap_or(0);
        self.report(error);
    }

    fn report(&self, error: &Error) {
        if let Some(on_error) = &self.on_error {
            on_error(error);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The schedule wakes for an event, and ends with the client.
impl Drop for Log {
    fn drop(&mut self) {
        self.wake.notify_one();
    }
}

async fn run(log: Weak<Log>, wake: Arc<Notify>) {
    loop {
        let Some(due_at) = log.upgrade().map(|log| log.due_at()) else { return };
        let now = Instant::now();
        match due_at {
            None => wake.notified().await,
            Some(at) if at > now => {
                // Until then, or until there is more.
                let _ = timeout(at - now, wake.notified()).await;
            }
            Some(_) => {
                let Some(log) = log.upgrade() else { return };
                log.send_all().await;
            }
        }
    }
}

fn to_line(inference: Inference) -> Result<String, Error> {
    let write = |inference: &Inference| {
        serde_json::to_string(&Event { r#type: "inference", inference })
            .map_err(|error| Error::Event(error.to_string()))
    };
    let line = write(&inference)?;
    if line.len() <= LARGEST_EVENT_BYTES {
        return Ok(line);
    }
    // Its numbers count all the same.
    let omitted = serde_json::Map::from_iter([("contents_omitted".to_owned(), "too large".into())]);
    let numbers =
        Inference { messages: None, output: None, tools: None, metadata: Some(omitted), ..inference };
    let line = write(&numbers)?;
    if line.len() > LARGEST_EVENT_BYTES {
        return Err(Error::Event("it is too large".to_owned()));
    }
    Ok(line)
}
