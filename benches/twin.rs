//! The same rows twice, once encrypted and once plain, laid out alike and opened with the same settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use holdfast::db::open::{self, Purpose, RawKey};
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::Outcome;
use crate::installation::{self, Place};

/// Page cache of a reader: what the product gives it when one workspace is open, half of its 64 MiB.
pub const READER_KIB: i64 = 32 * 1024;
/// Page cache of the writer, in the product at most this.
pub const WRITER_KIB: i64 = 8 * 1024;

/// Two files with the same rows.
pub struct Twins {
    encrypted: PathBuf,
    plain: PathBuf,
    key: RawKey,
}

impl Twins {
    /// Copies the workspace twice by one procedure, so that neither is tidier than the other.
    pub fn make(place: &Place) -> Outcome<Twins> {
        let key = installation::keys(&place.data)?.workspace(place.workspace)?.database_key();
        eprintln!("copying the workspace, once encrypted and once plain");
        let encrypted = place.data.with_extension("encrypted.db");
        let plain = place.data.with_extension("plain.db");
        copy(&place.file(), &key, &encrypted, &key)?;
        copy(&place.file(), &key, &plain, "")?;
        let twins = Twins { encrypted, plain, key };
        // Both become WAL files before a reader meets them.
        drop((twins.encrypted(Purpose::Write)?, twins.plain(Purpose::Write)?));
        Ok(twins)
    }

    /// The encrypted one, opened by the product's own code.
    pub fn encrypted(&self, purpose: Purpose) -> Outcome<Connection> {
        let conn = open::open(&self.encrypted, &self.key, purpose)?;
        like_the_product(&conn, purpose)?;
        Ok(conn)
    }

    /// The plain one: the same SQLite without a key, with the product's settings.
    pub fn plain(&self, purpose: Purpose) -> Outcome<Connection> {
        let conn = Connection::open(&self.plain)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "mmap_size", 0)?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update(None, "secure_delete", "ON")?;
        conn.pragma_update(None, "foreign_keys", "ON")?;
        if purpose == Purpose::Read {
            conn.pragma_update(None, "query_only", "ON")?;
        }
        like_the_product(&conn, purpose)?;
        Ok(conn)
    }

    /// Bytes of both files: the encrypted one keeps 80 bytes of every page for itself.
    pub fn sizes(&self) -> Outcome<(u64, u64)> {
        Ok((std::fs::metadata(&self.encrypted)?.len(), std::fs::metadata(&self.plain)?.len()))
    }
}

impl Drop for Twins {
    fn drop(&mut self) {
        for path in [&self.encrypted, &self.plain] {
            remove(path);
        }
    }
}

/// Removes a database and what SQLite keeps beside it.
pub fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let _ = std::fs::remove_file(name);
    }
}

/// What the product sets after opening, and automatic checkpoints of the same size as its own.
fn like_the_product(conn: &Connection, purpose: Purpose) -> Outcome<()> {
    let kib = if purpose == Purpose::Read { READER_KIB } else { WRITER_KIB };
    conn.pragma_update(None, "cache_size", -kib)?;
    conn.pragma_update(None, "wal_autocheckpoint", 1_000)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(96);
    Ok(())
}

/// Copies schema and rows of an encrypted file into a new one under another key, or none.
pub fn copy(from: &Path, key: &str, to: &Path, to_key: &str) -> Outcome<()> {
    remove(to);
    let conn = Connection::open(from)?;
    conn.pragma_update(None, "key", key)?;
    conn.pragma_update(None, "synchronous", "OFF")?;
    conn.execute("ATTACH DATABASE ?1 AS copy KEY ?2", rusqlite::params![to.to_string_lossy(), to_key])?;
    conn.query_row("SELECT sqlcipher_export('copy')", [], |_| Ok(()))?;
    conn.execute("DETACH DATABASE copy", [])?;
    Ok(())
}
