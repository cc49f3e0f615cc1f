//! The table `trash`.

use rusqlite::Row;

use super::Trashed;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, TrashId};
use crate::people::record::{Object, Record, acting_member};
use crate::visitor::Reach;

const COLUMNS: &str = "id, on_type, on_id, name, owner_id, deleted_by, deleted_at";

pub fn insert(tx: &Tx, record: Record, name: &str, owner: Option<MemberId>, image: &str) -> Result<(), Error> {
    tx.insert(
        "INSERT INTO trash (on_type, on_id, name, owner_id, image, deleted_by, deleted_at)
         VALUES (:type, :id, :name, :owner, :image, :by, :now)",
        &[
            (":type", &record.kind()),
            (":id", &record.id()),
            (":name", &name),
            (":owner", &owner),
            (":image", &image),
            (":by", &acting_member(tx.origin)),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

/// The last deleted first, of one kind, as far as `reach` covers the owners they had.
pub fn list(
    db: &Db,
    object: Object,
    reach: &Reach,
    before: Option<TrashId>,
    limit: i64,
) -> Result<Vec<Trashed>, Error> {
    let found = db.rows(
        &format!(
            "SELECT {COLUMNS} FROM trash WHERE on_type = :type AND (:before IS NULL OR id < :before)
                 AND (:reach IS NULL OR owner_id IN (SELECT value FROM json_each(:reach)))
             ORDER BY id DESC LIMIT :limit"
        ),
        &[(":type", &object.word()), (":before", &before), (":reach", &reach.owners_json()), (":limit", &limit)],
        trashed,
    )?;
    Ok(found.into_iter().flatten().collect())
}

pub fn find(db: &Db, id: TrashId) -> Result<Option<Trashed>, Error> {
    let found = db.row(&format!("SELECT {COLUMNS} FROM trash WHERE id = :id"), &[(":id", &id)], trashed)?;
    Ok(found.flatten())
}

/// Deleted records whose image has these words somewhere: the id of each, and its image.
pub fn images_naming(db: &Db, object: Object, words: &str) -> Result<Vec<(i64, String)>, Error> {
    db.rows(
        "SELECT on_id, image FROM trash WHERE on_type = :type AND instr(image, :words) > 0",
        &[(":type", &object.word()), (":words", &words)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Where a deleted record lies.
pub fn of_record(db: &Db, record: Record) -> Result<Option<TrashId>, Error> {
    db.value(
        "SELECT id FROM trash WHERE on_type = :type AND on_id = :id",
        &[(":type", &record.kind()), (":id", &record.id())],
    )
}

pub fn image(db: &Db, id: TrashId) -> Result<Option<String>, Error> {
    db.value("SELECT image FROM trash WHERE id = :id", &[(":id", &id)])
}

pub fn delete(tx: &Tx, id: TrashId) -> Result<(), Error> {
    tx.execute("DELETE FROM trash WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

/// `None` for a row of a kind that this version does not know.
fn trashed(row: &Row) -> rusqlite::Result<Option<Trashed>> {
    let Some(record) = Record::new(&row.get::<_, String>(1)?, row.get(2)?) else { return Ok(None) };
    Ok(Some(Trashed {
        id: row.get(0)?,
        record,
        name: row.get(3)?,
        owner: row.get(4)?,
        deleted_by: row.get(5)?,
        deleted_at: row.get(6)?,
    }))
}
