//! Into the database, of which one event can refuse a whole batch.

use platform::database::Database;
use store::events::{Failure, Ingested, ingest};

use crate::append::array;

/// Batches that are to be stored. What the database refuses is halved until it is known which event is at fault, so that
/// the rest gets through.
pub(crate) struct Halves<T> {
    batches: Vec<Vec<T>>,
}

/// What came of a part of them.
#[cfg_attr(
    not(feature = "contents"),
    expect(dead_code, reason = "exposures alone are counted, and not named, when they are refused")
)]
pub(crate) enum Outcome<T> {
    /// These are stored.
    Stored(Vec<T>, Ingested),
    /// This one can never be stored, and why. The reason may quote it: it is nothing to log.
    Refused(T, String),
}

impl<T> Halves<T> {
    pub(crate) fn new(batch: Vec<T>) -> Self {
        Self { batches: vec![batch] }
    }

    /// Stores the next part; none when there is nothing left.
    ///
    /// # Errors
    /// When the database is down: what is left may be stored later.
    pub(crate) async fn next(
        &mut self,
        database: &Database,
        text: impl Fn(&T) -> &str,
    ) -> Result<Option<Outcome<T>>, String> {
        while let Some(mut batch) = self.batches.pop() {
            if batch.is_empty() {
                continue;
            }
            match ingest(database, &array(batch.iter().map(&text))).await {
                Ok(ingested) => return Ok(Some(Outcome::Stored(batch, ingested))),
                Err(Failure::Unavailable(error)) => {
                    self.batches.push(batch);
                    return Err(error);
                }
                Err(Failure::Refused(reason)) => {
                    let half = batch.split_off(batch.len() / 2);
                    if batch.is_empty() {
                        return Ok(half.into_iter().next().map(|event| Outcome::Refused(event, reason)));
                    }
                    self.batches.extend([batch, half]);
                }
            }
        }
        Ok(None)
    }
}
