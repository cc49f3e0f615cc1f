//! A long read of a moment that is known exactly, beside the readers that people wait for.

use super::{DbFile, statement};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::db::open::{self, Purpose};
use crate::error::Error;

/// Page cache of such a read: every page is read once.
const CACHE_KIB: i64 = 2 * 1024;

impl DbFile {
    /// Runs `work` on a connection of its own, which sees the moment at which `begun` was called, while nobody wrote.
    /// Writers go on afterwards; the log cannot be emptied before `work` is through, and only grows by what they write.
    pub fn read_apart<T>(
        &self,
        now: Timestamp,
        begun: &mut dyn FnMut() -> Result<(), Error>,
        work: impl FnOnce(&Db) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let conn = open::open(&self.path, &self.key, Purpose::Read)?;
        conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let writer = self.lock_writer();
        begun()?;
        statement(&conn, "BEGIN")?;
        // A transaction sees the moment of its first read.
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        drop(writer);
        let result = work(&Db { conn: &conn, now, blind_index: self.blind_index.get() });
        statement(&conn, "COMMIT")?;
        result
    }
}
