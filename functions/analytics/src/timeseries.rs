//! `GET /api/analytics/timeseries`.

use axum::response::Response;
use domain::{Error, timestamp};
use edge::{Call, Checks, Problem, Query};
use platform::time;
use serde::Serialize;
use store::analytics::{self, Buckets, GroupBy};

use crate::measures::{Group, Measures, Named};
use crate::pieces::kept_since_ms;
use crate::range::{Asked, GROUPS_IN_TEAM, RangeQuery};

/// Intervals and their seconds.
const INTERVALS: [(&str, i64); 5] = [("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3_600), ("1d", DAY_S)];
const DAY_S: i64 = 86_400;
const NAMES: [&str; 5] = ["1m", "5m", "15m", "1h", "1d"];
/// More than a screen has columns.
const MOST_BUCKETS: i64 = 1_500;
/// How many buckets an interval that we choose makes, at most.
const CHOSEN_BUCKETS: i64 = 200;
/// The two ends of a range cut two buckets.
const CUT_BUCKETS: i64 = 2;
/// How many buckets of a given interval make the range that is shown when none is given: a day of minutes.
const SHOWN_BUCKETS: i64 = 1_440;
const UTC: &str = "UTC";

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
    checks.choice("interval", given, None, |name| interval(name).map(Some), &NAMES)
}

fn interval(name: &str) -> Option<(&'static str, i64)> {
    let name = match name {
        "minute" => "1m",
        "hour" => "1h",
        "day" => "1d",
        other => other,
    };
    INTERVALS.iter().find(|(known, _)| *known == name).copied()
}

/// The longest range that is shown by default in buckets of this interval.
pub(crate) fn longest_shown_ms(name: Option<&str>) -> Option<i64> {
    name.and_then(interval).map(|(_, seconds)| seconds * SHOWN_BUCKETS * 1_000)
}

pub(crate) async fn show(call: Call, Query(query): Query<RangeQuery>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    let given = check_interval(&mut checks, query.interval.as_deref());
    let mut asked = query.read(&call, checks, GROUPS_IN_TEAM, None).await?;
    let now_ms = time::now_ms();
    let (interval, seconds) = pick(given, &asked, now_ms)?;
    if !is_kept(seconds, &asked, now_ms) {
        // Of so long ago there are days of UTC and nothing shorter that others could be made of.
        UTC.clone_into(&mut asked.zone);
    }
    let buckets = Buckets {
        from_ms: asked.from_ms,
        to_ms: asked.to_ms,
        seconds,
        zone: &asked.zone,
        filter: &asked.filter,
    };
    let found = analytics::timeseries(&call.database, call.team_id(), &buckets).await?;
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

/// The interval that was asked for if there can be an answer, or else one that fits.
fn pick(
    given: Option<(&'static str, i64)>,
    asked: &Asked,
    now_ms: i64,
) -> Result<(&'static str, i64), Error> {
    let chosen = choose(asked, now_ms);
    let Some((name, seconds)) = given else { return Ok(chosen) };
    let detail = if range_s(asked) / seconds > MOST_BUCKETS - CUT_BUCKETS {
        format!("too fine for this range: at most {MOST_BUCKETS} buckets; {} would do", chosen.0)
    } else if seconds < DAY_S && !is_kept(seconds, asked, now_ms) {
        let since = timestamp(kept_since_ms(cells(seconds, asked), now_ms));
        format!(
            "too fine for what is kept of that time: {} would do; this one is there from {since} on",
            chosen.0
        )
    } else {
        return Ok((name, seconds));
    };
    Err(Error::field("interval", "out_of_range", detail))
}

/// The finest interval that is not too fine to look at, and of which there is something.
fn choose(asked: &Asked, now_ms: i64) -> (&'static str, i64) {
    let fits = |(_, seconds): &&(&str, i64)| {
        range_s(asked) / seconds <= CHOSEN_BUCKETS && is_kept(*seconds, asked, now_ms)
    };
    INTERVALS.iter().find(fits).copied().unwrap_or(("1d", DAY_S))
}

fn range_s(asked: &Asked) -> i64 {
    (asked.to_ms - asked.from_ms) / 1_000
}

/// Whether there are cells to make buckets of so many seconds of, from the range's beginning on.
fn is_kept(seconds: i64, asked: &Asked, now_ms: i64) -> bool {
    kept_since_ms(cells(seconds, asked), now_ms) <= asked.from_ms
}

/// The length of the cells that `timeseries.sql` makes buckets of so many seconds of.
fn cells(seconds: i64, asked: &Asked) -> i64 {
    match seconds {
        DAY_S if asked.zone == UTC => DAY_S,
        3_600.. if asked.has_whole_hours => 3_600,
        900.. => 900,
        _ => 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::analytics::Filter;

    const NOW_MS: i64 = 1_795_253_430_500;

    fn of(days_ago: i64, hours: i64, zone: &str) -> Asked {
        let from_ms = NOW_MS - days_ago * 86_400_000;
        Asked {
            from_ms,
            to_ms: from_ms + hours * 3_600_000,
            zone: zone.to_owned(),
            has_whole_hours: zone != "Asia/Kolkata",
            filter: Filter::default(),
        }
    }

    #[test]
    fn the_finest_interval_is_chosen_of_which_there_is_something() {
        for (days_ago, hours, zone, expected) in [
            (1, 3, UTC, "1m"),
            (1, 6, UTC, "5m"),
            (40, 6, UTC, "15m"),
            (120, 6, UTC, "1h"),
            (120, 6, "Asia/Kolkata", "1d"),
            (500, 6, UTC, "1d"),
            (7, 7 * 24, UTC, "1h"),
            (300, 300 * 24, "Europe/Berlin", "1d"),
        ] {
            let asked = of(days_ago, hours, zone);
            assert_eq!(choose(&asked, NOW_MS).0, expected, "{days_ago} {hours} {zone}");
        }
    }

    #[test]
    fn an_interval_of_which_there_is_nothing_is_refused() {
        let refused = |name: &str, asked: &Asked| match pick(interval(name), asked, NOW_MS) {
            Ok(_) => None,
            Err(Error::Validation(errors)) => Some(errors[0].detail.clone()),
            Err(other) => panic!("{other}"),
        };
        let old = of(40, 6, UTC);
        assert_eq!(
            refused("5m", &old).unwrap(),
            "too fine for what is kept of that time: 15m would do; this one is there from 2026-10-18T09:30:30.500Z on"
        );
        assert!(refused("1m", &of(30, 30 * 24, UTC)).unwrap().contains("1500 buckets"));
        assert_eq!((refused("15m", &old), refused("1h", &old), refused("1d", &old)), (None, None, None));
        // Days are there for as long as anything, if not those of every zone.
        assert_eq!(refused("1d", &of(600, 24, "Europe/Berlin")), None);
        assert!(
            !is_kept(DAY_S, &of(600, 24, "Europe/Berlin"), NOW_MS)
                && is_kept(DAY_S, &of(600, 24, UTC), NOW_MS)
        );
    }
}
