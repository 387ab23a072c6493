//! The schedule: drain, and look after the tables.

use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::response::Response;
use cache::Redis;
use domain::Error;
use edge::{Call, NoBody, Problem};
use events::Drained;
use platform::database::Database;
use platform::{Context, time};
use serde::Serialize;
use store::events::Maintained;

/// How long one run of the schedule drains: almost the minute until the next one, so that what comes in is taken out.
/// Workers let a schedule run for 15 minutes, of which it may compute for 30 s; most of this is waiting for stores.
const SCHEDULED_LIMIT_MS: i64 = 55_000;
/// How long a request drains: whoever asks, and what is in between, may not wait for longer.
const REQUESTED_LIMIT_MS: i64 = 25_000;
/// How many rows are deleted at once, and how long that is repeated.
const PRUNED_AT_ONCE: i64 = 20_000;
const PRUNE_LIMIT_MS: i64 = 20_000;
const MAINTAIN_EVERY_MS: i64 = 600_000;
const DEFAULT_RETENTION_DAYS: i64 = 30;

/// The answer of `POST /api/ingest/drain` to the team that runs the installation: the counts are of all teams.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    drained: Drained,
    partitions_made: u64,
    partitions_dropped: u64,
}

/// The answer to others.
#[derive(Serialize)]
struct Outcome {
    is_empty: bool,
}

/// What Workers run every minute.
pub(crate) fn scheduled(context: Context) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        static MAINTAINED_MS: AtomicI64 = AtomicI64::new(0);
        let started_ms = time::now_ms();
        match drain(&context, SCHEDULED_LIMIT_MS).await {
            Ok(drained) if drained.read > 0 => log(drained, started_ms),
            Ok(_) => {}
            Err(error) => platform::error!("drain failed", error = error.to_string()),
        }
        if started_ms - MAINTAINED_MS.load(Ordering::Relaxed) >= MAINTAIN_EVERY_MS {
            match maintain(&context).await {
                Ok(_) => MAINTAINED_MS.store(started_ms, Ordering::Relaxed),
                Err(error) => platform::error!("maintenance failed", error = error.to_string()),
            }
        }
    })
}

/// The same on demand.
pub(crate) async fn now(call: Call, _: NoBody) -> Result<Response, Problem> {
    let drained = drain(&call.context, REQUESTED_LIMIT_MS).await?;
    let maintained = maintain(&call.context).await?;
    if !call.key().is_operator {
        return edge::to_json_response(200, &Outcome { is_empty: drained.is_empty });
    }
    let count = |of: fn(&Maintained) -> u64| maintained.as_ref().map_or(0, of);
    let report = Report {
        drained,
        partitions_made: count(|maintained| maintained.partitions_made),
        partitions_dropped: count(|maintained| maintained.partitions_dropped),
    };
    edge::to_json_response(200, &report)
}

/// Without Redis there are no streams: events have gone to the database at once.
async fn drain(context: &Context, limit_ms: i64) -> Result<Drained, Error> {
    let Some(redis) = Redis::from_config(&context.config) else {
        return Ok(Drained { is_empty: true, ..Drained::default() });
    };
    let redis = redis.with_timeout(std::time::Duration::from_secs(10));
    events::drain(&redis, &database(context), &context.config, limit_ms).await
}

async fn maintain(context: &Context) -> Result<Option<Maintained>, Error> {
    let days = context.config.get("EVENT_RETENTION_DAYS").and_then(|days| days.parse().ok());
    let days = days.filter(|days| (1..=3_650).contains(days)).unwrap_or(DEFAULT_RETENTION_DAYS);
    let database = database(context);
    let maintained = store::events::maintain(&database, days).await?;
    if let Some(maintained) = maintained.filter(|done| done.partitions_made + done.partitions_dropped > 0) {
        platform::info!(
            "partitions maintained",
            made = maintained.partitions_made,
            dropped = maintained.partitions_dropped
        );
    }
    prune(&database).await?;
    Ok(maintained)
}

/// Until there is nothing too old, or the time is up: the next run goes on.
async fn prune(database: &Database) -> Result<(), Error> {
    let started_ms = time::now_ms();
    while let Some(pruned) = store::events::prune(database, PRUNED_AT_ONCE).await? {
        let duration_ms = time::now_ms() - started_ms;
        if pruned.is_done {
            break;
        }
        if duration_ms >= PRUNE_LIMIT_MS {
            platform::warn!("old rows are left", duration_ms = duration_ms);
            break;
        }
    }
    Ok(())
}

fn database(context: &Context) -> Database {
    Database::new(context.config.get("DATABASE_URL").unwrap_or_default())
}

fn log(drained: Drained, started_ms: i64) {
    platform::info!(
        "events drained",
        read = drained.read,
        accepted = drained.accepted,
        duplicates = drained.duplicates,
        set_aside = drained.set_aside,
        spans = drained.spans,
        is_empty = drained.is_empty,
        duration_ms = time::now_ms() - started_ms
    );
}
