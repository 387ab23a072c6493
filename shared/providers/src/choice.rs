//! From a model's name to whom to ask.

use domain::{Error, Id};
use llm::base_url::{self, Surroundings};
use llm::{Candidate, Provider, Secret};
use platform::Config;
use store::providers::SealedProvider;

use crate::sealing::Keyring;

/// Where the installation's endpoint is, version segment included; `OpenAI`'s own when only a key is set.
const BASE_URL: &str = "LLM_BASE_URL";
/// Its key; endpoints that want none go without.
const API_KEY: &str = "LLM_API_KEY";

const LONGEST_NAME: usize = 63;
/// Names that mean something else before a slash or a colon.
const RESERVED: [&str; 2] = ["offline", "prompt"];

/// How models are called that a provider has brought out since the price table was taken.
const BEGINNINGS: [(&str, Provider); 11] = [
    ("gpt-", Provider::OpenAi),
    ("chatgpt-", Provider::OpenAi),
    ("codex-", Provider::OpenAi),
    ("ft:gpt-", Provider::OpenAi),
    ("o1", Provider::OpenAi),
    ("o3", Provider::OpenAi),
    ("o4", Provider::OpenAi),
    ("claude-", Provider::Anthropic),
    ("gemini-", Provider::Gemini),
    ("gemma-", Provider::Gemini),
    ("models/", Provider::Gemini),
];

/// Whether a provider may be called so: `openai`, `anthropic`, `gemini`, or a team's own word for an endpoint.
pub fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| is_letter(byte) || byte == b'-')
        && name.bytes().next().is_some_and(is_letter)
        && name.bytes().last().is_some_and(is_letter)
        && !RESERVED.contains(&name)
}

/// Where we run, for the check of addresses.
pub fn surroundings(config: &Config) -> Surroundings {
    match config.get("ENVIRONMENT") {
        Some("development") => Surroundings::Development,
        _ => Surroundings::Production,
    }
}

/// Whom to ask, and whether that provider's key should be sealed anew.
pub(crate) struct Chosen<'a> {
    pub(crate) candidate: Candidate,
    pub(crate) outdated: Option<&'a SealedProvider>,
}

/// Whom to ask for `model`: see the crate's documentation for the order.
pub(crate) fn candidate<'a>(
    model: &str,
    team: &'a [SealedProvider],
    team_id: &Id,
    config: &Config,
) -> Result<Chosen<'a>, Error> {
    if model == llm::offline::MODEL {
        return Ok(Chosen { candidate: Candidate::offline(), outdated: None });
    }
    if let Some((provider, model)) = of_team(model, team) {
        return open(provider, model, team_id, config);
    }
    let candidate = installations(model, config)?.ok_or_else(|| refusal(model, team))?;
    Ok(Chosen { candidate, outdated: None })
}

/// The team's provider for a model, and what that provider calls it.
fn of_team<'a, 'm>(model: &'m str, team: &'a [SealedProvider]) -> Option<(&'a SealedProvider, &'m str)> {
    let named = |name: &str| team.iter().find(|provider| provider.name == name);
    if let Some((name, rest)) = model.split_once('/')
        && !rest.is_empty()
        && let Some(provider) = named(if name == "google" { "gemini" } else { name })
    {
        return Some((provider, rest));
    }
    if let Some(known) = known_provider(model) {
        return named(known.as_str()).map(|provider| (provider, model));
    }
    let mut own = team.iter().filter(|provider| provider.name.parse::<Provider>().is_err());
    match (own.next(), own.next()) {
        (Some(only), None) => Some((only, model)),
        _ => None,
    }
}

/// The provider that a model is known to be of.
fn known_provider(model: &str) -> Option<Provider> {
    if let Some(provider) = prices::lookup(model).and_then(|price| price.provider.as_str().parse().ok()) {
        return Some(provider);
    }
    BEGINNINGS.iter().find(|(beginning, _)| model.starts_with(beginning)).map(|(_, provider)| *provider)
}

