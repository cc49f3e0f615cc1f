//! The table `import_mappings`.

use rusqlite::Row;

use super::{Column, Remembered};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ImportMappingId, MemberId};
use crate::people::record::Object;

pub fn insert(
    tx: &Tx,
    object: Object,
    name: &str,
    headings: &str,
    columns: &[Column],
    member: Option<MemberId>,
) -> Result<ImportMappingId, Error> {
    tx.insert(
        "INSERT INTO import_mappings (object, name, headings, columns, uses, used_at, created_by, created_at, updated_at)
         VALUES (:object, :name, :headings, :columns, 1, :now, :by, :now, :now)",
        &[
            (":object", &object.word()),
            (":name", &name),
            (":headings", &headings),
            (":columns", &serde_json::to_string(columns)?),
            (":by", &member),
            (":now", &tx.now),
        ],
    )
    .map(ImportMappingId)
}

/// Keeps how it was used this time. Only another mapping is another version.
pub fn use_again(tx: &Tx, id: ImportMappingId, columns: &[Column]) -> Result<(), Error> {
    let columns = serde_json::to_string(columns)?;
    tx.execute(
        "UPDATE import_mappings SET version = version + (columns <> :columns), columns = :columns, uses = uses + 1, used_at = :now,
             updated_at = :now WHERE id = :id",
        &[(":columns", &columns), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn find(db: &Db, id: ImportMappingId) -> Result<Option<Remembered>, Error> {
    db.row("SELECT * FROM import_mappings WHERE id = :id", &[(":id", &id)], remembered)
}

pub fn find_by_headings(db: &Db, object: Object, headings: &str) -> Result<Option<Remembered>, Error> {
    db.row(
        "SELECT * FROM import_mappings WHERE object = :object AND headings = :headings",
        &[(":object", &object.word()), (":headings", &headings)],
        remembered,
    )
}

/// Those last used come first.
pub fn all(db: &Db) -> Result<Vec<Remembered>, Error> {
    db.rows("SELECT * FROM import_mappings ORDER BY used_at DESC, id DESC", &[], remembered)
}

pub fn rename(tx: &Tx, id: ImportMappingId, name: &str) -> Result<(), Error> {
    tx.execute(
        "UPDATE import_mappings SET name = :name, updated_at = :now, version = version + 1 WHERE id = :id",
        &[(":name", &name), (":now", &tx.now), (":id", &id)],
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, id: ImportMappingId) -> Result<(), Error> {
    tx.execute("DELETE FROM import_mappings WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

/// Leaves only those last used.
pub fn forget_oldest(tx: &Tx, object: Object, most: i64) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM import_mappings WHERE object = :object AND id NOT IN
             (SELECT id FROM import_mappings WHERE object = :object ORDER BY used_at DESC, id DESC LIMIT :most)",
        &[(":object", &object.word()), (":most", &most)],
    )?;
    Ok(())
}

fn remembered(row: &Row) -> rusqlite::Result<Remembered> {
    let columns: String = row.get("columns")?;
    Ok(Remembered {
        id: row.get("id")?,
        version: row.get("version")?,
        object: Object::from_word(&row.get::<_, String>("object")?).unwrap_or(Object::Contact),
        name: row.get("name")?,
        columns: serde_json::from_str(&columns).unwrap_or_default(),
        uses: row.get("uses")?,
        used_at: row.get("used_at")?,
    })
}
