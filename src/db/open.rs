//! Opens databases. Nothing else in the product may: a tidy test looks for it (DUR-6).
//!
//! The pragmas stand in the order they must run, each with its reason
//! (keys-and-backups 3.1). They are read back, and a file that does not hold them is not served.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, ffi};
use zeroize::Zeroizing;

use super::functions;
use crate::error::Error;
use crate::failpoint;

/// The oldest SQLite that may be linked in: earlier ones can corrupt a WAL that is reset while it is read.
pub const SQLITE_FLOOR: i32 = 3_051_003;
/// The one SQLCipher this release was tested with.
pub const CIPHER_VERSION: &str = "4.19.0 community";
pub const PAGE_SIZE: i64 = 4096;

/// A raw key for SQLCipher: `x'` and 64 hex digits and `'`. Any SQLCipher 4 opens the file with it (KEY-8).
pub type RawKey = Zeroizing<String>;

/// What a connection will be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The one connection that writes; creates the file when it is missing.
    Write,
    /// Sees one moment and cannot change anything (P-061).
    Read,
}

/// Opens `path` with `key` and sets and checks every pragma.
///
/// Fails with [`Error::Refused`] when the key does not open the file, or when a setting did not hold.
pub fn open(path: &Path, key: &RawKey, purpose: Purpose) -> Result<Connection, Error> {
    check_versions()?;
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if purpose == Purpose::Write {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    #[allow(clippy::disallowed_methods)] // This is the one place that may.
    let conn = Connection::open_with_flags(path, flags)?;
    // SQLCipher writes to stderr by itself, past our log and in no format of ours; what fails is told by its code.
    conn.execute_batch("PRAGMA cipher_log_level = NONE")?;
    set_key(&conn, key)?;
    if conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).is_err() {
        return Err(Error::Refused(format!(
            "{} does not open with its key: the file is damaged, or belongs to another workspace or installation",
            path.display()
        )));
    }
    settle(&conn, purpose)?;
    functions::add(&conn)?;
    verify(&conn, path, purpose)?;
    Ok(conn)
}

/// Refuses a build whose SQLite or SQLCipher is not the one this release was tested with (DUR-5).
pub fn check_versions() -> Result<(), Error> {
    refuse_versions(rusqlite::version_number(), rusqlite::version(), None)
}

fn refuse_versions(number: i32, text: &str, cipher: Option<&str>) -> Result<(), Error> {
    if number < SQLITE_FLOOR {
        return Err(Error::Refused(format!("SQLite {text} is too old: 3.51.3 or newer is needed")));
    }
    match cipher {
        Some(version) if version != CIPHER_VERSION => {
            Err(Error::Refused(format!("SQLCipher is {version}, but this release was tested with {CIPHER_VERSION}")))
        }
        _ => Ok(()),
    }
}

/// Hands the key over by the C call, so that it never stands in SQL text, a trace or an error.
fn set_key(conn: &Connection, key: &RawKey) -> Result<(), Error> {
    let length = i32::try_from(key.len()).map_err(|_| Error::internal("key length"))?;
    // SAFETY: the handle is open for as long as `conn` lives, and the buffer for this call.
    let code = unsafe { ffi::sqlite3_key(conn.handle(), key.as_ptr().cast(), length) };
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(Error::internal("sqlite3_key failed")) }
}

fn settle(conn: &Connection, purpose: Purpose) -> Result<(), Error> {
    // Schema text from the file may not call functions, and shadow tables cannot be written by hand.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // The WAL belongs to the backup shipper: only our own checkpoint may fold it into the file.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    persist_wal(conn)?;
    if purpose == Purpose::Write {
        conn.pragma_update(None, "journal_mode", "WAL")?;
    }
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    // An answer 2xx means that the commit is on disk (DUR-1).
    conn.pragma_update(None, "synchronous", synchronous().0)?;
    conn.pragma_update(None, "locking_mode", "NORMAL")?;
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    // Deleted rows are overwritten, not only unlinked: an erased person is not on a free page.
    conn.pragma_update(None, "secure_delete", "ON")?;
    conn.pragma_update(None, "foreign_keys", "ON")?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(96);
    if purpose == Purpose::Read {
        conn.pragma_update(None, "query_only", "ON")?;
    }
    Ok(())
}

/// FULL, and the number that stands for it. A test takes less, to see that it would be noticed.
fn synchronous() -> (&'static str, &'static str) {
    if failpoint::skips("db.full") { ("NORMAL", "1") } else { ("FULL", "2") }
}

/// Keeps the `-wal` file when the last connection closes, so that what was not yet shipped stays.
fn persist_wal(conn: &Connection) -> Result<(), Error> {
    let mut on: std::ffi::c_int = 1;
    // SAFETY: the handle is open, a null name means the main file, and `on` outlives the call.
    let code = unsafe {
        ffi::sqlite3_file_control(
            conn.handle(),
            std::ptr::null(),
            ffi::SQLITE_FCNTL_PERSIST_WAL,
            std::ptr::from_mut(&mut on).cast(),
        )
    };
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(Error::internal("SQLITE_FCNTL_PERSIST_WAL failed")) }
}

/// Reads every setting back: a pragma that did not hold fails silently otherwise.
fn verify(conn: &Connection, path: &Path, purpose: Purpose) -> Result<(), Error> {
    let cipher: String = conn.query_row("PRAGMA cipher_version", [], |row| row.get(0)).unwrap_or_default();
    refuse_versions(rusqlite::version_number(), rusqlite::version(), Some(&cipher))?;
    let expected: [(&str, &str); 11] = [
        ("journal_mode", "wal"),
        ("synchronous", synchronous().1),
        ("wal_autocheckpoint", "0"),
        ("page_size", "4096"),
        ("mmap_size", "0"),
        ("locking_mode", "normal"),
        ("secure_delete", "1"),
        ("trusted_schema", "0"),
        ("foreign_keys", "1"),
        ("temp_store", "2"),
        ("query_only", if purpose == Purpose::Read { "1" } else { "0" }),
    ];
    for (pragma, wanted) in expected {
        let found = read_pragma(conn, pragma)?;
        if found != wanted {
            return Err(Error::Refused(format!(
                "{}: {pragma} is {found}, but must be {wanted} for the file to be served safely",
                path.display()
            )));
        }
    }
    Ok(())
}

fn read_pragma(conn: &Connection, name: &str) -> Result<String, Error> {
    let value = conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, rusqlite::types::Value>(0));
    match value {
        Ok(rusqlite::types::Value::Integer(number)) => Ok(number.to_string()),
        Ok(rusqlite::types::Value::Text(text)) => Ok(text.to_lowercase()),
        Ok(_) => Ok(String::new()),
        // SQLite answers no row for mmap_size where memory mapping is compiled out: that is zero.
        Err(rusqlite::Error::QueryReturnedNoRows) if name == "mmap_size" => Ok("0".into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dur_5_an_old_sqlite_or_another_cipher_is_refused() {
        assert!(refuse_versions(3_051_002, "3.51.2", None).unwrap_err().to_string().contains("3.51.2 is too old"));
        assert!(refuse_versions(SQLITE_FLOOR, "3.51.3", Some("4.6.1 community")).is_err());
        assert!(refuse_versions(SQLITE_FLOOR, "3.51.3", Some(CIPHER_VERSION)).is_ok());
    }
}
