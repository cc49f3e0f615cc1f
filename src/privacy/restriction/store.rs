//! The table `restrictions`. SQL lives here and nowhere else.

use rusqlite::Row;

use super::{Ground, Notice, NoticeMethod, Restriction};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, RestrictionId};
use crate::privacy::subject::Person;

pub fn insert(
    tx: &Tx,
    person: &Person,
    ground: Ground,
    reason: &str,
    by: Option<MemberId>,
) -> Result<RestrictionId, Error> {
    tx.insert(
        "INSERT INTO restrictions (on_type, on_id, ground, reason, placed_by, placed_at)
         VALUES (:kind, :id, :ground, :reason, :by, :now)",
        &[
            (":kind", &person.kind.word),
            (":id", &person.id()),
            (":ground", &ground.word()),
            (":reason", &reason),
            (":by", &by),
            (":now", &tx.now),
        ],
    )
    .map(RestrictionId)
}

pub fn find(db: &Db, id: RestrictionId) -> Result<Option<Restriction>, Error> {
    db.row("SELECT * FROM restrictions WHERE id = :id", &[(":id", &id)], restriction)
}

/// Every restriction a person ever had, the newest first.
pub fn of_person(db: &Db, person: &Person) -> Result<Vec<Restriction>, Error> {
    db.rows(
        "SELECT * FROM restrictions WHERE on_type = :kind AND on_id IN (SELECT value FROM json_each(:ids)) ORDER BY id DESC",
        &[(":kind", &person.kind.word), (":ids", &person.ids_json())],
        restriction,
    )
}

/// Those in force, or those that ended, the newest first.
pub fn list(db: &Db, is_lifted: bool, before: Option<RestrictionId>, limit: i64) -> Result<Vec<Restriction>, Error> {
    db.rows(
        "SELECT * FROM restrictions WHERE (lifted_at IS NOT NULL) = :lifted AND (:before IS NULL OR id < :before)
         ORDER BY id DESC LIMIT :limit",
        &[(":lifted", &is_lifted), (":before", &before), (":limit", &limit)],
        restriction,
    )
}

/// Whether one is in force on this very record.
pub fn is_on(db: &Db, kind: &str, id: i64) -> Result<bool, Error> {
    let sql = "SELECT count(*) FROM restrictions WHERE on_type = :kind AND on_id = :id AND lifted_at IS NULL";
    Ok(db.count(sql, &[(":kind", &kind), (":id", &id)])? > 0)
}

/// Everybody whose data is restricted now: the kind of person and the id.
pub fn people(db: &Db) -> Result<Vec<(String, i64)>, Error> {
    db.rows("SELECT DISTINCT on_type, on_id FROM restrictions WHERE lifted_at IS NULL", &[], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

pub fn begin_lifting(
    tx: &Tx,
    id: RestrictionId,
    reason: &str,
    wait_days: i64,
    by: Option<MemberId>,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE restrictions SET lift_reason = :reason, wait_days = :days, lifting_by = :by, lifting_at = :now,
             version = version + 1
         WHERE id = :id",
        &[(":id", &id), (":reason", &reason), (":days", &wait_days), (":by", &by), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn stop_lifting(tx: &Tx, id: RestrictionId) -> Result<(), Error> {
    tx.execute(
        "UPDATE restrictions SET lift_reason = '', lifting_by = NULL, lifting_at = NULL, notice_method = '',
             notice_reference = '', notified_at = NULL, version = version + 1
         WHERE id = :id",
        &[(":id", &id)],
    )?;
    Ok(())
}

pub fn tell(tx: &Tx, id: RestrictionId, notice: &Notice) -> Result<(), Error> {
    tx.execute(
        "UPDATE restrictions SET notice_method = :method, notice_reference = :reference, notified_at = :at,
             version = version + 1
         WHERE id = :id",
        &[(":id", &id), (":method", &notice.method.word()), (":reference", &notice.reference), (":at", &notice.at)],
    )?;
    Ok(())
}

/// Ends it; whoever began that is who ended it.
pub fn lift(tx: &Tx, id: RestrictionId) -> Result<(), Error> {
    tx.execute(
        "UPDATE restrictions SET lifted_by = lifting_by, lifted_at = :now, version = version + 1 WHERE id = :id",
        &[(":id", &id), (":now", &tx.now)],
    )?;
    Ok(())
}

/// Those that the person was told of and that are still in force.
pub fn told(db: &Db) -> Result<Vec<Restriction>, Error> {
    db.rows("SELECT * FROM restrictions WHERE lifted_at IS NULL AND notified_at IS NOT NULL", &[], restriction)
}

fn restriction(row: &Row) -> rusqlite::Result<Restriction> {
    let (ground, method): (String, String) = (row.get("ground")?, row.get("notice_method")?);
    let notified_at: Option<Timestamp> = row.get("notified_at")?;
    let reference: String = row.get("notice_reference")?;
    Ok(Restriction {
        id: row.get("id")?,
        version: row.get("version")?,
        on: (row.get("on_type")?, row.get("on_id")?),
        // The table takes no other word.
        ground: Ground::from_word(&ground).unwrap_or(Ground::Accuracy),
        reason: row.get("reason")?,
        placed_by: row.get("placed_by")?,
        placed_at: row.get("placed_at")?,
        lift_reason: row.get("lift_reason")?,
        lifting_at: row.get("lifting_at")?,
        wait_days: row.get("wait_days")?,
        notice: NoticeMethod::from_word(&method).zip(notified_at).map(|(method, at)| Notice { method, reference, at }),
        lifted_by: row.get("lifted_by")?,
        lifted_at: row.get("lifted_at")?,
    })
}
