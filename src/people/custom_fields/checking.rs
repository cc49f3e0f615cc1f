//! Checks the values of a record against the definitions, before anything is written.

use super::kinds::{self, Canonical, Sort};
use super::{CustomField, CustomValue, Kind, Typed, store, wire};
use crate::db::Db;
use crate::error::Error;
use crate::id::CustomFieldId;
use crate::people::record::{Object, Record};
use crate::people::text::{Faults, fold};

/// The fields of one kind of record, read once for as many records as are checked.
pub struct Definitions {
    pub fields: Vec<CustomField>,
}

/// Values that keep every rule: what changes, and the words that search finds the record by afterwards.
#[derive(Debug, Default)]
pub struct CheckedValues {
    pub(super) changes: Vec<(CustomFieldId, Vec<Canonical>)>,
    words: Vec<String>,
}

impl CheckedValues {
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What the fields that change held, for the erasable part of an audit entry.
    pub fn replaced(&self, before: &[CustomValue]) -> serde_json::Value {
        let is_changed = |value: &&CustomValue| self.changes.iter().any(|(field, _)| *field == value.field);
        let held: Vec<CustomValue> = before.iter().filter(is_changed).cloned().collect();
        serde_json::json!(wire::custom(&held))
    }

    /// Texts by which search finds the record.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

impl Definitions {
    pub fn load(db: &Db, object: Object) -> Result<Definitions, Error> {
        Ok(Definitions { fields: store::all(db, object)? })
    }

    /// Those in use, in their order.
    pub fn live(&self) -> impl Iterator<Item = &CustomField> {
        self.fields.iter().filter(|field| field.archived_at.is_none())
    }

    /// What new records begin with.
    pub fn defaults(&self) -> Typed {
        let with_default = self.live().filter(|field| !field.default_value.is_empty());
        with_default.map(|field| (field.key.clone(), default_of(field))).collect()
    }

    /// The names of changed fields with each of the workspace's own by itself: `custom/shoe_size`.
    pub fn named(&self, changed: &[&str], values: &CheckedValues) -> Vec<String> {
        let is_changed = |field: &&CustomField| values.changes.iter().any(|(id, _)| *id == field.id);
        let usual = changed.iter().filter(|name| **name != "custom").map(|name| (*name).to_owned());
        usual.chain(self.fields.iter().filter(is_changed).map(CustomField::place)).collect()
    }

    pub fn find(&self, key: &str) -> Option<&CustomField> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// Checks the values of a new record: required fields must have one, and defaults fill in.
    pub fn check_new(
        &self,
        db: &Db,
        typed: &Typed,
        country: &str,
        faults: &mut Faults,
    ) -> Result<CheckedValues, Error> {
        let mut full = self.defaults();
        full.extend(typed.clone());
        self.check_all(db, &full, None, country, faults)
    }

    /// Checks what was typed against `before`, the values as they are. What was not typed stays; a required
    /// field that has a value cannot lose it.
    pub fn check(
        &self,
        db: &Db,
        typed: &Typed,
        before: &[CustomValue],
        country: &str,
        faults: &mut Faults,
    ) -> Result<CheckedValues, Error> {
        self.check_all(db, typed, Some(before), country, faults)
    }

    fn check_all(
        &self,
        db: &Db,
        typed: &Typed,
        before: Option<&[CustomValue]>,
        country: &str,
        faults: &mut Faults,
    ) -> Result<CheckedValues, Error> {
        let mut checked = CheckedValues::default();
        for key in typed.keys().filter(|key| self.find(key).is_none()) {
            let message = format!("There is no field {key}. Settings, Fields lists those there are.");
            faults.add(format!("custom/{key}"), "unknown_field", message);
        }
        let is_new = before.is_none();
        for field in &self.fields {
            let held: Vec<&CustomValue> =
                before.unwrap_or_default().iter().filter(|value| value.field == field.id).collect();
            let Some(texts) = typed.get(&field.key) else {
                if is_new && field.is_required && field.archived_at.is_none() {
                    faults.add(field.place(), "required", missing(field));
                }
                if field.kind.is_searchable() {
                    checked.words.extend(held.iter().map(|value| value.value.clone()));
                }
                continue;
            };
            let values = self.values(db, field, texts, country, faults)?;
            if values.is_empty() && field.is_required && (is_new || !held.is_empty()) {
                faults.add(field.place(), "required", missing(field));
            }
            if field.kind.is_searchable() {
                checked.words.extend(values.iter().map(|value| label_of(field, value)));
            }
            let is_same = held.len() == values.len()
                && held.iter().zip(&values).all(|(held, new)| held.value == label_of(field, new));
            if !is_same {
                checked.changes.push((field.id, values));
            }
        }
        Ok(checked)
    }

