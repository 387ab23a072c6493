//! What callers say of experiments and canaries, checked.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::{Environment, Error, Kind};
use edge::Checks;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use store::experiments::{GuardrailRow, NewArm, Step, Variant};
use trials::Metric;

use crate::change::check_reason;

const LONGEST_NAME: usize = 200;
const LONGEST_VARIANT: usize = 100;
const LONGEST_USER_ID: usize = 256;
const MOST_FORCED: usize = 1_000;
const MOST_GUARDRAILS: usize = 10;
const MOST_STEPS: usize = 50;
const MOST_SAMPLES: i64 = 1_000_000_000;
const LONGEST_STEP_MINUTES: i64 = 60 * 24 * 365;
const LARGEST_WEIGHT: f64 = 1e9;
const DEFAULT_MIN_SAMPLES: i64 = 100;
const FULL_BP: f64 = 10_000.0;

/// The body of `POST /api/prompts/{prompt}/experiments`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExperimentInput {
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "edge::null_is_default")]
    pub(crate) environment: Environment,
    #[serde(deserialize_with = "edge::objects")]
    pub(crate) variants: Vec<VariantInput>,
    pub(crate) allocation_strategy: Strategy,
    pub(crate) coverage: Option<f64>,
    pub(crate) primary_metric: String,
    min_samples: Option<i64>,
    #[serde(default, deserialize_with = "edge::objects_if_any")]
    pub(crate) guardrails: Option<Vec<GuardrailRow>>,
    pub(crate) forced: Option<BTreeMap<String, String>>,
}

/// An arm to make.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantInput {
    name: Option<String>,
    version_id: String,
    traffic_weight: f64,
}

/// How weights come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Strategy {
    FixedSplit,
    ThompsonSampling,
}

/// The body of `PATCH /api/experiments/{experiment}`. What is absent stays; null clears what can be empty, and is refused
/// for the rest.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ExperimentPatch {
    #[serde(deserialize_with = "cleared")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "present_objects")]
    variants: Option<Vec<WeightInput>>,
    #[serde(deserialize_with = "edge::present")]
    pub(crate) coverage: Option<f64>,
    #[serde(deserialize_with = "edge::present")]
    pub(crate) min_samples: Option<i64>,
    #[serde(deserialize_with = "cleared_objects")]
    pub(crate) guardrails: Option<Vec<GuardrailRow>>,
    #[serde(deserialize_with = "cleared")]
    pub(crate) forced: Option<BTreeMap<String, String>>,
    pub(crate) reason: Option<String>,
}

/// A new weight for an arm: the one of this name, else of this version, else of this place in the list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WeightInput {
    name: Option<String>,
    version_id: Option<String>,
    traffic_weight: f64,
}

/// The body of `POST /api/experiments/{experiment}/stop`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StopInput {
    pub(crate) winner_version_id: Option<String>,
    pub(crate) promote: Option<bool>,
    pub(crate) override_gate: Option<bool>,
    pub(crate) reason: Option<String>,
}

/// The body of `POST /api/prompts/{prompt}/canary`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CanaryInput {
    pub(crate) version_id: String,
    pub(crate) environment: Environment,
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "edge::objects")]
    pub(crate) steps: Vec<Step>,
    #[serde(default, deserialize_with = "edge::objects_if_any")]
    pub(crate) guardrails: Option<Vec<GuardrailRow>>,
}

/// Weights, in the caller's unit and in basis points.
pub(crate) struct Weights {
    pub(crate) given: Vec<f64>,
    pub(crate) basis_points: Vec<u32>,
}

/// From text alone: serde would read an enum from an object as well.
impl TryFrom<String> for Strategy {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, &'static str> {
        [Self::FixedSplit, Self::ThompsonSampling]
            .into_iter()
            .find(|strategy| strategy.name() == name)
            .ok_or("unknown variant, expected fixed_split or thompson_sampling")
    }
}

impl Strategy {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FixedSplit => "fixed_split",
            Self::ThompsonSampling => "thompson_sampling",
        }
    }
}

