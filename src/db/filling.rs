//! Fills a fresh file with rows from elsewhere, in bounded memory: triggers rest and keys between tables are not
//! looked at until all is in; then both are made good.

use std::cell::Cell;
use std::ops::Deref;

use rusqlite::Connection;

use super::file::{DbFile, statement};
use super::{Db, Origin, Tx};
use crate::clock::Timestamp;
use crate::error::Error;

/// Rows between two commits: what is not committed waits in memory and in the log.
const COMMIT_EVERY: u32 = 20_000;

/// A file while it is filled. Nothing may be served from it yet: it is committed piece by piece.
pub struct Filling<'a> {
    tx: Tx<'a>,
    file: &'a DbFile,
    conn: &'a Connection,
    since_commit: Cell<u32>,
}

impl<'a> Deref for Filling<'a> {
    type Target = Tx<'a>;
    fn deref(&self) -> &Tx<'a> {
        &self.tx
    }
}

/// A row that points at one that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    pub table: String,
    /// `None` in a table that is kept by its key alone.
    pub row: Option<i64>,
    pub parent: String,
}

impl Filling<'_> {
    /// Call it after each row.
    pub fn step(&self) -> Result<(), Error> {
        self.since_commit.set(self.since_commit.get() + 1);
        if self.since_commit.get() < COMMIT_EVERY {
            return Ok(());
        }
        self.since_commit.set(0);
        statement(self.conn, "COMMIT")?;
        self.file.checkpoint(self.conn)?;
        statement(self.conn, "BEGIN IMMEDIATE")
    }

    /// The first row that points at one that is not there.
    pub fn dangling(&self) -> Result<Option<Dangling>, Error> {
        let first = |row: &rusqlite::Row| Ok(Dangling { table: row.get(0)?, row: row.get(1)?, parent: row.get(2)? });
        self.tx.row("PRAGMA foreign_key_check", &[], first)
    }
}

impl DbFile {
    /// Runs `work` on a file that nothing is served from yet. When it fails the file is in no state to be used:
    /// throw it away.
    pub fn fill<T>(
        &self,
        now: Timestamp,
        origin: &Origin,
        work: impl FnOnce(&Filling) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.write_much(|| {
            let writer = self.lock_writer();
            writer.pragma_update(None, "foreign_keys", "OFF")?;
            let filled = self.filled(&writer, now, origin, work);
            if !writer.is_autocommit() {
                writer.execute_batch("ROLLBACK")?;
            }
            writer.pragma_update(None, "foreign_keys", "ON")?;
            self.checkpoint(&writer)?;
            filled
        })
    }

    fn filled<T>(
        &self,
        writer: &Connection,
        now: Timestamp,
        origin: &Origin,
        work: impl FnOnce(&Filling) -> Result<T, Error>,
    ) -> Result<T, Error> {
        statement(writer, "BEGIN IMMEDIATE")?;
        let triggers = names(writer, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND sql IS NOT NULL")?;
        for (name, _) in &triggers {
            writer.execute_batch(&format!("DROP TRIGGER \"{name}\""))?;
        }
        let db = Db { conn: writer, now, blind_index: None };
        let tx = Tx { db, origin, audited: Cell::new(false), rings: Cell::new(false) };
        let value = work(&Filling { tx, file: self, conn: writer, since_commit: Cell::new(0) })?;
        let indexes =
            "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%fts5 (%'";
        for (name, sql) in names(writer, indexes)? {
            // Those that keep the text of another table; the words of a vocabulary come from them.
            if sql.contains("content") {
                writer.execute(&format!("INSERT INTO \"{name}\" (\"{name}\") VALUES ('rebuild')"), [])?;
            }
        }
        for (_, sql) in &triggers {
            writer.execute_batch(sql)?;
        }
        statement(writer, "COMMIT")?;
        Ok(value)
    }
}

fn names(conn: &Connection, sql: &str) -> Result<Vec<(String, String)>, Error> {
    let mut statement = conn.prepare(sql)?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}
