//! The tables `merged_records` and `duplicate_candidates`, and what the search for duplicates reads.

use rusqlite::Row;

use super::{Brief, Candidate, Reason};
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::CandidateId;
use crate::people::phone;
use crate::people::record::{Object, Record, acting_member};
use crate::visitor::Reach;

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

/// Open pairs of which `view` covers both records, the surest first.
pub fn open(db: &Db, object: Object, view: &Reach, limit: i64) -> Result<Vec<Candidate>, Error> {
    db.rows(
        &format!("SELECT d.* FROM {} ORDER BY d.score DESC, d.id LIMIT :limit", visible(object)),
        &[(":type", &object.word()), (":reach", &view.owners_json()), (":limit", &limit)],
        candidate,
    )
}

pub fn count_open(db: &Db, object: Object, view: &Reach) -> Result<i64, Error> {
    db.count(
        &format!("SELECT count(*) FROM {}", visible(object)),
        &[(":type", &object.word()), (":reach", &view.owners_json())],
    )
}

/// Open pairs with both records, as far as `:reach` goes.
fn visible(object: Object) -> &'static str {
    match object {
        Object::Contact => {
            "duplicate_candidates d JOIN contacts a ON a.id = d.on_id JOIN contacts b ON b.id = d.other_id
             WHERE d.on_type = :type AND d.state = 'open' AND (:reach IS NULL OR a.owner_id IN (SELECT value FROM json_each(:reach))
                 AND b.owner_id IN (SELECT value FROM json_each(:reach)))"
        }
        Object::Company => {
            "duplicate_candidates d JOIN companies a ON a.id = d.on_id JOIN companies b ON b.id = d.other_id
             WHERE d.on_type = :type AND d.state = 'open' AND (:reach IS NULL OR a.owner_id IN (SELECT value FROM json_each(:reach))
                 AND b.owner_id IN (SELECT value FROM json_each(:reach)))"
        }
    }
}

/// Records as a list of pairs names them, all in one question.
pub fn briefs(db: &Db, object: Object, ids: &[i64]) -> Result<Vec<Brief>, Error> {
    let ids = serde_json::to_string(ids)?;
    let sql = match object {
        Object::Contact => {
            "SELECT c.id, c.display_name, c.owner_id, ifnull(o.name, ''), i.kind = 'phone', ifnull(i.value, ''), ifnull(i.normalised, '')
             FROM contacts c LEFT JOIN companies o ON o.id = c.company_id
                 LEFT JOIN contact_identities i ON i.id =
                     (SELECT id FROM contact_identities WHERE contact_id = c.id ORDER BY kind, position LIMIT 1)
             WHERE c.id IN (SELECT value FROM json_each(:ids))"
        }
        Object::Company => {
            "SELECT id, name, owner_id, domain, 0, '', '' FROM companies WHERE id IN (SELECT value FROM json_each(:ids))"
        }
    };
    db.rows(sql, &[(":ids", &ids)], |row| {
        let (place, typed, number): (String, String, String) = (row.get(3)?, row.get(5)?, row.get(6)?);
        let is_phone = row.get::<_, Option<bool>>(4)?.unwrap_or(false);
        let address = if is_phone { phone::display(&number) } else { typed };
        let more: Vec<String> = [place, address].into_iter().filter(|words| !words.is_empty()).collect();
        Ok(Brief { id: row.get(0)?, name: row.get(1)?, owner: row.get(2)?, more: more.join(", ") })
    })
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

/// Hands over the addresses and numbers of every live company: id, whether it is a number, as it is compared.
pub fn each_company_identity(db: &Db, each: &mut dyn FnMut(i64, bool, &str)) -> Result<(), Error> {
    db.each(
        "SELECT i.company_id, i.kind = 'phone', i.normalised FROM company_identities i
         JOIN companies c ON c.id = i.company_id WHERE c.archived_at IS NULL",
        &[],
        &mut |row| {
            each(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_str().unwrap_or(""));
            Ok(())
        },
    )
}

/// How many records are in use.
pub fn count_live(db: &Db, object: Object) -> Result<usize, Error> {
    let live = db.count("SELECT live FROM record_counts WHERE kind = :kind", &[(":kind", &object.word())])?;
    Ok(usize::try_from(live).unwrap_or(0))
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
