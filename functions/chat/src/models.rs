//! Which endpoint answers for a model.

use std::sync::Arc;
use std::time::Duration;

use domain::Error;
use edge::Call;
use limits::SharedBreakers;
use llm::{Candidate, Provider, Secret, Settings};
use platform::Config;

/// How long a model may take until the head of its response is there, the connection included.
const CONNECT_TIMEOUT_MS: &str = "LLM_CONNECT_TIMEOUT_MS";
/// How long to its first token.
const FIRST_TOKEN_TIMEOUT_MS: &str = "LLM_FIRST_TOKEN_TIMEOUT_MS";
/// How long it may be silent afterwards.
const IDLE_TIMEOUT_MS: &str = "LLM_IDLE_TIMEOUT_MS";
/// How long for everything: retries, fallbacks and the whole answer.
const TOTAL_TIMEOUT_MS: &str = "LLM_TOTAL_TIMEOUT_MS";

/// The breakers of the caller's team, which all isolates share.
pub(crate) fn breakers(call: &Call) -> Arc<SharedBreakers> {
    let tasks = call.context.tasks.clone();
    Arc::new(SharedBreakers::new(call.redis().cloned(), call.team_id(), tasks))
}

/// Whom to ask for `model`, in order.
///
/// # Errors
/// A validation error of `model` when nobody answers for it; [`Error::Unavailable`] when the stores cannot tell.
pub(crate) async fn chain(model: &str, call: &Call) -> Result<Vec<Candidate>, Error> {
    // The built-in model answers also while the stores are down.
    if model == llm::offline::MODEL {
        return Ok(vec![Candidate::offline()]);
    }
    let mut directory = providers::find(call.team_id(), &call.context, &call.stores, &call.database).await?;
    Ok(vec![directory.candidate(model).await?])
}

/// Who would be asked for `model` if its own provider were: for counting where nobody answers for it.
pub(crate) fn unasked(model: &str) -> Candidate {
    let known = prices::lookup(model);
    let provider_name = known.map_or_else(String::new, |price| price.provider.as_str().to_owned());
    if model == llm::offline::MODEL {
        return Candidate::offline();
    }
    Candidate {
        provider: provider_name.parse().unwrap_or(Provider::OpenAi),
        provider_name,
        model: known.map_or(model, |price| price.model).to_owned(),
        api_key: Secret::default(),
        base_url: None,
    }
}

/// How long to wait for a model, and how often to try.
pub(crate) fn settings(config: &Config) -> Settings {
    let configured = |name, default| {
        config.get(name).and_then(|text| text.parse().ok()).map_or(default, Duration::from_millis)
    };
    let mut settings = Settings::STANDARD;
    let timeouts = &mut settings.timeouts;
    timeouts.first_token = configured(FIRST_TOKEN_TIMEOUT_MS, timeouts.first_token);
    timeouts.head = configured(CONNECT_TIMEOUT_MS, timeouts.head).min(timeouts.first_token);
    timeouts.idle = configured(IDLE_TIMEOUT_MS, timeouts.idle);
    timeouts.total = configured(TOTAL_TIMEOUT_MS, timeouts.total);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(settings_given: &[(&str, &str)]) -> [u128; 4] {
        let timeouts = settings(&settings_given.iter().copied().collect()).timeouts;
        [timeouts.head, timeouts.first_token, timeouts.idle, timeouts.total]
            .map(|timeout| timeout.as_millis())
    }

    #[test]
    fn time_outs_can_be_set() {
        assert_eq!(milliseconds(&[]), [30_000, 60_000, 30_000, 300_000]);
        let all = [
            (CONNECT_TIMEOUT_MS, "100"),
            (FIRST_TOKEN_TIMEOUT_MS, "200"),
            (IDLE_TIMEOUT_MS, "300"),
            (TOTAL_TIMEOUT_MS, "400"),
        ];
        assert_eq!(milliseconds(&all), [100, 200, 300, 400]);
        let first_token = [(FIRST_TOKEN_TIMEOUT_MS, "100"), (IDLE_TIMEOUT_MS, "soon")];
        assert_eq!(
            milliseconds(&first_token),
            [100, 100, 30_000, 300_000],
            "there is no token without a head"
        );
    }
}
