//! Whom to ask, in order: a version is bound to its model, and to those that its `config.fallbacks` names.

use domain::Error;
use edge::Call;
use llm::Candidate;
use resolution::Resolved;
use serde_json::Value;
use store::versions::MOST_FALLBACKS;

use crate::models;

/// A model and who answers for it.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// As callers and versions call it.
    pub(crate) model: String,
    pub(crate) candidate: Candidate,
}

/// The model and its fallbacks. A fallback that nobody answers for is left out.
///
/// # Errors
/// As [`models::chain`], when nobody answers for any of them.
pub(crate) async fn choices(model: &str, fallbacks: &[String], call: &Call) -> Result<Vec<Choice>, Error> {
    let mut choices = Vec::new();
    let mut refusal = None;
    for name in std::iter::once(model).chain(fallbacks.iter().map(String::as_str)) {
        match models::chain(name, call).await {
            Ok(candidates) => choices
                .extend(candidates.into_iter().map(|candidate| Choice { model: name.to_owned(), candidate })),
            Err(error) => {
                platform::warn!(
                    "model left out",
                    model = redaction::redact(name),
                    error = error.to_string(),
                    request_id = call.request_id,
                    trace_id = call.trace_id(),
                    team_id = call.team_id()
                );
                refusal.get_or_insert(error);
            }
        }
    }
    match refusal {
        Some(error) if choices.is_empty() => Err(error),
        _ => Ok(choices),
    }
}

/// What a version's `config.fallbacks` names: models, or objects with a `model`. What is neither was written before
/// that was refused.
pub(crate) fn of_version(prompt: &Resolved) -> Vec<String> {
    let Some(live) = prompt.chosen.live() else { return Vec::new() };
    let listed = live.version.content.config.get("fallbacks").and_then(Value::as_array);
    let names = listed
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.as_str().or_else(|| entry.get("model")?.as_str()));
    let mut models: Vec<String> = Vec::new();
    for name in names.filter(|name| !name.trim().is_empty()) {
        if name != live.version.content.model_id && !models.iter().any(|known| known == name) {
            models.push(name.to_owned());
        }
    }
    models.truncate(MOST_FALLBACKS);
    models
}
