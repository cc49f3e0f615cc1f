//! What is done alike to the rows of every kind of parcel. Names of tables come from code, never from input.

use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;

pub fn of_link(db: &Db, table: &str, hash: &[u8]) -> Result<Option<i64>, Error> {
    db.value(&format!("SELECT id FROM {table} WHERE link_hash = :hash"), &[(":hash", &hash)])
}

/// The link of before opens nothing any more.
pub fn set_link(tx: &Tx, table: &str, id: i64, hash: &[u8]) -> Result<(), Error> {
    tx.execute(
        &format!("UPDATE {table} SET link_hash = :hash, state = 'ready', taken_at = NULL WHERE id = :id"),
        &[(":id", &id), (":hash", &hash)],
    )?;
    Ok(())
}

/// False when somebody else was first.
pub fn set_taken(tx: &Tx, table: &str, id: i64) -> Result<bool, Error> {
    let changed = tx.execute(
        &format!("UPDATE {table} SET state = 'taken', taken_at = :now WHERE id = :id AND state = 'ready'"),
        &[(":id", &id), (":now", &tx.now)],
    )?;
    Ok(changed > 0)
}

/// Destroys the keys of those that end by `until`. What still waits to be made is over too.
pub fn expire(tx: &Tx, table: &str, until: Timestamp) -> Result<usize, Error> {
    tx.execute(
        &format!(
            "UPDATE {table} SET state = 'expired', object = NULL, sealed_key = NULL
             WHERE expires_at <= :until AND state IN ('building', 'ready', 'taken')"
        ),
        &[(":until", &until)],
    )
}

pub fn expire_made(tx: &Tx, table: &str) -> Result<usize, Error> {
    let sql = format!(
        "UPDATE {table} SET state = 'expired', object = NULL, sealed_key = NULL, link_hash = NULL
         WHERE state IN ('ready', 'taken')"
    );
    tx.execute(&sql, &[])
}

pub fn expire_all(tx: &Tx, table: &str) -> Result<(), Error> {
    let sql = format!(
        "UPDATE {table} SET state = 'expired', object = NULL, sealed_key = NULL, link_hash = NULL
         WHERE state IN ('building', 'ready', 'taken')"
    );
    tx.execute(&sql, &[]).map(drop)
}

pub fn is_named(db: &Db, table: &str, object: &[u8; 16]) -> Result<bool, Error> {
    let sql = format!("SELECT count(*) FROM {table} WHERE object = :object");
    Ok(db.count(&sql, &[(":object", &object.as_slice())])? > 0)
}

/// No link opens anything any more.
pub fn forget_links(tx: &Tx, table: &str) -> Result<usize, Error> {
    tx.execute(&format!("UPDATE {table} SET link_hash = NULL WHERE link_hash IS NOT NULL"), &[])
}
