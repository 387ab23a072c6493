//! Every statement fits the migrated schema, and every file is a statement.

use std::collections::BTreeSet;
use std::path::Path;

use platform::database::{Statement, Type};
use tokio_postgres::types::Type as SqlType;

use crate::support;

#[tokio::test]
async fn every_statement_prepares_and_returns_one_json_column() {
    let client = support::client().await;
    for statement in store::statements() {
        let types: Vec<SqlType> = statement.parameters.iter().map(|kind| sql_type(*kind)).collect();
        let prepared = client
            .prepare_typed(statement.sql, &types)
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", statement.name));
        let columns: Vec<&SqlType> = prepared.columns().iter().map(tokio_postgres::Column::type_).collect();
        assert_eq!(columns, [&SqlType::JSONB], "{}", statement.name);
        assert_eq!(prepared.params().len(), statement.parameters.len(), "{}", statement.name);
    }
}

#[test]
fn every_file_is_a_statement_and_the_other_way_round() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = BTreeSet::new();
    for folder in std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()) {
        if folder.is_dir() {
            for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                let name = file.strip_prefix(&root).unwrap().with_extension("");
                files.insert(name.to_str().unwrap().to_owned());
            }
        }
    }
    let statements: Vec<&Statement> = store::statements().collect();
    let names: BTreeSet<String> = statements.iter().map(|statement| statement.name.to_owned()).collect();
    assert_eq!(names.len(), statements.len(), "two statements share a name");
    assert_eq!(names, files);
}

fn sql_type(kind: Type) -> SqlType {
    match kind {
        Type::Text => SqlType::TEXT,
        Type::Integer => SqlType::INT8,
        Type::Float => SqlType::FLOAT8,
        Type::Boolean => SqlType::BOOL,
        Type::Json => SqlType::JSONB,
    }
}
