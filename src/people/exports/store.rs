//! The table `exports`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::{Export, Format};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ExportId, MemberId};

/// What creates an export.
pub struct NewRow<'a> {
    pub object: &'a str,
    pub format: Format,
    pub q: &'a str,
    pub filter: &'a str,
    pub columns: &'a [String],
    pub purpose: &'a str,
    pub with_consents: bool,
    pub created_by: MemberId,
    pub expires_at: Timestamp,
}

pub fn insert(tx: &Tx, new: &NewRow) -> Result<ExportId, Error> {
    tx.insert(
        "INSERT INTO exports (object, format, q, filter, columns, purpose, with_consents, created_by, created_at, expires_at)
         VALUES (:object, :format, :q, :filter, :columns, :purpose, :consents, :member, :now, :expires)",
        &[
            (":object", &new.object),
            (":format", &new.format.word()),
            (":q", &new.q),
            (":filter", &new.filter),
            (":columns", &new.columns.join(",")),
            (":purpose", &new.purpose),
            (":consents", &new.with_consents),
            (":member", &new.created_by),
            (":now", &tx.now),
            (":expires", &new.expires_at),
        ],
    )
    .map(ExportId)
}

pub fn find(db: &Db, member: MemberId, id: ExportId) -> Result<Option<Export>, Error> {
    db.row(
        "SELECT * FROM exports WHERE id = :id AND created_by = :member",
        &[(":id", &id), (":member", &member)],
        export,
    )
}

/// Those of a member, newest first.
pub fn list(db: &Db, member: MemberId, before: Option<ExportId>, limit: i64) -> Result<Vec<Export>, Error> {
    db.rows(
        "SELECT * FROM exports WHERE created_by = :member AND (:before IS NULL OR id < :before)
         ORDER BY id DESC LIMIT :limit",
        &[(":member", &member), (":before", &before), (":limit", &limit)],
        export,
    )
}

pub fn count_taken(tx: &Tx, id: ExportId) -> Result<(), Error> {
    tx.execute("UPDATE exports SET taken = taken + 1 WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

pub fn set_left_out(tx: &Tx, id: ExportId, people: i64) -> Result<(), Error> {
    tx.execute("UPDATE exports SET left_out = :people WHERE id = :id", &[(":id", &id), (":people", &people)])?;
    Ok(())
}

fn export(row: &Row) -> rusqlite::Result<Export> {
    let columns: String = row.get("columns")?;
    Ok(Export {
        id: row.get("id")?,
        object: row.get("object")?,
        format: Format::from_word(&row.get::<_, String>("format")?).unwrap_or(Format::Csv),
        q: row.get("q")?,
        filter: row.get("filter")?,
        columns: columns.split(',').filter(|column| !column.is_empty()).map(str::to_owned).collect(),
        purpose: row.get("purpose")?,
        with_consents: row.get("with_consents")?,
        left_out: row.get("left_out")?,
        taken: row.get("taken")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
    })
}
