//! The streams in Redis: their names, and what an entry is.

use cache::Command;
use domain::Id;

/// How many streams there are. A team's events are all in one of them.
pub(crate) const SHARDS: u32 = 4;
/// The consumer group, and its one consumer: who reads does not matter, because what was read and not acknowledged is
/// claimed by its age.
#[cfg(feature = "contents")]
pub(crate) const GROUP: &str = "drain";
/// Where entries go that can never be stored, for somebody to look at.
pub(crate) const SET_ASIDE: &str = "events:set-aside";
#[cfg(feature = "contents")]
pub(crate) const MOST_SET_ASIDE: u32 = 10_000;

/// The stream with this number.
pub(crate) fn name(shard: u32) -> String {
    format!("events:{shard}")
}

/// The stream of a team.
pub(crate) fn of(team_id: &Id) -> String {
    // FNV-1a: every function has to agree, for ever.
    let hash = team_id
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    name(hash % SHARDS)
}

/// Appends an event.
pub(crate) fn append(team_id: &Id, event: &str) -> Command {
    Command::new("XADD").arg(of(team_id)).args(["*", "team_id", team_id.as_str(), "event", event])
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Kind;

    #[test]
    fn a_team_has_one_stream_and_all_streams_have_teams() {
        let teams: Vec<Id> = (0..100).map(|number| Id::new(Kind::Team, number, [7; 10])).collect();
        assert!(teams.iter().all(|team| of(team) == of(team)));
        for shard in 0..SHARDS {
            assert!(teams.iter().filter(|team| of(team) == name(shard)).count() > 10);
        }
    }
}
