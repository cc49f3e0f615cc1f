//! The table `erasures`, and the rows of every other table that an erasure reads, empties or deletes. Names of tables
//! and columns come from the data map.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Row, ToSql};

use super::{Erasure, State};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ErasureId, MemberId};
use crate::privacy::data_map::{Column, Erasure as Declared, Table};
use crate::privacy::subject::Person;

/// An erasure with its newest certificate.
const COLUMNS: &str = "erasures.*, (SELECT document FROM erasure_certificates WHERE erasure_id = erasures.id
                                    ORDER BY id DESC LIMIT 1) AS certificate";

pub struct NewRow<'a> {
    pub person: &'a Person,
    pub subject_hash: String,
    pub request: Option<i64>,
    pub asked_by: Option<MemberId>,
}

pub fn insert(tx: &Tx, new: &NewRow) -> Result<ErasureId, Error> {
    tx.insert(
        "INSERT INTO erasures (person_kind, person_id, person_ids, subject_hash, request_id, state, asked_by, asked_at)
         VALUES (:kind, :id, :ids, :hash, :request, :state, :by, :now)",
        &[
            (":kind", &new.person.kind.word),
            (":id", &new.person.id()),
            (":ids", &new.person.ids_json()),
            (":hash", &new.subject_hash),
            (":request", &new.request),
            (":state", &State::Begun.word()),
            (":by", &new.asked_by),
            (":now", &tx.now),
        ],
    )
    .map(ErasureId)
}

pub fn find(db: &Db, id: ErasureId) -> Result<Option<Erasure>, Error> {
    db.row(&format!("SELECT {COLUMNS} FROM erasures WHERE id = :id"), &[(":id", &id)], erasure)
}

/// Newest first.
pub fn list(db: &Db, before: Option<ErasureId>, limit: i64) -> Result<Vec<Erasure>, Error> {
    db.rows(
        &format!(
            "SELECT {COLUMNS} FROM erasures WHERE (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
        ),
        &[(":before", &before), (":limit", &limit)],
        erasure,
    )
}

/// Those that are not through, oldest first.
pub fn open(db: &Db) -> Result<Vec<Erasure>, Error> {
    db.rows(&format!("SELECT {COLUMNS} FROM erasures WHERE state <> 'done' ORDER BY id"), &[], erasure)
}

/// The newest of a person that is not through.
pub fn open_of(db: &Db, kind: &str, id: i64) -> Result<Option<Erasure>, Error> {
    db.row(
        &format!(
            "SELECT {COLUMNS} FROM erasures WHERE person_kind = :kind AND person_id = :id AND state <> 'done'
             ORDER BY id DESC LIMIT 1"
        ),
        &[(":kind", &kind), (":id", &id)],
        erasure,
    )
}

pub fn of_request(db: &Db, request: i64) -> Result<Option<Erasure>, Error> {
    db.row(
        &format!("SELECT {COLUMNS} FROM erasures WHERE request_id = :request ORDER BY id DESC LIMIT 1"),
        &[(":request", &request)],
        erasure,
    )
}

pub fn set_erased(
    tx: &Tx,
    id: ErasureId,
    counts: &str,
    (kept, others_files): (&str, &str),
    sealed: &[u8],
    key_version: u32,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE erasures SET state = 'erased', erased_at = :now, counts = :counts, kept = :kept, others_files = :files,
             sealed_values = :sealed, key_version = :key, version = version + 1 WHERE id = :id",
        &[
            (":id", &id),
            (":now", &tx.now),
            (":counts", &counts),
            (":kept", &kept),
            (":files", &others_files),
            (":sealed", &sealed),
            (":key", &key_version),
        ],
    )?;
    Ok(())
}

pub fn set_done(tx: &Tx, id: ErasureId, keeps_values: bool) -> Result<(), Error> {
    tx.execute(
        "UPDATE erasures SET state = 'done', finished_at = :now, held_by = '',
             sealed_values = iif(:keeps, sealed_values, NULL), version = version + 1 WHERE id = :id",
        &[(":id", &id), (":now", &tx.now), (":keeps", &keeps_values)],
    )?;
    Ok(())
}

