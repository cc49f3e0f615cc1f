//! What one can do with fields and their values.

use super::checking::{CheckedValues, Definitions};
use super::definition::{CheckedField, MOST_FIELDS};
use super::{CustomField, NewField, store};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::CustomFieldId;
use crate::people::record::{Object, Record};
use crate::people::text::{Faults, fold};
use crate::people::{companies, contacts, views};
use crate::privacy::audit::{self, Event};

pub use super::store::{all, count_records, values_of};

/// The field with this id.
pub fn get(db: &Db, id: CustomFieldId) -> Result<CustomField, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("field"))
}

/// Defines a field. Fails with [`Error::Invalid`] when a part breaks a rule or the key is taken.
pub fn create(tx: &Tx, new: &NewField, country: &str) -> Result<CustomFieldId, Error> {
    let checked = new.checked().map_err(Error::Invalid)?;
    let known = store::all(tx, checked.object)?;
    if known.len() >= MOST_FIELDS {
        let message =
            format!("{} can have {MOST_FIELDS} fields of your own at most. Delete one first.", checked.object.many());
        return Err(Error::field("object", "too_many", message));
    }
    if known.iter().any(|field| field.key == checked.key) {
        let message = format!("There is a field {} already. Choose another name or key.", checked.key);
        return Err(Error::field(if new.key.is_empty() { "label" } else { "key" }, "duplicate", message));
    }
    let id = store::insert(tx, &checked)?;
    store::set_choices(tx, id, &checked.choices)?;
    demand_good_default(tx, id, country)?;
    let event =
        Event::new("people.custom_field.created").on("custom_field", id).detail("object", checked.object.word());
    let event = event.detail("key", checked.key.as_str()).detail("kind", checked.kind.word());
    audit::record(tx, event.detail("category", checked.category.word()))?;
    Ok(id)
}

/// Changes what can change. Fails when `new` asks for another kind, key or record: those are fixed, because
/// values and programs depend on them.
pub fn update(tx: &Tx, id: CustomFieldId, version: i64, new: &NewField, country: &str) -> Result<(), Error> {
    let before = get(tx, id)?;
    demand_version(&before, version)?;
    let checked = new.checked().map_err(Error::Invalid)?;
    refuse_fixed(&before, &checked)?;
    store::update(tx, id, &checked)?;
    if before.kind.has_choices() {
        store::set_choices(tx, id, &checked.choices)?;
    }
    demand_good_default(tx, id, country)?;
    let event = Event::new("people.custom_field.changed").on("custom_field", id).detail("key", before.key.as_str());
    audit::record(tx, event.detail("category", checked.category.word()))
}

fn refuse_fixed(before: &CustomField, new: &CheckedField) -> Result<(), Error> {
    let fixed = [
        ("object", new.object != before.object),
        ("kind", new.kind != before.kind),
        ("key", new.key != before.key),
        ("target", new.target != before.target),
    ];
    let message = "This cannot change once the field is made: values depend on it. Make another field.";
    let errors: Vec<FieldError> = fixed
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| FieldError::new(name, "fixed", message))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// The default must be a value that the field itself would take.
fn demand_good_default(tx: &Tx, id: CustomFieldId, country: &str) -> Result<(), Error> {
    let field = get(tx, id)?;
    let mut faults = Faults::default();
    let definitions = Definitions { fields: vec![CustomField { is_required: false, ..field }] };
    definitions.check_new(tx, &Default::default(), country, &mut faults)?;
    let at_default = |errors: Vec<FieldError>| {
        errors.into_iter().map(|error| FieldError { field: "default_value".into(), ..error }).collect()
    };
    faults.none_or(()).map_err(at_default).map_err(Error::Invalid)
}

