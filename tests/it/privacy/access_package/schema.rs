//! The published JSON Schema holds for every package, and would notice one that is not as it says.

use serde_json::{Value, json};

use super::{OWNER, copy_of, json_of};
use crate::support::TestApp;

/// What is wrong with a value, as far as the words go that the published schema uses. A word that is not known
/// here is a fault itself, so that nothing passes unread.
fn faults(schema: &Value, root: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else {
        return if schema == &json!(true) { Vec::new() } else { vec![format!("{path}: refused")] };
    };
    let mut found = Vec::new();
    for (word, rule) in rules {
        match word.as_str() {
            "$schema" | "title" | "description" | "format" | "$defs" => {}
            "$ref" => {
                let place = rule.as_str().unwrap_or_default().trim_start_matches('#');
                found.extend(faults(root.pointer(place).unwrap_or(&Value::Null), root, value, path));
            }
            "type" => {
                let kinds: Vec<&str> = match rule {
                    Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
                    kind => kind.as_str().into_iter().collect(),
                };
                if !kinds.iter().any(|kind| is(kind, value)) {
                    found.push(format!("{path}: is no {kinds:?}"));
                }
            }
            "minimum" => {
                if value.as_f64().zip(rule.as_f64()).is_some_and(|(value, least)| value < least) {
                    found.push(format!("{path}: is less than {rule}"));
                }
            }
            "properties" => {
                for (name, part) in rule.as_object().into_iter().flatten() {
                    if let Some(inner) = value.get(name) {
                        found.extend(faults(part, root, inner, &format!("{path}/{name}")));
                    }
                }
            }
            "additionalProperties" => {
                let named = rules.get("properties").and_then(Value::as_object);
                let others = value.as_object().into_iter().flatten();
                for (name, inner) in others.filter(|(name, _)| named.is_none_or(|named| !named.contains_key(*name))) {
                    found.extend(faults(rule, root, inner, &format!("{path}/{name}")));
                }
            }
            "required" => {
                for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.get(name).is_none() {
                        found.push(format!("{path}: has no {name}"));
                    }
                }
            }
            "items" => {
                for (place, inner) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(faults(rule, root, inner, &format!("{path}/{place}")));
                }
            }
            word => found.push(format!("{path}: the schema says {word}, which is not checked here")),
        }
    }
    found
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

#[test]
fn p_087_the_data_fits_the_published_schema() {
    let app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    program.upload("/api/v1/attachments", &[("on", "contact:1")], ("file", "letter.txt", b"hello")).expect(201);
    let files = copy_of(&app, &program, 1);
    let (data, schema) = (json_of(&files, "data.json"), json_of(&files, "data.schema.json"));
    assert_eq!(program.get("/api/v1/access-packages/schema").expect(200).json(), schema, "published and packed alike");
    assert_eq!(faults(&schema, &schema, &data, ""), Vec::<String>::new());
    // Spoilt in one place, it is noticed.
    for (place, spoilt) in [
        ("/version", json!("one")),
        ("/person", json!({ "kind": "contact" })),
        ("/tables/notes/items/0/source", json!(7)),
        ("/files/0/bytes", json!(-1)),
        ("/redacted/people", Value::Null),
    ] {
        let mut broken = data.clone();
        *broken.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place} in {data}")) = spoilt;
        assert!(!faults(&schema, &schema, &broken, "").is_empty(), "{place} was not noticed");
    }
}
