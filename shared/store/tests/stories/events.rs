//! Events are counted once, whatever happens, and every sum is the sum of the rows.

use std::collections::BTreeMap;

use domain::{Id, Kind};
use futures_util::future::join_all;
use platform::database::Database;
use serde_json::{Value, json};
use store::analytics::{self, Bins, Filter, GroupBy, Period, Piece};
use store::events::{self, Failure, Ingested};
use tokio_postgres::Client;

use crate::support::{client, database, id, team};

/// Deterministic numbers: a linear congruential generator (Knuth's constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

const HOUR_MS: i64 = 3_600_000;

/// Noon, so that the few hours that a story needs are of one day.
fn noon_ms() -> i64 {
    platform::time::now_ms() / (24 * HOUR_MS) * 24 * HOUR_MS - 12 * HOUR_MS
}

fn inference(numbers: &mut Numbers, team_id: &Id, number: u64) -> Value {
    let status = numbers.pick(&["ok", "ok", "ok", "error", "cancelled"]);
    json!({
        "type": "inference", "id": format!("inference-{number}"), "team_id": team_id,
        "at_ms": noon_ms() + i64::try_from(numbers.below(2 * 3_600_000)).unwrap(), "status": status,
        "source": numbers.pick(&["chat", "openai", "summary", "ingest"]),
        "prompt_id": numbers.pick(&["prm_a", "prm_b"]), "version_id": numbers.pick(&["ver_1", "ver_2", "ver_3"]),
        "environment": "production", "model": numbers.pick(&["one", "other"]),
        "tokens_in": numbers.below(1_000), "tokens_out": numbers.below(100), "cached_tokens_in": numbers.below(10),
        "cost_usd": if numbers.below(10) == 0 { Value::Null } else { json!(0.25) },
        "latency_ms": if status == "cancelled" { Value::Null } else { json!(numbers.below(5_000)) },
        "ttft_ms": numbers.below(500),
    })
}

async fn ingest(database: &Database, events: &[Value]) -> Result<Ingested, Failure> {
    events::ingest(database, &Value::from(events.to_vec()).to_string()).await
}

async fn count(client: &Client, sql: &str, team_id: &Id) -> i64 {
    client.query_one(sql, &[&team_id.as_str()]).await.unwrap().get(0)
}

/// Every sum of rollups in every resolution, and the same from the rows.
async fn assert_rollups_are_the_rows(client: &Client, team_id: &Id) {
    let rows = client
        .query_one(
            "select count(*), coalesce(sum(tokens_in), 0)::bigint, coalesce(sum(tokens_out), 0)::bigint,
               coalesce(sum(cost_usd), 0), count(*) filter (where cost_usd is null), count(latency_ms),
               coalesce(sum(latency_ms), 0)::bigint, count(ttft_ms)
             from inferences where team_id = $1",
            &[&team_id.as_str()],
        )
        .await
        .unwrap();
    for (resolution, is_total) in
        [60, 900, 3_600, 86_400].into_iter().flat_map(|length| [(length, false), (length, true)])
    {
        let sums = client
            .query_one(
                "select coalesce(sum(requests), 0)::bigint, coalesce(sum(tokens_in), 0)::bigint,
                   coalesce(sum(tokens_out), 0)::bigint, coalesce(sum(cost_usd), 0),
                   coalesce(sum(unpriced), 0)::bigint,
                   coalesce(sum((select sum(n) from unnest((latency).counts) as n)), 0)::bigint,
                   coalesce(sum(latency_sum_ms), 0)::bigint,
                   coalesce(sum((select sum(n) from unnest((ttft).counts) as n)), 0)::bigint
                 from rollups join rollup_series on rollup_series.id = series_id
                 where rollups.team_id = $1 and resolution = $2 and rollups.is_total = $3",
                &[&team_id.as_str(), &resolution, &is_total],
            )
            .await
            .unwrap();
        for column in [0, 1, 2, 4, 5, 6, 7] {
            assert_eq!(
                sums.get::<_, i64>(column),
                rows.get::<_, i64>(column),
                "column {column} at {resolution}"
            );
        }
        assert!((sums.get::<_, f64>(3) - rows.get::<_, f64>(3)).abs() < 1e-6);
    }
    let series_disagree = count(
        client,
        "select count(*) from (
           select prompt_id, version_id, model, status, count(*) as requests from inferences where team_id = $1
           group by 1, 2, 3, 4) as raw
         full join (
           select prompt_id, version_id, model, status, sum(requests) as requests
           from rollups join rollup_series on rollup_series.id = series_id
           where rollups.team_id = $1 and resolution = 900 and not rollups.is_total group by 1, 2, 3, 4) as rolled
         using (prompt_id, version_id, model, status)
         where raw.requests is distinct from rolled.requests",
        team_id,
    )
    .await;
    assert_eq!(series_disagree, 0);
}

