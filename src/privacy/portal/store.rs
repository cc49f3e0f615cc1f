//! The tables `portal_visits` and `portal_codes`.

use rusqlite::Row;

use super::Visit;
use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::id::MemberId;
use crate::privacy::subject::Person;

/// A visit that has only begun; its code comes once its number is known.
pub fn insert(tx: &Tx, browser: &[u8], address: &str, expires_at: Timestamp) -> Result<i64, Error> {
    tx.insert(
        "INSERT INTO portal_visits (browser_hash, address, code_hash, created_at, expires_at)
         VALUES (:browser, :address, x'', :now, :expires)",
        &[(":browser", &browser), (":address", &address), (":now", &tx.now), (":expires", &expires_at)],
    )
}

pub fn set_code(tx: &Tx, id: i64, hash: &[u8]) -> Result<(), Error> {
    tx.execute("UPDATE portal_visits SET code_hash = :hash WHERE id = :id", &[(":hash", &hash), (":id", &id)])?;
    Ok(())
}

/// The visit of this browser whose code may still come, with the keyed hash of the code.
pub fn waiting(db: &Db, browser: &[u8], tries: i64) -> Result<Option<(i64, Vec<u8>)>, Error> {
    db.row(
        "SELECT id, code_hash FROM portal_visits WHERE browser_hash = :browser AND proved_at IS NULL
             AND expires_at > :now AND attempts < :tries AND code_hash <> x'' ORDER BY id DESC LIMIT 1",
        &[(":browser", &browser), (":now", &db.now), (":tries", &tries)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub fn forget_all(tx: &Tx) -> Result<(), Error> {
    tx.execute("DELETE FROM portal_visits", &[])?;
    tx.execute("DELETE FROM portal_codes", &[])?;
    Ok(())
}

pub fn count_try(tx: &Tx, id: i64) -> Result<(), Error> {
    tx.execute("UPDATE portal_visits SET attempts = attempts + 1 WHERE id = :id", &[(":id", &id)])?;
    Ok(())
}

pub fn prove(tx: &Tx, id: i64, expires_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE portal_visits SET proved_at = :now, code_hash = x'', expires_at = :expires WHERE id = :id",
        &[(":now", &tx.now), (":expires", &expires_at), (":id", &id)],
    )?;
    Ok(())
}

/// Whom the visit turned out to be.
pub fn set_person(tx: &Tx, id: i64, kind: &str, person: i64) -> Result<(), Error> {
    tx.execute(
        "UPDATE portal_visits SET person_kind = :kind, person_id = :person WHERE id = :id",
        &[(":kind", &kind), (":person", &person), (":id", &id)],
    )?;
    Ok(())
}

/// The visit under way in this browser.
pub fn visit(db: &Db, browser: &[u8]) -> Result<Option<Visit>, Error> {
    db.row(
        "SELECT id, address, person_kind, person_id, expires_at FROM portal_visits
         WHERE browser_hash = :browser AND proved_at IS NOT NULL AND expires_at > :now ORDER BY id DESC LIMIT 1",
        &[(":browser", &browser), (":now", &db.now)],
        visit_of,
    )
}

fn visit_of(row: &Row) -> rusqlite::Result<Visit> {
    let kind: Option<String> = row.get("person_kind")?;
    let id: Option<i64> = row.get("person_id")?;
    Ok(Visit {
        id: row.get("id")?,
        address: row.get("address")?,
        person: kind.zip(id),
        expires_at: row.get("expires_at")?,
    })
}

pub fn end(tx: &Tx, browser: &[u8]) -> Result<(), Error> {
    tx.execute("DELETE FROM portal_visits WHERE browser_hash = :browser", &[(":browser", &browser)])?;
    Ok(())
}

/// A code on paper; the one before works no more.
pub fn insert_printed(
    tx: &Tx,
    person: &Person,
    hash: &[u8],
    by: Option<MemberId>,
    until: Timestamp,
) -> Result<(), Error> {
    let of = [(":kind", &person.kind.word as &dyn rusqlite::ToSql), (":id", &person.id())];
    tx.execute(
        "UPDATE portal_codes SET expires_at = min(expires_at, :now)
         WHERE person_kind = :kind AND person_id = :id AND used_at IS NULL",
        &[of[0], of[1], (":now", &tx.now)],
    )?;
    tx.insert(
        "INSERT INTO portal_codes (person_kind, person_id, code_hash, created_by, created_at, expires_at)
         VALUES (:kind, :id, :hash, :by, :now, :until)",
        &[of[0], of[1], (":hash", &hash), (":by", &by), (":now", &tx.now), (":until", &until)],
    )?;
    Ok(())
}

/// Uses a code on paper up: the kind and the id of its person.
pub fn use_printed(tx: &Tx, hash: &[u8]) -> Result<Option<(String, i64)>, Error> {
    let found = tx.row(
        "SELECT person_kind, person_id FROM portal_codes
         WHERE code_hash = :hash AND used_at IS NULL AND expires_at > :now",
        &[(":hash", &hash), (":now", &tx.now)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if found.is_some() {
        tx.execute(
            "UPDATE portal_codes SET used_at = :now WHERE code_hash = :hash",
            &[(":now", &tx.now), (":hash", &hash)],
        )?;
    }
    Ok(found)
}

/// Every visit and every printed code, at once.
pub fn delete_all(tx: &Tx) -> Result<usize, Error> {
    Ok(tx.execute("DELETE FROM portal_visits", &[])? + tx.execute("DELETE FROM portal_codes", &[])?)
}
