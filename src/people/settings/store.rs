//! The table `settings`.

use crate::db::{Db, Tx};
use crate::error::Error;

pub fn value(db: &Db, key: &str) -> Result<Option<String>, Error> {
    db.value("SELECT value FROM settings WHERE key = :key", &[(":key", &key)])
}

pub fn set(tx: &Tx, key: &str, value: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO settings (key, value, updated_at) VALUES (:key, :value, :now)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        &[(":key", &key), (":value", &value), (":now", &tx.now)],
    )?;
    Ok(())
}