#[tokio::test]
async fn a_batch_counts_once_however_often_it_comes() {
    let (database, client, team_id) = (database().await, client().await, team().await.team_id);
    let mut numbers = Numbers(1);
    let mut batch: Vec<Value> = (0..200).map(|number| inference(&mut numbers, &team_id, number)).collect();
    batch.push(batch[7].clone());
    assert_eq!(ingest(&database, &batch).await, Ok(Ingested { accepted: 200, duplicates: 1 }));
    assert_rollups_are_the_rows(&client, &team_id).await;
    assert_eq!(ingest(&database, &batch).await, Ok(Ingested { accepted: 0, duplicates: 201 }));
    assert_rollups_are_the_rows(&client, &team_id).await;
    assert_eq!(count(&client, "select count(*) from inferences where team_id = $1", &team_id).await, 200);
    let known = events::known(&database, &team_id, &["inference-3", "inference-999"]).await.unwrap();
    assert_eq!(known, ["inference-3"]);
    assert_eq!(
        events::known(&database, &id(Kind::Team), &["inference-3"]).await.unwrap(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn drains_at_the_same_time_count_right() {
    let (client, teams) = (client().await, [team().await.team_id, team().await.team_id]);
    let mut numbers = Numbers(2);
    let all: Vec<Value> = (0..600)
        .map(|number| inference(&mut numbers, &teams[usize::from(number % 3 == 0)], number))
        .collect();
    // Each event is in two of the batches, and the batches come all at once.
    let batches: Vec<Vec<Value>> =
        (0..12).map(|part| all.iter().cycle().skip(part * 50).take(100).cloned().collect()).collect();
    let outcomes =
        join_all(batches.iter().map(|batch| async { ingest(&database().await, batch).await.unwrap() })).await;
    assert_eq!(outcomes.iter().map(|outcome| outcome.accepted).sum::<u64>(), 600);
    assert_eq!(outcomes.iter().map(|outcome| outcome.duplicates).sum::<u64>(), 600);
    for team_id in &teams {
        assert_rollups_are_the_rows(&client, team_id).await;
    }
}

#[tokio::test]
async fn what_can_never_be_stored_takes_nothing_with_it_but_its_batch() {
    let (database, client, team_id) = (database().await, client().await, team().await.team_id);
    let mut numbers = Numbers(3);
    let good = inference(&mut numbers, &team_id, 1);
    let mut bad = inference(&mut numbers, &team_id, 2);
    bad["tokens_in"] = json!("many");
    assert!(matches!(ingest(&database, &[good.clone(), bad.clone()]).await, Err(Failure::Refused(_))));
    bad["tokens_in"] = json!(-1);
    assert!(matches!(ingest(&database, &[bad]).await, Err(Failure::Refused(_))));
    assert!(matches!(events::ingest(&database, "[{").await, Err(Failure::Refused(_))));
    assert_eq!(count(&client, "select count(*) from event_ids where team_id = $1", &team_id).await, 0);
    assert_eq!(ingest(&database, &[good]).await, Ok(Ingested { accepted: 1, duplicates: 0 }));
}

#[tokio::test]
async fn a_range_is_the_sum_of_its_pieces_and_percentiles_are_near() {
    let (database, client, team_id) = (database().await, client().await, team().await.team_id);
    let mut numbers = Numbers(4);
    let batch: Vec<Value> = (0..1_000).map(|number| inference(&mut numbers, &team_id, number)).collect();
    for part in batch.chunks(250) {
        ingest(&database, part).await.unwrap();
    }
    let noon = noon_ms();
    let minute = 60_000;
    let piece = |resolution, from: i64, to: i64| Piece {
        period: Period::Current,
        resolution,
        from_ms: noon + from * minute,
        to_ms: noon + to * minute,
    };
    // 12:13 to 13:31: minutes, quarters of an hour, minutes.
    let pieces = [piece(60, 13, 15), piece(900, 15, 90), piece(60, 90, 91)];
    let filter = Filter::default().settled();
    let summary = analytics::summary(&database, &team_id, &filter, &pieces).await.unwrap();
    let inside: Vec<&Value> = batch
        .iter()
        .filter(|event| (noon + 13 * minute..noon + 91 * minute).contains(&event["at_ms"].as_i64().unwrap()))
        .collect();
    assert_eq!(summary[0].sums.requests, inside.len() as u64);
    let errors = inside.iter().filter(|event| event["status"] == "error").count();
    assert_eq!(summary[0].sums.errors, errors as u64);

    let by_version = Filter { group_by: Some(GroupBy::Version), ..Filter::default() }.settled();
    let versions = analytics::summary(&database, &team_id, &by_version, &pieces).await.unwrap();
    assert_eq!((versions.len(), versions[0].groups), (3, 3));
    assert_eq!(versions.iter().map(|version| version.sums.requests).sum::<u64>(), inside.len() as u64);
    let mut merged = Bins::new();
    for (bin, bin_count) in
        versions.iter().filter_map(|version| version.latency.as_ref()).flat_map(|latency| &latency.bins)
    {
        *merged.entry(*bin).or_default() += bin_count;
    }
    let latency = summary[0].latency.as_ref().unwrap();
    assert_eq!(merged, latency.bins);
    assert_eq!(latency.count, merged.values().sum::<u64>());
    let count = usize::try_from(latency.count).unwrap();
    let of_rank = |percent: usize| bin_of_rank(&merged, (count * percent).div_ceil(100));
    assert_eq!([latency.p50, latency.p95, latency.p99], [50, 95, 99].map(of_rank));
    assert_percentiles(&merged, inside.iter().filter_map(|event| event["latency_ms"].as_f64()).collect());
    assert_rollups_are_the_rows(&client, &team_id).await;
}

fn bin_of_rank(bins: &Bins, rank: usize) -> i32 {
    let mut seen = 0;
    let bin = bins.iter().find(|(_, count)| {
        seen += usize::try_from(**count).unwrap();
        seen >= rank
    });
    *bin.unwrap().0
}

fn assert_percentiles(bins: &Bins, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let mut largest: f64 = 0.0;
    for share in 1..=100 {
        let rank = (values.len() * share).div_ceil(100);
        let exact = values[rank - 1];
        let near = match bin_of_rank(bins, rank) {
            -1 => 0.0,
            bin => 2.0 * 1.02_f64.powi(bin) / 2.02,
        };
        if exact >= 1.0 {
            largest = largest.max((near - exact).abs() / exact);
        }
    }
    println!("largest relative error of 100 percentiles: {largest:.5}");
    assert!(largest <= 0.01, "{largest}");
}

#[tokio::test]
async fn feedback_that_is_replaced_is_taken_back_where_it_was() {
    let (database, team_id) = (database().await, team().await.team_id);
    let noon = noon_ms();
    let feedback = |name: &str, at_ms: i64, approval: f64, replaces: Value| {
        json!({ "type": "feedback", "id": name, "team_id": team_id, "at_ms": at_ms, "version_id": "ver_1",
            "approval": approval, "replaces": replaces })
    };
    let later = noon + HOUR_MS;
    let batch = [
        feedback("1", noon, 0.0, Value::Null),
        feedback("2", noon, 1.0, Value::Null),
        feedback("3", later, 1.0, json!({ "approval": 0.0, "at_ms": noon })),
    ];
    ingest(&database, &batch).await.unwrap();
    let filter = Filter::default().settled();
    let sums_of = async |from_ms: i64| {
        let piece = Piece { period: Period::Current, resolution: 900, from_ms, to_ms: from_ms + 900_000 };
        let rows = analytics::summary(&database, &team_id, &filter, &[piece]).await.unwrap();
        (rows[0].sums.approvals, rows[0].sums.approval_sum)
    };
    assert_eq!(sums_of(noon).await, (1, 1.0));
    assert_eq!(sums_of(later).await, (1, 1.0));
}

#[tokio::test]
async fn time_series_have_the_days_of_their_zone() {
    let (database, team_id) = (database().await, team().await.team_id);
    // New York turns its clocks back on 2026-11-01: that day has 25 hours, and begins at 04:00 UTC.
    let day_ms = |hours: i64| 1_793_491_200_000 + hours * HOUR_MS;
    let at = |name: &str, at_ms: i64| {
        let mut event = inference(&mut Numbers(5), &team_id, 0);
        (event["id"], event["at_ms"]) = (json!(name), json!(at_ms));
        event
    };
    let batch =
        [at("before", day_ms(3)), at("first", day_ms(4)), at("last", day_ms(28)), at("after", day_ms(29))];
    ingest(&database, &batch).await.unwrap();
    let filter = Filter::default().settled();
    let buckets = |zone: &'static str, seconds: i64| analytics::Buckets {
        from_ms: day_ms(0),
        to_ms: day_ms(48),
        seconds,
        zone,
        filter: &filter,
    };
    let counts = async |zone: &'static str, seconds: i64| -> (usize, Vec<(i64, u64)>) {
        let found = analytics::timeseries(&database, &team_id, &buckets(zone, seconds)).await.unwrap();
        let points = found.series.iter().flat_map(|series| &series.points);
        let points =
            points.map(|point| ((point.bucket_ms - day_ms(0)) / HOUR_MS, point.sums.requests)).collect();
        (found.buckets_ms.len(), points)
    };
    assert_eq!(counts("America/New_York", 86_400).await, (3, vec![(-20, 1), (4, 2), (29, 1)]));
    assert_eq!(counts("UTC", 86_400).await, (2, vec![(0, 2), (24, 2)]));
    // India is half an hour off: its days are made of quarters of an hour.
    assert_eq!(counts("Asia/Kolkata", 86_400).await.1.iter().map(|(_, requests)| requests).sum::<u64>(), 4);
    assert_eq!(counts("UTC", 3_600).await, (48, vec![(3, 1), (4, 1), (28, 1), (29, 1)]));
    assert!(analytics::is_time_zone(&database, "Europe/Berlin").await.unwrap());
    assert!(!analytics::is_time_zone(&database, "Mars/Olympus").await.unwrap());
}

#[tokio::test]
async fn days_have_partitions_and_nothing_is_lost_for_the_want_of_one() {
    let (database, client, team_id) = (database().await, client().await, team().await.team_id);
    let mut early = inference(&mut Numbers(6), &team_id, 1);
    early["at_ms"] = json!(noon_ms() - 9 * 24 * HOUR_MS);
    let mut ancient = inference(&mut Numbers(6), &team_id, 2);
    ancient["at_ms"] = json!(noon_ms() - 60 * 24 * HOUR_MS);
    ingest(&database, &[early, ancient]).await.unwrap();
    let waiting = "select count(*) from inferences_default where team_id = $1";
    assert_eq!(count(&client, waiting, &team_id).await, 2);
    client
        .execute(
            "update event_ids set seen_at = now() - interval '8 days' where team_id = $1",
            &[&team_id.as_str()],
        )
        .await
        .unwrap();
    let maintained = events::maintain(&database, 30).await.unwrap().unwrap();
    assert!(maintained.partitions_made >= 1 && maintained.ids_forgotten >= 2, "{maintained:?}");
    assert_eq!(count(&client, waiting, &team_id).await, 0);
    // The one within the retention has moved into its day; the one beyond it is gone.
    assert_eq!(count(&client, "select count(*) from inferences where team_id = $1", &team_id).await, 1);
    let maintained = events::maintain(&database, 5).await.unwrap().unwrap();
    assert!(maintained.partitions_dropped >= 1, "{maintained:?}");
    assert_eq!(count(&client, "select count(*) from inferences where team_id = $1", &team_id).await, 0);
    // What it counted stays.
    let rolled = "select coalesce(sum(requests), 0)::bigint from rollups join rollup_series on rollup_series.id = series_id
        where rollups.team_id = $1 and resolution = 86400 and rollups.is_total";
    assert_eq!(count(&client, rolled, &team_id).await, 2);
}

#[tokio::test]
async fn the_audit_log_is_kept_for_a_year_and_never_changes() {
    let (database, client, team_id) = (database().await, client().await, team().await.team_id);
    let insert = |months: i32| {
        format!(
            "insert into audit (team_id, at, actor, action, resource)
               values ('{team_id}', now() - interval '{months} months' - interval '1 day', '{{}}', 'prompt.create', 'p{months}')"
        )
    };
    for months in [0, 11, 12, 30] {
        client.batch_execute(&insert(months)).await.unwrap();
    }
    for change in ["delete from audit", "update audit set action = 'x'"] {
        let refused =
            client.batch_execute(&format!("{change} where team_id = '{team_id}' and resource = 'p11'")).await;
        assert!(refused.is_err(), "{change}");
    }
    let kept = "select count(*) from audit where team_id = $1 and resource in ('p0', 'p11')";
    let old = "select count(*) from audit where team_id = $1 and resource in ('p12', 'p30')";
    // Another test may be maintaining just now: then this one comes again.
    for _ in 0..50 {
        if events::maintain(&database, 30).await.unwrap().is_some()
            && count(&client, old, &team_id).await == 0
        {
            break;
        }
    }
    assert_eq!((count(&client, kept, &team_id).await, count(&client, old, &team_id).await), (2, 0));
}

/// A unit as one would count it by hand: its values in the order of their arrival.
#[derive(Default, Clone)]
struct Unit {
    arm: Option<(String, i64)>,
    in_two_arms: bool,
    values: BTreeMap<&'static str, (f64, f64)>,
}

/// Random events in random batches come to what counting by hand gives.
#[tokio::test]
async fn experiments_count_units_as_one_would_by_hand() {
    let (database, client, team_id) = (database().await, client().await, team().await.team_id);
    let mut numbers = Numbers(8);
    let mut units: BTreeMap<String, Unit> = BTreeMap::new();
    let mut number = 0;
    for _ in 0..40 {
        let mut batch = Vec::new();
        for _ in 0..=numbers.below(30) {
            number += 1;
            let unit = format!("user-{}", numbers.below(60));
            // Most meet one arm again and again; some meet both.
            let is_odd = unit.ends_with('7') && numbers.below(3) == 0;
            let arm =
                if (unit.len() + usize::from(unit.ends_with(['1', '3', '5']))).is_multiple_of(2) == is_odd {
                    "a"
                } else {
                    "b"
                };
            let mut event = json!({ "id": format!("event-{number}"), "team_id": team_id, "at_ms": noon_ms() + number,
                "experiment_id": "exp_1", "variant": arm, "unit": unit, "period": 1 });
            match numbers.below(3) {
                0 => event["type"] = json!("exposure"),
                1 => {
                    event["type"] = json!("inference");
                    event["source"] = json!("chat");
                    event["model"] = json!("offline");
                    event["status"] = json!(numbers.pick(&["ok", "error"]));
                    event["latency_ms"] = json!(numbers.below(1_000));
                    event["cost_usd"] = json!(0.5);
                }
                _ => {
                    event["type"] = json!("feedback");
                    event["approval"] = json!(numbers.below(2));
                }
            }
            batch.push(event);
        }
        ingest(&database, &batch).await.unwrap();
        // Exposures come first within a batch.
        for event in batch.iter().filter(|event| event["type"] == "exposure") {
            let unit = units.entry(event["unit"].as_str().unwrap().to_owned()).or_default();
            let variant = event["variant"].as_str().unwrap();
            match &unit.arm {
                None => unit.arm = Some((variant.to_owned(), 1)),
                Some((arm, _)) => unit.in_two_arms |= arm != variant,
            }
        }
        for event in batch.iter().filter(|event| event["type"] != "exposure") {
            let unit = units.entry(event["unit"].as_str().unwrap().to_owned()).or_default();
            if unit.arm.as_ref().is_some_and(|(arm, _)| event["variant"] != arm.as_str()) {
                continue;
            }
            let mut add = |metric: &'static str, value: f64| {
                let (count, sum) = unit.values.entry(metric).or_default();
                *count += 1.0;
                *sum += value;
            };
            if event["type"] == "feedback" {
                add("approval", event["approval"].as_f64().unwrap());
            } else {
                add("error_rate", f64::from(u8::from(event["status"] == "error")));
                add("cost_usd", 0.5);
                if event["status"] == "ok" {
                    add("latency_ms", event["latency_ms"].as_f64().unwrap());
                }
            }
        }
    }
    assert_counted(&client, &team_id, &units).await;
}

