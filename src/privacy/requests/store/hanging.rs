//! The tables that hang on a request.

use super::word;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::{MemberId, SubjectRequestId};
use crate::privacy::requests::rows::{CheckRow, CorrectionRow, KeptRow, RecipientRow, StepRow};
use crate::privacy::requests::{Check, KeepGround, State, ToldBy};

pub fn add_step(tx: &Tx, id: SubjectRequestId, row: &StepRow) -> Result<(), Error> {
    tx.insert(
        "INSERT INTO subject_request_steps (request_id, step, state, about, note, member_id, at)
         VALUES (:id, :step, :state, :about, :note, :member, :at)",
        &[
            (":id", &id),
            (":step", &row.step),
            (":state", &row.state.word()),
            (":about", &row.about),
            (":note", &row.note),
            (":member", &row.member),
            (":at", &row.at),
        ],
    )?;
    Ok(())
}

/// In the order in which they happened.
pub fn steps(db: &Db, id: SubjectRequestId) -> Result<Vec<StepRow>, Error> {
    db.rows(
        "SELECT step, state, about, note, member_id, at FROM subject_request_steps WHERE request_id = :id ORDER BY id",
        &[(":id", &id)],
        |row| {
            Ok(StepRow {
                step: row.get("step")?,
                state: word(row, "state", State::from_word)?,
                about: row.get("about")?,
                note: row.get("note")?,
                member: row.get("member_id")?,
                at: row.get("at")?,
            })
        },
    )
}

pub fn add_check(tx: &Tx, id: SubjectRequestId, check: &CheckRow) -> Result<(), Error> {
    tx.insert(
        "INSERT INTO subject_request_checks (request_id, kind, passed, method, note, member_id, at)
         VALUES (:id, :kind, :passed, :method, :note, :member, :at)",
        &[
            (":id", &id),
            (":kind", &check.kind.word()),
            (":passed", &check.passed),
            (":method", &check.method),
            (":note", &check.note),
            (":member", &check.member),
            (":at", &check.at),
        ],
    )?;
    Ok(())
}

/// In the order in which they were recorded.
pub fn checks(db: &Db, id: SubjectRequestId) -> Result<Vec<CheckRow>, Error> {
    db.rows(
        "SELECT kind, passed, method, note, member_id, at FROM subject_request_checks WHERE request_id = :id ORDER BY id",
        &[(":id", &id)],
        |row| {
            Ok(CheckRow {
                kind: word(row, "kind", Check::from_word)?,
                passed: row.get("passed")?,
                method: row.get("method")?,
                note: row.get("note")?,
                member: row.get("member_id")?,
                at: row.get("at")?,
            })
        },
    )
}

pub fn add_kept(
    tx: &Tx,
    id: SubjectRequestId,
    item: &str,
    ground: KeepGround,
    until: Timestamp,
    by: Option<MemberId>,
) -> Result<i64, Error> {
    tx.insert(
        "INSERT INTO subject_request_kept (request_id, item, ground, until, member_id, at)
         VALUES (:id, :item, :ground, :until, :by, :now)",
        &[
            (":id", &id),
            (":item", &item),
            (":ground", &ground.word()),
            (":until", &until),
            (":by", &by),
            (":now", &tx.now),
        ],
    )
}

pub fn kept(db: &Db, id: SubjectRequestId) -> Result<Vec<KeptRow>, Error> {
    db.rows(
        "SELECT id, item, ground, until FROM subject_request_kept WHERE request_id = :id ORDER BY id",
        &[(":id", &id)],
        |row| {
            Ok(KeptRow {
                id: row.get("id")?,
                item: row.get("item")?,
                ground: word(row, "ground", KeepGround::from_word)?,
                until: row.get("until")?,
            })
        },
    )
}

/// Replaces what is to be corrected; what was corrected already stays.
pub fn set_corrections(tx: &Tx, id: SubjectRequestId, corrections: &[CorrectionRow]) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM subject_request_corrections WHERE request_id = :id AND applied_at IS NULL",
        &[(":id", &id)],
    )?;
    for correction in corrections {
        tx.insert(
            "INSERT INTO subject_request_corrections (request_id, field, before, after)
             VALUES (:id, :field, :before, :after)",
            &[
                (":id", &id),
                (":field", &correction.field),
                (":before", &correction.before),
                (":after", &correction.after),
            ],
        )?;
    }
    Ok(())
}

pub fn mark_corrected(tx: &Tx, id: SubjectRequestId) -> Result<(), Error> {
    tx.execute(
        "UPDATE subject_request_corrections SET applied_at = :now WHERE request_id = :id AND applied_at IS NULL",
        &[(":id", &id), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn corrections(db: &Db, id: SubjectRequestId) -> Result<Vec<CorrectionRow>, Error> {
    db.rows(
        "SELECT field, before, after, applied_at FROM subject_request_corrections WHERE request_id = :id ORDER BY id",
        &[(":id", &id)],
        |row| {
            Ok(CorrectionRow {
                field: row.get("field")?,
                before: row.get("before")?,
                after: row.get("after")?,
                applied_at: row.get("applied_at")?,
            })
        },
    )
}

pub fn add_recipient(tx: &Tx, id: SubjectRequestId, name: &str) -> Result<i64, Error> {
    tx.insert(
        "INSERT INTO subject_request_recipients (request_id, name) VALUES (:id, :name)",
        &[(":id", &id), (":name", &name)],
    )
}

/// False when the request has no such recipient, or they were told before.
pub fn mark_told(
    tx: &Tx,
    id: SubjectRequestId,
    recipient: i64,
    by: ToldBy,
    member: Option<MemberId>,
) -> Result<bool, Error> {
    let changed = tx.execute(
        "UPDATE subject_request_recipients SET told_by = :by, told_at = :now, member_id = :member
         WHERE id = :recipient AND request_id = :id AND told_at IS NULL",
        &[(":recipient", &recipient), (":id", &id), (":by", &by.word()), (":member", &member), (":now", &tx.now)],
    )?;
    Ok(changed == 1)
}

pub fn recipients(db: &Db, id: SubjectRequestId) -> Result<Vec<RecipientRow>, Error> {
    db.rows(
        "SELECT id, name, told_by, told_at FROM subject_request_recipients WHERE request_id = :id ORDER BY id",
        &[(":id", &id)],
        |row| {
            let (by, at): (String, Option<Timestamp>) = (row.get("told_by")?, row.get("told_at")?);
            Ok(RecipientRow { id: row.get("id")?, name: row.get("name")?, told: ToldBy::from_word(&by).zip(at) })
        },
    )
}
