//! `GET /api/feedback/stats`: what people's ratings add up to.

use axum::response::Response;
use domain::{Id, Kind};
use edge::{Call, Checks, Problem, Query};
use serde::{Deserialize, Serialize};
use stats::wilson_interval;
use store::feedback::{self, Counts, Group};

/// One interval in twenty misses.
const ALPHA: f64 = 0.05;

/// The query of `GET /api/feedback/stats`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StatsQuery {
    /// Or its name.
    prompt_id: Option<String>,
    experiment_id: Option<String>,
    /// From this time on.
    from: Option<String>,
    /// Before this time.
    to: Option<String>,
}

/// All ratings, and the same apart.
#[derive(Debug, Serialize)]
struct Statistics {
    #[serde(flatten)]
    all: Ratings,
    by_prompt: Vec<OfPrompt>,
    by_version: Vec<OfVersion>,
    by_variant: Vec<OfVariant>,
}

#[derive(Debug, Serialize)]
struct OfPrompt {
    prompt_id: Option<Id>,
    prompt_name: Option<String>,
    #[serde(flatten)]
    ratings: Ratings,
}

#[derive(Debug, Serialize)]
struct OfVersion {
    prompt_id: Option<Id>,
    prompt_name: Option<String>,
    version_id: Option<Id>,
    version_number: Option<i64>,
    #[serde(flatten)]
    ratings: Ratings,
}

#[derive(Debug, Serialize)]
struct OfVariant {
    experiment_id: Option<Id>,
    variant: Option<String>,
    #[serde(flatten)]
    ratings: Ratings,
}

/// Ratings, counted together. A share without ratings is null.
#[derive(Debug, Serialize)]
struct Ratings {
    count: u64,
    positive: u64,
    negative: u64,
    /// The share of thumbs that are up.
    approval: Option<f64>,
    /// Where that share lies with a certainty of 95 %.
    approval_interval: Option<[f64; 2]>,
    star_count: u64,
    average_stars: Option<f64>,
    distribution: Vec<OfStars>,
}

/// The ratings of so many stars.
#[derive(Debug, Serialize)]
struct OfStars {
    stars: usize,
    count: u64,
    /// Of all star ratings.
    share: Option<f64>,
    interval: Option<[f64; 2]>,
}

pub(crate) async fn show(call: Call, Query(query): Query<StatsQuery>) -> Result<Response, Problem> {
    let mut checks = Checks::default();
    let StatsQuery { prompt_id: prompt, experiment_id, from, to } = query;
    checks.storable("prompt_id", prompt.as_deref().unwrap_or_default());
    if experiment_id.as_ref().is_some_and(|id| !Kind::Experiment.matches(id) && !Kind::Canary.matches(id)) {
        checks.refuse("experiment_id", "invalid_format", "an id that begins with exp_ or can_");
    }
    let from_ms = checks.time("from", from.as_deref());
    let to_ms = checks.time("to", to.as_deref());
    checks.finish()?;
    let wanted = feedback::Query {
        prompt: prompt.as_deref(),
        experiment_id: experiment_id.as_deref(),
        from_ms,
        to_ms,
    };
    let counts = feedback::stats(&call.database, call.team_id(), &wanted).await?;
    edge::to_json_response(200, &Statistics::new(counts))
}

impl Statistics {
    fn new(counts: Vec<Counts>) -> Self {
        let mut statistics = Self {
            all: Ratings::new(0, 0, 0, [0; feedback::MOST_STARS]),
            by_prompt: Vec::new(),
            by_version: Vec::new(),
            by_variant: Vec::new(),
        };
        for counted in counts {
            let Counts { prompt_id, prompt_name, version_id, version_number, experiment_id, variant, .. } =
                counted;
            let ratings = Ratings::new(counted.count, counted.positive, counted.negative, counted.stars);
            match counted.group {
                Group::All => statistics.all = ratings,
                Group::Prompt => statistics.by_prompt.push(OfPrompt { prompt_id, prompt_name, ratings }),
                Group::Version => {
                    let version = OfVersion { prompt_id, prompt_name, version_id, version_number, ratings };
                    statistics.by_version.push(version);
                }
                Group::Variant => {
                    statistics.by_variant.push(OfVariant { experiment_id, variant, ratings });
                }
            }
        }
        statistics
    }
}

impl Ratings {
    fn new(count: u64, positive: u64, negative: u64, stars: [u64; feedback::MOST_STARS]) -> Self {
        let thumbs = positive + negative;
        let star_count: u64 = stars.iter().sum();
        let star_sum: u64 = (1..).zip(stars).map(|(number, count)| number * count).sum();
        let distribution = (1..).zip(stars).map(|(number, count)| OfStars {
            stars: number,
            count,
            share: share(count, star_count),
            interval: interval(count, star_count),
        });
        Self {
            count,
            positive,
            negative,
            approval: share(positive, thumbs),
            approval_interval: interval(positive, thumbs),
            star_count,
            average_stars: share(star_sum, star_count),
            distribution: distribution.collect(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^52 ratings")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn interval(part: u64, whole: u64) -> Option<[f64; 2]> {
    wilson_interval(part, whole, ALPHA).map(|interval| [interval.low, interval.high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_intervals_and_nothing_has_none() {
        let ratings = Ratings::new(14, 8, 2, [0, 0, 1, 0, 3]);
        assert_eq!((ratings.approval, ratings.average_stars, ratings.star_count), (Some(0.8), Some(4.5), 4));
        let [low, high] = ratings.approval_interval.unwrap();
        // As R's prop.test without correction has it.
        assert!((low - 0.490_162).abs() < 1e-5 && (high - 0.943_317).abs() < 1e-5, "{low} {high}");
        assert_eq!(ratings.distribution[4].share, Some(0.75));
        let nothing = Ratings::new(0, 0, 0, [0; 5]);
        assert_eq!((nothing.approval, nothing.approval_interval, nothing.average_stars), (None, None, None));
    }
}
