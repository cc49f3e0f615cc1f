//! The tables `merged_records` and `duplicate_candidates`, and what the search for duplicates reads.

use rusqlite::Row;

use super::{Candidate, Reason};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::CandidateId;
use crate::people::record::{Object, Record, acting_member};

pub fn remember(tx: &Tx, stays: Record, goes: Record, name: &str) -> Result<(), Error> {
    tx.insert(
        "INSERT INTO merged_records (on_type, on_id, lost_id, name, merged_at) VALUES (:type, :id, :lost, :name, :now)",
        &[(":type", &stays.kind()), (":id", &stays.id()), (":lost", &goes.id()), (":name", &name), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn successor(db: &Db, lost: Record) -> Result<Option<Record>, Error> {
    let id: Option<i64> = db.value(
        "SELECT on_id FROM merged_records WHERE on_type = :type AND lost_id = :id ORDER BY id DESC LIMIT 1",
        &[(":type", &lost.kind()), (":id", &lost.id())],
    )?;
    Ok(id.and_then(|id| Record::new(lost.kind(), id)))
}

/// The ids of records that went into this one.
pub fn lost(db: &Db, record: Record) -> Result<Vec<i64>, Error> {
    db.rows(
        "SELECT lost_id FROM merged_records WHERE on_type = :type AND on_id = :id ORDER BY id",
        &[(":type", &record.kind()), (":id", &record.id())],
        |row| row.get(0),
    )
}

/// Open pairs, the surest first.
pub fn open(db: &Db, object: Object, limit: i64) -> Result<Vec<Candidate>, Error> {
    db.rows(
        "SELECT * FROM duplicate_candidates WHERE on_type = :type AND state = 'open' ORDER BY score DESC, id LIMIT :limit",
        &[(":type", &object.word()), (":limit", &limit)],
        candidate,
    )
}

pub fn count_open(db: &Db, object: Object) -> Result<i64, Error> {
    db.count(
        "SELECT count(*) FROM duplicate_candidates WHERE on_type = :type AND state = 'open'",
        &[(":type", &object.word())],
    )
}

/// A pair that nobody has decided about.
pub fn find(db: &Db, id: CandidateId) -> Result<Option<Candidate>, Error> {
    db.row("SELECT * FROM duplicate_candidates WHERE id = :id AND state = 'open'", &[(":id", &id)], candidate)
}

pub fn dismiss(tx: &Tx, id: CandidateId) -> Result<(), Error> {
    tx.execute(
        "UPDATE duplicate_candidates SET state = 'dismissed', decided_by = :by, decided_at = :now WHERE id = :id",
        &[(":id", &id), (":by", &acting_member(tx.origin)), (":now", &tx.now)],
    )?;
    Ok(())
}

/// Takes away open pairs that a search begun at `since` did not find again.
pub fn forget_open(tx: &Tx, object: Object, since: Timestamp) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM duplicate_candidates WHERE on_type = :type AND state = 'open' AND found_at < :since",
        &[(":type", &object.word()), (":since", &since)],
    )?;
    Ok(())
}

/// Adds a pair unless somebody decided about it. One that is open already keeps its id: somebody may be looking at it.
pub fn add(tx: &Tx, object: Object, one: i64, other: i64, score: i64, reasons: &[Reason]) -> Result<(), Error> {
    let words: Vec<&str> = reasons.iter().map(|reason| reason.word()).collect();
    tx.execute(
        "INSERT INTO duplicate_candidates (on_type, on_id, other_id, score, reasons, state, found_at)
         VALUES (:type, :one, :other, :score, :reasons, 'open', :now) ON CONFLICT (on_type, on_id, other_id) DO UPDATE
             SET score = excluded.score, reasons = excluded.reasons, found_at = excluded.found_at WHERE state = 'open'",
        &[
            (":type", &object.word()),
            (":one", &one.min(other)),
            (":other", &one.max(other)),
            (":score", &score),
            (":reasons", &words.join(",")),
            (":now", &tx.now),
        ],
    )?;
    Ok(())
}

/// Hands over every live contact: id, folded name, company.
pub fn each_contact(db: &Db, each: &mut dyn FnMut(i64, &str, Option<i64>)) -> Result<(), Error> {
    db.each("SELECT id, sort_name, company_id FROM contacts WHERE archived_at IS NULL", &[], &mut |row| {
        each(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or(""), row.get(2)?);
        Ok(())
    })
}

/// Hands over every live company: id, folded name, domain.
pub fn each_company(db: &Db, each: &mut dyn FnMut(i64, &str, &str)) -> Result<(), Error> {
    db.each("SELECT id, sort_name, domain FROM companies WHERE archived_at IS NULL", &[], &mut |row| {
        each(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or(""), row.get_ref(2)?.as_str().unwrap_or(""));
        Ok(())
    })
}

/// Addresses and numbers that two or more live companies share: ids, and whether it is a number.
pub fn shared_identities(db: &Db) -> Result<Vec<(i64, i64, bool)>, Error> {
    db.rows(
        "SELECT a.company_id, b.company_id, a.kind = 'phone'
         FROM company_identities a JOIN company_identities b ON b.kind = a.kind AND b.normalised = a.normalised AND b.company_id > a.company_id
         JOIN companies x ON x.id = a.company_id AND x.archived_at IS NULL
         JOIN companies y ON y.id = b.company_id AND y.archived_at IS NULL LIMIT 10000",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// The folded name of a contact and its company.
pub fn contact(db: &Db, id: i64) -> Result<Option<(String, Option<i64>)>, Error> {
    db.row("SELECT sort_name, company_id FROM contacts WHERE id = :id", &[(":id", &id)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// The folded name of a company and its domain.
pub fn company(db: &Db, id: i64) -> Result<Option<(String, String)>, Error> {
    db.row("SELECT sort_name, domain FROM companies WHERE id = :id", &[(":id", &id)], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

fn candidate(row: &Row) -> rusqlite::Result<Candidate> {
    let reasons: String = row.get("reasons")?;
    Ok(Candidate {
        id: row.get("id")?,
        object: Object::from_word(&row.get::<_, String>("on_type")?).unwrap_or(Object::Contact),
        one: row.get("on_id")?,
        other: row.get("other_id")?,
        score: row.get("score")?,
        reasons: reasons.split(',').filter_map(Reason::from_word).collect(),
        found_at: row.get("found_at")?,
    })
}
