//! `GET /api/analytics/timeseries`.

use axum::response::Response;
use domain::{Error, timestamp};
use edge::{Call, Checks, Problem, Query};
use platform::time;
use serde::Serialize;
use store::analytics::{self, Buckets, GroupBy};

use crate::measures::{Group, Measures, Named};
use crate::range::{GROUPS_IN_TEAM, RangeQuery};

/// Intervals and their seconds.
const INTERVALS: [(&str, i64); 5] = [("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3_600), ("1d", 86_400)];
const NAMES: [&str; 5] = ["1m", "5m", "15m", "1h", "1d"];
/// More than a screen has columns.
const MOST_BUCKETS: i64 = 1_500;
/// How many buckets an interval that we choose makes, at most.
const CHOSEN_BUCKETS: i64 = 200;
/// The two ends of a range cut two buckets.
const CUT_BUCKETS: i64 = 2;

/// The answer. A bucket in which nothing happened has no point.
#[derive(Serialize)]
struct Timeseries {
    from: String,
    to: String,
    interval: &'static str,
    time_zone: String,
    group_by: Option<GroupBy>,
    /// The beginnings of all buckets.
    buckets: Vec<String>,
    /// How many groups there are; the largest ten are shown.
    groups: u64,
    series: Vec<Series>,
}

#[derive(Serialize)]
struct Series {
    group: Option<Group>,
    points: Vec<Point>,
}

#[derive(Serialize)]
struct Point {
    bucket: String,
    /// Whether time is still going on in it.
    unfinished: bool,
    #[serde(flatten)]
    measures: Measures,
}

/// The interval that was asked for, also in words. Routes without buckets take one as well, and it changes nothing:
/// whoever shows several routes side by side asks them all alike.
pub(crate) fn check_interval(checks: &mut Checks, given: Option<&str>) -> Option<(&'static str, i64)> {
    let name = match given {
        Some("minute") => Some("1m"),
        Some("hour") => Some("1h"),
        Some("day") => Some("1d"),
        other => other,
    };
    let parse = |name: &str| INTERVALS.iter().find(|(known, _)| *known == name).map(|known| Some(*known));
    checks.choice("interval", name, None, parse, &NAMES)
}

pub(crate) async fn show(call: Call, Query(query): Query<RangeQuery>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    let given = check_interval(&mut checks, query.interval.as_deref());
    let asked = query.read(&call, checks, GROUPS_IN_TEAM, None).await?;
    let range_s = (asked.to_ms - asked.from_ms) / 1_000;
    let (interval, seconds) = given.unwrap_or_else(|| choose(range_s));
    if range_s / seconds > MOST_BUCKETS - CUT_BUCKETS {
        let detail = format!(
            "too fine for this range: at most {MOST_BUCKETS} buckets; {} would do",
            choose(range_s).0
        );
        return Err(Error::field("interval", "out_of_range", detail).into());
    }
    let buckets = Buckets {
        from_ms: asked.from_ms,
        to_ms: asked.to_ms,
        seconds,
        zone: &asked.zone,
        filter: &asked.filter,
    };
    let found = analytics::timeseries(&call.database, call.team_id(), &buckets).await?;
    let now_ms = time::now_ms();
    let mut starts = found.buckets_ms.clone();
    starts.push(found.end_ms);
    let end_of = |bucket_ms: i64| {
        let next = starts.partition_point(|&start_ms| start_ms <= bucket_ms);
        starts.get(next).copied().unwrap_or(found.end_ms)
    };
    let series = found.series.iter().map(|series| Series {
        group: asked.filter.group_by.map(|group_by| Group::new(group_by, &Named::from(&series.group))),
        points: series
            .points
            .iter()
            .map(|point| Point {
                bucket: timestamp(point.bucket_ms),
                unfinished: end_of(point.bucket_ms) > now_ms,
                measures: Measures::new(&point.sums, point.latency.as_ref(), point.ttft.as_ref()),
            })
            .collect(),
    });
    let answer = Timeseries {
        from: timestamp(asked.from_ms),
        to: timestamp(asked.to_ms),
        interval,
        time_zone: asked.zone.clone(),
        group_by: asked.filter.group_by,
        buckets: found.buckets_ms.iter().map(|&start_ms| timestamp(start_ms)).collect(),
        groups: found.groups,
        series: series.collect(),
    };
    edge::to_json_response(200, &answer)
}

/// The finest interval that is not too fine to look at.
fn choose(range_s: i64) -> (&'static str, i64) {
    let fits = |(_, seconds): &&(&str, i64)| range_s / seconds <= CHOSEN_BUCKETS;
    INTERVALS.iter().find(fits).copied().unwrap_or(("1d", 86_400))
}
