//! A tree as JSON: `{"and":[{"field":"city","op":"is","value":"Lübeck"},{"or":[…]}]}`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Condition, DEEPEST, Group, LONGEST, MOST, MOST_VALUES, Node, Operator};
use crate::error::{Error, FieldError};

/// A tree as the API sends and takes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FilterTree(pub Value);

impl JsonSchema for FilterTree {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FilterTree".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let node = generator.subschema_for::<FilterTree>();
        let group = |key: &str, words: &str| {
            json!({
                "type": "object", "required": [key], "additionalProperties": false,
                "properties": { key: { "type": "array", "description": words, "minItems": 1, "items": node } },
            })
        };
        let scalar = json!({ "type": ["string", "number", "boolean"] });
        let operators: Vec<&str> = Operator::ALL.iter().map(|operator| operator.word()).collect();
        json_schema!({
            "description": format!(
                "A condition, or a group of conditions and groups. At most {DEEPEST} groups deep, with {MOST} conditions \
                 and {LONGEST} characters. Archived records are left out unless a condition asks for `archived`. Days \
                 are days in UTC."
            ),
            "oneOf": [
                group("and", "All of these must hold."),
                group("or", "One of these must hold."),
                {
                    "type": "object", "required": ["field", "op"], "additionalProperties": false,
                    "properties": {
                        "field": {
                            "type": "string",
                            "description": "name, email, phone, tags, owner, city, created_at, … or custom.KEY.",
                        },
                        "op": { "type": "string", "enum": operators },
                        "value": {
                            "description": format!(
                                "What is compared with; none for empty and not_empty, two for between, up to \
                                 {MOST_VALUES} for any_of, all_of and none_of. Days as 2026-11-17, today, yesterday or \
                                 tomorrow; numbers of days; periods as this_month; members by their number or me; \
                                 records by their number; choices and tags by their name."
                            ),
                            "oneOf": [scalar, { "type": "array", "items": scalar, "maxItems": MOST_VALUES }],
                        },
                    },
                },
            ],
        })
    }
}

/// Reads a tree; errors name their place below `at`, such as `filter/and/0/op`.
pub fn parse(text: &str, at: &str) -> Result<Group, Error> {
    if text.chars().count() > LONGEST {
        let message = format!("A filter can have {LONGEST} characters at most, as JSON.");
        return Err(Error::field(at.to_owned(), "too_long", message));
    }
    let value = serde_json::from_str(text).map_err(|error| {
        let message = format!("The filter is no JSON: {error}. It looks like {{\"and\":[{{\"field\":…,\"op\":…}}]}}.");
        Error::field(at.to_owned(), "invalid_json", message)
    })?;
    from_value(&value, at)
}

/// The same for what came inside a body.
pub fn from_value(value: &Value, at: &str) -> Result<Group, Error> {
    let mut errors = Vec::new();
    let node = node(value, at, 1, &mut errors);
    let group = match node {
        Some(Node::Group(group)) => group,
        Some(condition) => Group { any: false, of: vec![condition] },
        None => Group::default(),
    };
    if errors.is_empty() {
        check_size(&group, at, &mut errors);
    }
    if errors.is_empty() { Ok(group) } else { Err(Error::Invalid(errors)) }
}

/// Says that there are more conditions than one tree can have, or groups too deep.
pub fn check_size(group: &Group, at: &str, errors: &mut Vec<FieldError>) {
    if group.count() > MOST {
        let message = format!("A filter can have {MOST} conditions at most, and this one has {}.", group.count());
        errors.push(FieldError::new(at.to_owned(), "too_many", message));
    }
    if depth(group) > DEEPEST {
        errors.push(FieldError::new(at.to_owned(), "too_deep", too_deep()));
    }
}

fn too_deep() -> String {
    format!("Groups can lie {DEEPEST} deep at most. Put the conditions of the deepest into the group above.")
}

