//! Numbers from rollups alone: how many, how dear, how fast, how liked.

use std::collections::BTreeMap;

use domain::{Error, Id};
use platform::database::{Database, Statement};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::run;
use crate::statement::read_statement;

const SUMMARY: Statement = read_statement!("analytics/summary", [Text, Json, Json]);
const TEAMS: Statement = read_statement!("analytics/teams", [Text, Json, Json]);
const TIMESERIES: Statement = read_statement!("analytics/timeseries", [Text, Json]);
const ZONE: Statement = read_statement!("analytics/zone", [Text]);
const COUNTERS: Statement = read_statement!("analytics/counters", [Text]);

pub(crate) const STATEMENTS: &[&Statement] = &[&SUMMARY, &TEAMS, &TIMESERIES, &ZONE, &COUNTERS];

/// Which series are counted. Without any other condition than the status, a total is read in their place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Filter {
    /// Whether the team's totals say it.
    pub is_total: bool,
    /// Of this prompt.
    pub prompt_id: Option<String>,
    /// Of this version.
    pub version_id: Option<String>,
    /// In this environment.
    pub environment: Option<String>,
    /// In this experiment.
    pub experiment_id: Option<String>,
    /// In this arm.
    pub variant: Option<String>,
    /// By this model.
    pub model: Option<String>,
    /// From there: `chat`, `openai` or `ingest`.
    pub source: Option<String>,
    /// That ended so: `ok`, `error` or `cancelled`.
    pub status: Option<String>,
    /// Apart by this; together if none.
    pub group_by: Option<GroupBy>,
    /// What is wanted besides sums.
    pub detail: Detail,
}

/// What is wanted besides sums: distributions cost more than everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Nothing.
    Sums,
    /// Histograms, and what follows from them.
    #[default]
    Histograms,
}

impl Filter {
    /// The same filter, read from totals if they can say it.
    pub fn settled(mut self) -> Self {
        let narrow = [
            &self.prompt_id,
            &self.version_id,
            &self.environment,
            &self.experiment_id,
            &self.variant,
            &self.model,
            &self.source,
        ];
        self.is_total = narrow.iter().all(|condition| condition.is_none())
            && matches!(self.group_by, None | Some(GroupBy::Status | GroupBy::Team));
        self
    }
}

/// What sums are kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each name says it")]
pub enum GroupBy {
    Team,
    Prompt,
    Version,
    Environment,
    Experiment,
    Variant,
    Model,
    Source,
    Status,
}

impl GroupBy {
    /// The name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Prompt => "prompt",
            Self::Version => "version",
            Self::Environment => "environment",
            Self::Experiment => "experiment",
            Self::Variant => "variant",
            Self::Model => "model",
            Self::Source => "source",
            Self::Status => "status",
        }
    }
}

/// A range of time that cells of one length fill exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// Which sum it is a part of.
    pub period: Period,
    /// The cells' length in seconds: 60, 900, 3600 or 86400.
    pub resolution: i64,
    /// The first cell's beginning, in milliseconds since the Unix epoch.
    pub from_ms: i64,
    /// The last cell's end.
    pub to_ms: i64,
}

/// The period that is asked for, or the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The period that is asked for.
    Current,
    /// The one before it, of the same length.
    Previous,
}

/// How often values fell into each bin; see the type `histogram` of the database.
pub type Bins = BTreeMap<i32, u64>;

/// How values are distributed: quantiles are the numbers of the bins that they lie in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantiles {
    /// How many values there are; at least one.
    pub count: u64,
    /// The median's bin.
    pub p50: i32,
    /// The bin of what one in twenty exceeds.
    pub p95: i32,
    /// The bin of what one in a hundred exceeds.
    pub p99: i32,
    /// All bins.
    pub bins: Bins,
}

