//! Whether a document is OpenAPI 3.1 in what matters to the tools that read it: structure, references, unique
//! names, and examples that are what their schemas say.

use std::collections::HashSet;

use serde_json::Value;

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// What is wrong with `document`, each with its place.
pub(super) fn faults(document: &Value) -> Vec<String> {
    let mut checker = Checker { document, faults: Vec::new() };
    checker.check_document();
    checker.faults
}

struct Checker<'a> {
    document: &'a Value,
    faults: Vec<String>,
}

impl<'a> Checker<'a> {
    fn require(&mut self, holds: bool, place: &str, what: &str) {
        if !holds {
            self.faults.push(format!("{place}: {what}"));
        }
    }

    fn check_document(&mut self) {
        let document = self.document;
        self.require(
            document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")),
            "openapi",
            "not 3.1",
        );
        for name in ["title", "version"] {
            self.require(document["info"][name].is_string(), "info", &format!("no {name}"));
        }
        self.check_references(document, "");
        let mut ids = HashSet::new();
        for (path, item) in members(&document["paths"]) {
            self.require(path.starts_with('/'), path, "begins with no slash");
            for (method, operation) in members(item) {
                let place = format!("{method} {path}");
                self.require(METHODS.contains(&method), &place, "no method");
                let id = operation["operationId"].as_str().unwrap_or_default();
                self.require(
                    !id.is_empty() && ids.insert(id),
                    &place,
                    "operationId is missing or not unique",
                );
                self.check_operation(&place, path, operation);
            }
        }
        for (name, schema) in members(&document["components"]["schemas"]) {
            self.check_schema(schema, name);
        }
        for kind in ["parameters", "headers", "responses", "schemas"] {
            for (name, _) in members(&document["components"][kind]) {
                let used = document.to_string().contains(&format!("\"#/components/{kind}/{name}\""));
                self.require(used, name, "is used nowhere");
            }
        }
    }

    fn check_references(&mut self, value: &Value, place: &str) {
        if let Some(target) = value["$ref"].as_str() {
            let found = target.strip_prefix('#').and_then(|pointer| self.document.pointer(pointer));
            self.require(found.is_some(), place, &format!("{target} leads nowhere"));
        }
        for (name, member) in members(value) {
            self.check_references(member, &format!("{place}/{name}"));
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check_references(item, &format!("{place}/{index}"));
        }
    }

    fn follow(&self, value: &'a Value) -> &'a Value {
        let target = value["$ref"].as_str().and_then(|target| target.strip_prefix('#'));
        target.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }

    fn check_operation(&mut self, place: &str, path: &str, operation: &'a Value) {
        self.require(operation["summary"].is_string(), place, "no summary");
        let tags: Vec<&Value> =
            self.document["tags"].as_array().into_iter().flatten().map(|tag| &tag["name"]).collect();
        let known = operation["tags"].as_array().is_some_and(|own| own.iter().all(|tag| tags.contains(&tag)));
        self.require(known, place, "its tags are not described");
        let mut names = HashSet::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = self.follow(parameter);
            let name = parameter["name"].as_str().unwrap_or_default();
            let location = parameter["in"].as_str().unwrap_or_default();
            let place = format!("{place}, parameter {name}");
            self.require(names.insert((location, name)), &place, "appears twice");
            self.require(["path", "query", "header"].contains(&location), &place, "is nowhere");
            if location == "path" {
                self.require(parameter["required"] == true, &place, "must be required");
                self.require(path.contains(&format!("{{{name}}}")), &place, "is not in the path");
            }
            self.check_content(parameter, &place);
        }
        let in_path = super::path_parameters(path).all(|name| names.contains(&("path", name)));
        self.require(in_path, place, "a parameter of the path is not described");
        self.check_media(&operation["requestBody"], place);
        self.require(!members(&operation["responses"]).is_empty(), place, "no responses");
        for (status, response) in members(&operation["responses"]) {
            let place = format!("{place}, {status}");
            let response = self.follow(response);
            self.require(
                status.parse().is_ok_and(|status: u16| (100..600).contains(&status)),
                &place,
                "no status",
            );
            self.require(response["description"].is_string(), &place, "no description");
            for (_, header) in members(&response["headers"]) {
                let header = self.follow(header);
                self.check_content(header, &place);
            }
            self.check_media(response, &place);
        }
    }

    fn check_media(&mut self, body: &'a Value, place: &str) {
        for (media_type, content) in members(&body["content"]) {
            self.require(media_type.contains('/'), place, "no media type");
            self.require(!content["example"].is_null(), place, "no example");
            self.check_content(content, place);
        }
    }

