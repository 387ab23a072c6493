//! From a request into the isolate's batch.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use platform::{Context, time};

use crate::append::append;
use crate::batch::{Batch, Step};
use crate::{Event, exposures};

static BATCH: LazyLock<Mutex<Batch>> = LazyLock::new(Mutex::default);

fn batch() -> MutexGuard<'static, Batch> {
    BATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds an event to this isolate's batch and keeps the request alive until it is appended. It waits for nothing, so
/// that it may be called anywhere, also where an answer is made from memory.
pub fn record(context: &Context, event: Event) {
    let added = batch().add(event, time::now_ms());
    match added {
        Ok(ticket) => context.tasks.spawn(see_through(context.clone(), ticket)),
        Err(event) if matches!(*event, Event::Span { .. }) => {}
        Err(event) => {
            platform::error!("event lost: too many wait", team_id = event.team_id());
            forget(&event);
        }
    }
}

/// Looks after the event of `ticket` until it is appended, by this task or by another one.
async fn see_through(context: Context, ticket: u64) {
    loop {
        let step = batch().step(ticket, time::now_ms());
        match step {
            Step::Done => return,
            Step::Wait(milliseconds) => {
                time::sleep(Duration::from_millis(milliseconds.unsigned_abs())).await;
            }
            Step::Append(flight, events) => {
                if let Err(lost) = append(&context, events).await {
                    lost.iter().for_each(forget);
                }
                batch().landed(flight);
            }
        }
    }
}

/// An exposure that is lost may be recorded with the unit's next request.
fn forget(event: &Event) {
    match event {
        Event::Exposure(exposure) => {
            let experiment = exposure.experiment_id.as_str();
            exposures::forget(experiment, exposure.period, &exposure.variant, &exposure.unit);
        }
        #[cfg(feature = "contents")]
        Event::Inference(_) | Event::Feedback(_) => {}
        Event::Failure(_) | Event::Span { .. } => {}
    }
}