impl ExperimentInput {
    /// The arms and their weights, if nothing is wrong.
    pub(crate) fn check(&self) -> Result<(Vec<NewArm>, Weights), Error> {
        let mut checks = Checks::default();
        check_name(&mut checks, self.name.as_deref());
        checks.count("variants", self.variants.len(), 2..=10);
        let arms = self.arms();
        for (index, arm) in arms.iter().enumerate() {
            let field = |name: &str| format!("variants[{index}].{name}");
            checks.title(&field("name"), &arm.name, LONGEST_VARIANT);
            if is_personal(&arm.name) {
                let detail =
                    "events would hold a placeholder in place of a name that looks personal or secret";
                checks.refuse(field("name"), "invalid_format", detail);
            }
            if arms.iter().take(index).any(|earlier| earlier.name == arm.name) {
                checks.refuse(field("name"), "duplicate", "names are unique in an experiment");
            }
            let version_id = arm.version_id.as_deref().unwrap_or_default();
            checks.id(&field("version_id"), version_id, Kind::Version);
        }
        let given: Vec<f64> = self.variants.iter().map(|variant| variant.traffic_weight).collect();
        let is_bandit = self.allocation_strategy == Strategy::ThompsonSampling;
        let basis_points = check_weights(&mut checks, &given, is_bandit);
        check_coverage(&mut checks, self.coverage);
        if Metric::parse(&self.primary_metric).is_none() {
            checks.refuse("primary_metric", "unknown_value", one_of_metrics());
        }
        check_min_samples(&mut checks, self.min_samples);
        check_guardrails(&mut checks, self.guardrails.as_deref());
        check_forced(&mut checks, self.forced.as_ref(), arms.iter().map(|arm| arm.name.as_str()));
        checks.finish()?;
        Ok((arms, Weights { given, basis_points }))
    }

    fn arms(&self) -> Vec<NewArm> {
        let name = |index: usize| if index == 0 { "control".to_owned() } else { format!("variant_{index}") };
        let arms = self.variants.iter().enumerate();
        arms.map(|(index, variant)| NewArm {
            name: variant.name.clone().unwrap_or_else(|| name(index)),
            version_id: Some(variant.version_id.clone()),
        })
        .collect()
    }

    pub(crate) fn min_samples(&self) -> i64 {
        self.min_samples.unwrap_or(DEFAULT_MIN_SAMPLES)
    }
}

impl ExperimentPatch {
    /// The new weights of `variants`, if there are any and nothing is wrong.
    pub(crate) fn check(&self, variants: &[Variant], is_bandit: bool) -> Result<Option<Weights>, Error> {
        let mut checks = Checks::default();
        check_name(&mut checks, self.name.as_deref());
        check_coverage(&mut checks, self.coverage);
        check_min_samples(&mut checks, self.min_samples);
        check_guardrails(&mut checks, self.guardrails.as_deref());
        check_forced(&mut checks, self.forced.as_ref(), variants.iter().map(|variant| variant.name.as_str()));
        check_reason(&mut checks, self.reason.as_deref());
        let mut weights = None;
        if let Some(inputs) = &self.variants {
            let mut given: Vec<f64> = variants.iter().map(|variant| variant.traffic_weight).collect();
            for (index, input) in inputs.iter().enumerate() {
                match input.arm(index, variants).and_then(|arm| given.get_mut(arm)) {
                    Some(weight) => *weight = input.traffic_weight,
                    None => checks.refuse(format!("variants[{index}]"), "unknown_value", "no variant of it"),
                }
            }
            let basis_points = check_weights(&mut checks, &given, is_bandit);
            weights = Some(Weights { given, basis_points });
        }
        checks.finish()?;
        Ok(weights)
    }
}

impl WeightInput {
    fn arm(&self, index: usize, variants: &[Variant]) -> Option<usize> {
        match (&self.name, &self.version_id) {
            (Some(name), _) => variants.iter().position(|variant| variant.name == *name),
            (None, Some(id)) => {
                let is_it =
                    |variant: &Variant| variant.version_id.as_ref().is_some_and(|own| own.as_str() == id);
                variants.iter().position(is_it)
            }
            (None, None) => Some(index),
        }
    }
}

