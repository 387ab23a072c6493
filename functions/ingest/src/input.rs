//! One event as an application sends it.

use std::ops::RangeInclusive;

use domain::{Environment, Error, Id, Kind, timestamp};
use edge::Checks;
use events::{Inference, Source, Status};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// An inference that an application has made itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InferenceInput {
    pub(crate) id: String,
    r#type: String,
    #[serde(alias = "model_id", deserialize_with = "edge::null_is_default")]
    model: String,
    status: Option<Status>,
    error_code: Option<String>,
    /// What went wrong, in words: kept with the metadata.
    error: Option<String>,
    prompt_id: Option<String>,
    version_id: Option<String>,
    environment: Option<Environment>,
    experiment_id: Option<String>,
    variant: Option<String>,
    period: Option<i64>,
    user_id: Option<String>,
    #[serde(alias = "input")]
    messages: Option<Value>,
    #[serde(alias = "answer")]
    output: Option<Value>,
    #[serde(alias = "tool_calls")]
    tools: Option<Value>,
    tokens_in: Option<i64>,
    tokens_out: Option<i64>,
    cached_tokens_in: Option<i64>,
    cost_usd: Option<f64>,
    latency_ms: Option<f64>,
    ttft_ms: Option<f64>,
    request_id: Option<String>,
    message_id: Option<String>,
    conversation_id: Option<String>,
    trace_id: Option<String>,
    span_id: Option<String>,
    #[serde(alias = "parent_id")]
    parent_span_id: Option<String>,
    #[serde(alias = "started_at", alias = "timestamp")]
    client_started_at: Option<String>,
    #[serde(alias = "ended_at")]
    client_ended_at: Option<String>,
    metadata: Option<Map<String, Value>>,
}

/// What answered, of who does not say.
const UNKNOWN_MODEL: &str = "unknown";
const LONGEST_ID: usize = 128;
const LONGEST_MODEL: usize = 200;
const LONGEST_NAME: usize = 256;
/// RFC 3339 has years that no database takes, and offsets that lead out of those that it takes.
const STORABLE_MS: RangeInclusive<i64> = 0..=253_402_300_799_999;
const MOST_TOKENS: i64 = 1_000_000_000;
const LONGEST_MS: f64 = 86_400_000.0 * 7.0;
const DEAREST_USD: f64 = 1_000_000.0;

impl InferenceInput {
    /// The event of a team, with everything that is wrong with it at once.
    pub(crate) fn into_event(self, team_id: &Id, request_id: &str, now_ms: i64) -> Result<Inference, Error> {
        let client_started_ms = self.check()?;
        let id = |kind, text: &Option<String>| text.as_deref().and_then(|text| Id::parse(kind, text).ok());
        let experiment_id =
            id(Kind::Experiment, &self.experiment_id).or(id(Kind::Canary, &self.experiment_id));
        let status = self.status.unwrap_or(if self.error_code.is_some() || self.error.is_some() {
            Status::Error
        } else {
            Status::Ok
        });
        let model = if self.model.is_empty() { UNKNOWN_MODEL.to_owned() } else { self.model.clone() };
        Ok(Inference {
            id: self.id.clone(),
            at_ms: now_ms,
            prompt_id: id(Kind::Prompt, &self.prompt_id),
            version_id: id(Kind::Version, &self.version_id),
            environment: self.environment,
            experiment_id,
            period: self.period,
            message_id: id(Kind::Message, &self.message_id),
            conversation_id: id(Kind::Conversation, &self.conversation_id),
            error_code: self.error_code.clone(),
            tokens_in: self.tokens_in,
            tokens_out: self.tokens_out,
            cached_tokens_in: self.cached_tokens_in,
            cost_usd: self.cost_usd.or_else(|| self.price()),
            latency_ms: self.latency_ms.map(whole),
            ttft_ms: self.ttft_ms.map(whole),
            metadata: self.metadata(),
            variant: self.variant.filter(|variant| !variant.is_empty()),
            unit: self.user_id.filter(|user_id| !user_id.is_empty()),
            request_id: Some(self.request_id.unwrap_or_else(|| request_id.to_owned())),
            trace_id: self.trace_id,
            span_id: self.span_id,
            parent_span_id: self.parent_span_id,
            client_started_at: client_started_ms.map(timestamp),
            input: self.messages,
            output: self.output,
            tools: self.tools,
            ..Inference::new(team_id.clone(), Source::Ingest, model, status)
        })
    }

