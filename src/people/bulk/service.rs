//! Starts an edit of many records, does a batch of it, stops it.

use super::{BulkEdit, Edit, MOST, State, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{BulkEditId, ChangeId};
use crate::people::custom_fields::Definitions;
use crate::people::record::{Access, Object, Record};
use crate::people::text::Faults;
use crate::people::{settings, undo};
use crate::privacy::audit::{self, Event};
use crate::privacy::restriction;

/// The edit with this id.
pub fn get(db: &Db, id: BulkEditId) -> Result<BulkEdit, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("edit"))
}

/// Starts an edit; the job does it. Fails with [`Error::Invalid`] when the value can be no record's, or when
/// there is nothing to edit.
pub fn start(tx: &Tx, object: Object, edit: &Edit, ids: &[i64], access: &Access) -> Result<BulkEditId, Error> {
    if ids.is_empty() {
        return Err(Error::field("id", "required", "Tick the records to change first."));
    }
    if ids.len() > MOST {
        return Err(Error::field("id", "too_many", format!("{MOST} records are the most for one edit.")));
    }
    demand_good_value(tx, object, edit)?;
    let change = undo::begin(tx, undo::Kind::Bulk, edit.verb().word(), object, None)?;
    let id = store::insert(tx, object, edit, ids, access, change.id)?;
    let event = Event::new("people.bulk_edit.started").on("bulk_edit", id).detail("action", edit.verb().word());
    audit::record(tx, event.detail("object", object.word()).detail("records", ids.len()))?;
    Ok(id)
}

/// Asks the rule of the field before a hundred thousand records do.
fn demand_good_value(db: &Db, object: Object, edit: &Edit) -> Result<(), Error> {
    let Edit::Set { field, value } = edit else { return Ok(()) };
    let Some(key) = field.strip_prefix("custom/") else { return Ok(()) };
    let definitions = Definitions::load(db, object)?;
    let values = value.split(';').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let typed = [(key.to_owned(), values)].into_iter().collect();
    let mut faults = Faults::default();
    definitions.check(db, &typed, &[], &settings::service::default_country(db)?, &mut faults)?;
    faults.none_or(()).map_err(Error::Invalid)
}

/// Edits the next `most` records; true when none is left. Everything of a batch happens, or nothing.
pub fn step(tx: &Tx, id: BulkEditId, most: i64) -> Result<bool, Error> {
    let bulk = get(tx, id)?;
    let change = bulk.change.map(|id| undo::Change { id });
    if store::is_cancelled(tx, id)? {
        return end(tx, &bulk, State::Cancelled).map(|()| true);
    }
    let ids = store::records(tx, id, bulk.done, most)?;
    let (mut changed, mut left_out, mut fault) = (0, 0, String::new());
    for record in ids.iter().filter_map(|id| Record::new(bulk.object.word(), *id)) {
        match touch(tx, &bulk, change, record) {
            Ok(()) => changed += 1,
            // Gone since, or another's to change: left alone, and counted.
            Err(Error::NotFound(_) | Error::Forbidden) => left_out += 1,
            // A legal hold keeps it.
            Err(Error::Conflict(message)) => {
                left_out += 1;
                fault = message;
            }
            Err(Error::Invalid(errors)) => {
                left_out += 1;
                fault = errors.into_iter().next().map(|error| error.message).unwrap_or_default();
            }
            Err(error) => return Err(error),
        }
    }
    store::advance(tx, id, ids.len() as i64, changed, left_out, &fault)?;
    if bulk.done + (ids.len() as i64) < bulk.total && !ids.is_empty() {
        let event = Event::new("people.bulk_edit.went_on").on("bulk_edit", id).detail("changed", changed);
        audit::record(tx, event)?;
        return Ok(false);
    }
    end(tx, &get(tx, id)?, State::Done)?;
    Ok(true)
}

/// One record, with the way back. A broken rule leaves nothing behind: rules are asked before anything is written.
fn touch(tx: &Tx, bulk: &BulkEdit, change: Option<undo::Change>, record: Record) -> Result<(), Error> {
    // Their data is kept as it is, and only somebody who looks at them by themselves changes it (P-109).
    if restriction::service::is_on(tx, record.kind(), record.id())? {
        let message = "The person asked for their data to be kept and not used. Change it on their own page.";
        return Err(Error::field("id", "restricted", message));
    }
    let apply = || bulk.edit.apply(tx, record, &bulk.access);
    match (change, &bulk.edit) {
        (Some(change), Edit::Delete) => {
            apply()?;
            change.deleted(tx, record)
        }
        (Some(change), _) => change.touch(tx, record, apply),
        (None, _) => apply(),
    }
}

fn end(tx: &Tx, bulk: &BulkEdit, state: State) -> Result<(), Error> {
    store::finish(tx, bulk.id, state)?;
    if let Some(id) = bulk.change {
        undo::Change { id }.count(tx)?;
    }
    let event = Event::new("people.bulk_edit.ended").on("bulk_edit", bulk.id).detail("state", state.word());
    audit::record(tx, event.detail("changed", bulk.changed).detail("left_out", bulk.left_out))
}

/// True while the edit of this change has records to touch.
pub fn is_running(db: &Db, change: ChangeId) -> Result<bool, Error> {
    store::is_running(db, change)
}

/// Asks an edit to stop after the batch at hand. What was changed stays, and can be taken back.
pub fn cancel(tx: &Tx, id: BulkEditId) -> Result<(), Error> {
    if get(tx, id)?.state != State::Running {
        return Err(Error::Conflict("this edit has ended already".into()));
    }
    store::ask_to_cancel(tx, id)?;
    audit::record(tx, Event::new("people.bulk_edit.cancelled").on("bulk_edit", id))
}

/// After the workspace itself was imported: an edit that was under way elsewhere stops where it was. Whose records it
/// may reach was asked of members who have other numbers here.
pub fn arrived(tx: &Tx) -> Result<(), Error> {
    store::running(tx)?.into_iter().try_for_each(|id| store::finish(tx, id, State::Cancelled))
}
