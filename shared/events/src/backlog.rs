//! How much the drain has before it.

use cache::{Command, Redis};
use domain::Error;

use crate::stream::{self, SET_ASIDE, SHARDS};

/// How much waits in the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Entries that are not stored yet.
    pub waiting: u64,
    /// Entries that can never be stored.
    pub set_aside: u64,
}

/// Looks how much waits.
pub async fn backlog(redis: &Redis) -> Result<Backlog, Error> {
    let streams = (0..SHARDS).map(stream::name).chain([SET_ASIDE.to_owned()]);
    let commands: Vec<Command> = streams.map(|stream| Command::idempotent("XLEN").arg(stream)).collect();
    let mut backlog = Backlog::default();
    for (index, reply) in redis.pipeline(&commands).await?.into_iter().enumerate() {
        let length = reply?.as_u64().unwrap_or(0);
        if index < commands.len() - 1 { backlog.waiting += length } else { backlog.set_aside = length }
    }
    Ok(backlog)
}