/// The sums of the tables are those of the units.
async fn assert_counted(client: &Client, team_id: &Id, units: &BTreeMap<String, Unit>) {
    let mut expected: BTreeMap<(String, String), (i64, f64, f64)> = BTreeMap::new();
    let mut totals: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for unit in units.values() {
        let Some((arm, _)) = &unit.arm else { continue };
        let (exposures, mixed) = totals.entry(arm.clone()).or_default();
        *exposures += 1;
        *mixed += i64::from(unit.in_two_arms);
        if unit.in_two_arms {
            continue;
        }
        for (metric, (count, sum)) in &unit.values {
            let sums = expected.entry((arm.clone(), (*metric).to_owned())).or_default();
            sums.0 += 1;
            sums.1 += sum / count;
            sums.2 += (sum / count).powi(2);
        }
    }
    let rows = client
        .query(
            "select variant, exposures, in_two_arms from experiment_totals where team_id = $1",
            &[&team_id.as_str()],
        )
        .await
        .unwrap();
    let found: BTreeMap<String, (i64, i64)> =
        rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect();
    assert_eq!(found, totals);
    assert!(totals.values().any(|(_, mixed)| *mixed > 0), "the story has units in two arms: {totals:?}");
    let rows = client
        .query(
            "select variant, metric, units, total, total_squares from experiment_metrics where team_id = $1 and units <> 0",
            &[&team_id.as_str()],
        )
        .await
        .unwrap();
    assert_eq!(rows.len(), expected.len());
    for row in rows {
        let (count, total, squares) = expected[&(row.get(0), row.get(1))];
        assert_eq!(row.get::<_, i64>(2), count, "{row:?}");
        assert!((row.get::<_, f64>(3) - total).abs() < 1e-6 * total.abs().max(1.0));
        assert!((row.get::<_, f64>(4) - squares).abs() < 1e-6 * squares.abs().max(1.0));
    }
}
