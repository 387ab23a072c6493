//! The contract's routes and who may call them, written down a second time: from the contract and not from the code.

/// A key's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Runtime,
    Viewer,
    Editor,
    Publisher,
    Admin,
}

use Role::{Admin, Editor, Runtime, Viewer};

impl Role {
    pub(crate) const ALL: [Self; 5] = [Runtime, Viewer, Editor, Self::Publisher, Admin];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Publisher => "publisher",
            Self::Admin => "admin",
        }
    }
}

/// Routes that ask for no key.
pub(crate) const PUBLIC: &[(&str, &str)] =
    &[("GET", "/health"), ("GET", "/ready"), ("GET", "/openapi.json"), ("GET", "/docs")];

/// Routes that ask for a key, with the least role that may call them. Moving a production pointer takes a publisher.
pub(crate) const PROTECTED: &[(&str, &str, Role)] = &[
    ("GET", "/api/me", Runtime),
    ("GET", "/api/keys", Admin),
    ("POST", "/api/keys", Admin),
    ("POST", "/api/keys/{key}/rotate", Admin),
    ("DELETE", "/api/keys/{key}", Admin),
    ("GET", "/api/teams", Admin),
    ("POST", "/api/teams", Admin),
    ("GET", "/api/team/settings", Admin),
    ("PUT", "/api/team/settings", Admin),
    ("GET", "/api/audit", Admin),
    ("GET", "/api/providers", Admin),
    ("GET", "/api/providers/{provider}", Admin),
    ("PUT", "/api/providers/{provider}", Admin),
    ("DELETE", "/api/providers/{provider}", Admin),
    ("GET", "/api/collections", Viewer),
    ("POST", "/api/collections", Editor),
    ("GET", "/api/collections/{collection}", Viewer),
    ("PUT", "/api/collections/{collection}", Editor),
    ("PATCH", "/api/collections/{collection}", Editor),
    ("DELETE", "/api/collections/{collection}", Editor),
    ("GET", "/api/prompts", Viewer),
    ("POST", "/api/prompts", Editor),
    ("GET", "/api/prompts/{prompt}", Viewer),
    ("PUT", "/api/prompts/{prompt}", Editor),
    ("PATCH", "/api/prompts/{prompt}", Editor),
    ("DELETE", "/api/prompts/{prompt}", Editor),
    ("POST", "/api/prompts/{prompt}/restore", Editor),
    ("GET", "/api/prompts/{prompt}/versions", Viewer),
    ("POST", "/api/prompts/{prompt}/versions", Editor),
    ("GET", "/api/prompts/{prompt}/versions/{version}", Viewer),
    ("GET", "/api/prompts/{prompt}/diff", Viewer),
    ("POST", "/api/prompts/{prompt}/promote", Editor),
    ("POST", "/api/prompts/{prompt}/rollback", Editor),
    ("GET", "/api/prompts/{prompt}/history", Viewer),
    ("GET", "/api/tags", Viewer),
    ("POST", "/api/resolve", Runtime),
    ("GET", "/api/resolve/{prompt}", Runtime),
    ("POST", "/api/resolve/{prompt}", Runtime),
    ("POST", "/api/prompts/{prompt}/experiments", Editor),
    ("GET", "/api/experiments", Viewer),
    ("GET", "/api/experiments/main-switch", Viewer),
    ("POST", "/api/experiments/kill-all", Role::Publisher),
    ("POST", "/api/experiments/resume-all", Role::Publisher),
    ("POST", "/api/experiments/run-schedule", Admin),
    ("GET", "/api/experiments/{experiment}", Viewer),
    ("PATCH", "/api/experiments/{experiment}", Editor),
    ("POST", "/api/experiments/{experiment}/kill", Editor),
    ("POST", "/api/experiments/{experiment}/pause", Editor),
    ("POST", "/api/experiments/{experiment}/resume", Editor),
    ("POST", "/api/experiments/{experiment}/stop", Editor),
    ("GET", "/api/experiments/{experiment}/results", Viewer),
    ("GET", "/api/experiments/{experiment}/assignment", Viewer),
    ("POST", "/api/prompts/{prompt}/canary", Editor),
    ("GET", "/api/canaries", Viewer),
    ("GET", "/api/canaries/{canary}", Viewer),
    ("POST", "/api/canaries/{canary}/promote", Editor),
    ("POST", "/api/canaries/{canary}/rollback", Editor),
    ("POST", "/api/canaries/{canary}/pause", Editor),
    ("POST", "/api/canaries/{canary}/resume", Editor),
    ("POST", "/api/feedback", Runtime),
    ("GET", "/api/feedback/stats", Viewer),
    ("POST", "/api/chat", Runtime),
    ("POST", "/api/chat/{message}/stop", Runtime),
    ("GET", "/api/chat/{message}/stream", Runtime),
    ("POST", "/v1/chat/completions", Runtime),
    ("GET", "/v1/models", Runtime),
    ("GET", "/v1/models/{model}", Runtime),
    ("POST", "/api/tokens", Runtime),
    ("GET", "/api/conversations", Runtime),
    ("GET", "/api/conversations/{conversation}", Runtime),
    ("PATCH", "/api/conversations/{conversation}", Runtime),
    ("DELETE", "/api/conversations/{conversation}", Runtime),
    ("POST", "/api/ingest", Runtime),
    ("POST", "/api/ingest/drain", Admin),
    ("GET", "/api/analytics/overview", Viewer),
    ("GET", "/api/analytics/timeseries", Viewer),
    ("GET", "/api/analytics/latency", Viewer),
    ("GET", "/api/analytics/costs", Viewer),
    ("GET", "/api/analytics/versions", Viewer),
    ("GET", "/metrics", Admin),
    ("GET", "/api/export/conversations.csv", Viewer),
    ("GET", "/api/export/messages.csv", Viewer),
    ("GET", "/api/export/experiments/{file}", Viewer),
];

/// Every path with its methods.
pub(crate) fn methods_by_path() -> std::collections::BTreeMap<&'static str, Vec<&'static str>> {
    let mut paths = std::collections::BTreeMap::<_, Vec<_>>::new();
    let protected = PROTECTED.iter().map(|(method, path, _)| (*method, *path));
    for (method, path) in PUBLIC.iter().copied().chain(protected) {
        paths.entry(path).or_default().push(method);
    }
    paths
}

/// `path` with something in the place of each parameter that no team has.
pub(crate) fn filled(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "{key}" => "key_01h2xcejqtf2nbrexx3vqjhp41",
        "{collection}" => "col_01h2xcejqtf2nbrexx3vqjhp41",
        "{prompt}" => "prm_01h2xcejqtf2nbrexx3vqjhp41",
        "{version}" => "ver_01h2xcejqtf2nbrexx3vqjhp41",
        "{conversation}" => "conv_01h2xcejqtf2nbrexx3vqjhp41",
        "{model}" => "a-model-of-nobody",
        "{provider}" => "custom-of-nobody",
        "{experiment}" => "exp_01h2xcejqtf2nbrexx3vqjhp41",
        "{canary}" => "can_01h2xcejqtf2nbrexx3vqjhp41",
        "{message}" => "msg_01h2xcejqtf2nbrexx3vqjhp41",
        other => other,
    });
    segments.collect::<Vec<_>>().join("/")
}
