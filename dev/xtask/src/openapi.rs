//! `openapi.json`: which routes there are and who may call them comes from [`edge::ROUTES`], what they mean from
//! the files in `dev/xtask/openapi`, one per area.
//!
//! What follows from the table is added here and stands in no file: path parameters, security, `Idempotency-Key`,
//! and the problems that any route of its kind may answer with.

#[cfg(test)]
mod check;
mod description;
mod json;
mod sample;

use anyhow::{Context, Result};
use edge::{Access, Route};

use description::{Area, General, Operation, Parameter, Problem, Request, Response};
use json::{Json, Members, object, reference};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The document, as JSON text. Routes and descriptions that have no counterpart are left out and told on standard
/// error: a build for trying something out need not wait for them, and a test does.
pub(crate) fn document() -> Result<String> {
    let (general, areas) = description::read()?;
    for line in discrepancies(&areas, edge::ROUTES) {
        eprintln!("openapi.json: {line}");
    }
    let document = assemble(&general, &areas, edge::ROUTES)?;
    Ok(serde_json::to_string_pretty(&document)?)
}

/// Routes without a description, and descriptions without a route.
fn discrepancies(areas: &[Area], routes: &[Route]) -> Vec<String> {
    let undescribed =
        routes.iter().map(key_of).filter(|key| !areas.iter().any(|area| area.operations.contains_key(key)));
    let described = areas.iter().flat_map(|area| area.operations.keys());
    let unrouted = described.filter(|key| !routes.iter().any(|route| key_of(route) == **key));
    let undescribed = undescribed.map(|key| format!("{key} is not described in dev/xtask/openapi"));
    undescribed.chain(unrouted.map(|key| format!("{key} is described and is no route"))).collect()
}

fn assemble(general: &General, areas: &[Area], routes: &[Route]) -> Result<Json> {
    let schemas: Members = general
        .schemas
        .iter()
        .chain(areas.iter().flat_map(|area| &area.schemas))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let mut paths = Members::new();
    // In the order of the descriptions, which is one for readers.
    let described = areas.iter().flat_map(|area| area.operations.iter().map(move |entry| (area, entry)));
    for (area, (key, operation)) in described {
        let Some(route) = routes.iter().find(|route| key_of(route) == *key) else { continue };
        let operation = describe(general, &schemas, route, area, operation)?;
        let path = paths.entry(path_of(route)).or_insert_with(|| Json::Object(Members::new()));
        path.insert(&route.method.to_lowercase(), operation);
    }
    let security = general.security_schemes.keys().map(|name| object([(name, Json::List(Vec::new()))]));
    let security = security.collect();
    let tags = areas.iter().map(|area| area.tag.clone());
    Ok(object([
        ("openapi", "3.1.1".into()),
        ("info", info(general)),
        ("servers", Json::List(vec![object([("url", "/".into())])])),
        ("security", security),
        ("tags", tags.collect()),
        ("paths", Json::Object(paths)),
        ("components", components(general, areas, schemas)),
    ]))
}

fn info(general: &General) -> Json {
    object([
        ("title", general.title.as_str().into()),
        ("summary", general.summary.as_str().into()),
        ("description", general.description.as_str().into()),
        ("version", VERSION.into()),
        ("license", object([("name", "Apache-2.0".into()), ("identifier", "Apache-2.0".into())])),
    ])
}

fn components(general: &General, areas: &[Area], schemas: Members) -> Json {
    let parameters = general.parameters.iter().chain(areas.iter().flat_map(|area| &area.parameters));
    let headers = general.headers.iter().chain(areas.iter().flat_map(|area| &area.headers));
    let responses =
        general.problems.values().map(|problem| (problem.name.clone(), describe_problem(problem)));
    let clone = |(name, value): (&String, &Json)| (name.clone(), value.clone());
    object([
        ("securitySchemes", Json::Object(general.security_schemes.clone())),
        ("parameters", Json::Object(parameters.map(clone).collect())),
        ("headers", Json::Object(headers.map(clone).collect())),
        ("responses", Json::Object(responses.collect())),
        ("schemas", Json::Object(schemas)),
    ])
}

fn key_of(route: &Route) -> String {
    format!("{} {}", route.method, path_of(route))
}