impl StopInput {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::default();
        match &self.winner_version_id {
            Some(id) => checks.id("winner_version_id", id, Kind::Version),
            None if self.promote == Some(true) => {
                checks.refuse("winner_version_id", "required", "what to promote");
            }
            None => {}
        }
        check_reason(&mut checks, self.reason.as_deref());
        checks.finish()
    }
}

impl CanaryInput {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let mut checks = Checks::default();
        checks.id("version_id", &self.version_id, Kind::Version);
        check_name(&mut checks, self.name.as_deref());
        checks.count("steps", self.steps.len(), 1..=MOST_STEPS);
        let mut before = 0.0;
        for (index, step) in self.steps.iter().enumerate() {
            let field = |name: &str| format!("steps[{index}].{name}");
            if trials::canary_split(step.percent).is_none() {
                checks.refuse(field("percent"), "out_of_range", "from 0.01 to 100");
            } else if step.percent <= before {
                checks.refuse(field("percent"), "out_of_range", "more than in the step before");
            }
            before = step.percent;
            checks.number(&field("min_samples"), step.min_samples, 0..=MOST_SAMPLES);
            checks.number(&field("min_minutes"), step.min_minutes, 0..=LONGEST_STEP_MINUTES);
        }
        check_guardrails(&mut checks, self.guardrails.as_deref());
        checks.finish()
    }
}

/// A share as basis points.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked: from 0 to 1")]
pub(crate) fn coverage_bp(coverage: f64) -> u32 {
    (coverage * FULL_BP).round() as u32
}

/// Forced units as the store takes them.
pub(crate) fn forced_map(forced: &BTreeMap<String, String>) -> Map<String, Value> {
    forced.iter().map(|(unit, arm)| (unit.clone(), Value::from(arm.as_str()))).collect()
}

/// Null is nothing, which is something to change to.
fn cleared<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    edge::null_is_default(deserializer).map(Some)
}

fn present_objects<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    edge::objects(deserializer).map(Some)
}

fn cleared_objects<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    edge::objects_if_any(deserializer).map(|list| Some(list.unwrap_or_default()))
}

/// Whether redaction would change a name: its events would no longer find it.
fn is_personal(name: &str) -> bool {
    matches!(redaction::redact(name), Cow::Owned(_))
}

fn check_name(checks: &mut Checks, name: Option<&str>) {
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        checks.title("name", name, LONGEST_NAME);
    }
}

fn check_weights(checks: &mut Checks, weights: &[f64], is_bandit: bool) -> Vec<u32> {
    let mut valid = true;
    for (index, weight) in weights.iter().enumerate() {
        let field = format!("variants[{index}].traffic_weight");
        if !(0.0..=LARGEST_WEIGHT).contains(weight) {
            checks.refuse(field, "out_of_range", format!("from 0 to {LARGEST_WEIGHT}"));
            valid = false;
        } else if is_bandit && *weight <= 0.0 {
            checks.refuse(field, "out_of_range", "Thompson sampling learns of every variant: more than 0");
            valid = false;
        }
    }
    let basis_points = trials::basis_points(weights);
    if valid && basis_points.is_none() && !weights.is_empty() {
        let detail = "one must be above 0, and none so small beside the others that nobody would get it";
        checks.refuse("variants", "out_of_range", detail);
    }
    basis_points.unwrap_or_default()
}

fn check_coverage(checks: &mut Checks, coverage: Option<f64>) {
    let Some(coverage) = coverage else { return };
    checks.number("coverage", coverage, 0.0..=1.0);
    if coverage > 0.0 && coverage_bp(coverage) == 0 {
        checks.refuse("coverage", "out_of_range", "0, or from 0.0001 to 1: less than that is nobody");
    }
}

fn check_min_samples(checks: &mut Checks, min_samples: Option<i64>) {
    if let Some(min_samples) = min_samples {
        checks.number("min_samples", min_samples, 0..=MOST_SAMPLES);
    }
}

