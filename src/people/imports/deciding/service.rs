//! What one can decide between the check of an import and its run, and what the run asks of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Likely, Resemblance, UnknownValue, store};
use crate::db::{Db, Tx};
use crate::error::{Error, FieldError};
use crate::id::{ChoiceId, ContactId, CustomFieldId, ImportId};
use crate::people::custom_fields::{self, Choice, NewField};
use crate::people::imports::fields::Fields;
use crate::people::imports::mapping::column_name;
use crate::people::imports::treatment::Decision;
use crate::people::imports::{Import, Resembling, State, mapping};
use crate::people::{imports, settings};
use crate::privacy::audit::{self, Event};

pub use super::store::{between, forget, set_made, set_values, values};

/// The rows of a batch that resemble somebody, by line.
pub fn of_lines(db: &Db, import: ImportId, first: i64, last: i64) -> Result<HashMap<i64, Resemblance>, Error> {
    let found = store::between(db, import, first, last, i64::MAX)?;
    Ok(found.into_iter().map(|resemblance| (resemblance.line, resemblance)).collect())
}

/// Keeps what the check of a batch found.
pub fn keep(tx: &Tx, import: ImportId, found: &[Likely]) -> Result<(), Error> {
    found.iter().try_for_each(|likely| store::add_resemblance(tx, import, likely))
}

/// Lines that later ones resemble; empty when no row resembles anybody.
pub fn resembled(db: &Db, import: &Import) -> Result<HashSet<i64>, Error> {
    if import.counts.resembling == 0 { Ok(HashSet::new()) } else { store::resembled_lines(db, import.id) }
}

/// What somebody decided about the values of one column.
pub type Values = BTreeMap<usize, BTreeMap<String, Decision>>;

/// Adds decisions about values to those there are. The file has to be checked again before it can be run: what the
/// rows become has changed. Making choices needs `may_define`.
pub fn decide_values(tx: &Tx, id: ImportId, values: Values, may_define: bool) -> Result<(), Error> {
    let mut import = demand_checked(tx, id)?;
    let fields = Fields::of(tx, &import)?;
    let mut errors = Vec::new();
    let mut decided = 0;
    for (position, values) in values {
        let Some(key) = import.mapping.get(&position).filter(|key| fields.custom(key).is_some()) else {
            let message = format!("{} holds no choices.", column_name(&import.columns, position));
            errors.push(FieldError::new(format!("values/{position}"), "wrong_field", message));
            continue;
        };
        if !may_define && values.values().any(|decision| *decision == Decision::Add) {
            let label = fields.label(key).unwrap_or_default();
            let message = format!("{label}: you may not change fields, so choose from the choices that there are.");
            errors.push(FieldError::new(format!("values/{position}"), "not_allowed", message));
            continue;
        }
        decided += values.len();
        import.treatments.entry(position).or_default().values.extend(values);
    }
    if !errors.is_empty() {
        return Err(Error::Invalid(errors));
    }
    mapping::check(&fields, &import.columns, &import.mapping, &import.treatments)?;
    imports::store::set_mapping(tx, &import)?;
    let event = Event::new("people.import.values_decided").on("import", id);
    audit::record(tx, event.detail("values", decided))
}

/// What becomes of rows that resemble somebody: of all, and of single ones by their line (`None`: as of all).
pub fn decide_rows(
    tx: &Tx,
    id: ImportId,
    all: Option<Resembling>,
    rows: &[(i64, Option<Resembling>)],
) -> Result<(), Error> {
    demand_checked(tx, id)?;
    if let Some(all) = all {
        store::decide_all(tx, id, all)?;
    }
    for (line, decision) in rows {
        if !store::decide(tx, id, *line, *decision)? {
            let message = format!("Row {line} resembles nobody, so there is nothing to decide about it.");
            return Err(Error::field(format!("rows/{line}"), "unknown_row", message));
        }
    }
    let event = Event::new("people.import.resembling_decided").on("import", id).detail("rows", rows.len());
    audit::record(tx, event.detail("all", all.map_or("", Resembling::word)))
}

fn demand_checked(db: &Db, id: ImportId) -> Result<Import, Error> {
    let import = imports::service::get(db, id)?;
    if import.state == State::Checked {
        return Ok(import);
    }
    let message = "this is decided after the file was checked and before it is run; check it first";
    Err(Error::Conflict(message.into()))
}

/// The choices that a run would add, as if they were there: for the check.
pub fn with_added_choices(import: &Import, mut fields: Fields) -> Fields {
    for (place, label) in added(import) {
        let definitions = match place.strip_prefix(imports::fields::COMPANY) {
            Some(_) => fields.company.as_mut(),
            None => Some(&mut fields.own),
        };
        let key = place.rsplit('/').next().unwrap_or_default();
        let field = definitions.and_then(|definitions| definitions.fields.iter_mut().find(|field| field.key == key));
        if let Some(field) = field {
            let id = crate::id::ChoiceId(-1 - field.choices.len() as i64);
            field.choices.push(Choice { id, label, is_retired: false });
        }
    }
    fields
}

/// Place of a field and the choice to add, in order.
fn added(import: &Import) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (position, treatment) in &import.treatments {
        let Some(place) = import.mapping.get(position) else { continue };
        let added = treatment.values.iter().filter(|(_, decision)| **decision == Decision::Add);
        found.extend(added.map(|(value, _)| (place.clone(), value.clone())));
    }
    found
}

/// True when the run of the import adds choices to fields.
pub fn adds_choices(import: &Import) -> bool {
    !added(import).is_empty()
}

/// Makes the choices that were decided on, as the run begins, and gives them. Those that are there by now stay as
/// they are.
pub fn add_choices(tx: &Tx, import: &Import) -> Result<Vec<ChoiceId>, Error> {
    let fields = Fields::of(tx, import)?;
    let mut wanted: BTreeMap<CustomFieldId, Vec<String>> = BTreeMap::new();
    for (place, label) in added(import) {
        let Some(field) = fields.custom(&place) else { continue };
        let folded = crate::people::text::fold(&label);
        if !field.choices.iter().any(|choice| crate::people::text::fold(&choice.label) == folded) {
            wanted.entry(field.id).or_default().push(label);
        }
    }
    let country = settings::service::default_country(tx)?;
    let mut made = Vec::new();
    for (id, labels) in wanted {
        let field = custom_fields::service::get(tx, id)?;
        let mut new = NewField::of(&field);
        new.choices.extend(labels);
        custom_fields::service::update(tx, id, field.version, &new, &country)?;
        let now = custom_fields::service::get(tx, id)?.choices.into_iter().map(|choice| choice.id);
        made.extend(now.filter(|id| field.choices.iter().all(|known| known.id != *id)));
    }
    Ok(made)
}

/// Values that are no choice, by column.
pub fn unknown_by_column(db: &Db, import: ImportId) -> Result<BTreeMap<usize, Vec<UnknownValue>>, Error> {
    let mut columns: BTreeMap<usize, Vec<UnknownValue>> = BTreeMap::new();
    for value in store::values(db, import)? {
        columns.entry(value.position).or_default().push(value);
    }
    Ok(columns)
}

/// A contact's name, for rows that resemble it; empty when it is gone.
pub fn name_of(db: &Db, contact: i64) -> Result<String, Error> {
    let found = crate::people::record::Record::Contact(ContactId(contact)).find(db)?;
    Ok(found.map(|found| found.name).unwrap_or_default())
}