impl Quantiles {
    /// What follows from how often values fell into each bin; nothing where there are none.
    pub fn of(bins: Bins) -> Option<Self> {
        let count: u64 = bins.values().sum();
        // The bin of the value that this share of all values does not exceed: of five values the median is the third.
        let quantile = |percent: u64| {
            let rank = (count * percent).div_ceil(100);
            let mut seen = 0;
            let reaches = |(bin, bin_count): (&i32, &u64)| {
                seen += bin_count;
                (seen >= rank).then_some(*bin)
            };
            bins.iter().find_map(reaches)
        };
        let (p50, p95, p99) = (quantile(50)?, quantile(95)?, quantile(99)?);
        Some(Self { count, p50, p95, p99, bins })
    }
}

/// Adds up the histograms of cells, each `{bins}{counts}` as the database writes arrays.
fn added<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Quantiles>, D::Error> {
    let cells = Option::<Vec<String>>::deserialize(deserializer)?.unwrap_or_default();
    // By bin, from the first there is on.
    let mut sums: Vec<u64> = Vec::new();
    for cell in &cells {
        add(&mut sums, cell).ok_or_else(|| D::Error::custom(format!("no histogram: {cell}")))?;
    }
    let bins = (FIRST_BIN..).zip(sums).filter(|(_, count)| *count > 0);
    Ok(Quantiles::of(bins.collect()))
}

const FIRST_BIN: i32 = -1;
/// Beyond what any number of milliseconds falls into.
const MOST_BINS: usize = 3_000;

fn add(sums: &mut Vec<u64>, cell: &str) -> Option<()> {
    let (bins, counts) = cell.strip_prefix('{')?.strip_suffix('}')?.split_once("}{")?;
    for (bin, count) in bins.split(',').zip(counts.split(',')) {
        let place = usize::try_from(bin.parse::<i32>().ok()? - FIRST_BIN).ok()?;
        if place >= sums.len() {
            sums.resize(Some(place + 1).filter(|length| *length <= MOST_BINS)?, 0);
        }
        *sums.get_mut(place)? += count.parse::<u64>().ok()?;
    }
    Some(())
}

/// Sums of some cells.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
pub struct Sums {
    /// Inferences, however they ended.
    pub requests: u64,
    /// Those that ended with an error.
    pub errors: u64,
    /// Those that the one who asked gave up.
    pub cancelled: u64,
    /// Tokens read.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// Tokens that had been read before.
    pub cached_tokens_in: u64,
    /// What they cost, as far as prices are known.
    pub cost_usd: f64,
    /// Inferences whose price is not known.
    pub unpriced: u64,
    /// People who approved or disapproved.
    pub approvals: i64,
    /// Those who approved.
    pub approval_sum: f64,
    /// People who gave stars.
    pub ratings: i64,
    /// Their stars.
    pub rating_sum: f64,
    /// Of all latencies.
    pub latency_sum_ms: u64,
    /// Of all times to the first token.
    pub ttft_sum_ms: u64,
}

/// A group and its sums.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Summary {
    /// Of which period.
    pub period: Period,
    /// What the group is called: an id or a name; none where events did not say.
    pub name: Option<String>,
    /// The group's prompt, if grouped by prompt or version.
    pub prompt_id: Option<String>,
    /// Its name.
    pub prompt_name: Option<String>,
    /// The version's number.
    pub version_number: Option<i64>,
    /// The experiment, if grouped by variant.
    pub experiment_id: Option<String>,
    /// The variant.
    pub variant: Option<String>,
    /// The team's name, if grouped by team.
    #[serde(default)]
    pub team_name: Option<String>,
    /// How many groups there are.
    pub groups: u64,
    /// The sums.
    pub sums: Sums,
    /// Latencies.
    #[serde(default, deserialize_with = "added")]
    pub latency: Option<Quantiles>,
    /// Times to the first token.
    #[serde(default, deserialize_with = "added")]
    pub ttft: Option<Quantiles>,
}

/// Which buckets of which range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Buckets<'a> {
    /// In the first bucket.
    pub from_ms: i64,
    /// After the last bucket's beginning.
    pub to_ms: i64,
    /// A bucket's length; 86400 for days as people count them.
    pub seconds: i64,
    /// Where days begin.
    pub zone: &'a str,
    /// Which series.
    #[serde(flatten)]
    pub filter: &'a Filter,
}

