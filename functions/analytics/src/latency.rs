//! `GET /api/analytics/latency`.

use axum::response::Response;
use domain::timestamp;
use edge::{Call, Checks, Problem, Query};
use serde::Serialize;
use store::analytics::{self, Bins, GroupBy, Period, Quantiles};

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

#[derive(Serialize)]
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
    let rows = analytics::summary(&call.database, call.team_id(), &asked.filter, &wanted).await?;
    let (mut latency, mut ttft, mut latency_sum, mut ttft_sum) = (Bins::new(), Bins::new(), 0, 0);
    for row in &rows {
        add(&mut latency, bins(row.latency.as_ref()));
        add(&mut ttft, bins(row.ttft.as_ref()));
        latency_sum += row.sums.latency_sum_ms;
        ttft_sum += row.sums.ttft_sum_ms;
    }
    let groups = asked.filter.group_by.map(|group_by| {
        rows.iter()
            .filter(|row| row.sums.requests > 0)
            .map(|row| Row {
                group: Group::new(group_by, &Named::from(row)),
                requests: row.sums.requests,
                shape: shape(
                    bins(row.latency.as_ref()),
                    row.sums.latency_sum_ms,
                    bins(row.ttft.as_ref()),
                    row.sums.ttft_sum_ms,
                ),
            })
            .collect::<Vec<_>>()
    });
    let answer = Latency {
        from: timestamp(asked.from_ms),
        to: timestamp(asked.to_ms),
        time_zone: asked.zone,
        total: shape(Some(&latency), latency_sum, Some(&ttft), ttft_sum),
        group_by: asked.filter.group_by,
        groups_total: asked.filter.group_by.map_or(0, |_| rows.first().map_or(0, |row| row.groups)),
        groups: groups.unwrap_or_default(),
    };
    edge::to_json_response(200, &answer)
}

fn bins(quantiles: Option<&Quantiles>) -> Option<&Bins> {
    quantiles.map(|quantiles| &quantiles.bins)
}

fn add(sum: &mut Bins, more: Option<&Bins>) {
    for (bin, count) in more.into_iter().flatten() {
        *sum.entry(*bin).or_default() += count;
    }
}

fn shape(latency: Option<&Bins>, latency_sum: u64, ttft: Option<&Bins>, ttft_sum: u64) -> Shape {
    Shape {
        latency_ms: latency.and_then(|bins| Distribution::of_bins(bins, latency_sum)),
        ttft_ms: ttft.and_then(|bins| Distribution::of_bins(bins, ttft_sum)),
        histogram: latency.map(bars).unwrap_or_default(),
        ttft_histogram: ttft.map(bars).unwrap_or_default(),
    }
}
