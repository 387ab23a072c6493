//! `GET /api/analytics/latency`.

use axum::response::Response;
use domain::timestamp;
use edge::{Call, Checks, Problem, Query};
use serde::Serialize;
use store::analytics::{self, Filter, GroupBy, Period, Summary};

use crate::measures::{Group, Named};
use crate::percentiles::{Bar, Distribution, bars};
use crate::pieces::pieces;
use crate::range::{GROUPS_IN_TEAM, RangeQuery};
use crate::timeseries::check_interval;

/// The answer. Percentiles differ from exact ones by less than 1 %.
#[derive(Serialize)]
struct Latency {
    from: String,
    to: String,
    time_zone: String,
    #[serde(flatten)]
    total: Shape,
    group_by: Option<GroupBy>,
    groups_total: u64,
    groups: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    group: Group,
    requests: u64,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(Default, Serialize)]
struct Shape {
    latency_ms: Option<Distribution>,
    ttft_ms: Option<Distribution>,
    histogram: Vec<Bar>,
    ttft_histogram: Vec<Bar>,
}

pub(crate) async fn show(call: Call, Query(query): Query<RangeQuery>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    check_interval(&mut checks, query.interval.as_deref());
    let asked = query.read(&call, checks, GROUPS_IN_TEAM, None).await?;
    let wanted = pieces(Period::Current, asked.from_ms, asked.to_ms);
    let summary =
        async |filter: &Filter| analytics::summary(&call.database, call.team_id(), filter, &wanted).await;
    let mut groups = match asked.filter.group_by {
        Some(_) => summary(&asked.filter).await?,
        None => Vec::new(),
    };
    let groups_total = groups.first().map_or(0, |row| row.groups);
    groups.retain(|row| row.sums.requests > 0);
    // Not the sum of the groups: there may be more than are shown.
    let total = summary(&asked.filter.ungrouped()).await?;
    let row = |group_by: GroupBy, row: &Summary| Row {
        group: Group::new(group_by, &Named::from(row)),
        requests: row.sums.requests,
        shape: Shape::from(row),
    };
    let answer = Latency {
        from: timestamp(asked.from_ms),
        to: timestamp(asked.to_ms),
        time_zone: asked.zone,
        total: total.first().map(Shape::from).unwrap_or_default(),
        group_by: asked.filter.group_by,
        groups_total,
        groups: asked
            .filter
            .group_by
            .map_or_else(Vec::new, |by| groups.iter().map(|found| row(by, found)).collect()),
    };
    edge::to_json_response(200, &answer)
}

impl From<&Summary> for Shape {
    fn from(summary: &Summary) -> Self {
        let (latency, ttft) = (summary.latency.as_ref(), summary.ttft.as_ref());
        Self {
            latency_ms: latency.and_then(|values| Distribution::new(values, summary.sums.latency_sum_ms)),
            ttft_ms: ttft.and_then(|values| Distribution::new(values, summary.sums.ttft_sum_ms)),
            histogram: latency.map(bars).unwrap_or_default(),
            ttft_histogram: ttft.map(bars).unwrap_or_default(),
        }
    }
}
