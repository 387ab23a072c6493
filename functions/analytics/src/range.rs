//! What routes are asked for: a range of time, a time zone, and which series.

use domain::{Environment, Error, Id, Kind, timestamp};
use edge::{Call, Checks};
use platform::time;
use serde::Deserialize;
use store::analytics::{Filter, GroupBy, has_whole_hours};
use store::prompts;

use crate::pieces::{align_down, align_up, earliest_ms};
use crate::timeseries::longest_shown_ms;

const DAY_MS: i64 = 86_400_000;
/// What is shown when no range is given.
const DEFAULT_RANGE_MS: i64 = 7 * DAY_MS;
/// Cells of a day are kept for as long.
const LONGEST_RANGE_MS: i64 = 800 * DAY_MS;

/// The query that all routes have in common.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RangeQuery {
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) interval: Option<String>,
    pub(crate) group_by: Option<String>,
    pub(crate) time_zone: Option<String>,
    prompt_id: Option<String>,
    version_id: Option<String>,
    environment: Option<String>,
    experiment_id: Option<String>,
    variant: Option<String>,
    model: Option<String>,
    source: Option<String>,
    status: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    /// A name of the IANA database.
    pub(crate) zone: String,
    /// Whether the zone's hours begin with those of UTC, as they do where its offset is a number of hours.
    pub(crate) has_whole_hours: bool,
    pub(crate) filter: Filter,
}

/// What sums can be kept apart by.
pub(crate) const GROUPS: &[GroupBy] = &[
    GroupBy::Team,
    GroupBy::Prompt,
    GroupBy::Version,
    GroupBy::Environment,
    GroupBy::Experiment,
    GroupBy::Variant,
    GroupBy::Model,
    GroupBy::Source,
    GroupBy::Status,
];
/// The same but for the team.
pub(crate) const GROUPS_IN_TEAM: &[GroupBy] = GROUPS.split_at(1).1;

impl RangeQuery {
    /// What is asked for, with the groups that a route offers. Everything that is wrong is said at once.
    pub(crate) async fn read(
        &self,
        call: &Call,
        checks: Checks,
        groups: &[GroupBy],
        default: Option<GroupBy>,
    ) -> Result<Asked, Error> {
        let mut asked = self.check(checks, groups, default, time::now_ms())?;
        if asked.zone != "UTC" {
            let detail = "a name of the IANA time zone database: Europe/Berlin";
            let has_whole_hours = has_whole_hours(&call.database, &asked.zone).await?;
            asked.has_whole_hours =
                has_whole_hours.ok_or_else(|| Error::field("time_zone", "unknown_value", detail))?;
        }
        if let Some(name) = self.prompt_id.as_deref().filter(|text| Id::parse(Kind::Prompt, text).is_err()) {
            let prompt =
                prompts::get(&call.database, call.team_id(), name).await.map_err(|error| match error {
                    Error::NotFound(_) => Error::field("prompt_id", "unknown_value", "a prompt's id or name"),
                    other => other,
                })?;
            asked.filter.prompt_id = Some(prompt.id.to_string());
        }
        Ok(asked)
    }

