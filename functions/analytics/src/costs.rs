//! `GET /api/analytics/costs`.

use axum::response::Response;
use domain::timestamp;
use edge::{Call, Checks, Problem, Query};
use serde::Serialize;
use store::analytics::{self, Detail, Filter, GroupBy, Period, Summary, Sums};

use crate::measures::{Group, Named, dollars};
use crate::percentiles::ratio;
use crate::pieces::pieces;
use crate::range::{GROUPS, RangeQuery};
use crate::timeseries::check_interval;

/// The answer, the dearest group first.
#[derive(Serialize)]
struct Costs {
    from: String,
    to: String,
    time_zone: String,
    group_by: GroupBy,
    cost_usd: f64,
    /// Requests whose price is not known, and which count as nothing.
    unpriced_requests: u64,
    requests: u64,
    tokens_in: u64,
    tokens_out: u64,
    cached_tokens_in: u64,
    groups_total: u64,
    groups: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    group: Group,
    cost_usd: f64,
    /// Of the whole.
    share: Option<f64>,
    cost_per_request_usd: Option<f64>,
    unpriced_requests: u64,
    requests: u64,
    tokens_in: u64,
    tokens_out: u64,
    cached_tokens_in: u64,
}

pub(crate) async fn show(call: Call, Query(query): Query<RangeQuery>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    check_interval(&mut checks, query.interval.as_deref());
    let default = GroupBy::Model;
    let mut asked = query.read(&call, checks, GROUPS, Some(default)).await?;
    asked.filter.detail = Detail::Sums;
    let group_by = asked.filter.group_by.unwrap_or(default);
    let wanted = pieces(Period::Current, asked.from_ms, asked.to_ms);
    let summary =
        async |filter: &Filter| analytics::summary(&call.database, call.team_id(), filter, &wanted).await;
    let mut groups = summary(&asked.filter).await?;
    let groups_total = groups.first().map_or(0, |row| row.groups);
    groups.retain(|row| row.sums.requests > 0);
    // Not the sum of the groups: there may be more than are shown. Of teams all are.
    let whole = match group_by {
        GroupBy::Team => None,
        _ => Some(summary(&asked.filter.ungrouped()).await?),
    };
    let whole = whole.as_ref().unwrap_or(&groups);
    let total = |of: fn(&Sums) -> u64| whole.iter().map(|row| of(&row.sums)).sum();
    let cost_usd: f64 = whole.iter().map(|row| row.sums.cost_usd).sum();
    let answer = Costs {
        from: timestamp(asked.from_ms),
        to: timestamp(asked.to_ms),
        time_zone: asked.zone,
        group_by,
        cost_usd: dollars(cost_usd),
        unpriced_requests: total(|sums| sums.unpriced),
        requests: total(|sums| sums.requests),
        tokens_in: total(|sums| sums.tokens_in),
        tokens_out: total(|sums| sums.tokens_out),
        cached_tokens_in: total(|sums| sums.cached_tokens_in),
        groups_total,
        groups: groups.iter().map(|row| describe(row, group_by, cost_usd)).collect(),
    };
    edge::to_json_response(200, &answer)
}

fn describe(row: &Summary, group_by: GroupBy, cost_usd: f64) -> Row {
    let sums = &row.sums;
    let priced = sums.requests.saturating_sub(sums.unpriced);
    Row {
        group: Group::new(group_by, &Named::from(row)),
        cost_usd: dollars(sums.cost_usd),
        share: (cost_usd > 0.0).then(|| sums.cost_usd / cost_usd),
        cost_per_request_usd: (priced > 0).then(|| dollars(sums.cost_usd * ratio(1, priced))),
        unpriced_requests: sums.unpriced,
        requests: sums.requests,
        tokens_in: sums.tokens_in,
        tokens_out: sums.tokens_out,
        cached_tokens_in: sums.cached_tokens_in,
    }
}
