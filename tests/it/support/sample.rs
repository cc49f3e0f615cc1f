//! Makes a body that fits a JSON schema of the OpenAPI document: enough to reach the code behind the types.

use std::sync::OnceLock;

use serde_json::{Map, Value, json};

/// The OpenAPI document of the real route table. Made once: it is asked for with each call of a route.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| holdfast::web::openapi::document(holdfast::modules::routes()))
}

/// A body for an operation, or `None` when it takes none.
pub fn body(document: &Value, method: &str, path: &str) -> Option<Value> {
    let path = path.trim_start_matches("/api/v1");
    let schema =
        &document["paths"][path][method.to_lowercase()]["requestBody"]["content"]["application/json"]["schema"];
    (!schema.is_null()).then(|| sample(document, schema, 0))
}

fn sample(document: &Value, schema: &Value, depth: usize) -> Value {
    if depth > 12 {
        return Value::Null;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let pointed = document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
        return sample(document, pointed, depth + 1);
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        if let Some(choices) = schema[word].as_array()
            && let Some(choice) = choices.iter().find(|choice| choice["type"] != "null")
        {
            return sample(document, choice, depth + 1);
        }
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(value) = schema["enum"].as_array().and_then(|values| values.first()) {
        return value.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => {
            kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null")).unwrap_or("null")
        }
        kind => kind.as_str().unwrap_or("null"),
    };
    match kind {
        "object" => {
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let mut object = Map::new();
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                if required.contains(&name.as_str()) || depth == 0 {
                    object.insert(name.clone(), sample(document, property, depth + 1));
                }
            }
            Value::Object(object)
        }
        "array" => json!([]),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(false),
        "string" => json!("Sample"),
        _ => Value::Null,
    }
}