/// A provider of a team's own speaks `OpenAI`'s format.
fn format_of(name: &str) -> Provider {
    name.parse().unwrap_or(Provider::OpenAi)
}

fn open<'a>(
    provider: &'a SealedProvider,
    model: &str,
    team_id: &Id,
    config: &Config,
) -> Result<Chosen<'a>, Error> {
    let opened = Keyring::from_config(config).and_then(|keyring| keyring.open(provider, team_id));
    let opened = opened.map_err(|error| not_configured(error.to_string()))?;
    let base_url = provider.base_url.as_deref();
    let base_url = base_url.map(|url| base_url::check(url, surroundings(config))).transpose();
    let base_url = base_url
        .map_err(|refused| not_configured(format!("the base_url of provider {} {refused}", provider.name)))?;
    let candidate = Candidate {
        provider: format_of(&provider.name),
        provider_name: provider.name.clone(),
        model: model.to_owned(),
        api_key: opened.key,
        base_url,
    };
    Ok(Chosen { candidate, outdated: opened.is_outdated.then_some(provider) })
}

/// The endpoint that the installation has for everybody.
fn installations(model: &str, config: &Config) -> Result<Option<Candidate>, Error> {
    let (base_url, api_key) = (config.get(BASE_URL), config.get(API_KEY));
    if base_url.is_none() && api_key.is_none() {
        return Ok(None);
    }
    let base_url = base_url.map(|url| base_url::check(url, surroundings(config))).transpose();
    let base_url =
        base_url.map_err(|refused| not_configured(format!("the configured {BASE_URL} {refused}")))?;
    let mut candidate = Candidate {
        provider: Provider::OpenAi,
        provider_name: String::new(),
        model: model.to_owned(),
        api_key: Secret::new(api_key.unwrap_or_default()),
        base_url,
    };
    // Anywhere else it is somebody of whom nothing is known but the address.
    if candidate.endpoint() == Provider::OpenAi.default_base_url() {
        candidate.provider_name = Provider::OpenAi.to_string();
    }
    Ok(Some(candidate))
}

fn not_configured(detail: String) -> Error {
    Error::field("model", "not_configured", detail)
}

