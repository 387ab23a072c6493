//! Sums as the API shows them.

use histogram::Histogram;
use serde::Serialize;
use store::analytics::{GroupBy, SeriesGroup, Summary, Sums};

use crate::percentiles::{Distribution, ratio};

/// The numbers of a group, a bucket or a period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Measures {
    pub(crate) requests: u64,
    errors: u64,
    cancelled: u64,
    /// Of those that nobody gave up; null where there were none.
    pub(crate) error_rate: Option<f64>,
    pub(crate) tokens_in: u64,
    pub(crate) tokens_out: u64,
    cached_tokens_in: u64,
    pub(crate) cost_usd: f64,
    unpriced_requests: u64,
    latency_ms: Option<Distribution>,
    ttft_ms: Option<Distribution>,
    approval: Approval,
    rating: Rating,
}

/// What people said with a thumb.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Approval {
    count: i64,
    rate: Option<f64>,
}

/// What people said with stars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Rating {
    count: i64,
    mean: Option<f64>,
}

impl Measures {
    pub(crate) fn new(sums: &Sums, latency: Option<&Histogram>, ttft: Option<&Histogram>) -> Self {
        let judged = sums.requests.saturating_sub(sums.cancelled);
        Self {
            requests: sums.requests,
            errors: sums.errors,
            cancelled: sums.cancelled,
            error_rate: (judged > 0).then(|| ratio(sums.errors, judged)),
            tokens_in: sums.tokens_in,
            tokens_out: sums.tokens_out,
            cached_tokens_in: sums.cached_tokens_in,
            cost_usd: dollars(sums.cost_usd),
            unpriced_requests: sums.unpriced,
            latency_ms: latency.and_then(|latency| Distribution::new(latency, sums.latency_sum_ms)),
            ttft_ms: ttft.and_then(|ttft| Distribution::new(ttft, sums.ttft_sum_ms)),
            approval: Approval { count: sums.approvals, rate: mean(sums.approval_sum, sums.approvals) },
            rating: Rating { count: sums.ratings, mean: mean(sums.rating_sum, sums.ratings) },
        }
    }

    pub(crate) fn of(summary: &Summary) -> Self {
        Self::new(&summary.sums, summary.latency.as_ref(), summary.ttft.as_ref())
    }

    /// What changes are told of, by name.
    pub(crate) fn figures(&self) -> [(&'static str, Option<f64>); 9] {
        #[expect(clippy::cast_precision_loss, reason = "2^53 is more than there are")]
        let count = |number: u64| Some(number as f64);
        [
            ("requests", count(self.requests)),
            ("error_rate", self.error_rate),
            ("tokens_in", count(self.tokens_in)),
            ("tokens_out", count(self.tokens_out)),
            ("cost_usd", Some(self.cost_usd)),
            ("latency_p50_ms", self.latency_ms.map(Distribution::median)),
            ("latency_p95_ms", self.latency_ms.map(Distribution::p95)),
            ("ttft_p50_ms", self.ttft_ms.map(Distribution::median)),
            ("approval_rate", self.approval.rate),
        ]
    }
}

fn mean(sum: f64, count: i64) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "2^53 is more than there are")]
    (count > 0).then(|| sum / count as f64)
}

/// Sums of floating-point numbers end in dust: a millionth of a cent is kept.
pub(crate) fn dollars(sum: f64) -> f64 {
    // The sum of nothing is -0 in Rust.
    (sum * 1e8).round() / 1e8 + 0.0
}

/// What a group is called: by ids, and by the names that go with them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Group {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
}

/// What names a group in the store's answers.
pub(crate) struct Named<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) prompt_id: Option<&'a str>,
    pub(crate) prompt_name: Option<&'a str>,
    pub(crate) version_number: Option<i64>,
    pub(crate) experiment_id: Option<&'a str>,
    pub(crate) variant: Option<&'a str>,
    pub(crate) team_name: Option<&'a str>,
}

impl<'a> From<&'a Summary> for Named<'a> {
    fn from(summary: &'a Summary) -> Self {
        Self {
            name: summary.name.as_deref(),
            prompt_id: summary.prompt_id.as_deref(),
            prompt_name: summary.prompt_name.as_deref(),
            version_number: summary.version_number,
            experiment_id: summary.experiment_id.as_deref(),
            variant: summary.variant.as_deref(),
            team_name: summary.team_name.as_deref(),
        }
    }
}

impl<'a> From<&'a SeriesGroup> for Named<'a> {
    fn from(group: &'a SeriesGroup) -> Self {
        Self {
            name: group.name.as_deref(),
            prompt_id: group.prompt_id.as_deref(),
            prompt_name: group.prompt_name.as_deref(),
            version_number: group.version_number,
            experiment_id: group.experiment_id.as_deref(),
            variant: group.variant.as_deref(),
            team_name: None,
        }
    }
}

impl Group {
    /// The group's name under the field that it was grouped by. `key` tells groups apart; it is absent for events
    /// that did not say.
    pub(crate) fn new(group_by: GroupBy, named: &Named<'_>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let name = own(named.name);
        let group = Self { key: name.clone(), ..Self::default() };
        match group_by {
            GroupBy::Team => Self { team_id: name, team_name: own(named.team_name), ..group },
            GroupBy::Prompt => Self { prompt_id: name, prompt_name: own(named.prompt_name), ..group },
            GroupBy::Version => Self {
                version_id: name,
                version_number: named.version_number,
                prompt_id: own(named.prompt_id),
                prompt_name: own(named.prompt_name),
                ..group
            },
            GroupBy::Environment => Self { environment: name, ..group },
            GroupBy::Experiment => Self { experiment_id: name, ..group },
            GroupBy::Variant => Self {
                key: named
                    .variant
                    .map(|variant| format!("{}/{variant}", named.experiment_id.unwrap_or_default())),
                experiment_id: own(named.experiment_id),
                variant: own(named.variant),
                ..group
            },
            GroupBy::Model => Self { model: name, ..group },
            GroupBy::Source => Self { source: name, ..group },
            GroupBy::Status => Self { status: name, ..group },
        }
    }
}
