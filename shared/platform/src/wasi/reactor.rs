//! Drives futures where there is no event loop: polls them, and when all of them wait, waits for the host.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use wasi::io::poll::{Pollable, poll};

thread_local! {
    static WAITING: RefCell<Waiting> = const { RefCell::new(Waiting { next: 0, entries: BTreeMap::new() }) };
}

/// The pollables that some future waits for.
struct Waiting {
    next: u64,
    entries: BTreeMap<u64, Entry>,
}

struct Entry {
    pollable: Pollable,
    waker: Waker,
    is_ready: bool,
}

/// Done when the host's pollable is ready.
///
/// A pollable is a child of what it watches, and the host refuses to drop a parent before its children. So a
/// struct that keeps both declares this field first.
pub(crate) struct Ready(State);

enum State {
    New(Option<Pollable>),
    Waiting(u64),
}

/// Waits for `pollable`.
pub(crate) fn ready(pollable: Pollable) -> Ready {
    Ready(State::New(Some(pollable)))
}

impl Future for Ready {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        WAITING.with_borrow_mut(|waiting| match &mut self.0 {
            State::New(pollable) => {
                let Some(pollable) = pollable.take() else { return Poll::Ready(()) };
                let key = waiting.next;
                waiting.next += 1;
                let entry = Entry { pollable, waker: context.waker().clone(), is_ready: false };
                waiting.entries.insert(key, entry);
                self.0 = State::Waiting(key);
                Poll::Pending
            }
            State::Waiting(key) => match waiting.entries.get_mut(key) {
                Some(entry) if !entry.is_ready => {
                    entry.waker.clone_from(context.waker());
                    Poll::Pending
                }
                _ => {
                    waiting.entries.remove(key);
                    Poll::Ready(())
                }
            },
        })
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if let State::Waiting(key) = self.0 {
            WAITING.with_borrow_mut(|waiting| waiting.entries.remove(&key));
        }
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `future` to its end. One that waits for nothing the host knows would never end: it is dropped.
pub(crate) fn run(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        while woken.0.swap(false, Ordering::Relaxed) {
            if future.as_mut().poll(&mut context).is_ready() {
                return;
            }
        }
        if !wait() {
            crate::error!("request dropped: it waits for nothing");
            return;
        }
    }
}

/// Waits until the host has something ready and wakes who waits for it. False when nobody waits.
fn wait() -> bool {
    let wakers: Vec<Waker> = WAITING.with_borrow_mut(|waiting| {
        let mut entries: Vec<&mut Entry> =
            waiting.entries.values_mut().filter(|entry| !entry.is_ready).collect();
        if entries.is_empty() {
            return Vec::new();
        }
        let pollables: Vec<&Pollable> = entries.iter().map(|entry| &entry.pollable).collect();
        let indexes = poll(&pollables);
        indexes
            .into_iter()
            .filter_map(|index| {
                let entry = entries.get_mut(index as usize)?;
                entry.is_ready = true;
                Some(entry.waker.clone())
            })
            .collect()
    });
    let any = !wakers.is_empty();
    wakers.into_iter().for_each(Waker::wake);
    any
}
