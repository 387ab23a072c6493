//! How a statement is declared: its file names it.

/// A read, or a change that may be repeated: `read_statement!("prompts/get", [Text, Text])`.
macro_rules! read_statement {
    ($name:literal, [$($parameter:ident),*]) => {
        $crate::statement::statement!($name, [$($parameter),*], true)
    };
}

/// A change: `change_statement!("prompts/create", [Text, Json, Json])`.
macro_rules! change_statement {
    ($name:literal, [$($parameter:ident),*]) => {
        $crate::statement::statement!($name, [$($parameter),*], false)
    };
}

macro_rules! statement {
    ($name:literal, [$($parameter:ident),*], $idempotent:literal) => {
        ::platform::database::Statement {
            name: $name,
            sql: include_str!(concat!($name, ".sql")),
            parameters: &[$(::platform::database::Type::$parameter),*],
            idempotent: $idempotent,
        }
    };
}

pub(crate) use {change_statement, read_statement, statement};
