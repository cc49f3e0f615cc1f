//! The OpenAPI 3.1 document, made from the route table and the wire types, so that it cannot drift.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::error::Problem;
use super::{Access, Method, Operation, QueryKind, Route};

/// Describes every route under `/api/v1`.
pub fn document<'a>(routes: impl Iterator<Item = &'a Route>) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = serde_json::to_value(generator.subschema_for::<Problem>()).unwrap_or_default();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let Some(operation) = route.api else { continue };
        let path = route.path.trim_start_matches("/api/v1");
        let path = if path.is_empty() { "/" } else { path };
        let entry = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        entry[route.method.name().to_lowercase()] = describe(route, operation, &mut generator);
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Holdfast",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A customer workspace that keeps its privacy promises.",
            "description": "A token belongs to one workspace, so no path names a workspace. Below /operator an \
                operator's token looks after the installation; it opens no workspace. \
                Lists are paged by cursor. Every change of a record needs If-Match with the version that was read. \
                Errors are problem details (RFC 9457).",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/api/v1" }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "An API token, `hf_…`, made in Settings → API tokens." },
                "operatorToken": { "type": "http", "scheme": "bearer", "description": "An operator's token, `hf_op_…`, made in the operator console." }
            },
            "responses": {
                "Problem": {
                    "description": "What went wrong.",
                    "content": { "application/problem+json": { "schema": problem.clone() } }
                },
                "Stale": {
                    "description": "Somebody else changed the record since the version in If-Match. Nothing was \
                        changed. `version` is what it has now; `changes` says, for contacts, companies, notes, files \
                        and tags, which fields others changed, what stands there now, and by whom and when where that \
                        is known. Read it, decide, and send the change again with the new version.",
                    "headers": { "ETag": { "description": "The version to send next.", "schema": { "type": "string" } } },
                    "content": { "application/problem+json": { "schema": problem, "example": {
                        "type": "/api/docs#problem-somebody-else-changed-this", "title": "Somebody else changed this",
                        "status": 412, "detail": "This record has changed since you opened it.",
                        "instance": "/requests/0b1c2d3e", "version": 4,
                        "changes": [{
                            "pointer": "/job_title", "value": "Harbour master",
                            "by": { "id": 2, "name": "Bo Lindqvist" }, "at": "2026-11-21T09:30:00Z",
                        }],
                    } } }
                }
            },
            "schemas": schemas,
        },
    })
}

fn describe(route: &Route, operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut entry = json!({
        "summary": operation.summary.trim_end_matches('.'),
        "operationId": operation_id(route),
        "tags": [tag(route)],
        "parameters": parameters(route, operation, generator),
        "responses": responses(route, operation, generator),
    });
    if let Some(request) = operation.request {
        let content_type = if route.upload_limit > 0 { "multipart/form-data" } else { "application/json" };
        entry["requestBody"] =
            json!({ "required": true, "content": { content_type: { "schema": request(generator) } } });
    }
    match route.access {
        Access::Public => entry["security"] = json!([]),
        Access::May(permission) => entry["x-permission"] = permission.word().into(),
        Access::OperatorProgram(scope) => {
            entry["security"] = json!([{ "operatorToken": [] }]);
            entry["x-permission"] = scope.word().into();
        }
        _ => {}
    }
    entry
}

fn parameters(route: &Route, operation: &Operation, generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters: Vec<Value> = route
        .path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .map(|name| {
            let schema = match name {
                "slug" => json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]*$", "maxLength": 40 }),
                _ => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    for query in operation.query {
        let schema = match query.kind {
            QueryKind::Text => json!({ "type": "string", "maxLength": super::input::QUERY_TEXT }),
            QueryKind::Json { most, schema } => json!({
                "type": "string", "maxLength": most,
                "contentMediaType": "application/json", "contentSchema": schema(generator),
            }),
            QueryKind::Integer { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
            QueryKind::Boolean => json!({ "type": "boolean" }),
            QueryKind::OneOf(words) => json!({ "type": "string", "enum": words }),
        };
        parameters
            .push(json!({ "name": query.name, "in": "query", "description": query.description, "schema": schema }));
    }
    if route.is_versioned {
        let is_patch = route.method == Method::Patch;
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": is_patch,
            "description": match is_patch {
                true => "The version that was read, in quotes.",
                false => "The version that was read, in quotes. Where it is left out, whatever is there is deleted.",
            },
            "schema": { "type": "string", "pattern": "^\"[0-9]+\"$" }, "example": "\"3\"",
        }));
    }
    if route.method == Method::Post {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "The same key and body within 24 h gives the same answer and happens once.",
            "schema": { "type": "string", "minLength": 1, "maxLength": super::idempotency::LONGEST_KEY },
        }));
    }
    parameters
}

/// Every status the frame can answer with on this route, so that a client meets no surprise.
fn responses(route: &Route, operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut success = json!({ "description": "Done." });
    if let Some(response) = operation.response {
        success["content"] = json!({ "application/json": { "schema": response(generator) } });
    }
    if operation.status == 201 {
        success["headers"] =
            json!({ "Location": { "description": "Where the new record is.", "schema": { "type": "string" } } });
    }
    let mut responses = json!({ operation.status.to_string(): success });
    let mut statuses = vec![400, 429, 500, 503];
    if route.access != Access::Public {
        statuses.extend([401, 403]);
    }
    if route.path.contains('{') || route.access != Access::Public {
        statuses.push(404);
    }
    if !route.method.is_safe() {
        statuses.extend([413, 422, 507]);
    }
    if route.may_conflict {
        statuses.push(409);
    }
    if !operation.query.is_empty() {
        statuses.push(422);
    }
    if route.is_versioned {
        statuses.push(412);
    }
    if route.method == Method::Patch {
        statuses.push(428);
    }
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let shape = if status == 412 { "Stale" } else { "Problem" };
        responses[status.to_string()] = json!({ "$ref": format!("#/components/responses/{shape}") });
    }
    responses
}

/// `listContacts`, `getContact`, `createContact`, …: the verb and the path.
fn operation_id(route: &Route) -> String {
    let mut id = route.method.name().to_lowercase();
    for part in
        route.path.trim_start_matches("/api/v1").split(['/', '-', '{', '}', '.']).filter(|part| !part.is_empty())
    {
        let mut characters = part.chars();
        id.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        id.push_str(characters.as_str());
    }
    id
}

/// The first part of the path groups the operations.
fn tag(route: &Route) -> &str {
    route.path.trim_start_matches("/api/v1").trim_start_matches('/').split('/').next().unwrap_or("api")
}