    /// Something with a schema and perhaps an example.
    fn check_content(&mut self, content: &'a Value, place: &str) {
        self.require(content["schema"].is_object(), place, "no schema");
        self.check_schema(&content["schema"], place);
        if let Some(example) = content.get("example") {
            self.check_value(example, &content["schema"], &format!("{place}, example"));
        }
    }

    fn check_schema(&mut self, schema: &'a Value, place: &str) {
        let named = match &schema["type"] {
            Value::Null => Vec::new(),
            Value::Array(types) => types.iter().collect(),
            one => vec![one],
        };
        let known = named.iter().all(|name| name.as_str().is_some_and(|name| TYPES.contains(&name)));
        self.require(known, place, "an unknown type");
        self.require(schema.get("nullable").is_none(), place, "nullable is not of 3.1");
        for required in schema["required"].as_array().into_iter().flatten() {
            let described = required.as_str().is_some_and(|name| schema["properties"].get(name).is_some());
            self.require(described, place, &format!("{required} is required and not described"));
        }
        for (name, property) in members(&schema["properties"]) {
            self.check_schema(property, &format!("{place}.{name}"));
        }
        for name in ["items", "additionalProperties"] {
            if schema[name].is_object() {
                self.check_schema(&schema[name], place);
            }
        }
        for name in ["allOf", "oneOf", "anyOf"] {
            for part in schema[name].as_array().into_iter().flatten() {
                self.check_schema(part, place);
            }
        }
        for example in schema["examples"].as_array().into_iter().flatten().chain(schema.get("default")) {
            self.check_value(example, schema, &format!("{place}, example"));
        }
    }

    fn check_value(&mut self, value: &Value, schema: &'a Value, place: &str) {
        let wrong = self.mismatches(value, schema, place);
        self.faults.extend(wrong);
    }

    /// What keeps `value` from being what `schema` describes.
    fn mismatches(&self, value: &Value, schema: &'a Value, place: &str) -> Vec<String> {
        let schema = self.follow(schema);
        let mut wrong = Vec::new();
        let types = &schema["type"];
        let fits = |name: &Value| name.as_str().is_some_and(|name| has_type(value, name));
        if !types.is_null() && !types.as_array().map_or_else(|| fits(types), |types| types.iter().any(fits)) {
            wrong.push(format!("{place}: {value} is no {types}"));
        }
        if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
            wrong.push(format!("{place}: {value} is not among {}", schema["enum"]));
        }
        if let Some(object) = value.as_object() {
            for required in schema["required"].as_array().into_iter().flatten() {
                if !object.contains_key(required.as_str().unwrap_or_default()) {
                    wrong.push(format!("{place}: {required} is missing"));
                }
            }
            for (name, member) in object {
                match (schema["properties"].get(name), &schema["additionalProperties"]) {
                    (Some(property), _) => {
                        wrong.extend(self.mismatches(member, property, &format!("{place}.{name}")));
                    }
                    (None, Value::Bool(false)) => wrong.push(format!("{place}: {name} is unknown")),
                    (None, others) if others.is_object() => {
                        wrong.extend(self.mismatches(member, others, place));
                    }
                    (None, _) => {}
                }
            }
        }
        for item in value.as_array().into_iter().flatten() {
            wrong.extend(self.mismatches(item, &schema["items"], place));
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            wrong.extend(self.mismatches(value, part, place));
        }
        for name in ["oneOf", "anyOf"] {
            let Some(parts) = schema[name].as_array() else { continue };
            if !parts.iter().any(|part| self.mismatches(value, part, place).is_empty()) {
                wrong.push(format!("{place}: {value} is none of the alternatives"));
            }
        }
        wrong
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        _ => value.is_string(),
    }
}

fn members(value: &Value) -> Vec<(&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, member)| (name.as_str(), member)).collect()
}

#[test]
fn faults_are_found() {
    let document = serde_json::json!({
        "openapi": "3.0.3", "info": { "title": "T" }, "tags": [],
        "paths": { "/a/{b}": { "get": {
            "tags": ["x"],
            "responses": { "2xx": { "content": { "application/json": {
                "schema": { "type": "object", "required": ["n"], "properties": { "n": { "$ref": "#/nowhere" } } },
                "example": { "n": 1 }
            } } } }
        } } },
        "components": { "schemas": { "Unused": { "type": "text", "nullable": true, "examples": [] } } }
    });
    let faults = faults(&document).join("\n");
    for expected in [
        "not 3.1",
        "no version",
        "#/nowhere leads nowhere",
        "operationId is missing",
        "no summary",
        "its tags are not described",
        "a parameter of the path is not described",
        "2xx: no status",
        "no description",
        "Unused: is used nowhere",
        "an unknown type",
        "nullable is not of 3.1",
    ] {
        assert!(faults.contains(expected), "{expected}: {faults}");
    }
}