    fn check(
        &self,
        mut checks: Checks,
        groups: &[GroupBy],
        default: Option<GroupBy>,
        now_ms: i64,
    ) -> Result<Asked, Error> {
        let to_ms = checks.time("to", self.to.as_deref()).unwrap_or(now_ms);
        let default_ms = longest_shown_ms(self.interval.as_deref())
            .map_or(DEFAULT_RANGE_MS, |shown_ms| shown_ms.min(DEFAULT_RANGE_MS));
        let from_ms = checks.time("from", self.from.as_deref()).unwrap_or(to_ms.saturating_sub(default_ms));
        // Cells are minutes, of older times longer: those at the ends count whole. Of what is older still there is none.
        let earliest_ms = earliest_ms(now_ms);
        let begins_before = from_ms < to_ms;
        let (from_ms, to_ms) = (align_down(from_ms.max(earliest_ms), now_ms), align_up(to_ms, now_ms));
        if !begins_before {
            checks.refuse("from", "out_of_range", "before `to`");
        } else if to_ms <= earliest_ms {
            checks.refuse(
                "to",
                "out_of_range",
                format!("after {}: what was before is not kept", timestamp(earliest_ms)),
            );
        } else if to_ms.saturating_sub(from_ms) > LONGEST_RANGE_MS {
            checks.refuse("from", "out_of_range", "at most 800 days before `to`");
        }
        let zone = self.time_zone.clone().unwrap_or_else(|| "UTC".to_owned());
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
        if zone.is_empty() || zone.len() > 64 || !zone.bytes().all(is_name) {
            checks.refuse(
                "time_zone",
                "invalid_format",
                "a name of the IANA time zone database: Europe/Berlin",
            );
        }
        let filter = self.filter(&mut checks, groups, default);
        checks.finish()?;
        Ok(Asked { from_ms, to_ms, zone, has_whole_hours: true, filter })
    }

    fn filter(&self, checks: &mut Checks, groups: &[GroupBy], default: Option<GroupBy>) -> Filter {
        let offered: Vec<&str> = GROUPS.iter().map(|group| group.name()).collect();
        // A group that this route does not divide by leaves it as it is, like an interval where there are no buckets.
        let parse = |name: &str| {
            let found = GROUPS.iter().find(|group| group.name() == name);
            found.map(|group| if groups.contains(group) { Some(*group) } else { default })
        };
        let group_by = checks.choice("group_by", self.group_by.as_deref(), default, parse, &offered);
        checks.text("prompt_id", self.prompt_id.as_deref().unwrap_or_default(), 0..=256);
        if let Some(text) = &self.version_id {
            checks.id("version_id", text, Kind::Version);
        }
        let experiment_id = self.experiment_id.as_deref();
        let is_experiment =
            |id: &str| Id::parse(Kind::Experiment, id).is_ok() || Id::parse(Kind::Canary, id).is_ok();
        if experiment_id.is_some_and(|id| !is_experiment(id)) {
            checks.refuse("experiment_id", "invalid_format", "an id that begins with exp_ or can_");
        }
        let known = |names: &'static [&'static str]| {
            move |name: &str| names.contains(&name).then(|| Some(name.to_owned()))
        };
        let environments = Environment::ALL.map(Environment::name);
        let environment = checks.choice(
            "environment",
            self.environment.as_deref(),
            None,
            |name| environments.contains(&name).then(|| Some(name.to_owned())),
            &environments,
        );
        let sources = &["chat", "openai", "summary", "ingest"];
        let source = checks.choice("source", self.source.as_deref(), None, known(sources), sources);
        let statuses = &["ok", "error", "cancelled"];
        let status = checks.choice("status", self.status.as_deref(), None, known(statuses), statuses);
        for (field, text) in [("variant", &self.variant), ("model", &self.model)] {
            checks.text(field, text.as_deref().unwrap_or_default(), 0..=256);
        }
        let filter = Filter {
            prompt_id: self.prompt_id.clone(),
            version_id: self.version_id.clone(),
            environment,
            experiment_id: self.experiment_id.clone(),
            variant: self.variant.clone(),
            model: self.model.clone(),
            source,
            status,
            group_by,
            ..Filter::default()
        };
        filter.settled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;
    const NOW_MS: i64 = 1_795_253_430_500; // 2026-11-21T09:30:30.5Z

    fn check(fill: impl FnOnce(&mut RangeQuery)) -> Result<Asked, Vec<(String, &'static str)>> {
        let mut query = RangeQuery::default();
        fill(&mut query);
        query.check(Checks::default(), &[GroupBy::Prompt, GroupBy::Status], None, NOW_MS).map_err(|error| {
            match error {
                Error::Validation(errors) => {
                    errors.into_iter().map(|error| (error.field, error.code)).collect()
                }
                other => panic!("{other}"),
            }
        })
    }

