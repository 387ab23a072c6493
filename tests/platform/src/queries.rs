//! Statements of every kind.

use bytes::Bytes;
use platform::database::{Database, Error, Parameter, Statement, Type};
use serde_json::{Value, json};

use crate::Platform;

const SCALARS: Statement = Statement {
    name: "scalars",
    sql: "select jsonb_build_object('text', $1::text, 'integer', $2::bigint, 'float', $3::double precision, \
          'boolean', $4::boolean, 'json', $5::jsonb)",
    parameters: &[Type::Text, Type::Integer, Type::Float, Type::Boolean, Type::Json],
    idempotent: true,
};
/// Nothing but the declared types says what its parameters are.
const UNTYPED: Statement = Statement {
    name: "untyped",
    sql: "select jsonb_build_array($1 ->> 'a', $2, $3, '$1', $4, $5 / 2) -- $1",
    parameters: &[Type::Json, Type::Text, Type::Integer, Type::Boolean, Type::Float],
    idempotent: true,
};
const NULL: Statement =
    Statement { name: "null", sql: "select null::jsonb", parameters: &[], idempotent: true };
const NOTHING: Statement =
    Statement { name: "nothing", sql: "select 'true'::jsonb where false", parameters: &[], idempotent: true };
const SERIES: Statement = Statement {
    name: "series",
    sql: "select to_jsonb(number) from generate_series(1, $1::bigint) as number",
    parameters: &[Type::Integer],
    idempotent: true,
};
const DIVIDE: Statement = Statement {
    name: "divide",
    sql: "select to_jsonb(1 / $1::bigint)",
    parameters: &[Type::Integer],
    idempotent: true,
};
const INSERT: Statement = Statement {
    name: "insert",
    sql: "insert into contract (number) values ($1::bigint) returning to_jsonb(number)",
    parameters: &[Type::Integer],
    idempotent: false,
};
const SESSION: Statement = Statement {
    name: "session",
    sql: "select to_jsonb(pg_backend_pid())",
    parameters: &[],
    idempotent: true,
};

const STATEMENTS: [Statement; 8] = [SCALARS, UNTYPED, NULL, NOTHING, SERIES, DIVIDE, INSERT, SESSION];

/// What to run.
#[derive(serde::Deserialize)]
struct Wanted {
    /// Each statement's name and parameters, all at the same time over one database.
    statements: Vec<(String, Vec<Value>)>,
    /// Where, if not at `DATABASE_URL`.
    url: Option<String>,
}

/// Runs statements and answers with each one's rows or error.
pub async fn query(Platform(context): Platform, body: Bytes) -> String {
    let Ok(wanted) = serde_json::from_slice::<Wanted>(&body) else { return "null".to_owned() };
    let url = wanted.url.as_deref().or(context.config.get("DATABASE_URL")).unwrap_or_default();
    let database = Database::new(url);
    let running = wanted.statements.iter().map(|(name, parameters)| run(&database, name, parameters));
    Value::Array(futures_util::future::join_all(running).await).to_string()
}

async fn run(database: &Database, name: &str, values: &[Value]) -> Value {
    let Some(statement) = STATEMENTS.iter().find(|statement| statement.name == name) else {
        return Value::Null;
    };
    let parameters: Vec<Parameter<'_>> =
        statement.parameters.iter().zip(values).map(|(kind, value)| parameter(*kind, value)).collect();
    match database.query(statement, &parameters).await {
        Ok(rows) => rows.iter().map(|row| serde_json::from_slice(row).unwrap_or(json!("not JSON"))).collect(),
        Err(Error::Unavailable(message)) => json!({"unavailable": message}),
        Err(Error::Refused { statement, code, constraint, .. }) => {
            json!({"refused": code, "statement": statement, "constraint": constraint})
        }
    }
}

fn parameter(kind: Type, value: &Value) -> Parameter<'_> {
    match kind {
        Type::Json if !value.is_null() => value.into(),
        Type::Text => value.as_str().into(),
        Type::Integer => value.as_i64().into(),
        Type::Float => value.as_f64().into(),
        Type::Boolean => value.as_bool().into(),
        Type::Json => Parameter::Null,
    }
}
