//! Brings a file to the newest schema, and refuses one that is newer than the program.

use std::sync::OnceLock;

use rusqlite::{Connection, OptionalExtension};

use super::DbFile;
use crate::error::Error;

mod control {
    refinery::embed_migrations!("migrations/control");
}

mod workspace {
    refinery::embed_migrations!("migrations/workspace");
}

/// Which set of migrations a file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Schema {
    /// `control.db`: accounts, memberships, sessions, workspaces, jobs.
    Control,
    /// One workspace's `data.db`.
    Workspace,
}

impl Schema {
    fn runner(self) -> refinery::Runner {
        match self {
            Schema::Control => control::migrations::runner(),
            Schema::Workspace => workspace::migrations::runner(),
        }
    }
}

/// The newest version this program knows. Looked up once: every opening of a file asks.
pub fn latest_version(schema: Schema) -> i64 {
    static CONTROL: OnceLock<i64> = OnceLock::new();
    static WORKSPACE: OnceLock<i64> = OnceLock::new();
    let known = match schema {
        Schema::Control => &CONTROL,
        Schema::Workspace => &WORKSPACE,
    };
    let newest = || schema.runner().get_migrations().iter().map(|migration| i64::from(migration.version())).max();
    *known.get_or_init(|| newest().unwrap_or(0))
}

/// Runs what is missing, each migration in one transaction (DUR-7).
///
/// Fails with [`Error::Refused`] when the file was made by a newer program.
pub(super) fn migrate(file: &DbFile, schema: Schema) -> Result<(), Error> {
    migrate_to(file, schema, latest_version(schema))
}

/// The same up to a version, for a file that is about to be filled with rows of that version.
pub(super) fn migrate_to(file: &DbFile, schema: Schema, newest: i64) -> Result<(), Error> {
    file.with_writer(|writer| {
        let found = current_version(writer)?;
        if found > newest {
            return Err(Error::Refused(format!(
                "{} has schema {found}, but this program knows only {newest}: start the newer program again",
                file.path().display()
            )));
        }
        if found < newest {
            schema.runner().set_target(target(newest)).run(writer).map_err(|error| Error::Internal(Box::new(error)))?;
        }
        Ok(())
    })
}

fn target(version: i64) -> refinery::Target {
    refinery::Target::Version(i32::try_from(version).unwrap_or(i32::MAX))
}

fn current_version(conn: &Connection) -> Result<i64, Error> {
    let known = conn
        .query_row("SELECT 1 FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |_| Ok(()))
        .optional()?;
    match known {
        None => Ok(0),
        Some(()) => {
            Ok(conn.query_row("SELECT ifnull(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))?)
        }
    }
}