fn refusal(model: &str, team: &[SealedProvider]) -> Error {
    if let Some(known) = known_provider(model) {
        let detail = format!(
            "this is a model of {known}, for which the team has no key: set one with PUT /api/providers/{known}, or \
             send the model `offline`, which is built in"
        );
        return not_configured(detail);
    }
    let names: Vec<&str> = team.iter().map(|provider| provider.name.as_str()).collect();
    let detail = if names.is_empty() {
        "no provider is known for this model: set one with PUT /api/providers/{name}, or send the model `offline`, \
         which is built in"
            .to_owned()
    } else {
        format!(
            "no provider is known for this model: name one before it, as in {}/{model}",
            names.join("/… or ")
        )
    };
    Error::field("model", "unknown_model", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Kind;

    const SECRET: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    fn team_id() -> Id {
        Id::new(Kind::Team, 1, [1; 10])
    }

    /// Each provider's key is its own name.
    fn team(names: &[(&str, Option<&str>)]) -> Vec<SealedProvider> {
        let config: Config = [("PROMPTLAB_SECRET", SECRET)].into_iter().collect();
        let keyring = Keyring::from_config(&config).unwrap();
        let sealed = names.iter().map(|(name, base_url)| {
            let sealed = keyring.seal(name, &team_id(), name).unwrap();
            SealedProvider {
                name: (*name).to_owned(),
                sealed_key: sealed.text,
                encryption_key_id: sealed.encryption_key_id,
                base_url: base_url.map(str::to_owned),
            }
        });
        sealed.collect()
    }

    /// The format, the provider's name, its key, its own name of the model and the address, or the refusal's code and words.
    fn chosen(model: &str, team: &[SealedProvider], more: &[(&str, &str)]) -> String {
        let settings = [("PROMPTLAB_SECRET", SECRET), ("ENVIRONMENT", "production")];
        let config: Config = settings.iter().chain(more).copied().collect();
        match candidate(model, team, &team_id(), &config) {
            Ok(Chosen { candidate, .. }) => {
                let (key, endpoint) = (candidate.api_key.expose(), candidate.endpoint());
                let name = &candidate.provider_name;
                format!("{} {name} {key} {} {endpoint}", candidate.provider, candidate.model)
            }
            Err(Error::Validation(errors)) => {
                assert_eq!(errors[0].field, "model");
                format!("{}: {}", errors[0].code, errors[0].detail)
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_models_provider_is_known_or_named() {
        let team = team(&[
            ("anthropic", None),
            ("custom-gpu", Some("https://gpu.example.com/v1")),
            ("gemini", None),
            ("openai", Some("https://proxy.example.com/v1")),
        ]);
        let check = |model, expected: &str| assert_eq!(chosen(model, &team, &[]), expected);
        check("gpt-4o", "openai openai openai gpt-4o https://proxy.example.com/v1");
        check("gpt-99-imagined", "openai openai openai gpt-99-imagined https://proxy.example.com/v1");
        check(
            "claude-haiku-4-5",
            "anthropic anthropic anthropic claude-haiku-4-5 https://api.anthropic.com/v1",
        );
        let gemini = "https://generativelanguage.googleapis.com/v1beta";
        check("gemini-2.5-pro", &format!("gemini gemini gemini gemini-2.5-pro {gemini}"));
        check("google/gemini-2.5-pro", &format!("gemini gemini gemini gemini-2.5-pro {gemini}"));
        check("custom-gpu/org/llama", "openai custom-gpu custom-gpu org/llama https://gpu.example.com/v1");
        check("llama", "openai custom-gpu custom-gpu llama https://gpu.example.com/v1");
        check("offline", "offline offline  offline ");
    }

    #[test]
    fn the_teams_own_come_before_the_installations() {
        let ours = [(BASE_URL, "https://models.example.com/v1"), (API_KEY, "k")];
        let team = team(&[("anthropic", None)]);
        let anthropic = chosen("claude-haiku-4-5", &team, &ours);
        assert_eq!(anthropic, "anthropic anthropic anthropic claude-haiku-4-5 https://api.anthropic.com/v1");
        assert_eq!(chosen("gpt-4o", &team, &ours), "openai  k gpt-4o https://models.example.com/v1");
        assert_eq!(
            chosen("gpt-4o", &[], &[(API_KEY, "k")]),
            "openai openai k gpt-4o https://api.openai.com/v1"
        );
    }

    #[test]
    fn what_nobody_answers_for_is_refused_with_what_to_do() {
        assert!(chosen("gpt-4o", &[], &[]).contains("PUT /api/providers/openai"));
        assert!(chosen("llama", &[], &[]).starts_with("unknown_model: "));
        let two = team(&[("a", Some("https://a.example.com")), ("b", Some("https://b.example.com"))]);
        assert!(chosen("llama", &two, &[]).ends_with("as in a/… or b/llama"));
        let local = "http://127.0.0.1:9/v1";
        let team = team(&[("a", Some(local))]);
        assert!(chosen("a/m", &team, &[]).contains("must not lead to a private"));
        assert_eq!(chosen("a/m", &team, &[("ENVIRONMENT", "development")]), format!("openai a a m {local}"));
        assert!(chosen("a/m", &team, &[("PROMPTLAB_SECRET", "")]).contains("PROMPTLAB_SECRET is not set"));
        assert!(chosen("x", &[], &[(BASE_URL, local)]).contains("must not lead to a private"));
    }

    #[test]
    fn names_are_words_in_a_path() {
        for name in ["openai", "custom-gpu", "a", "9"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "custom-", "A", "a/b", "a.b", "offline", "prompt", &"a".repeat(64)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
