//! What can go wrong, in the product's terms. HTTP is another crate's business.

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such thing in the caller's team.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// It would contradict what is there; the text says how, for the caller.
    #[error("conflict: {0}")]
    Conflict(String),
    /// Somebody else changed it first.
    #[error("revision is {current}")]
    RevisionMismatch {
        /// The revision that is in force.
        current: i64,
    },
    /// The input is well-formed and wrong.
    #[error("{} invalid fields", .0.len())]
    Validation(Vec<FieldError>),
    /// The input is malformed: not what its syntax asks for, such as a broken cursor.
    #[error("malformed: {0}")]
    Malformed(String),
    /// The caller's role does not suffice.
    #[error("forbidden: {0}")]
    Forbidden(String),
    /// Variables of the template have no value.
    #[error("missing variables")]
    MissingVariables(Vec<String>),
    /// A store is down or too slow. The text is for the log only.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A defect of ours. The text is for the log only.
    #[error("internal: {0}")]
    Internal(String),
}

/// One field of the input and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// Path of the field: `variants[1].traffic_weight`.
    pub field: String,
    /// What is wrong, for programs: `required`, `too_long`, `unknown_field`, ….
    pub code: &'static str,
    /// What is wrong, for people.
    pub detail: String,
}

impl FieldError {
    /// A field and what is wrong with it.
    pub fn new(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { field: field.into(), code, detail: detail.into() }
    }
}

impl Error {
    /// A validation error of one field.
    pub fn field(field: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Validation(vec![FieldError::new(field, code, detail)])
    }
}
