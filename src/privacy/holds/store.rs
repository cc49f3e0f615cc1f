//! The table `legal_holds`.

use rusqlite::Row;

use super::{Hold, NewHold, Scope};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{HoldId, MemberId};

const COLUMNS: &str =
    "id, version, scope, on_type, on_id, category, matter, reason, told, placed_by, placed_at, ends_at,
                       released_by, released_at, release_reason";
const IN_FORCE: &str = "released_at IS NULL AND (ends_at IS NULL OR ends_at > :now)";

pub fn insert(tx: &Tx, scope: Scope, new: &NewHold, by: Option<MemberId>) -> Result<HoldId, Error> {
    let id = tx.insert(
        "INSERT INTO legal_holds (scope, on_type, on_id, category, matter, reason, told, placed_by, placed_at, ends_at)
         VALUES (:scope, :type, :id, :category, :matter, :reason, :told, :by, :now, :ends)",
        &[
            (":scope", &scope.word()),
            (":type", &new.on_type),
            (":id", &new.on_id.unwrap_or(0)),
            (":category", &new.category),
            (":matter", &new.matter),
            (":reason", &new.reason),
            (":told", &new.told),
            (":by", &by),
            (":now", &tx.now),
            (":ends", &new.ends_at),
        ],
    )?;
    Ok(HoldId(id))
}

pub fn find(db: &Db, id: HoldId) -> Result<Option<Hold>, Error> {
    let found = db.row(&format!("SELECT {COLUMNS} FROM legal_holds WHERE id = :id"), &[(":id", &id)], hold)?;
    Ok(found.flatten())
}

/// Every hold in force.
pub fn in_force(db: &Db, at: Timestamp) -> Result<Vec<Hold>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM legal_holds WHERE {IN_FORCE} ORDER BY id DESC");
    Ok(db.rows(&sql, &[(":now", &at)], hold)?.into_iter().flatten().collect())
}

/// The newest first, from below the id `before` on: those in force, those that ended, or all.
pub fn list(db: &Db, is_in_force: Option<bool>, before: Option<i64>, limit: i64) -> Result<Vec<Hold>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM legal_holds
         WHERE (:before IS NULL OR id < :before) AND (:wanted IS NULL OR ({IN_FORCE}) = :wanted)
         ORDER BY id DESC LIMIT :limit"
    );
    let found =
        db.rows(&sql, &[(":now", &db.now), (":before", &before), (":wanted", &is_in_force), (":limit", &limit)], hold)?;
    Ok(found.into_iter().flatten().collect())
}

pub fn count_in_force(db: &Db) -> Result<i64, Error> {
    db.count(&format!("SELECT count(*) FROM legal_holds WHERE {IN_FORCE}"), &[(":now", &db.now)])
}

/// What covers one record: a hold on it, on its table or on everything. The oldest of them.
pub fn covering(db: &Db, kind: &str, table: &str, id: i64) -> Result<Option<Hold>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM legal_holds WHERE {IN_FORCE}
             AND (scope = 'workspace' OR scope = 'category' AND category = :table
                  OR scope IN ('record', 'person') AND on_type IN (:kind, :table) AND on_id = :id)
         ORDER BY id LIMIT 1"
    );
    let found = db.row(&sql, &[(":now", &db.now), (":table", &table), (":kind", &kind), (":id", &id)], hold)?;
    Ok(found.flatten())
}

/// Marks a hold as released; false when it was released before.
pub fn release(tx: &Tx, id: HoldId, at: Timestamp, by: Option<MemberId>, reason: &str) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE legal_holds SET released_at = :at, released_by = :by, release_reason = :reason, version = version + 1
         WHERE id = :id AND released_at IS NULL",
        &[(":id", &id), (":at", &at), (":by", &by), (":reason", &reason)],
    )?;
    Ok(changed > 0)
}

/// Holds whose end has come and that nobody released.
pub fn ended(db: &Db) -> Result<Vec<Hold>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM legal_holds WHERE released_at IS NULL AND ends_at <= :now ORDER BY id");
    Ok(db.rows(&sql, &[(":now", &db.now)], hold)?.into_iter().flatten().collect())
}

/// How many rows of a table a condition of the data map finds.
pub fn count_rows(db: &Db, table: &str, condition: &str) -> Result<i64, Error> {
    db.count(&format!("SELECT count(*) FROM {table} WHERE {condition}"), &[])
}

/// True when the table has a row with this id.
pub fn has_row(db: &Db, table: &str, id: i64) -> Result<bool, Error> {
    Ok(db.count(&format!("SELECT count(*) FROM {table} WHERE id = :id"), &[(":id", &id)])? > 0)
}

/// `None` for a scope that this version does not know.
fn hold(row: &Row) -> rusqlite::Result<Option<Hold>> {
    let Some(scope) = Scope::from_word(&row.get::<_, String>("scope")?) else { return Ok(None) };
    Ok(Some(Hold {
        id: row.get("id")?,
        version: row.get("version")?,
        scope,
        on_type: row.get("on_type")?,
        on_id: row.get("on_id")?,
        category: row.get("category")?,
        matter: row.get("matter")?,
        reason: row.get("reason")?,
        told: row.get("told")?,
        placed_by: row.get("placed_by")?,
        placed_at: row.get("placed_at")?,
        ends_at: row.get("ends_at")?,
        released_by: row.get("released_by")?,
        released_at: row.get("released_at")?,
        release_reason: row.get("release_reason")?,
    }))
}
