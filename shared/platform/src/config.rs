//! Variables and secrets of a deployment.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Every setting that a function reads. Spin's variables cannot be listed, so there this is what is asked for, in
/// lower case; `spin.toml` declares the same names.
pub const SETTINGS: &[&str] = &[
    "ALERT_WEBHOOK_SECRET",
    "ALERT_WEBHOOK_URL",
    "CHAT_CONCURRENT_STREAMS",
    "CHAT_REQUESTS_PER_HOUR",
    "CHAT_SUMMARY_MODEL",
    "CORS_ALLOWED_ORIGINS",
    "DATABASE_URL",
    "ENVIRONMENT",
    "EVENT_RETENTION_DAYS",
    "LLM_API_KEY",
    "LLM_BASE_URL",
    "LLM_CONNECT_TIMEOUT_MS",
    "LLM_FIRST_TOKEN_TIMEOUT_MS",
    "LLM_IDLE_TIMEOUT_MS",
    "LLM_TOTAL_TIMEOUT_MS",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "PROMPTLAB_SECRET",
    "UPSTASH_REDIS_REST_TOKEN",
    "UPSTASH_REDIS_REST_URL",
];

/// Settings by name: Workers bindings of type string, Spin variables, or a map in tests. Cheap to clone.
///
/// It deliberately has no `Debug` that shows values: some of them are secrets.
#[derive(Clone, Default)]
pub struct Config(Arc<BTreeMap<String, String>>);

impl Config {
    /// The value of `name`; an empty value counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Config {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(settings: I) -> Self {
        Self(Arc::new(settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.0.keys()).finish()
    }
}
