//! Values of custom fields in the shape of the API: an object of keys, each with the JSON of its kind.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::kinds::parts_of_amount;
use super::{CustomValue, Kind, Typed};
use crate::error::{Error, FieldError};

/// The object `custom` of a record. Fields without a value are absent; those out of use too.
pub fn custom(values: &[CustomValue]) -> BTreeMap<String, Value> {
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for value in values.iter().filter(|value| !value.is_archived) {
        let json = of(value);
        if value.kind != Kind::Choices {
            all.insert(value.key.clone(), json);
        } else if let Value::Array(list) = all.entry(value.key.clone()).or_insert_with(|| json!([])) {
            list.push(json);
        }
    }
    all
}

fn of(value: &CustomValue) -> Value {
    let text = value.value.as_str();
    match value.kind {
        // At most 15 digits: a double holds them exactly.
        Kind::Number => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Kind::Currency => {
            let (currency, amount) = parts_of_amount(text);
            json!({ "amount": amount, "currency": currency })
        }
        Kind::YesNo => json!(text == "true"),
        Kind::Relation => json!({ "id": text.parse::<i64>().unwrap_or_default() }),
        _ => json!(text),
    }
}

/// What a program sent as `custom`, as if it had been typed. Null takes a value away.
pub fn typed(sent: BTreeMap<String, Value>) -> Result<Typed, Error> {
    let mut typed = Typed::new();
    let mut errors = Vec::new();
    for (key, value) in sent {
        let place = format!("custom/{key}");
        match texts(value) {
            Some(texts) => {
                typed.insert(key, texts);
            }
            None => {
                let message = "Send a text, a number, true or false, a list of choices, {\"amount\",\"currency\"}, \
                    {\"id\"}, or null.";
                errors.push(FieldError::new(place, "wrong_type", message));
            }
        }
    }
    if errors.is_empty() { Ok(typed) } else { Err(Error::Invalid(errors)) }
}

fn texts(value: Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Array(list) => list.into_iter().map(text).collect(),
        one => text(one).map(|text| vec![text]),
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Object(mut parts) => match (parts.remove("amount"), parts.remove("currency"), parts.remove("id")) {
            (Some(amount), Some(Value::String(currency)), None) if !amount.is_object() => {
                text(amount).map(|amount| format!("{currency} {amount}"))
            }
            (None, None, Some(Value::Number(id))) => Some(id.to_string()),
            _ => None,
        },
        Value::Null | Value::Array(_) => None,
    }
}
