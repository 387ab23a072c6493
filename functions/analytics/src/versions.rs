//! `GET /api/analytics/versions`.

use axum::response::Response;
use domain::timestamp;
use edge::{Call, Checks, Problem, Query};
use serde::Serialize;
use store::analytics::{self, GroupBy, Period};

use crate::measures::{Group, Measures, Named};
use crate::pieces::pieces;
use crate::range::RangeQuery;
use crate::timeseries::check_interval;

/// The answer, the most used version first.
#[derive(Serialize)]
struct Answer {
    from: String,
    to: String,
    time_zone: String,
    versions_total: u64,
    versions: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    version: Group,
    #[serde(flatten)]
    measures: Measures,
}

pub(crate) async fn show(call: Call, Query(query): Query<RangeQuery>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    check_interval(&mut checks, query.interval.as_deref());
    let asked = query.read(&call, checks, &[GroupBy::Version], Some(GroupBy::Version)).await?;
    let wanted = pieces(Period::Current, asked.from_ms, asked.to_ms);
    let rows = analytics::summary(&call.database, call.team_id(), &asked.filter, &wanted).await?;
    // What was asked without a prompt has no version.
    let versions = rows.iter().filter(|row| row.name.is_some()).map(|row| Row {
        version: Group::new(GroupBy::Version, &Named::from(row)),
        measures: Measures::of(row),
    });
    let unnamed = u64::from(rows.iter().any(|row| row.name.is_none() && row.sums.requests > 0));
    let answer = Answer {
        from: timestamp(asked.from_ms),
        to: timestamp(asked.to_ms),
        time_zone: asked.zone,
        versions_total: rows.first().map_or(0, |row| row.groups).saturating_sub(unnamed),
        versions: versions.collect(),
    };
    edge::to_json_response(200, &answer)
}
