//! Which endpoint answers for a model.

use std::sync::Arc;
use std::time::Duration;

use domain::Error;
use edge::Call;
use limits::SharedBreakers;
use llm::{Candidate, Settings};
use platform::Config;

/// How long a model may take to its first token.
const FIRST_TOKEN_TIMEOUT_MS: &str = "LLM_FIRST_TOKEN_TIMEOUT_MS";
/// How long it may be silent afterwards.
const IDLE_TIMEOUT_MS: &str = "LLM_IDLE_TIMEOUT_MS";

/// The breakers of the caller's team, which all isolates share.
pub(crate) fn breakers(call: &Call) -> Arc<SharedBreakers> {
    Arc::new(SharedBreakers::new(call.redis().cloned(), call.team_id()))
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
