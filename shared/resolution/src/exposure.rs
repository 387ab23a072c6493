//! Who met which arm.

use domain::Id;
use events::{Event, Exposure};
use platform::Context;

use crate::{Chosen, Tracked};

/// Records that the caller met an arm, if chance assigned it and this isolate has not recorded it lately. It waits for
/// nothing.
pub fn expose(context: &Context, team_id: &Id, chosen: &Chosen, now_ms: i64) {
    let Some(tracked) = chosen.tracked() else { return };
    let id = tracked.experiment_id.as_str();
    if events::exposures::is_new(id, tracked.period, tracked.variant, tracked.unit, now_ms) {
        events::record(context, Event::Exposure(exposure(team_id, chosen, tracked, now_ms)));
    }
}

/// Records that the caller got an error in place of what an arm serves, if chance assigned it: each time, for it is
/// counted as the arm's error.
pub fn fail(context: &Context, team_id: &Id, chosen: &Chosen, now_ms: i64) {
    if let Some(tracked) = chosen.tracked() {
        events::record(context, Event::Failure(exposure(team_id, chosen, tracked, now_ms)));
    }
}

fn exposure(team_id: &Id, chosen: &Chosen, tracked: Tracked<'_>, now_ms: i64) -> Exposure {
    let release = &chosen.prepared.release;
    Exposure {
        id: events::new_id(),
        team_id: team_id.clone(),
        at_ms: now_ms,
        experiment_id: tracked.experiment_id.clone(),
        variant: tracked.variant.to_owned(),
        period: tracked.period,
        unit: tracked.unit.to_owned(),
        prompt_id: release.prompt_id.clone(),
        environment: release.environment,
    }
}