    fn values(
        &self,
        db: &Db,
        field: &CustomField,
        texts: &[String],
        country: &str,
        faults: &mut Faults,
    ) -> Result<Vec<Canonical>, Error> {
        let mut values: Vec<Canonical> = Vec::new();
        for text in texts.iter().filter(|text| !text.trim().is_empty()) {
            let value = match field.kind {
                Kind::Choice | Kind::Choices => choice(field, text),
                Kind::Relation => relation(db, field, text)?,
                _ => kinds::read(field, text, country),
            };
            match value {
                Ok(value) if values.iter().any(|known| known.sort == value.sort) => {}
                Ok(value) => values.push(value),
                Err((code, message)) => faults.add(field.place(), code, message),
            }
        }
        if values.len() > 1 && field.kind != Kind::Choices {
            faults.add(field.place(), "too_many", format!("{} takes one value.", field.label));
        }
        // Choices in the order of the field, not in that of the clicks.
        if field.kind == Kind::Choices {
            values.sort_by_key(|value| field.choices.iter().position(|choice| choice.id.to_string() == value.value));
        }
        Ok(values)
    }
}

/// A default with several choices divides them by semicolons, as files do.
fn default_of(field: &CustomField) -> Vec<String> {
    match field.kind {
        Kind::Choices => field.default_value.split(';').map(|choice| choice.trim().to_owned()).collect(),
        _ => vec![field.default_value.clone()],
    }
}

fn missing(field: &CustomField) -> String {
    match field.kind {
        Kind::Choice | Kind::Choices | Kind::YesNo | Kind::Relation => format!("Choose something for {}.", field.label),
        _ => format!("Enter something for {}.", field.label),
    }
}

/// A choice by its label, in any case and with or without accents.
pub(super) fn choice(field: &CustomField, text: &str) -> Result<Canonical, kinds::Refusal> {
    let wanted = fold(text);
    match field.choices.iter().find(|choice| fold(&choice.label) == wanted) {
        Some(choice) => Ok(Canonical { value: choice.id.to_string(), sort: Sort::Integer(choice.id.0) }),
        None => {
            let known: Vec<&str> = field.offered().take(12).map(|choice| choice.label.as_str()).collect();
            Err((
                "unknown_choice",
                format!("{text} is no choice of {}. Choose one of: {}.", field.label, known.join(", ")),
            ))
        }
    }
}

/// A record by its id (`12`, or `Ada Byron #12` as forms show it), its email address or its exact name.
/// Whether the asker may see it is the page's to ask: what is kept is an id, which says nothing.
fn relation(db: &Db, field: &CustomField, text: &str) -> Result<Result<Canonical, kinds::Refusal>, Error> {
    let Some(target) = field.target else { return Ok(Err(("unknown_record", "This field points nowhere.".into()))) };
    let named = text.trim();
    let number = named.rsplit_once('#').map_or(named, |(_, number)| number).parse::<i64>().ok();
    let found = match number.and_then(|id| Record::new(target.word(), id)) {
        Some(record) => store::exists(db, record)?.then_some(record).into_iter().collect(),
        None => store::named(db, target, named)?,
    };
    Ok(match found.as_slice() {
        [record] => Ok(Canonical { value: record.id().to_string(), sort: Sort::Integer(record.id()) }),
        [] => Err(("unknown_record", format!("There is none called {named}. Enter another name, or leave it empty."))),
        _ => Err((
            "several_records",
            format!("Several are called {named}. Enter the email address, or the number after # on its page."),
        )),
    })
}

/// The value as [`CustomValue`] says it: choices by their label.
fn label_of(field: &CustomField, value: &Canonical) -> String {
    let label = field.choices.iter().find(|choice| Sort::Integer(choice.id.0) == value.sort);
    match label {
        Some(choice) if field.kind.has_choices() => choice.label.clone(),
        _ => value.value.clone(),
    }
}