fn check_guardrails(checks: &mut Checks, guardrails: Option<&[GuardrailRow]>) {
    let guardrails = guardrails.unwrap_or_default();
    checks.count("guardrails", guardrails.len(), 0..=MOST_GUARDRAILS);
    for (index, guardrail) in guardrails.iter().enumerate() {
        let field = |name: &str| format!("guardrails[{index}].{name}");
        if Metric::parse(&guardrail.metric).is_none() {
            checks.refuse(field("metric"), "unknown_value", one_of_metrics());
        }
        if guardrails.iter().take(index).any(|earlier| earlier.metric == guardrail.metric) {
            checks.refuse(field("metric"), "duplicate", "one guardrail for each metric");
        }
        checks.number(&field("max_relative_regression"), guardrail.max_relative_regression, 0.0..=100.0);
    }
}

fn check_forced<'a>(
    checks: &mut Checks,
    forced: Option<&BTreeMap<String, String>>,
    arms: impl Iterator<Item = &'a str> + Clone,
) {
    let Some(forced) = forced else { return };
    checks.count("forced", forced.len(), 0..=MOST_FORCED);
    for (unit, arm) in forced {
        let field = format!("forced.{unit}");
        if unit.is_empty() || unit.len() > LONGEST_USER_ID {
            checks.refuse(&field, "invalid_format", format!("a user id of 1 to {LONGEST_USER_ID} bytes"));
        }
        checks.storable(&field, unit);
        if !arms.clone().any(|name| name == arm) {
            checks.refuse(&field, "unknown_value", "the name of a variant");
        }
    }
}

