//! The tables `import_values` and `import_resemblances`.

use std::collections::HashSet;

use rusqlite::Row;

use super::likeness::Whom;
use super::{Likely, Resemblance, UnknownValue};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{ContactId, ImportId};
use crate::people::imports::Resembling;
use crate::people::merging::Reason;

/// Rows whose names are kept, so that they can be shown.
const NAMES_KEPT: i64 = 1_000;

/// Forgets what an earlier check found.
pub fn forget(tx: &Tx, import: ImportId) -> Result<(), Error> {
    tx.execute("DELETE FROM import_values WHERE import_id = :id", &[(":id", &import)])?;
    tx.execute("DELETE FROM import_resemblances WHERE import_id = :id", &[(":id", &import)])?;
    Ok(())
}

pub fn set_values(tx: &Tx, import: ImportId, values: &[UnknownValue]) -> Result<(), Error> {
    for value in values {
        tx.execute(
            "INSERT INTO import_values (import_id, position, value, rows) VALUES (:import, :position, :value, :rows)",
            &[
                (":import", &import),
                (":position", &(value.position as i64)),
                (":value", &value.value),
                (":rows", &value.rows),
            ],
        )?;
    }
    Ok(())
}

/// By column, the commonest first.
pub fn values(db: &Db, import: ImportId) -> Result<Vec<UnknownValue>, Error> {
    db.rows(
        "SELECT position, value, rows FROM import_values WHERE import_id = :id ORDER BY position, rows DESC, id",
        &[(":id", &import)],
        |row| {
            let position: i64 = row.get(0)?;
            let position = usize::try_from(position).unwrap_or(usize::MAX);
            Ok(UnknownValue { position, value: row.get(1)?, rows: row.get(2)? })
        },
    )
}

/// Keeps a row that resembles somebody; its name only while there are few.
pub fn add_resemblance(tx: &Tx, import: ImportId, likely: &Likely) -> Result<(), Error> {
    let (other, other_line) = match likely.whom {
        Whom::Contact(id) => (Some(id), None),
        Whom::Line(line) => (None, Some(line)),
    };
    let words: Vec<&str> = likely.reasons.iter().map(|reason| reason.word()).collect();
    tx.execute(
        "INSERT INTO import_resemblances (import_id, line, name, other_id, other_line, reasons)
         VALUES (:import, :line, CASE WHEN (SELECT resembling FROM imports WHERE id = :import) < :kept THEN :name ELSE '' END,
             :other, :other_line, :reasons)",
        &[
            (":import", &import),
            (":line", &likely.line),
            (":name", &likely.name),
            (":kept", &NAMES_KEPT),
            (":other", &other),
            (":other_line", &other_line),
            (":reasons", &words.join(",")),
        ],
    )?;
    Ok(())
}

/// Those in lines from `first` to `last`, in order.
pub fn between(db: &Db, import: ImportId, first: i64, last: i64, most: i64) -> Result<Vec<Resemblance>, Error> {
    db.rows(
        "SELECT line, name, other_id, other_line, reasons, decision FROM import_resemblances
         WHERE import_id = :id AND line BETWEEN :first AND :last ORDER BY line LIMIT :most",
        &[(":id", &import), (":first", &first), (":last", &last), (":most", &most)],
        resemblance,
    )
}

/// Lines that later ones resemble.
pub fn resembled_lines(db: &Db, import: ImportId) -> Result<HashSet<i64>, Error> {
    let sql = "SELECT DISTINCT other_line FROM import_resemblances WHERE import_id = :id AND other_line IS NOT NULL";
    Ok(db.rows(sql, &[(":id", &import)], |row| row.get(0))?.into_iter().collect())
}

/// What became of a line that later ones resemble.
pub fn set_made(tx: &Tx, import: ImportId, line: i64, contact: ContactId) -> Result<(), Error> {
    tx.execute(
        "UPDATE import_resemblances SET other_id = :contact WHERE import_id = :id AND other_line = :line",
        &[(":contact", &contact), (":id", &import), (":line", &line)],
    )?;
    Ok(())
}

/// Says whether there is such a line.
pub fn decide(tx: &Tx, import: ImportId, line: i64, decision: Option<Resembling>) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE import_resemblances SET decision = :decision WHERE import_id = :id AND line = :line",
        &[(":decision", &decision.map_or("", Resembling::word)), (":id", &import), (":line", &line)],
    )?;
    Ok(changed > 0)
}

pub fn decide_all(tx: &Tx, import: ImportId, decision: Resembling) -> Result<(), Error> {
    tx.execute(
        "UPDATE imports SET on_resembling = :decision, updated_at = :now WHERE id = :id",
        &[(":decision", &decision.word()), (":now", &tx.now), (":id", &import)],
    )?;
    Ok(())
}

fn resemblance(row: &Row) -> rusqlite::Result<Resemblance> {
    let reasons: String = row.get("reasons")?;
    Ok(Resemblance {
        line: row.get("line")?,
        name: row.get("name")?,
        other: row.get("other_id")?,
        other_line: row.get("other_line")?,
        reasons: reasons.split(',').filter_map(Reason::from_word).collect(),
        decision: Resembling::from_word(&row.get::<_, String>("decision")?),
    })
}
