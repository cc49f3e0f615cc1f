//! The table `subject_request_settings`.

use crate::db::{Db, Tx};
use crate::error::Error;

pub fn all(db: &Db) -> Result<Vec<(String, String)>, Error> {
    db.rows("SELECT key, value FROM subject_request_settings", &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub fn set(tx: &Tx, key: &str, value: &str) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO subject_request_settings (key, value, updated_at) VALUES (:key, :value, :now)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        &[(":key", &key), (":value", &value), (":now", &tx.now)],
    )?;
    Ok(())
}