/// Gives a choice another name, wherever it was chosen.
pub fn rename_choice(tx: &Tx, id: CustomFieldId, version: i64, from: &str, to: &str) -> Result<(), Error> {
    let field = get(tx, id)?;
    demand_version(&field, version)?;
    let choice = field.choices.iter().find(|choice| fold(&choice.label) == fold(from));
    let choice = choice.ok_or(Error::NotFound("choice"))?;
    let mut faults = Faults::default();
    let label = faults.line("label", "A choice", to, 100);
    if label.is_empty() || label.contains(';') {
        faults.add("label", "invalid_choice", "Enter the new name, without a semicolon.");
    }
    if field.choices.iter().any(|other| other.id != choice.id && fold(&other.label) == fold(&label)) {
        faults.add("label", "doubled", format!("There is a choice {label} already."));
    }
    let label = faults.none_or(label).map_err(Error::Invalid)?;
    store::rename_choice(tx, choice.id, &label)?;
    views::service::choice_renamed(tx, field.object, &field.key, &choice.label, &label)?;
    refresh(tx, id)?;
    audit::record(tx, Event::new("people.custom_field.choice_renamed").on("custom_field", id).detail("key", field.key))
}

/// Takes a field out of use, or back into it. Its values are kept.
pub fn set_archived(tx: &Tx, id: CustomFieldId, version: i64, archived: bool) -> Result<(), Error> {
    let field = get(tx, id)?;
    demand_version(&field, version)?;
    if field.archived_at.is_some() == archived {
        return Ok(());
    }
    store::set_archived(tx, id, archived.then_some(tx.now))?;
    let action = if archived { "people.custom_field.archived" } else { "people.custom_field.unarchived" };
    audit::record(tx, Event::new(action).on("custom_field", id).detail("key", field.key))
}

/// Moves a field one place up or down among those of its kind of record.
pub fn move_by(tx: &Tx, id: CustomFieldId, places: i64) -> Result<(), Error> {
    let field = get(tx, id)?;
    let mut ids: Vec<CustomFieldId> = store::all(tx, field.object)?.into_iter().map(|field| field.id).collect();
    let Some(from) = ids.iter().position(|other| *other == id) else { return Err(Error::NotFound("field")) };
    let to = usize::try_from(from as i64 + places).unwrap_or(0).min(ids.len() - 1);
    if from == to {
        return Ok(());
    }
    let moved = ids.remove(from);
    ids.insert(to, moved);
    store::set_order(tx, &ids)?;
    audit::record(tx, Event::new("people.custom_field.moved").on("custom_field", id).detail("key", field.key))
}

/// Takes a field away with every value in it.
pub fn delete(tx: &Tx, id: CustomFieldId, version: Option<i64>) -> Result<(), Error> {
    let field = get(tx, id)?;
    if let Some(version) = version {
        demand_version(&field, version)?;
    }
    let records = store::count_records(tx, id)?;
    let touched = if field.kind.is_searchable() { store::records_with(tx, id)? } else { Vec::new() };
    store::delete(tx, id)?;
    refresh_words(tx, &touched)?;
    let event = Event::new("people.custom_field.deleted").on("custom_field", id).detail("key", field.key);
    audit::record(tx, event.detail("object", field.object.word()).detail("records", records))
}

fn refresh(tx: &Tx, id: CustomFieldId) -> Result<(), Error> {
    refresh_words(tx, &store::records_with(tx, id)?)
}

/// Brings the search index up to date for records whose values changed their words.
fn refresh_words(tx: &Tx, records: &[Record]) -> Result<(), Error> {
    records.iter().try_for_each(|record| match record {
        Record::Contact(id) => contacts::service::refresh_words(tx, *id),
        Record::Company(id) => companies::service::refresh_words(tx, *id),
    })
}

/// Writes checked values onto a record. The caller raises its version and writes the audit entry.
pub(in crate::people) fn write(tx: &Tx, record: Record, checked: &CheckedValues) -> Result<(), Error> {
    checked.changes.iter().try_for_each(|(field, values)| store::replace_values(tx, record, *field, values))
}

fn demand_version(field: &CustomField, version: i64) -> Result<(), Error> {
    if field.version == version { Ok(()) } else { Err(Error::Stale(field.version)) }
}

/// Every field of both kinds of record.
pub fn every(db: &Db) -> Result<Vec<CustomField>, Error> {
    let mut fields = Vec::new();
    for object in Object::ALL {
        fields.extend(store::all(db, *object)?);
    }
    Ok(fields)
}
