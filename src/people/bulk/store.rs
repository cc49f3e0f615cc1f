//! The table `bulk_edits`.

use rusqlite::Row;

use super::{BulkEdit, Edit, State};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{BulkEditId, ChangeId};
use crate::people::record::{Access, Object, acting_member};
use crate::visitor::Reach;

/// All but the list of records, which may be long and is read in parts.
const COLUMNS: &str =
    "id, object, action, field, argument, reach, state, total, done, changed, left_out, fault, change_id,
    created_by, created_at, finished_at";

pub fn insert(
    tx: &Tx,
    object: Object,
    edit: &Edit,
    ids: &[i64],
    access: &Access,
    change: ChangeId,
) -> Result<BulkEditId, Error> {
    let (field, argument) = edit.parts();
    tx.insert(
        "INSERT INTO bulk_edits (object, action, field, argument, record_ids, reach, state, total, change_id, created_by,
             created_at, updated_at)
         VALUES (:object, :action, :field, :argument, :ids, :reach, 'running', :total, :change, :by, :now, :now)",
        &[
            (":object", &object.word()),
            (":action", &edit.verb().word()),
            (":field", &field),
            (":argument", &argument),
            (":ids", &ids.iter().flat_map(|id| id.to_be_bytes()).collect::<Vec<u8>>()),
            (":reach", &reach(access)?),
            (":total", &(ids.len() as i64)),
            (":change", &change),
            (":by", &acting_member(tx.origin)),
            (":now", &tx.now),
        ],
    )
    .map(BulkEditId)
}

/// Whose records the asker may see, edit, assign and delete: lists of member ids, null for everybody's.
fn reach(access: &Access) -> Result<String, Error> {
    let all = [&access.view, &access.edit, &access.assign, &access.delete].map(Reach::owners_json);
    Ok(serde_json::to_string(&all)?)
}

fn access(json: &str) -> Access {
    let all: [Option<String>; 4] = serde_json::from_str(json).unwrap_or([const { Some(String::new()) }; 4]);
    let [view, edit, assign, delete] = all.map(|json| Reach::from_owners_json(json.as_deref()));
    Access { view, edit, assign, delete }
}

pub fn find(db: &Db, id: BulkEditId) -> Result<Option<BulkEdit>, Error> {
    let found =
        db.row(&format!("SELECT {COLUMNS} FROM bulk_edits WHERE id = :id"), &[(":id", &id)], |row| Ok(bulk_edit(row)))?;
    found.transpose().map(Option::flatten).map_err(Error::from)
}

/// Edits a job should be working on, oldest first.
pub fn running(db: &Db) -> Result<Vec<BulkEditId>, Error> {
    db.rows("SELECT id FROM bulk_edits WHERE state = 'running' ORDER BY id", &[], |row| row.get(0))
}

/// The next records: up to `limit` of them from place `from`.
pub fn records(db: &Db, id: BulkEditId, from: i64, limit: i64) -> Result<Vec<i64>, Error> {
    let bytes: Option<Vec<u8>> = db.value(
        "SELECT substr(record_ids, :from * 8 + 1, :limit * 8) FROM bulk_edits WHERE id = :id",
        &[(":id", &id), (":from", &from), (":limit", &limit)],
    )?;
    let (ids, _) = bytes.as_deref().unwrap_or_default().as_chunks::<8>();
    Ok(ids.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect())
}

/// True while the edit of this change has records to touch.
pub fn is_running(db: &Db, change: ChangeId) -> Result<bool, Error> {
    let running = "SELECT count(*) FROM bulk_edits WHERE change_id = :change AND state = 'running'";
    Ok(db.count(running, &[(":change", &change)])? > 0)
}

/// Adds what a batch did.
pub fn advance(tx: &Tx, id: BulkEditId, done: i64, changed: i64, left_out: i64, fault: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE bulk_edits SET done = done + :done, changed = changed + :changed, left_out = left_out + :left_out,
             fault = CASE WHEN :fault = '' THEN fault ELSE :fault END, updated_at = :now WHERE id = :id",
        &[
            (":id", &id),
            (":done", &done),
            (":changed", &changed),
            (":left_out", &left_out),
            (":fault", &fault),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

/// Ends an edit. Its list of records is not needed any more.
pub fn finish(tx: &Tx, id: BulkEditId, state: State) -> Result<(), Error> {
    tx.execute(
        "UPDATE bulk_edits SET state = :state, record_ids = x'', finished_at = :now, updated_at = :now WHERE id = :id",
        &[(":id", &id), (":state", &state.word()), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn ask_to_cancel(tx: &Tx, id: BulkEditId) -> Result<(), Error> {
    tx.execute(
        "UPDATE bulk_edits SET is_cancelled = 1, updated_at = :now WHERE id = :id",
        &[(":id", &id), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn is_cancelled(db: &Db, id: BulkEditId) -> Result<bool, Error> {
    Ok(db.value("SELECT is_cancelled FROM bulk_edits WHERE id = :id", &[(":id", &id)])?.unwrap_or(false))
}

/// `None` for an edit that this version does not know.
fn bulk_edit(row: &Row) -> rusqlite::Result<Option<BulkEdit>> {
    let word = |name: &str| row.get::<_, String>(name);
    let object = Object::from_word(&word("object")?).unwrap_or(Object::Contact);
    let Ok(edit) = Edit::read(object, &word("action")?, &word("field")?, &word("argument")?) else { return Ok(None) };
    Ok(Some(BulkEdit {
        id: row.get("id")?,
        object,
        edit,
        state: State::from_word(&word("state")?).unwrap_or(State::Cancelled),
        total: row.get("total")?,
        done: row.get("done")?,
        changed: row.get("changed")?,
        left_out: row.get("left_out")?,
        fault: row.get("fault")?,
        change: row.get("change_id")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        finished_at: row.get("finished_at")?,
        access: access(&word("reach")?),
    }))
}
