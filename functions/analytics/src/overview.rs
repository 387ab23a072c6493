//! `GET /api/analytics/overview`.

use std::collections::BTreeMap;

use axum::response::Response;
use domain::timestamp;
use edge::{Call, Checks, Problem, Query};
use platform::time;
use serde::Serialize;
use store::analytics::{self, Period, Sums};

use crate::measures::Measures;
use crate::pieces::{align_down, pieces};
use crate::range::RangeQuery;
use crate::timeseries::check_interval;

/// The answer: the period's numbers, those of the period of the same length before it, and by what share they changed.
#[derive(Serialize)]
struct Overview {
    from: String,
    to: String,
    time_zone: String,
    #[serde(flatten)]
    current: Measures,
    previous: Previous,
    change: BTreeMap<&'static str, Option<f64>>,
}

#[derive(Serialize)]
struct Previous {
    from: String,
    to: String,
    #[serde(flatten)]
    measures: Measures,
}

pub(crate) async fn show(call: Call, Query(query): Query<RangeQuery>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    check_interval(&mut checks, query.interval.as_deref());
    let asked = query.read(&call, checks, &[], None).await?;
    let before_ms = align_down(asked.from_ms - (asked.to_ms - asked.from_ms), time::now_ms());
    let mut wanted = pieces(Period::Current, asked.from_ms, asked.to_ms);
    wanted.extend(pieces(Period::Previous, before_ms, asked.from_ms));
    let rows = analytics::summary(&call.database, call.team_id(), &asked.filter, &wanted).await?;
    let of = |period: Period| {
        rows.iter()
            .find(|row| row.period == period)
            .map_or_else(|| Measures::new(&Sums::default(), None, None), Measures::of)
    };
    let (current, previous) = (of(Period::Current), of(Period::Previous));
    let change = current.figures().into_iter().zip(previous.figures());
    let overview = Overview {
        from: timestamp(asked.from_ms),
        to: timestamp(asked.to_ms),
        time_zone: asked.zone,
        current,
        previous: Previous { from: timestamp(before_ms), to: timestamp(asked.from_ms), measures: previous },
        change: change.map(|((name, now), (_, then))| (name, relative(now, then))).collect(),
    };
    edge::to_json_response(200, &overview)
}

/// By what share a figure has changed: 0.1 for a tenth more. Null where there was nothing to compare with.
fn relative(now: Option<f64>, then: Option<f64>) -> Option<f64> {
    let (now, then) = (now?, then?);
    (then != 0.0).then(|| (now - then) / then)
}
