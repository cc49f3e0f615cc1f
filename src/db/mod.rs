//! Two handles and nothing more: [`Db`] reads, [`Tx`] writes and derefs to [`Db`].
//!
//! Every file is reached through a [`DbFile`]; which files there are is said by `workspaces` and `control`.

pub mod blobs;
pub mod digest;
mod file;
mod filling;
pub mod functions;
pub mod installation;
pub mod log;
mod migrate;
pub mod open;
mod pages;
pub mod rekey;
mod rollback;
pub mod upgrade;
mod wal;
mod workspaces;

use std::cell::Cell;
use std::net::IpAddr;
use std::ops::Deref;

use rusqlite::{Connection, Row, ToSql};

use crate::clock::Timestamp;
use crate::crypto::Key;
use crate::error::Error;
use crate::id::{AccountId, MemberId, OperatorTokenId, TokenId};

pub use file::DbFile;
pub(crate) use file::Keeper;
pub use filling::{Dangling, Filling};
pub use migrate::{Schema, latest_version};
pub use wal::Wal;
pub use workspaces::{Paused, Workspace, Workspaces, open_control, refuse_without};

/// A file beside another, named after it: `data.db` and `-wal` give `data.db-wal`.
pub(crate) fn sidecar(path: &std::path::Path, ending: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    std::path::PathBuf::from(name)
}

/// The SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// Named parameters of a statement.
pub type Params<'a> = &'a [(&'a str, &'a dyn ToSql)];

/// Who makes a change. Stands in every audit entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A member of the workspace, in the browser.
    Member(MemberId),
    /// A program with one of the member's API tokens.
    Token(TokenId, MemberId),
    /// A signed-in person outside any workspace.
    Account(AccountId),
    /// Who hosts the installation, in the operator console.
    Operator(AccountId),
    /// A program with one of an operator's API tokens.
    OperatorProgram(OperatorTokenId, AccountId),
    /// Nobody yet: a sign-in attempt, a public form.
    Visitor,
    /// A job, by its name.
    Job(&'static str),
    /// Somebody with a shell on the machine.
    CommandLine,
}

/// Where a change comes from: travels with the transaction into the audit entry (P-020).
#[derive(Debug, Clone)]
pub struct Origin {
    pub actor: Actor,
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
}

impl Origin {
    /// An origin without a network address: a job, or the command line.
    pub fn local(actor: Actor) -> Origin {
        Origin { actor, address: None, user_agent: None }
    }
}

/// Reads every page of the file, by the cipher's own check and by SQLite's. Empty when all is well.
///
/// The cipher's check sees the file without its WAL; what waits there is checked when it is read.
pub fn check_pages(db: &Db) -> Result<Vec<String>, Error> {
    let mut faults = db.rows("PRAGMA cipher_integrity_check", &[], |row| row.get::<_, String>(0))?;
    let quick = db.rows("PRAGMA quick_check", &[], |row| row.get::<_, String>(0))?;
    faults.extend(quick.into_iter().filter(|line| line != "ok"));
    Ok(faults)
}

/// A read of one file at one moment.
pub struct Db<'a> {
    conn: &'a Connection,
    pub now: Timestamp,
    blind_index: Option<&'a Key>,
}

impl Db<'_> {
    /// The key of pseudonyms in this workspace: suppression hashes, proof about people who are gone.
    pub fn blind_index(&self) -> Result<&Key, Error> {
        self.blind_index.ok_or_else(|| Error::internal("a file without a key for pseudonyms"))
    }

    /// Every row of the answer.
    pub fn rows<T>(&self, sql: &str, params: Params, map: fn(&Row) -> rusqlite::Result<T>) -> Result<Vec<T>, Error> {
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_map(params, map)?.collect::<Result<Vec<T>, _>>()?)
    }

    /// The first row, if there is one.
    pub fn row<T>(&self, sql: &str, params: Params, map: fn(&Row) -> rusqlite::Result<T>) -> Result<Option<T>, Error> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        Ok(rows.next()?.map(map).transpose()?)
    }

    /// The first column of the first row, if there is one. A NULL needs `Option` as the type.
    pub fn value<T: rusqlite::types::FromSql>(&self, sql: &str, params: Params) -> Result<Option<T>, Error> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    /// A count, or any other single number that is always there.
    pub fn count(&self, sql: &str, params: Params) -> Result<i64, Error> {
        self.value(sql, params)?.ok_or_else(|| Error::internal("a count without a row"))
    }

    /// Hands each row to `each` without collecting them: for exports of any size. Stops at the first error.
    pub fn each(
        &self,
        sql: &str,
        params: Params,
        each: &mut dyn FnMut(&Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = self.conn.prepare(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }
}

/// One write transaction: everything in it happens, or nothing does.
///
/// Derefs to [`Db`], so a function that only reads takes `&Db` and works inside a write too.
/// A transaction that changed rows and recorded no audit entry is rolled back: see [`DbFile::write`].
pub struct Tx<'a> {
    db: Db<'a>,
    pub origin: &'a Origin,
    audited: Cell<bool>,
    rings: Cell<bool>,
}

impl<'a> Deref for Tx<'a> {
    type Target = Db<'a>;
    fn deref(&self) -> &Db<'a> {
        &self.db
    }
}

impl Tx<'_> {
    /// Runs one statement; returns how many rows it changed.
    pub fn execute(&self, sql: &str, params: Params) -> Result<usize, Error> {
        Ok(self.db.conn.prepare_cached(sql)?.execute(params)?)
    }

    /// Inserts a row and returns its id.
    pub fn insert(&self, sql: &str, params: Params) -> Result<i64, Error> {
        self.execute(sql, params)?;
        Ok(self.db.conn.last_insert_rowid())
    }

    /// Rings the file's bell once this is committed: there is something to carry out of the file (`privacy::ledger`).
    pub fn ring_after_commit(&self) {
        self.rings.set(true);
    }

    /// Says that this transaction has its audit entry. Called by `privacy::audit` alone.
    pub fn mark_audited(&self) {
        self.audited.set(true);
    }
}
