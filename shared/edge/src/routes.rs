//! The one table of routes: which function answers a path, who may call it, and whether it makes something.
//!
//! The front door forwards by it, [`crate::serve`] authorises by it, and `openapi.json` and the tests are
//! checked against it.

use std::sync::LazyLock;

use domain::Role;

/// A deployable function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is a folder in functions/")]
pub enum Function {
    Analytics,
    Chat,
    Experiments,
    Export,
    Feedback,
    Gateway,
    Ingest,
    Keys,
    Prompts,
    ResolvePrompt,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 10] = [
        Self::Analytics,
        Self::Chat,
        Self::Experiments,
        Self::Export,
        Self::Feedback,
        Self::Gateway,
        Self::Ingest,
        Self::Keys,
        Self::Prompts,
        Self::ResolvePrompt,
    ];

    /// The function's folder, and its name in logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Analytics => "analytics",
            Self::Chat => "chat",
            Self::Experiments => "experiments",
            Self::Export => "export",
            Self::Feedback => "feedback",
            Self::Gateway => "gateway",
            Self::Ingest => "ingest",
            Self::Keys => "keys",
            Self::Prompts => "prompts",
            Self::ResolvePrompt => "resolve-prompt",
        }
    }

    /// The name of the front door's service binding.
    pub const fn binding(self) -> &'static str {
        match self {
            Self::Analytics => "ANALYTICS",
            Self::Chat => "CHAT",
            Self::Experiments => "EXPERIMENTS",
            Self::Export => "EXPORT",
            Self::Feedback => "FEEDBACK",
            Self::Gateway => "GATEWAY",
            Self::Ingest => "INGEST",
            Self::Keys => "KEYS",
            Self::Prompts => "PROMPTS",
            Self::ResolvePrompt => "RESOLVE_PROMPT",
        }
    }
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a key.
    Public,
    /// Keys of this role and of those above it. A handler may ask for more, where it depends on the body.
    Role(Role),
}

/// A route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// The path, with `{parameters}`, of which `{*this}` has slashes.
    pub path: &'static str,
    /// Who answers.
    pub function: Function,
    /// Who may call it.
    pub access: Access,
    /// Whether it makes something, so that an `Idempotency-Key` counts.
    pub creates: bool,
}

const fn route(method: &'static str, path: &'static str, function: Function, role: Role) -> Route {
    Route { method, path, function, access: Access::Role(role), creates: false }
}

const fn creates(path: &'static str, function: Function, role: Role) -> Route {
    Route { method: "POST", path, function, access: Access::Role(role), creates: true }
}

const fn public(path: &'static str, function: Function) -> Route {
    Route { method: "GET", path, function, access: Access::Public, creates: false }
}

use Function::{
    Analytics, Chat, Experiments, Export, Feedback, Gateway, Ingest, Keys, Prompts, ResolvePrompt,
};
use Role::{Admin, Editor, Publisher, Runtime, Viewer};

