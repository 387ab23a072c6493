//! Which endpoint answers for a model.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use domain::Error;
use llm::base_url::{self, Surroundings};
use llm::{BreakerPolicy, Candidate, LocalBreakers, Provider, Secret, Settings};
use platform::Config;

/// Where the configured endpoint is, version segment included; `OpenAI`'s own when only a key is set.
const BASE_URL: &str = "LLM_BASE_URL";
/// Its key; endpoints that want none go without.
const API_KEY: &str = "LLM_API_KEY";
/// How long a model may take to its first token.
const FIRST_TOKEN_TIMEOUT_MS: &str = "LLM_FIRST_TOKEN_TIMEOUT_MS";
/// How long it may be silent afterwards.
const IDLE_TIMEOUT_MS: &str = "LLM_IDLE_TIMEOUT_MS";

/// The breakers of this isolate, which all its requests share.
pub(crate) static BREAKERS: LazyLock<Arc<LocalBreakers>> =
    LazyLock::new(|| Arc::new(LocalBreakers::new(BreakerPolicy::STANDARD)));

/// Whom to ask for `model`, in order.
///
/// # Errors
/// A validation error of `model` when no endpoint is configured for it.
pub(crate) fn chain(model: &str, config: &Config) -> Result<Vec<Candidate>, Error> {
    if model == llm::offline::MODEL {
        return Ok(vec![Candidate::offline()]);
    }
    let (base_url, api_key) = (config.get(BASE_URL), config.get(API_KEY));
    if base_url.is_none() && api_key.is_none() {
        let detail = format!(
            "no endpoint is configured for this model: set {BASE_URL} to an OpenAI-compatible endpoint and \
             {API_KEY} to its key, or send the model `offline`, which is built in"
        );
        return Err(Error::field("model", "not_configured", detail));
    }
    let surroundings = match config.get("ENVIRONMENT") {
        Some("development") => Surroundings::Development,
        _ => Surroundings::Production,
    };
    let base_url = base_url.map(|url| base_url::check(url, surroundings)).transpose().map_err(|refused| {
        Error::field("model", "not_configured", format!("the configured {BASE_URL} {refused}"))
    })?;
    Ok(vec![Candidate {
        provider: Provider::OpenAi,
        model: model.to_owned(),
        api_key: Secret::new(api_key.unwrap_or_default()),
        base_url,
    }])
}

/// How long to wait for a model, and how often to try.
pub(crate) fn settings(config: &Config) -> Settings {
    let configured = |name, default| {
        config.get(name).and_then(|text| text.parse().ok()).map_or(default, Duration::from_millis)
    };
    let mut settings = Settings::STANDARD;
    let timeouts = &mut settings.timeouts;
    timeouts.first_token = configured(FIRST_TOKEN_TIMEOUT_MS, timeouts.first_token);
    timeouts.head = timeouts.head.min(timeouts.first_token);
    timeouts.idle = configured(IDLE_TIMEOUT_MS, timeouts.idle);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(settings: &[(&str, &str)], expected: Result<&str, &str>) {
        let config: Config = settings.iter().copied().collect();
        let found = chain("gpt-4o", &config);
        let endpoint = found.as_ref().map(|chain| chain[0].endpoint().to_owned());
        match (endpoint, expected) {
            (Ok(endpoint), Ok(expected)) => assert_eq!(endpoint, expected),
            (Err(Error::Validation(errors)), Err(words)) => {
                assert_eq!(errors[0].field, "model");
                assert!(errors[0].detail.contains(words), "{}", errors[0].detail);
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn an_endpoint_comes_from_the_configuration() {
        let local = "http://127.0.0.1:9/v1/";
        check(&[], Err("set LLM_BASE_URL"));
        check(&[(API_KEY, "k")], Ok("https://api.openai.com/v1"));
        check(&[(BASE_URL, "https://models.example.com/v1")], Ok("https://models.example.com/v1"));
        check(&[(BASE_URL, local), ("ENVIRONMENT", "development")], Ok("http://127.0.0.1:9/v1"));
        check(&[(BASE_URL, local)], Err("must not lead to a private"));
        check(&[(BASE_URL, "http://models.example.com")], Err("must be https"));
    }

    #[test]
    fn the_built_in_model_needs_no_configuration() {
        assert_eq!(chain("offline", &Config::default()), Ok(vec![Candidate::offline()]));
    }

    #[test]
    fn time_outs_can_be_set() {
        let config: Config =
            [(FIRST_TOKEN_TIMEOUT_MS, "100"), (IDLE_TIMEOUT_MS, "soon")].into_iter().collect();
        let timeouts = settings(&config).timeouts;
        assert_eq!(
            (timeouts.first_token, timeouts.head),
            (Duration::from_millis(100), Duration::from_millis(100))
        );
        assert_eq!(timeouts.idle, Settings::STANDARD.timeouts.idle);
    }
}