/// How deep the groups lie: a tree without groups inside is 1 deep.
pub fn depth(group: &Group) -> usize {
    let deepest = group.of.iter().map(|node| if let Node::Group(group) = node { depth(group) } else { 0 }).max();
    1 + deepest.unwrap_or(0)
}

fn node(value: &Value, at: &str, depth: usize, errors: &mut Vec<FieldError>) -> Option<Node> {
    let mut refuse = |at: String, code: &'static str, message: String| errors.push(FieldError::new(at, code, message));
    let Value::Object(parts) = value else {
        let message =
            "This is no condition and no group. Send {\"field\",\"op\",\"value\"}, {\"and\":[…]} or {\"or\":[…]}.";
        refuse(at.to_owned(), "wrong_type", message.into());
        return None;
    };
    let Some(key) = ["and", "or"].into_iter().find(|key| parts.contains_key(*key)) else {
        return condition(parts, at, errors).map(Node::Condition);
    };
    if let Some(other) = parts.keys().find(|other| *other != key) {
        let message = format!("A group is only {key}, so {other} cannot stand beside it.");
        refuse(format!("{at}/{other}"), "unknown_field", message);
    }
    let Some(Value::Array(of)) = parts.get(key) else {
        refuse(format!("{at}/{key}"), "wrong_type", "A group holds a list of conditions and groups.".into());
        return None;
    };
    if of.is_empty() {
        refuse(format!("{at}/{key}"), "required", "A group needs a condition. Add one, or leave the group out.".into());
    }
    if depth > DEEPEST {
        refuse(at.to_owned(), "too_deep", too_deep());
        return None;
    }
    let of = of.iter().enumerate().filter_map(|(place, value)| {
        let at = format!("{at}/{key}/{place}");
        node(value, &at, depth + 1, errors)
    });
    Some(Node::Group(Group { any: key == "or", of: of.collect() }))
}

fn condition(parts: &Map<String, Value>, at: &str, errors: &mut Vec<FieldError>) -> Option<Condition> {
    let before = errors.len();
    for key in parts.keys().filter(|key| !matches!(key.as_str(), "field" | "op" | "value")) {
        let message = format!("A condition has field, op and value, and no {key}.");
        errors.push(FieldError::new(format!("{at}/{key}"), "unknown_field", message));
    }
    let mut word = |key: &str| match parts.get(key) {
        Some(Value::String(word)) => word.clone(),
        Some(_) => {
            let message = format!("The part {key} is a word in quotation marks.");
            errors.push(FieldError::new(format!("{at}/{key}"), "wrong_type", message));
            String::new()
        }
        None => {
            let message = format!("The part {key} is missing: a condition names a field and an operator.");
            errors.push(FieldError::new(format!("{at}/{key}"), "required", message));
            String::new()
        }
    };
    let (field, operator) = (word("field"), word("op"));
    let values = match parts.get("value") {
        None => Some(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(scalar).collect(),
        Some(one) => scalar(one).map(|one| vec![one]),
    };
    let Some(values) = values else {
        let message = "A value is a text, a number, true or false, or a list of those.";
        errors.push(FieldError::new(format!("{at}/value"), "wrong_type", message));
        return None;
    };
    (errors.len() == before).then_some(Condition { field, operator, values })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// The tree as it is kept and sent.
pub fn value(group: &Group) -> Value {
    let of: Vec<Value> = group
        .of
        .iter()
        .map(|node| match node {
            Node::Group(group) => value(group),
            Node::Condition(Condition { field, operator, values }) => {
                let mut parts = json!({ "field": field, "op": operator });
                match values.as_slice() {
                    [] => {}
                    [one] => parts["value"] = json!(one),
                    several => parts["value"] = json!(several),
                }
                parts
            }
        })
        .collect();
    json!({ (if group.any { "or" } else { "and" }): of })
}

/// The same as text, for addresses and tables; empty for a tree without conditions.
pub fn text(group: &Group) -> String {
    if group.of.is_empty() { String::new() } else { value(group).to_string() }
}