/// `held_by` are the numbers of the holds that keep the rest, as JSON.
pub fn set_held(tx: &Tx, id: ErasureId, held_by: &str, sealed: &[u8], key_version: u32) -> Result<(), Error> {
    tx.execute(
        "UPDATE erasures SET state = 'held', held_by = :held, sealed_values = :sealed, key_version = :key,
             version = version + 1 WHERE id = :id",
        &[(":id", &id), (":held", &held_by), (":sealed", &sealed), (":key", &key_version)],
    )?;
    Ok(())
}

pub fn insert_certificate(tx: &Tx, id: ErasureId, document: &str) -> Result<(), Error> {
    tx.insert(
        "INSERT INTO erasure_certificates (erasure_id, document, issued_at) VALUES (:id, :document, :now)",
        &[(":id", &id), (":document", &document), (":now", &tx.now)],
    )?;
    Ok(())
}

/// The signed documents, the oldest first, each with when it was issued.
pub fn certificates(db: &Db, id: ErasureId) -> Result<Vec<(Timestamp, String)>, Error> {
    db.rows(
        "SELECT issued_at, document FROM erasure_certificates WHERE erasure_id = :id ORDER BY id",
        &[(":id", &id)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn erasure(row: &Row) -> rusqlite::Result<Erasure> {
    Ok(Erasure {
        id: row.get("id")?,
        person_kind: row.get("person_kind")?,
        person_id: row.get("person_id")?,
        person_ids: row.get("person_ids")?,
        subject_hash: row.get("subject_hash")?,
        request: row.get("request_id")?,
        state: State::from_word(&row.get::<_, String>("state")?).unwrap_or(State::Begun),
        asked_by: row.get("asked_by")?,
        asked_at: row.get("asked_at")?,
        erased_at: row.get("erased_at")?,
        finished_at: row.get("finished_at")?,
        held_by: row.get("held_by")?,
        counts: row.get("counts")?,
        kept: row.get("kept")?,
        others_files: row.get("others_files")?,
        sealed_values: row.get("sealed_values")?,
        key_version: row.get("key_version")?,
        certificate: row.get("certificate")?,
        version: row.get("version")?,
    })
}

/// How many rows of a table are about the person.
pub fn count(db: &Db, table: &Table, condition: &str, person: &Person) -> Result<i64, Error> {
    with(condition, person, |params| {
        db.count(&format!("SELECT count(*) FROM {} WHERE {condition}", table.name), params)
    })
}

/// Rows of a table that are about others: each with the record it hangs on. `on` are the columns that name that.
pub fn rows_of_others(
    db: &Db,
    table: &str,
    on: (&str, &str),
    theirs: &str,
    person: &Person,
) -> Result<Vec<(i64, String, i64)>, Error> {
    with(theirs, person, |params| {
        let sql = format!("SELECT id, {}, {} FROM {table} WHERE ({theirs}) IS NOT TRUE ORDER BY id", on.0, on.1);
        db.rows(&sql, params, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    })
}

/// How many of these rows of a table a condition without parameters finds.
pub fn count_among(db: &Db, table: &str, rows: &[i64], condition: &str) -> Result<i64, Error> {
    let sql =
        format!("SELECT count(*) FROM {table} WHERE rowid IN (SELECT value FROM json_each(:rows)) AND {condition}");
    db.count(&sql, &[(":rows", &serde_json::to_string(rows)?)])
}

/// The numbers of the person's rows of a table.
pub fn ids(db: &Db, table: &Table, condition: &str, person: &Person) -> Result<Vec<i64>, Error> {
    with(condition, person, |params| {
        db.rows(&format!("SELECT id FROM {} WHERE {condition}", table.name), params, |row| row.get(0))
    })
}

/// Deletes the person's rows of a table.
pub fn delete(tx: &Tx, table: &Table, condition: &str, person: &Person) -> Result<usize, Error> {
    with(condition, person, |params| tx.execute(&format!("DELETE FROM {} WHERE {condition}", table.name), params))
}

/// Empties columns in the person's rows of a table; says how many rows held something there.
pub fn empty(tx: &Tx, table: &Table, columns: &[&Column], condition: &str, person: &Person) -> Result<usize, Error> {
    let types = column_types(tx, table.name)?;
    let mut set = Vec::new();
    let mut filled = Vec::new();
    for column in columns {
        let Some((_, kind, is_needed)) = types.iter().find(|(name, ..)| name == column.name) else { continue };
        let nothing = match (is_needed, kind.as_str()) {
            (false, _) => "NULL",
            (true, "TEXT") => "''",
            (true, "BLOB") => "x''",
            (true, _) => "0",
        };
        set.push(format!("\"{}\" = {nothing}", column.name));
        filled.push(format!("\"{}\" IS NOT {nothing}", column.name));
    }
    if set.is_empty() {
        return Ok(0);
    }
    let sql = format!("UPDATE {} SET {} WHERE ({condition}) AND ({})", table.name, set.join(", "), filled.join(" OR "));
    with(condition, person, |params| tx.execute(&sql, params))
}

/// Hands over the two parameters of a condition, or the one that it has.
fn with<T>(
    condition: &str,
    person: &Person,
    work: impl FnOnce(crate::db::Params) -> Result<T, Error>,
) -> Result<T, Error> {
    let ids = person.ids_json();
    match condition.contains(":kind") {
        true => work(&[(":kind", &person.kind.word), (":ids", &ids)]),
        false => work(&[(":ids", &ids)]),
    }
}

/// Name, type and whether something must stand there, of each column.
pub fn column_types(db: &Db, table: &str) -> Result<Vec<(String, String, bool)>, Error> {
    db.rows("SELECT name, type, \"notnull\" FROM pragma_table_info(:table)", &[(":table", &table)], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// True when rows of the table have a number of their own.
pub fn has_row_ids(db: &Db, table: &str) -> Result<bool, Error> {
    let wr: Option<i64> = db.value("SELECT wr FROM pragma_table_list WHERE name = :table", &[(":table", &table)])?;
    Ok(wr == Some(0))
}

/// One text of a row.
pub struct Text<'a> {
    /// The number of the row; 0 where rows have none.
    pub row: i64,
    /// Which of the columns.
    pub place: usize,
    pub text: &'a str,
    /// What `held` says of its row.
    pub is_held: bool,
}

/// Hands each text of some columns to `each`. Bytes that are text are handed over too. `held` is an SQL condition
/// without parameters.
pub fn each_text(
    db: &Db,
    table: &str,
    columns: &[String],
    held: &str,
    except: Option<(&str, &Person)>,
    each: &mut dyn FnMut(Text) -> Result<(), Error>,
) -> Result<(), Error> {
    let row_id = if has_row_ids(db, table)? { "rowid" } else { "0" };
    let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let mut read = |row: &Row| {
        let (id, is_held) = (row.get(0)?, row.get(1)?);
        for place in 0..columns.len() {
            let text = match row.get_ref(place + 2)? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => std::str::from_utf8(bytes).ok(),
                _ => None,
            };
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                each(Text { row: id, place, text, is_held })?;
            }
        }
        Ok(())
    };
    let sql = format!("SELECT {row_id}, {held}, {} FROM {table}", names.join(", "));
    match except {
        None => db.each(&sql, &[], &mut read),
        Some((condition, person)) => with(condition, person, |params| {
            db.each(&format!("{sql} WHERE ({condition}) IS NOT TRUE"), params, &mut read)
        }),
    }
}

/// Puts other words where some stood. `false` when the row could not take them: they must be unique there. One without a
/// number of its own goes then.
pub fn replace(tx: &Tx, table: &str, column: &str, id: i64, before: &str, after: &str) -> Result<bool, Error> {
    let done = match has_row_ids(tx, table)? {
        true => tx.execute(
            &format!("UPDATE {table} SET \"{column}\" = :after WHERE rowid = :id"),
            &[(":after", &after), (":id", &id)],
        ),
        false => tx.execute(
            &format!("UPDATE {table} SET \"{column}\" = :after WHERE \"{column}\" = :before"),
            &[(":after", &after), (":before", &before)],
        ),
    };
    match done {
        Ok(_) => Ok(true),
        Err(Error::Conflict(_) | Error::Internal(_)) if has_row_ids(tx, table)? => Ok(false),
        Err(Error::Conflict(_) | Error::Internal(_)) => {
            tx.execute(&format!("DELETE FROM {table} WHERE \"{column}\" = :before"), &[(":before", &before)])?;
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

pub fn delete_row(tx: &Tx, table: &str, id: i64) -> Result<(), Error> {
    tx.execute(&format!("DELETE FROM {table} WHERE rowid = :id"), &[(":id", &id)])?;
    Ok(())
}

/// Deletes rows without a number of their own that hold these bytes.
pub fn delete_holding(tx: &Tx, table: &str, column: &str, bytes: &[u8]) -> Result<(), Error> {
    tx.execute(&format!("DELETE FROM {table} WHERE \"{column}\" = :bytes"), &[(":bytes", &bytes)])?;
    Ok(())
}

/// Held rows as they were, before anything goes: a trigger that takes along what hangs on another row does not ask
/// for holds.
pub struct Saved(Vec<(&'static Table, Vec<Vec<Value>>)>);

impl Saved {
    /// Of each table whose rows may go, those that its condition for held rows finds.
    pub fn take(tx: &Tx, tables: &[(&'static Table, String, String)], person: &Person) -> Result<Saved, Error> {
        let mut saved = Vec::new();
        for (table, _, held) in tables.iter().filter(|(table, ..)| table.erasure == Declared::DeleteRow) {
            if count(tx, table, held, person)? == 0 {
                continue;
            }
            let mut rows = Vec::new();
            let sql = format!("SELECT * FROM {} WHERE {held}", table.name);
            with(held, person, |params| {
                tx.each(&sql, params, &mut |row| {
                    let width = row.as_ref().column_count();
                    rows.push((0..width).map(|place| row.get(place)).collect::<Result<Vec<Value>, _>>()?);
                    Ok(())
                })
            })?;
            saved.push((*table, rows));
        }
        Ok(Saved(saved))
    }

    /// Writes those again that are gone.
    pub fn put_back(self, tx: &Tx) -> Result<(), Error> {
        for (table, rows) in self.0 {
            for row in rows {
                let names: Vec<String> = (0..row.len()).map(|place| format!(":p{place}")).collect();
                let values: Vec<(&str, &dyn ToSql)> =
                    names.iter().zip(&row).map(|(name, value)| (name.as_str(), value as &dyn ToSql)).collect();
                let sql = format!("INSERT OR IGNORE INTO {} VALUES ({})", table.name, names.join(", "));
                tx.execute(&sql, &values)?;
            }
        }
        Ok(())
    }
}

/// True when rows of `table` go with a row of `parent`, by a foreign key or a trigger.
pub fn goes_along(db: &Db, table: &str, parent: &str) -> Result<bool, Error> {
    let found = db.count(
        "SELECT (SELECT count(*) FROM pragma_foreign_key_list(:table) WHERE \"table\" = :parent AND on_delete = 'CASCADE')
              + (SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = :parent
                     AND sql LIKE '% AFTER DELETE ON %' AND sql LIKE '%DELETE FROM ' || :table || ' %')",
        &[(":table", &table), (":parent", &parent)],
    )?;
    Ok(found > 0)
}