fn one_of_metrics() -> String {
    format!("one of: {}", Metric::ALL.map(Metric::name).join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const VERSION: &str = "ver_01h2xcejqtf2nbrexx3vqjhp41";

    fn codes(result: Result<(), Error>) -> Vec<String> {
        match result {
            Ok(()) => Vec::new(),
            Err(Error::Validation(errors)) => errors.into_iter().map(|error| error.field).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    #[track_caller]
    fn check(more: &Value, fields: &[&str]) {
        let mut body = json!({
            "variants": [{"version_id": VERSION, "traffic_weight": 1}, {"version_id": VERSION, "traffic_weight": 3}],
            "allocation_strategy": "fixed_split", "primary_metric": "approval",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let input: ExperimentInput = serde_json::from_value(body).unwrap();
        assert_eq!(codes(input.check().map(drop)), fields, "{more}");
    }

    #[test]
    fn an_experiment_is_checked_field_by_field() {
        let variant = |weight: f64| json!({"version_id": VERSION, "traffic_weight": weight});
        check(&json!({}), &[]);
        check(&json!({"variants": [variant(1.0)]}), &["variants"]);
        check(&json!({"variants": vec![variant(1.0); 11]}), &["variants"]);
        check(&json!({"variants": [variant(0.0), variant(0.0)]}), &["variants"]);
        check(&json!({"variants": [variant(1.0), variant(-1.0)]}), &["variants[1].traffic_weight"]);
        check(&json!({"variants": [variant(1.0), variant(0.0)]}), &[]);
        let bandit =
            json!({"variants": [variant(1.0), variant(0.0)], "allocation_strategy": "thompson_sampling"});
        check(&bandit, &["variants[1].traffic_weight"]);
        let named = |name: &str| json!({"name": name, "version_id": "3", "traffic_weight": 1});
        let same = json!({"variants": [named("a"), named("a")]});
        check(&same, &["variants[0].version_id", "variants[1].name", "variants[1].version_id"]);
        let personal = json!({"variants": [named("ana@acme.com"), named("10.0.0.2")]});
        let refused =
            ["variants[0].name", "variants[0].version_id", "variants[1].name", "variants[1].version_id"];
        check(&personal, &refused);
        check(&json!({"coverage": 0.00004}), &["coverage"]);
        check(&json!({"coverage": 0.0}), &[]);
        check(&json!({"coverage": 1.5}), &["coverage"]);
        check(&json!({"coverage": -0.1, "min_samples": -1}), &["coverage", "min_samples"]);
        check(&json!({"primary_metric": "joy"}), &["primary_metric"]);
        let guardrails = json!([{"metric": "joy", "max_relative_regression": -1}]);
        check(
            &json!({"guardrails": guardrails}),
            &["guardrails[0].metric", "guardrails[0].max_relative_regression"],
        );
        check(&json!({"forced": {"u": "control", "v": "variant_1"}}), &[]);
        check(&json!({"forced": {"u": "nobody", "": "control"}}), &["forced.", "forced.u"]);
    }

    #[test]
    fn an_array_is_no_variant_guardrail_or_step() {
        let with = |body: &Value, more: Value| {
            let mut body = body.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let experiment = json!({
            "variants": [{"version_id": VERSION, "traffic_weight": 1}],
            "allocation_strategy": "fixed_split", "primary_metric": "approval",
        });
        for more in [json!({"variants": [["a", VERSION, 1]]}), json!({"guardrails": [["latency", 0.1]]})] {
            let body = with(&experiment, more);
            assert!(serde_json::from_value::<ExperimentInput>(body.clone()).is_err(), "{body}");
        }
        let canary = json!({"version_id": VERSION, "environment": "production", "steps": [{"percent": 5}]});
        assert!(serde_json::from_value::<CanaryInput>(canary.clone()).is_ok());
        for more in [json!({"steps": [[5, 1, 1]]}), json!({"guardrails": [["latency", 0.1]]})] {
            let body = with(&canary, more);
            assert!(serde_json::from_value::<CanaryInput>(body.clone()).is_err(), "{body}");
        }
        for body in [json!({"variants": [["a", null, 1]]}), json!({"guardrails": [["latency", 0.1]]})] {
            assert!(serde_json::from_value::<ExperimentPatch>(body.clone()).is_err(), "{body}");
        }
    }

    #[test]
    fn weights_are_patched_by_name_version_or_place() {
        let other = VERSION.replace("41", "42");
        let variant = |name: &str, id: &str, weight: f64| Variant {
            name: name.to_owned(),
            version_id: domain::Id::parse(Kind::Version, id).ok(),
            version_number: None,
            traffic_weight: weight,
            weight: 0.5,
        };
        let variants = [variant("control", VERSION, 50.0), variant("b", &other, 50.0)];
        let patched = |body: Value| {
            let patch: ExperimentPatch = serde_json::from_value(json!({ "variants": body })).unwrap();
            patch.check(&variants, false).map(|weights| weights.unwrap().basis_points)
        };
        assert_eq!(patched(json!([{"name": "b", "traffic_weight": 150}])), Ok(vec![2_500, 7_500]));
        assert_eq!(patched(json!([{"version_id": other, "traffic_weight": 0}])), Ok(vec![10_000, 0]));
        assert_eq!(patched(json!([{"traffic_weight": 9}, {"traffic_weight": 1}])), Ok(vec![9_000, 1_000]));
        assert!(patched(json!([{"name": "c", "traffic_weight": 1}])).is_err());
    }

    #[test]
    fn null_clears_what_can_be_empty() {
        let read = |body: Value| serde_json::from_value::<ExperimentPatch>(body);
        let patch = read(json!({"name": null, "guardrails": null, "forced": null})).unwrap();
        assert_eq!(
            (patch.name.as_deref(), patch.guardrails, patch.forced.map(|forced| forced.len())),
            (Some(""), Some(Vec::new()), Some(0))
        );
        for field in ["coverage", "variants", "min_samples"] {
            assert!(read(json!({ field: null })).is_err(), "{field}");
        }
        assert!(read(json!({})).unwrap().guardrails.is_none());
    }

    #[test]
    fn a_canary_s_steps_grow() {
        let fields = |steps: Value| {
            let body = json!({"version_id": VERSION, "environment": "staging", "steps": steps});
            codes(serde_json::from_value::<CanaryInput>(body).unwrap().check())
        };
        assert!(
            fields(json!([{"percent": 1}, {"percent": 50, "min_samples": 5, "min_minutes": 1}])).is_empty()
        );
        assert_eq!(fields(json!([])), ["steps"]);
        assert_eq!(
            fields(json!([{"percent": 0}, {"percent": 101}])),
            ["steps[0].percent", "steps[1].percent"]
        );
        assert_eq!(fields(json!([{"percent": 50}, {"percent": 50}])), ["steps[1].percent"]);
        assert_eq!(fields(json!([{"percent": 5, "min_samples": -1}])), ["steps[0].min_samples"]);
    }
}
