//! Numbers from rollups alone: how many, how dear, how fast, how liked.

use std::collections::BTreeMap;

use domain::{Error, Id};
use histogram::Histogram;
use platform::database::{Database, Statement};
use serde::{Deserialize, Serialize};

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
    /// What is wanted of which groups.
    pub detail: Detail,
}

/// What is wanted of which groups, where there are more than are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Sums alone, of the dearest groups.
    Sums,
    /// Histograms besides, of the most used groups.
    #[default]
    Histograms,
}

impl Filter {
    /// The same filter for everything together.
    pub fn ungrouped(&self) -> Self {
        Self { group_by: None, ..self.clone() }.settled()
    }

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
    pub latency: Option<Histogram>,
    /// Times to the first token.
    pub ttft: Option<Histogram>,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Timeseries {
    /// The beginnings of all buckets.
    pub buckets_ms: Vec<i64>,
    /// The end of the last one.
    pub end_ms: i64,
    /// How many groups there are.
    pub groups: u64,
    /// The largest ten of them, in the order of their names.
    pub series: Vec<Series>,
}

/// A group by buckets of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What the group is called.
    pub group: SeriesGroup,
    /// Buckets in which something happened, in order.
    pub points: Vec<Point>,
}

/// What a group is called.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SeriesGroup {
    /// See [`Summary::name`].
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
}

/// A row of `timeseries.sql`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TimeseriesRow {
    Frame { buckets_ms: Vec<i64>, end_ms: i64, groups: u64 },
    Group(SeriesGroup),
    Point(Option<String>, Box<Point>),
}

/// A bucket.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Point {
    /// Its beginning.
    pub bucket_ms: i64,
    /// The sums.
    pub sums: Sums,
    /// Latencies.
    pub latency: Option<Histogram>,
    /// Times to the first token.
    pub ttft: Option<Histogram>,
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
    /// Of latencies, in milliseconds.
    pub latency: Option<Histogram>,
    /// Of all times to the first token.
    pub ttft_sum_ms: u64,
    /// Of times to the first token, in milliseconds.
    pub ttft: Option<Histogram>,
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
    let rows = run::rows(database, &TIMESERIES, &[team_id.as_str().into(), run::json(buckets)?]).await?;
    let mut timeseries = Timeseries { buckets_ms: Vec::new(), end_ms: 0, groups: 0, series: Vec::new() };
    let mut points: BTreeMap<Option<String>, Vec<Point>> = BTreeMap::new();
    for row in rows {
        match row {
            TimeseriesRow::Frame { buckets_ms, end_ms, groups } => {
                timeseries = Timeseries { buckets_ms, end_ms, groups, ..timeseries };
            }
            TimeseriesRow::Group(group) => timeseries.series.push(Series { group, points: Vec::new() }),
            TimeseriesRow::Point(name, point) => points.entry(name).or_default().push(*point),
        }
    }
    timeseries.series.sort_by(|one, other| one.group.name.cmp(&other.group.name));
    for series in &mut timeseries.series {
        series.points = points.remove(&series.group.name).unwrap_or_default();
        series.points.sort_by_key(|point| point.bucket_ms);
    }
    Ok(timeseries)
}

/// Whether the hours of a time zone begin with those of UTC; none if there is no zone of this name, as in the IANA database.
pub async fn has_whole_hours(database: &Database, name: &str) -> Result<Option<bool>, Error> {
    run::optional(database, &ZONE, &[name.into()]).await
}

/// What a team has used, ever.
pub async fn counters(database: &Database, team_id: &Id) -> Result<Vec<Counter>, Error> {
    run::rows(database, &COUNTERS, &[team_id.as_str().into()]).await
}