    /// When it began by the sender's clock, in milliseconds since the Unix epoch.
    fn check(&self) -> Result<Option<i64>, Error> {
        let mut checks = Checks::default();
        if self.id.is_empty() {
            checks.refuse("id", "required", "of your choice, unique in the team");
        } else {
            checks.title("id", &self.id, LONGEST_ID);
        }
        match self.r#type.as_str() {
            "inference" => {}
            "" => checks.refuse("type", "required", "inference"),
            _ => checks.refuse("type", "unknown_value", "one of: inference"),
        }
        if !self.model.is_empty() {
            checks.title("model", &self.model, LONGEST_MODEL);
        }
        self.check_names(&mut checks);
        for (field, number) in [
            ("tokens_in", self.tokens_in),
            ("tokens_out", self.tokens_out),
            ("cached_tokens_in", self.cached_tokens_in),
            ("period", self.period),
        ] {
            checks.number(field, number.unwrap_or(0), 0..=MOST_TOKENS);
        }
        for (field, number) in [("latency_ms", self.latency_ms), ("ttft_ms", self.ttft_ms)] {
            checks.number(field, number.unwrap_or(0.0), 0.0..=LONGEST_MS);
        }
        checks.number("cost_usd", self.cost_usd.unwrap_or(0.0), 0.0..=DEAREST_USD);
        let started_ms = checks.time("client_started_at", self.client_started_at.as_deref());
        if started_ms.is_some_and(|started_ms| !STORABLE_MS.contains(&started_ms)) {
            checks.refuse("client_started_at", "out_of_range", "from 1970 to 9999");
        }
        checks.time("client_ended_at", self.client_ended_at.as_deref());
        checks.finish()?;
        Ok(started_ms)
    }

    fn check_names(&self, checks: &mut Checks) {
        for (field, kind, id) in [
            ("prompt_id", Kind::Prompt, &self.prompt_id),
            ("version_id", Kind::Version, &self.version_id),
            ("message_id", Kind::Message, &self.message_id),
            ("conversation_id", Kind::Conversation, &self.conversation_id),
        ] {
            if let Some(id) = id {
                checks.id(field, id, kind);
            }
        }
        if let Some(id) = &self.experiment_id
            && !Kind::Experiment.matches(id)
            && !Kind::Canary.matches(id)
        {
            checks.refuse("experiment_id", "invalid_format", "an id that begins with exp_ or can_");
        }
        for (field, name) in [
            ("error_code", &self.error_code),
            ("variant", &self.variant),
            ("user_id", &self.user_id),
            ("request_id", &self.request_id),
            ("trace_id", &self.trace_id),
            ("span_id", &self.span_id),
            ("parent_span_id", &self.parent_span_id),
        ] {
            checks.text(field, name.as_deref().unwrap_or_default(), 0..=LONGEST_NAME);
        }
    }

    /// What it cost by the table of prices, when tokens are known and the cost was not given.
    fn price(&self) -> Option<f64> {
        let count = |tokens: Option<i64>| tokens.map_or(0, |tokens| u64::try_from(tokens).unwrap_or(0));
        self.tokens_in.or(self.tokens_out)?;
        if self.model == "offline" {
            return Some(0.0);
        }
        let usage = prices::Usage {
            input: count(self.tokens_in),
            cached_input: count(self.cached_tokens_in),
            cache_write: 0,
            output: count(self.tokens_out),
        };
        prices::cost_usd(&self.model, usage)
    }

    fn metadata(&self) -> Option<Value> {
        let mut metadata = self.metadata.clone().unwrap_or_default();
        if let Some(error) = &self.error {
            metadata.entry("error").or_insert_with(|| json!(error));
        }
        if let Some(ended_at) = &self.client_ended_at {
            metadata.entry("client_ended_at").or_insert_with(|| json!(ended_at));
        }
        (!metadata.is_empty()).then_some(Value::Object(metadata))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it was checked to be below a week")]
fn whole(milliseconds: f64) -> i64 {
    milliseconds.round() as i64
}