    #[test]
    fn a_week_until_now_in_whole_minutes_is_the_default() {
        let asked = check(|_| ()).unwrap();
        assert_eq!(asked.to_ms, 1_795_253_460_000);
        assert_eq!(asked.to_ms - asked.from_ms, DEFAULT_RANGE_MS + MINUTE_MS);
        assert!(asked.filter.is_total && asked.zone == "UTC");
    }

    #[test]
    fn a_range_begins_with_what_is_kept() {
        let begin = |from: &str| {
            let asked = check(|query| query.from = Some(from.to_owned())).unwrap();
            timestamp(asked.from_ms)
        };
        assert_eq!(begin("2026-11-20T07:31:59Z"), "2026-11-20T07:31:00.000Z");
        // Older than cells of a minute, of a quarter of an hour, of an hour, and of a day.
        assert_eq!(begin("2026-10-10T07:31:59Z"), "2026-10-10T07:30:00.000Z");
        assert_eq!(begin("2026-08-01T07:31:59Z"), "2026-08-01T07:00:00.000Z");
        assert_eq!(begin("2025-09-01T07:31:59Z"), "2025-09-01T00:00:00.000Z");
        assert_eq!(begin("2020-01-01T00:00:00Z"), "2024-09-13T00:00:00.000Z");
        let old = check(|query| {
            query.from = Some("2026-10-10T07:31:59Z".to_owned());
            query.to = Some("2026-10-10T07:31:59.5Z".to_owned());
        });
        assert_eq!(timestamp(old.unwrap().to_ms), "2026-10-10T07:45:00.000Z");
    }

    #[test]
    fn a_fine_interval_shortens_the_range_that_is_shown_by_default() {
        let length_ms = |interval: &str| {
            let asked = check(|query| query.interval = Some(interval.to_owned())).unwrap();
            asked.to_ms - asked.from_ms - MINUTE_MS
        };
        assert_eq!(["1m", "minute", "5m"].map(length_ms), [DAY_MS, DAY_MS, 5 * DAY_MS]);
        assert_eq!(["15m", "1h", "1d"].map(length_ms), [DEFAULT_RANGE_MS; 3]);
    }

    #[test]
    fn totals_answer_what_they_can() {
        assert!(!check(|query| query.group_by = Some("prompt".to_owned())).unwrap().filter.is_total);
        assert!(check(|query| query.group_by = Some("status".to_owned())).unwrap().filter.is_total);
        assert!(!check(|query| query.model = Some("offline".to_owned())).unwrap().filter.is_total);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let refused = |fill: fn(&mut RangeQuery)| check(fill).unwrap_err();
        assert_eq!(
            refused(|query| query.from = Some("2027-01-01T00:00:00Z".to_owned())),
            [("from".to_owned(), "out_of_range")]
        );
        assert_eq!(
            refused(|query| query.to = Some("1999-01-01T00:00:00Z".to_owned())),
            [("to".to_owned(), "out_of_range")]
        );
        assert_eq!(
            refused(|query| {
                query.from = Some("2026-11-21T00:00:00Z".to_owned());
                query.to = Some("2099-01-01T00:00:00Z".to_owned());
            }),
            [("from".to_owned(), "out_of_range")]
        );
        assert_eq!(
            refused(|query| query.to = Some("soon".to_owned())),
            [("to".to_owned(), "invalid_format")]
        );
        assert_eq!(
            refused(|query| query.group_by = Some("colour".to_owned())),
            [("group_by".to_owned(), "unknown_value")]
        );
        assert_eq!(check(|query| query.group_by = Some("team".to_owned())).unwrap().filter.group_by, None);
        assert_eq!(
            refused(|query| query.status = Some("fine".to_owned())),
            [("status".to_owned(), "unknown_value")]
        );
        assert_eq!(
            refused(|query| query.time_zone = Some("x'y".to_owned())),
            [("time_zone".to_owned(), "invalid_format")]
        );
    }
}
