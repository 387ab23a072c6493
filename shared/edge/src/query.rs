//! Query strings, read strictly.

use axum::extract::FromRequestParts;
use domain::{Error, FieldError};
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Problem;

/// The query string's parameters. Types say `deny_unknown_fields`; every field is optional text or a number.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        serde_urlencoded::from_str(text).map(Self).map_err(|error| {
            let message = error.to_string();
            let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
            let (field, code) = unknown.map_or(("query", "invalid_type"), |name| (name, "unknown_field"));
            Error::Validation(vec![FieldError::new(field, code, message.clone())]).into()
        })
    }
}
