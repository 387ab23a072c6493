//! Who met which arm.

use domain::Id;
use events::{Event, Exposure};
use platform::Context;

use crate::Resolved;

/// Records that the caller met an arm, if chance assigned it and this isolate has not recorded it lately. It waits for
/// nothing.
pub fn expose(context: &Context, team_id: &Id, resolved: &Resolved, now_ms: i64) {
    let Some(tracked) = resolved.tracked() else { return };
    let experiment_id = tracked.experiment_id;
    let (id, unit) = (experiment_id.as_str(), tracked.unit);
    if !events::exposures::is_new(id, tracked.period, tracked.variant, unit, now_ms) {
        return;
    }
    let release = &resolved.prepared.release;
    let exposure = Exposure {
        id: events::new_id(),
        team_id: team_id.clone(),
        at_ms: now_ms,
        experiment_id: experiment_id.clone(),
        variant: tracked.variant.to_owned(),
        period: tracked.period,
        unit: unit.to_owned(),
        prompt_id: release.prompt_id.clone(),
        environment: release.environment,
    };
    events::record(context, Event::Exposure(exposure));
}