/// The path as the document has it: OpenAPI cannot say that a parameter has slashes.
fn path_of(route: &Route) -> String {
    route.path.replace("{*", "{")
}

fn describe(
    general: &General,
    schemas: &Members,
    route: &Route,
    area: &Area,
    operation: &Operation,
) -> Result<Json> {
    let mut members = Members::new();
    let mut add = |name: &str, value: Json| members.insert(name.to_owned(), value);
    add("operationId", operation.id.as_str().into());
    add("tags", Json::List(vec![area.tag_name()?.into()]));
    add("summary", operation.summary.as_str().into());
    if let Some(description) = &operation.description {
        add("description", description.as_str().into());
    }
    match route.access {
        Access::Public => add("security", Json::List(Vec::new())),
        Access::Role(role) => add("x-role", role.name().into()),
    };
    let parameters = parameters_of(route, operation);
    if !parameters.is_empty() {
        add("parameters", Json::List(parameters));
    }
    if let Some(request) = &operation.request {
        add("requestBody", describe_request(request, schemas)?);
    }
    add("responses", responses_of(general, schemas, route, operation)?);
    Ok(Json::Object(members))
}

fn parameters_of(route: &Route, operation: &Operation) -> Vec<Json> {
    let path = path_of(route);
    let in_path = path_parameters(&path).map(|name| reference("parameters", name));
    let own = operation.parameters.iter().map(|parameter| match parameter {
        Parameter::Shared(name) => reference("parameters", name),
        Parameter::Own(parameter) => parameter.clone(),
    });
    let once = route.creates.then(|| reference("parameters", "idempotency_key"));
    in_path.chain(own).chain(once).collect()
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn describe_request(request: &Request, schemas: &Members) -> Result<Json> {
    let schema = reference("schemas", &request.schema);
    let content = media_type(schema, request.example.clone(), schemas)?;
    Ok(object([
        ("required", Json::Boolean(!request.optional)),
        ("content", object([("application/json", content)])),
    ]))
}

fn responses_of(general: &General, schemas: &Members, route: &Route, operation: &Operation) -> Result<Json> {
    let mut responses = Members::new();
    for (status, response) in &operation.responses {
        responses.insert(status.clone(), describe_response(response, schemas, route.creates)?);
    }
    for status in problems_of(route, operation) {
        if responses.contains_key(&status.to_string()) {
            continue;
        }
        let problem = general.problems.get(&status.to_string());
        let problem = problem.with_context(|| format!("there is no problem with status {status}"))?;
        responses.insert(status.to_string(), reference("responses", &problem.name));
    }
    Ok(Json::Object(responses))
}

/// The statuses of the problems that a route may answer with: those of its kind, and its own.
fn problems_of(route: &Route, operation: &Operation) -> Vec<u16> {
    let has_parameters = !operation.parameters.is_empty();
    let has_cursor = operation
        .parameters
        .iter()
        .any(|parameter| matches!(parameter, Parameter::Shared(name) if name == "cursor"));
    let has_body = operation.request.is_some();
    let role = match route.access {
        Access::Public => None,
        Access::Role(role) => Some(role),
    };
    let kinds: [(bool, &[u16]); 7] = [
        (role.is_some(), &[401, 503]),
        (role.is_some_and(|role| role > domain::Role::Runtime), &[403]),
        (path_parameters(&path_of(route)).next().is_some(), &[404]),
        (has_body, &[400, 413, 415]),
        (has_cursor, &[400]),
        (has_body || has_parameters, &[422]),
        (route.creates, &[409, 422]),
    ];
    let of_kind = kinds.iter().filter(|(applies, _)| *applies).flat_map(|(_, statuses)| *statuses);
    let mut all: Vec<u16> = of_kind.chain(&operation.problems).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn describe_response(response: &Response, schemas: &Members, creates: bool) -> Result<Json> {
    let mut members = Members::new();
    members.insert("description".to_owned(), response.description.as_str().into());
    let always = ["x-request-id"].into_iter().chain(creates.then_some("idempotent-replayed"));
    let names = always.chain(response.headers.iter().map(String::as_str));
    let headers = names.map(|name| (name.to_owned(), reference("headers", name)));
    members.insert("headers".to_owned(), Json::Object(headers.collect()));
    let mut content = Members::new();
    if !response.events.is_empty() {
        content.insert("text/event-stream".to_owned(), describe_events(&response.events, schemas)?);
    }
    if let Some(schema) = response.schema() {
        content.insert("application/json".to_owned(), media_type(schema, response.example.clone(), schemas)?);
    }
    for (name, example) in &response.text {
        let schema = object([("type", "string".into())]);
        content.insert(name.clone(), object([("schema", schema), ("example", example.as_str().into())]));
    }
    if !content.is_empty() {
        members.insert("content".to_owned(), Json::Object(content));
    }
    Ok(Json::Object(members))
}

/// OpenAPI 3.1 has no word for a sequence of events: the stream is text, and `x-events` says what is in it.
fn describe_events(events: &indexmap::IndexMap<String, String>, schemas: &Members) -> Result<Json> {
    let shown = events.iter().filter(|(name, _)| name.as_str() != "error");
    let texts: Result<Vec<String>> = shown
        .enumerate()
        .map(|(index, (name, schema))| {
            let data = serde_json::to_string(&sample::of(&reference("schemas", schema), schemas)?)?;
            Ok(format!("id: {}\nevent: {name}\ndata: {data}\n\n", index + 1))
        })
        .collect();
    let payloads = events.iter().map(|(name, schema)| (name.clone(), reference("schemas", schema)));
    Ok(object([
        ("schema", object([("type", "string".into())])),
        ("example", Json::Text(texts?.concat())),
        ("x-events", Json::Object(payloads.collect())),
    ]))
}

fn describe_problem(problem: &Problem) -> Json {
    let mut example = Members::new();
    let mut add = |name: &str, value: Json| example.insert(name.to_owned(), value);
    add("type", "about:blank".into());
    add("title", problem.title.as_str().into());
    add("status", Json::Number(problem.status.into()));
    add("code", problem.code.as_str().into());
    add("detail", problem.detail.as_str().into());
    add("request_id", "req_6f1d2c3b4a5968778695a4b3c2d1e0f9".into());
    example.extend(problem.more.clone());
    let names = std::iter::once("x-request-id").chain(problem.headers.iter().map(String::as_str));
    let headers = names.map(|name| (name.to_owned(), reference("headers", name)));
    let content = object([("schema", reference("schemas", "Problem")), ("example", Json::Object(example))]);
    object([
        ("description", problem.description.as_str().into()),
        ("headers", Json::Object(headers.collect())),
        ("content", object([("application/problem+json", content)])),
    ])
}

fn media_type(schema: Json, example: Option<Json>, schemas: &Members) -> Result<Json> {
    let example = example.map_or_else(|| sample::of(&schema, schemas), Ok)?;
    Ok(object([("schema", schema), ("example", example)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_valid() {
        let document: serde_json::Value = serde_json::from_str(&document().unwrap()).unwrap();
        let faults = check::faults(&document);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }

    #[test]
    fn paths_and_roles_are_those_of_the_routes() {
        let document: serde_json::Value = serde_json::from_str(&document().unwrap()).unwrap();
        let count: usize =
            document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(count, edge::ROUTES.len());
        assert_eq!(document["paths"]["/api/keys"]["post"]["x-role"], "admin");
        assert_eq!(document["paths"]["/health"]["get"]["security"], serde_json::json!([]));
        let problems =
            document["paths"]["/api/prompts/{prompt}/promote"]["post"]["responses"].as_object().unwrap();
        let statuses: Vec<&str> = problems.keys().map(String::as_str).collect();
        assert_eq!(statuses, ["200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "503"]);
    }

    #[test]
    fn routes_and_descriptions_are_the_same() {
        let (_, areas) = description::read().unwrap();
        let lines = discrepancies(&areas, edge::ROUTES);
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }

    #[test]
    fn what_has_no_counterpart_is_told() {
        let (_, mut areas) = description::read().unwrap();
        let removed = areas.iter_mut().find_map(|area| area.operations.shift_remove("GET /api/me"));
        assert!(removed.is_some());
        let without_health = &edge::ROUTES[1..];
        assert_eq!(
            discrepancies(&areas, without_health),
            ["GET /api/me is not described in dev/xtask/openapi", "GET /health is described and is no route"]
        );
    }
}
