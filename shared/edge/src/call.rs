//! An authenticated request, as handlers see it.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use cache::{Redis, Stores};
use domain::{Error, Id, Kind, Role};
use http::request::Parts;
use platform::Context;
use platform::database::Database;
use store::Actor;
use store::keys::KnownKey;

use crate::authenticate::Caller;
use crate::{Function, Problem, Span, Trace, Work};

/// Who calls, and what is at hand to answer.
#[derive(Clone)]
pub struct Call {
    /// Configuration and tasks.
    pub context: Context,
    /// The request's id.
    pub request_id: Arc<str>,
    /// The function that answers.
    pub function: Function,
    /// Where in a trace the request's work has its place, if its caller named one.
    pub trace: Option<Trace>,
    /// The caller.
    pub caller: Caller,
    /// This request's database connection.
    pub database: Database,
    /// Where documents are found.
    pub stores: Stores,
}

impl Call {
    /// The call that `request` is.
    ///
    /// # Errors
    /// An internal one where the route asks for no key.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        Self::among(request.extensions())
    }

    fn among(extensions: &http::Extensions) -> Result<Self, Problem> {
        let call = extensions.get::<Self>().cloned();
        call.ok_or_else(|| Error::Internal("the route has no authenticated caller".to_owned()).into())
    }

    /// The caller's key.
    pub fn key(&self) -> &KnownKey {
        &self.caller.key
    }

    /// The caller's team: the first parameter of every query.
    pub fn team_id(&self) -> &Id {
        &self.caller.key.team_id
    }

    /// Refuses a caller whose role is below `role`.
    pub fn require(&self, role: Role) -> Result<(), Error> {
        self.caller.require(role)
    }

    /// Redis, where there is one.
    pub fn redis(&self) -> Option<&Redis> {
        self.stores.redis.as_ref()
    }

    /// Who a change is made by.
    pub fn actor(&self) -> Actor {
        Actor {
            team_id: self.caller.key.team_id.clone(),
            user_id: self.caller.key.user_id.clone(),
            key_id: self.caller.key.key_id.clone(),
            request_id: self.request_id.to_string(),
        }
    }

    /// The id of the caller's trace, for logs.
    pub fn trace_id(&self) -> Option<String> {
        self.trace.map(|trace| trace.trace_id())
    }

    /// Work of its own in the caller's trace, if there is one.
    pub fn new_span(&self) -> Option<Span> {
        self.trace.map(|trace| trace.span(platform::random::bytes()))
    }

    /// Ends a piece of work of [`Call::new_span`]: where traces are exported, it is a span of this one.
    pub fn end_span(&self, span: Option<Span>, work: &Work<'_>) {
        if let Some(span) = span {
            span.end(&self.context, self.function, self.team_id(), work);
        }
    }

    /// A new id.
    pub fn new_id(&self, kind: Kind) -> Id {
        Id::new(kind, platform::time::now_ms(), platform::random::bytes())
    }
}

/// The stores that `context` names.
pub fn stores(context: &Context) -> (Stores, Database) {
    let stores = Stores::new(Redis::from_config(&context.config), context.tasks.clone());
    (stores, Database::new(context.config.get("DATABASE_URL").unwrap_or_default()))
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::among(&parts.extensions)
    }
}
