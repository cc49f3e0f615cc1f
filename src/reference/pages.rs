//! `/api/docs` and `/api/v1/openapi.json`.

use askama::Template;
use serde_json::Value;

use crate::error::Error;
use crate::web::{Access, Operation, Reply, Request, Route, openapi, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/openapi.json", Access::Public, document).api(&DOCUMENT),
    Route::get("/api/docs", Access::Public, show),
];

const DOCUMENT: Operation =
    Operation { summary: "Gives this document.", query: &[], request: None, status: 200, response: Some(any_object) };

fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object" })
}

fn document(request: &Request) -> Result<Reply, Error> {
    Reply::json(&build(request))
}

fn build(request: &Request) -> Value {
    openapi::document(request.app.modules.iter().flat_map(|module| module.routes).copied().flatten())
}

#[derive(Template)]
#[template(path = "reference/show.html")]
struct Show {
    base: String,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

/// The operations on one kind of record.
struct Group {
    name: String,
    operations: Vec<Entry>,
}

impl Group {
    /// `audit-entries` as a heading: "Audit entries". The name of a file stays what it is.
    fn title(&self) -> String {
        if self.name.contains('.') {
            return self.name.clone();
        }
        let words = self.name.replace('-', " ");
        let mut letters = words.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        first + letters.as_str()
    }
}

struct Entry {
    method: String,
    path: String,
    summary: String,
    permission: String,
    parameters: Vec<Row>,
    request: Option<String>,
    success: String,
    response: Option<String>,
}

/// A parameter or a field: its name, its type in words, what it is, whether it must be there.
struct Row {
    name: String,
    kind: String,
    description: String,
    required: bool,
}

struct Schema {
    name: String,
    description: String,
    fields: Vec<Row>,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let document = build(request);
    let mut groups: Vec<Group> = Vec::new();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let name = text(&operation["tags"][0]);
            let entry = entry(method, path, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.push(entry),
                None => groups.push(Group { name, operations: vec![entry] }),
            }
        }
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let schemas = schemas.map(|(name, schema)| Schema {
        name: name.clone(),
        description: text(&schema["description"]),
        fields: fields(schema),
    });
    let page = Show { base: request.app.public_url("/api/v1"), groups, schemas: schemas.collect() };
    request.open_page("API reference", &page)
}

fn entry(method: &str, path: &str, operation: &Value) -> Entry {
    let responses = operation["responses"].as_object();
    let success = responses.into_iter().flatten().find(|(status, _)| status.starts_with('2'));
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let request = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
    Entry {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        permission: text(&operation["x-permission"]),
        parameters: parameters
            .map(|parameter| Row {
                name: text(&parameter["name"]),
                kind: format!("{}, {}", text(&parameter["in"]), kind(&parameter["schema"])),
                description: text(&parameter["description"]),
                required: parameter["required"] == true,
            })
            .collect(),
        request: request.map(|content| kind(&content["schema"])),
        success: success.map(|(status, _)| status.clone()).unwrap_or_default(),
        response: success
            .map(|(_, response)| &response["content"]["application/json"]["schema"])
            .filter(|schema| !schema.is_null())
            .map(kind),
    }
}

fn fields(schema: &Value) -> Vec<Row> {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| Row {
            name: name.clone(),
            kind: kind(property),
            description: text(&property["description"]),
            required: required.contains(&name.as_str()),
        })
        .collect()
}

/// A schema in a few words: `integer`, `Contact`, `list of string`, `string or null`.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or(name).to_owned();
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| word.as_str().unwrap_or("null").to_owned()).collect();
        return words.join(" | ");
    }
    if let Some(options) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return options.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(word) if word == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(word) => word.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".into(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