/// Every route of the product. `promote` and `rollback`, and whatever changes an experiment or canary, ask for an
/// editor here and, in their handlers, for a publisher when the environment is production.
pub const ROUTES: &[Route] = &[
    // Operations.
    public("/health", Gateway),
    public("/ready", Gateway),
    // Static files: what is in the table is that nothing else is at their paths.
    public("/openapi.json", Gateway),
    public("/docs", Gateway),
    // Access.
    route("GET", "/api/me", Keys, Runtime),
    route("GET", "/api/keys", Keys, Admin),
    creates("/api/keys", Keys, Admin),
    creates("/api/keys/{key}/rotate", Keys, Admin),
    route("DELETE", "/api/keys/{key}", Keys, Admin),
    route("GET", "/api/teams", Keys, Admin),
    creates("/api/teams", Keys, Admin),
    route("GET", "/api/team/settings", Keys, Admin),
    route("PUT", "/api/team/settings", Keys, Admin),
    route("GET", "/api/audit", Keys, Admin),
    route("GET", "/api/providers", Keys, Admin),
    route("GET", "/api/providers/{provider}", Keys, Admin),
    route("PUT", "/api/providers/{provider}", Keys, Admin),
    route("DELETE", "/api/providers/{provider}", Keys, Admin),
    // Registry.
    route("GET", "/api/collections", Prompts, Viewer),
    creates("/api/collections", Prompts, Editor),
    route("GET", "/api/collections/{collection}", Prompts, Viewer),
    route("PUT", "/api/collections/{collection}", Prompts, Editor),
    route("PATCH", "/api/collections/{collection}", Prompts, Editor),
    route("DELETE", "/api/collections/{collection}", Prompts, Editor),
    route("GET", "/api/prompts", Prompts, Viewer),
    creates("/api/prompts", Prompts, Editor),
    route("GET", "/api/prompts/{prompt}", Prompts, Viewer),
    route("PUT", "/api/prompts/{prompt}", Prompts, Editor),
    route("PATCH", "/api/prompts/{prompt}", Prompts, Editor),
    route("DELETE", "/api/prompts/{prompt}", Prompts, Editor),
    creates("/api/prompts/{prompt}/restore", Prompts, Editor),
    route("GET", "/api/prompts/{prompt}/versions", Prompts, Viewer),
    creates("/api/prompts/{prompt}/versions", Prompts, Editor),
    route("GET", "/api/prompts/{prompt}/versions/{version}", Prompts, Viewer),
    route("GET", "/api/prompts/{prompt}/diff", Prompts, Viewer),
    creates("/api/prompts/{prompt}/promote", Prompts, Editor),
    creates("/api/prompts/{prompt}/rollback", Prompts, Editor),
    route("GET", "/api/prompts/{prompt}/history", Prompts, Viewer),
    // Beside the prompts, one of which may be called "tags".
    route("GET", "/api/tags", Prompts, Viewer),
    // Resolve.
    route("POST", "/api/resolve", ResolvePrompt, Runtime),
    route("GET", "/api/resolve/{prompt}", ResolvePrompt, Runtime),
    route("POST", "/api/resolve/{prompt}", ResolvePrompt, Runtime),
    // Experiments.
    creates("/api/prompts/{prompt}/experiments", Experiments, Editor),
    route("GET", "/api/experiments", Experiments, Viewer),
    route("GET", "/api/experiments/main-switch", Experiments, Viewer),
    route("POST", "/api/experiments/kill-all", Experiments, Publisher),
    route("POST", "/api/experiments/resume-all", Experiments, Publisher),
    route("POST", "/api/experiments/run-schedule", Experiments, Admin),
    route("GET", "/api/experiments/{experiment}", Experiments, Viewer),
    route("PATCH", "/api/experiments/{experiment}", Experiments, Editor),
    creates("/api/experiments/{experiment}/kill", Experiments, Editor),
    creates("/api/experiments/{experiment}/pause", Experiments, Editor),
    creates("/api/experiments/{experiment}/resume", Experiments, Editor),
    creates("/api/experiments/{experiment}/stop", Experiments, Editor),
    route("GET", "/api/experiments/{experiment}/results", Experiments, Viewer),
    route("GET", "/api/experiments/{experiment}/assignment", Experiments, Viewer),
    creates("/api/prompts/{prompt}/canary", Experiments, Editor),
    route("GET", "/api/canaries", Experiments, Viewer),
    route("GET", "/api/canaries/{canary}", Experiments, Viewer),
    creates("/api/canaries/{canary}/promote", Experiments, Editor),
    creates("/api/canaries/{canary}/rollback", Experiments, Editor),
    creates("/api/canaries/{canary}/pause", Experiments, Editor),
    creates("/api/canaries/{canary}/resume", Experiments, Editor),
    // Feedback.
    creates("/api/feedback", Feedback, Runtime),
    route("GET", "/api/feedback/stats", Feedback, Viewer),
    // Chat.
    creates("/api/chat", Chat, Runtime),
    route("POST", "/api/chat/{message}/stop", Chat, Runtime),
    route("GET", "/api/chat/{message}/stream", Chat, Runtime),
    creates("/v1/chat/completions", Chat, Runtime),
    route("GET", "/v1/models", Chat, Runtime),
    route("GET", "/v1/models/{*model}", Chat, Runtime),
    route("POST", "/api/tokens", Chat, Runtime),
    route("GET", "/api/conversations", Chat, Runtime),
    route("GET", "/api/conversations/{conversation}", Chat, Runtime),
    route("PATCH", "/api/conversations/{conversation}", Chat, Runtime),
    route("DELETE", "/api/conversations/{conversation}", Chat, Runtime),
    // Events.
    route("POST", "/api/ingest", Ingest, Runtime),
    route("POST", "/api/ingest/drain", Ingest, Admin),
    // Analytics.
    route("GET", "/api/analytics/overview", Analytics, Viewer),
    route("GET", "/api/analytics/timeseries", Analytics, Viewer),
    route("GET", "/api/analytics/latency", Analytics, Viewer),
    route("GET", "/api/analytics/costs", Analytics, Viewer),
    route("GET", "/api/analytics/versions", Analytics, Viewer),
    route("GET", "/metrics", Analytics, Admin),
    // Export. The last one's parameter ends in `.csv`.
    route("GET", "/api/export/conversations.csv", Export, Viewer),
    route("GET", "/api/export/messages.csv", Export, Viewer),
    route("GET", "/api/export/experiments/{file}", Export, Viewer),
];

