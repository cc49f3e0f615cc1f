//! A whole workspace from the file of an export, into a workspace of its own (P-086).
//!
//! The file is read once from front to back, in bounded memory. What is filled is no workspace yet: it gets its row
//! when everything is in and every table was read back and found to be what was written. Whatever fails before, a
//! damaged file, a row that breaks a rule, the end of the process, leaves nothing behind.
//!
//! Files get new keys. Numbers of members move by the same amount, since they belong to the installation; all other
//! numbers stay. What was under way elsewhere ends here: packages, codes, imports of files that stayed behind.

mod control;
pub mod data_map;
mod files;
mod header;
mod moving;
mod scan;
mod store;
mod table;
mod tables;

use std::io::BufRead;

use crate::app::App;
use crate::crypto::Key;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::envelope::{self, Place};
use crate::db::blobs::NewBlob;
use crate::db::open::RawKey;
use crate::db::{Db, Filling, Origin, Tx, Workspace};
use crate::error::Error;
use crate::gate;
use crate::id::WorkspaceId;
use crate::members::moving::{self as members, Entered};
use crate::members::workspaces::service::{Making, make_filled};
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::File;

use header::Header;
use moving::Moved;
use scan::Scanner;

/// One table as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    pub rows: u64,
    /// As in the export, and as read back.
    pub sha256: String,
}

/// What came in.
#[derive(Debug)]
pub struct Imported {
    pub id: WorkspaceId,
    pub slug: String,
    pub name: String,
    /// When the file was written.
    pub exported_at: String,
    pub tables: Vec<Table>,
    pub files: u64,
    /// Files that were damaged when they were written; their rows are here.
    pub damaged: u64,
    pub members: Entered,
}

/// What the file brought, before it is in service.
struct Filled {
    tables: Vec<Table>,
    files: u64,
    damaged: u64,
    blobs: Vec<NewBlob>,
}

/// Takes in an export. `slug` and `name` stand in for those in the file; `step` is told of each table that is in.
///
/// Fails with [`Error::Invalid`] on `file`, `slug` or `name`, in words that say where.
pub fn import(
    app: &App,
    origin: &Origin,
    file: impl BufRead,
    slug: Option<&str>,
    name: Option<&str>,
    step: &mut dyn FnMut(&str),
) -> Result<Imported, Error> {
    let mut scanner = Scanner::new(file);
    let header = header::read(&mut scanner)?;
    let household = control::read(&mut scanner)?;
    let (slug, name) = (slug.unwrap_or(&header.slug).to_owned(), name.unwrap_or(&header.name).to_owned());
    let moved = app.control.write_unaudited(app.now(), origin, |tx| members::reserve(tx, header.members_through))?;
    let making = Making { at: app.now(), name: &name, slug: &slug };
    let mut filled = None;
    let mut entered = Entered::default();
    let id = make_filled(
        app,
        origin,
        &making,
        &mut |id, key| {
            filled = Some(fill(
                app,
                origin,
                id,
                key,
                &header,
                Moved { by: moved, modules: app.modules },
                &mut scanner,
                step,
            )?);
            Ok(())
        },
        &mut |tx, id| {
            entered = members::enter(tx, id, &household, moved)?;
            Ok(())
        },
    )?;
    let filled = filled.ok_or_else(|| Error::internal("a workspace was made and not filled"))?;
    filled.blobs.iter().for_each(NewBlob::keep);
    Ok(Imported {
        id,
        slug,
        name,
        exported_at: header.exported_at.rfc3339(),
        tables: filled.tables,
        files: filled.files,
        damaged: filled.damaged,
        members: entered,
    })
}

