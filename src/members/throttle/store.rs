//! The table `throttles`. SQL lives here and nowhere else.

use crate::clock::Timestamp;
use crate::db::{Db, Tx};
use crate::error::Error;

/// Failures in a row under one key.
pub struct Counter {
    pub failures: i64,
    pub first_at: Timestamp,
    pub blocked_until: Timestamp,
}

pub fn find(db: &Db, key: &[u8]) -> Result<Option<Counter>, Error> {
    db.row("SELECT failures, first_at, blocked_until FROM throttles WHERE key = :key", &[(":key", &key)], |row| {
        Ok(Counter {
            failures: row.get("failures")?,
            first_at: row.get("first_at")?,
            blocked_until: row.get("blocked_until")?,
        })
    })
}

pub fn put(tx: &Tx, key: &[u8], counter: &Counter) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO throttles (key, failures, first_at, blocked_until) VALUES (:key, :failures, :first, :until)
         ON CONFLICT (key) DO UPDATE SET failures = :failures, first_at = :first, blocked_until = :until",
        &[
            (":key", &key),
            (":failures", &counter.failures),
            (":first", &counter.first_at),
            (":until", &counter.blocked_until),
        ],
    )?;
    Ok(())
}

/// One failure less, and nobody waits for it.
pub fn decrease(tx: &Tx, key: &[u8]) -> Result<(), Error> {
    tx.execute(
        "UPDATE throttles SET failures = max(failures - 1, 0), blocked_until = :now WHERE key = :key",
        &[(":key", &key), (":now", &tx.now)],
    )?;
    Ok(())
}

pub fn delete(tx: &Tx, key: &[u8]) -> Result<(), Error> {
    tx.execute("DELETE FROM throttles WHERE key = :key", &[(":key", &key)])?;
    Ok(())
}