/// What the table says of a path.
pub(crate) enum Match {
    Route(&'static Route),
    /// The path exists, with these methods.
    OtherMethods(String),
    Nothing,
}

/// The routes of one path.
type Methods = Vec<&'static Route>;

static BY_PATH: LazyLock<matchit::Router<Methods>> = LazyLock::new(|| {
    let mut paths: Vec<(&str, Methods)> = Vec::new();
    for route in ROUTES {
        match paths.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, methods)) => methods.push(route),
            None => paths.push((route.path, vec![route])),
        }
    }
    let mut router = matchit::Router::new();
    for (path, methods) in paths {
        // A test inserts them all: a conflict cannot reach a deployment.
        let _conflict = router.insert(path, methods);
    }
    router
});

/// The route for a method and a percent-encoded path. `HEAD` is answered like `GET`.
pub(crate) fn find(method: &str, path: &str) -> Match {
    let Ok(matched) = BY_PATH.at(path) else { return Match::Nothing };
    let wanted = if method == "HEAD" { "GET" } else { method };
    if let Some(route) = matched.value.iter().find(|route| route.method == wanted) {
        return Match::Route(route);
    }
    let allowed = |route: &&'static Route| if route.method == "GET" { "GET, HEAD" } else { route.method };
    let methods: Vec<&str> = matched.value.iter().map(allowed).collect();
    Match::OtherMethods(methods.join(", "))
}

/// The function that answers `path`; the gateway itself when none does.
pub fn find_function(path: &str) -> Function {
    let routes = BY_PATH.at(path).ok().map(|matched| matched.value);
    routes.and_then(|routes| routes.first()).map_or(Gateway, |route| route.function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_routes_are_in_each_others_way() {
        let mut router = matchit::Router::new();
        let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
        paths.dedup();
        for path in paths {
            router.insert(path, ()).unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }

    /// They are served by [`crate::serve_reading`], which knows no idempotency keys.
    #[test]
    fn functions_that_only_read_make_nothing() {
        let reading = [Function::Analytics, Function::Export, Function::Gateway, Function::ResolvePrompt];
        assert!(!ROUTES.iter().any(|route| route.creates && reading.contains(&route.function)));
    }

    #[test]
    fn a_path_has_one_function_whatever_the_method() {
        for route in ROUTES {
            assert_eq!(find_function(route.path), route.function, "{}", route.path);
        }
    }

    #[test]
    fn paths_match_encoded_names_and_tell_other_methods() {
        assert!(
            matches!(find("GET", "/api/prompts/a%2Fb"), Match::Route(route) if route.path == "/api/prompts/{prompt}")
        );
        assert!(matches!(find("HEAD", "/health"), Match::Route(_)));
        assert!(
            matches!(find("DELETE", "/api/prompts"), Match::OtherMethods(methods) if methods == "GET, HEAD, POST")
        );
        assert!(matches!(find("GET", "/api/prompts/"), Match::Nothing));
        for model in ["gpt-4o", "custom-gpu/llama", "prompt:team/reply", "prompt:team%2Freply"] {
            let path = format!("/v1/models/{model}");
            assert!(matches!(find("GET", &path), Match::Route(_)), "{model}");
        }
        assert!(matches!(find("GET", "/v1/models"), Match::Route(route) if route.path == "/v1/models"));
        assert_eq!(find_function("/nowhere"), Function::Gateway);
    }
}
