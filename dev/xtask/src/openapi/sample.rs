//! Examples of what a schema describes, put together from the examples of its parts.

use anyhow::{Context, Result, bail};

use super::json::{Json, Members};

/// A value that `schema` describes.
pub(super) fn of(schema: &Json, schemas: &Members) -> Result<Json> {
    if let Some(example) = schema.get("examples").and_then(|examples| examples.items().first()) {
        return Ok(example.clone());
    }
    if let Some(target) = schema.get("$ref").and_then(Json::as_text) {
        let target = target.strip_prefix("#/components/schemas/").and_then(|name| schemas.get(name));
        return of(target.with_context(|| format!("{schema:?} leads nowhere"))?, schemas);
    }
    if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
        return Ok(value.clone());
    }
    let first = |name| schema.get(name).and_then(|values| values.items().first());
    if let Some(value) = first("enum") {
        return Ok(value.clone());
    }
    if let Some(alternative) = first("oneOf").or_else(|| first("anyOf")) {
        return of(alternative, schemas);
    }
    if let Some(parts) = schema.get("allOf") {
        return merged(parts.items(), schemas);
    }
    of_type(schema, schemas)
}

fn merged(parts: &[Json], schemas: &Members) -> Result<Json> {
    let mut all = Members::new();
    for part in parts {
        if let Json::Object(members) = of(part, schemas)? {
            all.extend(members);
        }
    }
    Ok(Json::Object(all))
}

/// Only members that must be there: an example shows what is usual.
fn of_type(schema: &Json, schemas: &Members) -> Result<Json> {
    Ok(match schema.get("type").and_then(Json::as_text) {
        Some("object") => {
            let mut members = Members::new();
            for name in schema.get("required").map(Json::items).unwrap_or_default() {
                let name = name.as_text().unwrap_or_default();
                let member = schema.get("properties").and_then(|properties| properties.get(name));
                let member = member.with_context(|| format!("{name} is required and not described"))?;
                members.insert(name.to_owned(), of(member, schemas)?);
            }
            Json::Object(members)
        }
        Some("array") => {
            schema.get("items").map(|items| of(items, schemas)).transpose()?.into_iter().collect()
        }
        Some("boolean") => Json::Boolean(false),
        _ => bail!("a schema without an example: {}", serde_json::to_string(schema)?),
    })
}