#[expect(clippy::too_many_arguments, reason = "the two halves of one function: nobody else calls it")]
fn fill<R: BufRead>(
    app: &App,
    origin: &Origin,
    id: WorkspaceId,
    key: RawKey,
    header: &Header,
    moved: Moved,
    scanner: &mut Scanner<R>,
    step: &mut dyn FnMut(&str),
) -> Result<Filled, Error> {
    let workspace = app.workspaces.create_at(id, key, header.schema)?;
    let filled = workspace.file.fill(app.now(), origin, |filling| {
        let tables = tables::take(app.modules, filling, scanner, moved, step)?;
        let (blobs, damaged) = files::take(app, &workspace, filling, scanner, &tables)?;
        scanner.expect(b'}')?;
        scanner.end()?;
        seal_pseudonym_key(app, filling, id, &header.pseudonym_key)?;
        let files = blobs.files;
        Ok(Filled { tables, files, damaged, blobs: blobs.held })
    })?;
    drop(workspace);
    // Opened again it has the newest tables, and its triggers.
    let workspace = gate::for_making(app, id)?;
    let rows: u64 = filled.tables.iter().map(|table| table.rows).sum();
    workspace.file.write(app.now(), origin, |tx| {
        for settle in app.modules.iter().flat_map(|module| module.arrived) {
            settle(tx)?;
        }
        let event = Event::new("privacy.workspace.imported").on("workspace", id).detail("rows", rows);
        audit::record(tx, event.detail("files", filled.files).detail("exported_at", header.exported_at.rfc3339()))
    })?;
    Ok(filled)
}

fn place(id: WorkspaceId, key_version: u32) -> Place<'static> {
    Place { workspace: id, table: "pseudonym_key", column: "sealed_key", row: 1, key_version }
}

fn seal_pseudonym_key(app: &App, tx: &Tx, id: WorkspaceId, key: &Key) -> Result<(), Error> {
    let keys = app.keys.workspace(id)?;
    store::set_pseudonym_key(tx, &envelope::seal(&keys.field, &place(id, keys.version), key.as_slice()), keys.version)
}

/// A file that goes under another key keeps the pseudonyms it has: whoever is suppressed or was erased stays known.
pub fn keep_pseudonym_key(tx: &Tx, from: &WorkspaceKeys, to: &WorkspaceKeys) -> Result<(), Error> {
    if store::pseudonym_key(tx)?.is_some() {
        return Ok(());
    }
    let sealed = envelope::seal(&to.field, &place(to.workspace, to.version), from.blind_index.as_slice());
    store::set_pseudonym_key(tx, &sealed, to.version)
}

/// The numbers of a table's rows, in their order.
pub fn rows_of(db: &Db, table: &str) -> Result<Vec<i64>, Error> {
    store::rows_of(db, table)
}

/// Adds the same number to that of every member in every table, and in the images of what was deleted or changed.
pub fn move_members(app: &App, filling: &Filling, by: i64) -> Result<(), Error> {
    let moved = Moved { by, modules: app.modules };
    let tables = app.modules.iter().flat_map(|module| module.tables).filter(|table| table.file == File::Workspace);
    for table in tables {
        for column in table.columns {
            if moving::is_member(column.name) {
                store::add_to(filling, table.name, column.name, by)?;
            } else if moved.is_in_text(table.name, column.name) {
                store::rewrite(filling, table.name, column.name, &|text| moved.text(table.name, column.name, text))?;
            }
        }
        filling.step()?;
    }
    Ok(())
}

/// The key of pseudonyms in a workspace: its own, or the one that came with an import.
pub fn pseudonym_key(app: &App, workspace: &Workspace) -> Result<Key, Error> {
    let Some((sealed, version)) = workspace.file.read(app.now(), store::pseudonym_key)? else {
        return Ok(app.keys.workspace(workspace.id)?.blind_index);
    };
    let keys = app.keys.workspace_version(workspace.id, version)?;
    let opened = envelope::open(&keys.field, &place(workspace.id, version), &sealed)?;
    let key = <[u8; 32]>::try_from(opened.as_slice());
    Ok(Key::new(key.map_err(|_| Error::internal("the key of pseudonyms has another length"))?))
}