/// Sums by buckets of time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Timeseries {
    /// The beginnings of all buckets.
    pub buckets_ms: Vec<i64>,
    /// The end of the last one.
    pub end_ms: i64,
    /// How many groups there are.
    pub groups: u64,
    /// The largest ten of them.
    pub series: Vec<Series>,
}

/// A group by buckets of time.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Series {
    /// What the group is called; see [`Summary::name`].
    pub name: Option<String>,
    /// The group's prompt, if grouped by prompt or version.
    pub prompt_id: Option<String>,
    /// Its name.
    pub prompt_name: Option<String>,
    /// The version's number.
    pub version_number: Option<i64>,
    /// The experiment, if grouped by variant.
    pub experiment_id: Option<String>,
    /// The variant.
    pub variant: Option<String>,
    /// Buckets in which something happened, in order.
    pub points: Vec<Point>,
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Point {
    /// Its beginning.
    pub bucket_ms: i64,
    /// The sums.
    pub sums: Sums,
    /// Latencies.
    #[serde(deserialize_with = "added")]
    pub latency: Option<Quantiles>,
    /// Times to the first token.
    #[serde(deserialize_with = "added")]
    pub ttft: Option<Quantiles>,
}

/// What a team has used, ever, by how it ended.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Counter {
    /// `ok`, `error` or `cancelled`; none for feedback.
    pub status: Option<String>,
    /// Inferences.
    pub requests: u64,
    /// Tokens read.
    pub tokens_in: u64,
    /// Tokens written.
    pub tokens_out: u64,
    /// What they cost.
    pub cost_usd: f64,
    /// People who approved or disapproved.
    pub approvals: i64,
    /// Those who approved.
    pub approval_sum: f64,
    /// Of all latencies.
    pub latency_sum_ms: u64,
}

/// Sums over `pieces`, by period and group: the largest groups first.
pub async fn summary(
    database: &Database,
    team_id: &Id,
    filter: &Filter,
    pieces: &[Piece],
) -> Result<Vec<Summary>, Error> {
    let by_team = filter.group_by == Some(GroupBy::Team);
    let statement = if by_team { &TEAMS } else { &SUMMARY };
    let parameters = [team_id.as_str().into(), run::json(filter)?, run::json(pieces)?];
    run::rows(database, statement, &parameters).await
}

/// Sums by buckets of time.
pub async fn timeseries(
    database: &Database,
    team_id: &Id,
    buckets: &Buckets<'_>,
) -> Result<Timeseries, Error> {
    run::one(database, &TIMESERIES, &[team_id.as_str().into(), run::json(buckets)?]).await
}

/// Whether the hours of a time zone begin with those of UTC; none if there is no zone of this name, as in the IANA database.
pub async fn has_whole_hours(database: &Database, name: &str) -> Result<Option<bool>, Error> {
    run::optional(database, &ZONE, &[name.into()]).await
}

/// What a team has used, ever.
pub async fn counters(database: &Database, team_id: &Id) -> Result<Vec<Counter>, Error> {
    run::rows(database, &COUNTERS, &[team_id.as_str().into()]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &str) -> Result<Option<Quantiles>, serde_json::Error> {
        added(&mut serde_json::Deserializer::from_str(cells))
    }

    #[test]
    fn histograms_add_up() {
        let quantiles = read(r#"["{-1,0,5}{1,2,3}", "{5,7}{1,93}"]"#).unwrap().unwrap();
        assert_eq!(quantiles.bins, Bins::from([(-1, 1), (0, 2), (5, 4), (7, 93)]));
        assert_eq!((quantiles.count, quantiles.p50, quantiles.p95), (100, 7, 7));
        assert_eq!((read("null").unwrap(), read("[]").unwrap()), (None, None));
        let few = read(r#"["{1,2,3}{2,1,2}"]"#).unwrap().unwrap();
        assert_eq!((few.p50, few.p95, few.p99), (2, 3, 3));
    }

    #[test]
    fn what_is_no_histogram_is_an_error() {
        for cell in ["", "{}", "{1}", "{1}{x}", "{-2}{1}", "{2000000000}{1}"] {
            assert!(read(&format!("[\"{cell}\"]")).is_err(), "{cell}");
        }
    }
}
