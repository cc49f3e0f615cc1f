//! Brings a file to the newest schema, and refuses one that is newer than the program.

use std::path::Path;
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

/// The version a file is at; 0 for one that was just made.
pub(super) fn version(file: &DbFile) -> Result<i64, Error> {
    file.with_writer(|writer| current_version(writer))
}

/// Runs all that is missing in one transaction: the file is at the newest version, or as it was (DUR-7).
pub(super) fn run(file: &DbFile, schema: Schema) -> Result<(), Error> {
    run_to(file, schema, latest_version(schema))
}

/// The same up to a version, for a file that is about to be filled with rows of that version.
pub(super) fn run_to(file: &DbFile, schema: Schema, newest: i64) -> Result<(), Error> {
    let target = refinery::Target::Version(i32::try_from(newest).unwrap_or(i32::MAX));
    file.with_writer(|writer| {
        let runner = schema.runner().set_grouped(true).set_target(target);
        runner.run(writer).map(drop).map_err(|error| Error::Internal(Box::new(error)))
    })
}

/// Why a file is left alone that a newer program wrote.
pub(super) fn newer(path: &Path, found: i64, newest: i64) -> String {
    format!(
        "{} has schema {found}, written by a newer Holdfast; this program knows only {newest}. Start the newer program \
         again; nothing was changed",
        path.display()
    )
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
