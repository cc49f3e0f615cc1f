//! A whole workspace as one JSON file: every row, the rows about it in the installation's file, and its files (P-086).
//!
//! The tables come from the data map. Secrets stay out: hashes of tokens and keys of files open nothing elsewhere.
//! Files come decrypted, as base64. Each table carries the number of its rows and their fingerprint.

pub mod pages;
mod schema;
mod store;

use std::io::{self, Read, Write};

use rusqlite::types::Value as Stored;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::db::{Db, Origin, Schema, Workspace, latest_version};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::members::workspaces;
use crate::module::{FileKind, Module};
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::{Column, File, Holds, Table, inventory};

pub use schema::schema;
pub(super) use store::each_row;

/// The format of the file; grows when something in it changes its meaning.
pub(super) const VERSION: u32 = 2;
/// What the file says that it is.
pub(super) const FORMAT: &str = "holdfast-workspace";
/// Bytes of a file that become base64 at a time: a multiple of three, so that the parts join without padding.
const PIECE: usize = 48 * 1024;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    pub tables: usize,
    pub rows: u64,
    pub files: u64,
    /// Files that could not be read; each is listed with why.
    pub damaged: u64,
}

/// Notes that the whole workspace leaves. Call it before the first byte.
pub fn note(workspace: &Workspace, app: &App, origin: &Origin) -> Result<(), Error> {
    let event = Event::new("privacy.workspace.exported").on("workspace", workspace.id);
    workspace.file.write(app.now(), origin, |tx| audit::record(tx, event))
}

/// Writes everything as it is at one moment; `step` is told of each table that is done.
pub fn write(
    app: &App,
    workspace: &Workspace,
    out: &mut dyn Write,
    step: &mut dyn FnMut(&str),
) -> Result<Written, Error> {
    let (described, members_through) =
        app.read(|db| Ok((workspaces::find(db, workspace.id)?, store::members_through(db)?)))?;
    let mut written = Written::default();
    let schema = latest_version(Schema::Workspace);
    // Whoever was erased is known again only with the key that their hash was made with.
    let pseudonym_key = data_encoding::BASE64.encode(workspace.file.blind_index()?.as_slice());
    let about = json!({ "slug": described.slug, "name": described.name, "created_at": described.created_at });
    write!(
        out,
        "{{\"format\":\"{FORMAT}\",\"version\":{VERSION},\"schema\":{schema},\"exported_at\":\"{}\"",
        app.now().rfc3339()
    )?;
    write!(out, ",\"workspace\":{about},\"pseudonym_key\":\"{pseudonym_key}\"")?;
    write!(out, ",\"members_through\":{members_through},\"control\":{{")?;
    app.read(|db| {
        let tables = inventory::tables(app.modules).filter(|table| table.file == File::Control);
        let found = tables.filter_map(|table| Some((table, store::condition(app.modules, table)?)));
        for (place, (table, condition)) in found.enumerate() {
            separate(out, place)?;
            rows(db, table, Some((&condition, workspace.id)), out, &mut written)?;
        }
        Ok(())
    })?;
    workspace.file.read(app.now(), |db| {
        write!(out, "}},\"sequences\":{},\"tables\":{{", Json::Object(store::sequences(db)?))?;
        let tables = tables(app.modules);
        for (place, table) in tables.enumerate() {
            separate(out, place)?;
            rows(db, table, None, out, &mut written)?;
            step(table.label);
        }
        out.write_all(b"},\"files\":{")?;
        for (place, kind) in app.modules.iter().flat_map(|module| module.files).enumerate() {
            separate(out, place)?;
            files(app, workspace, db, kind, out, &mut written)?;
            step("files");
        }
        Ok(())
    })?;
    out.write_all(b"}}\n")?;
    out.flush()?;
    Ok(written)
}

fn separate(out: &mut dyn Write, place: usize) -> io::Result<()> {
    if place > 0 { out.write_all(b",\n") } else { out.write_all(b"\n") }
}

/// One table: its columns, its rows in order, how many they are and their fingerprint.
fn rows(
    db: &Db,
    table: &Table,
    of: Option<(&str, WorkspaceId)>,
    out: &mut dyn Write,
    written: &mut Written,
) -> Result<(), Error> {
    let columns: Vec<&str> = store::columns(table).collect();
    write!(out, "{}:{{\"columns\":{},\"rows\":[", json!(table.name), json!(columns))?;
    let mut fingerprint = Fingerprint::default();
    let mut line = Vec::new();
    store::each_row(db, table.name, &columns, of, &mut |row| {
        line.clear();
        serde_json::to_writer(&mut line, &row.into_iter().map(cell).collect::<Vec<Json>>())?;
        out.write_all(if fingerprint.rows > 0 { b",\n" } else { b"\n" })?;
        out.write_all(&line)?;
        fingerprint.add(&line);
        Ok(())
    })?;
    let count = fingerprint.rows;
    write!(out, "],\"count\":{count},\"sha256\":\"{}\"}}", fingerprint.hex())?;
    written.tables += 1;
    written.rows += count;
    Ok(())
}

/// The tables of a workspace's file that are written, in their order.
pub(super) fn tables(modules: &'static [&'static Module]) -> impl Iterator<Item = &'static Table> {
    inventory::tables(modules).filter(|table| table.file == File::Workspace && !store::is_sealing(table))
}

/// How many rows there are, and a hash over each as compact JSON with a line feed after it.
#[derive(Default, Clone)]
pub(super) struct Fingerprint {
    pub rows: u64,
    hash: Sha256,
}

impl Fingerprint {
    pub fn add(&mut self, line: &[u8]) {
        self.hash.update(line);
        self.hash.update(b"\n");
        self.rows += 1;
    }

    pub fn hex(self) -> String {
        data_encoding::HEXLOWER.encode(&self.hash.finalize())
    }
}

/// A value in a form that JSON keeps exactly; numbers with a fraction stand apart, so that 5.0 stays 5.0.
pub(super) fn cell(stored: Stored) -> Json {
    match stored {
        Stored::Null => Json::Null,
        Stored::Integer(number) => number.into(),
        Stored::Real(real) => json!({ "real": real }),
        Stored::Text(text) => text.into(),
        Stored::Blob(bytes) => json!({ "base64": data_encoding::BASE64.encode(&bytes) }),
    }
}

/// The files that a table names. A damaged one is listed and does not stop the rest.
fn files(
    app: &App,
    workspace: &Workspace,
    db: &Db,
    kind: &FileKind,
    out: &mut dyn Write,
    written: &mut Written,
) -> Result<(), Error> {
    write!(out, "{}:[", json!(kind.table))?;
    for (place, id) in store::ids(db, kind.table)?.into_iter().enumerate() {
        separate(out, place)?;
        // To its end before the first byte is written: half a file would spoil the whole.
        let read = (kind.open)(app, workspace, id).and_then(|mut content| Ok(io::copy(&mut content, &mut io::sink())?));
        match read {
            Ok(bytes) => {
                write!(out, "{{\"id\":{id},\"bytes\":{bytes},\"base64\":\"")?;
                encode(&mut (kind.open)(app, workspace, id)?, out)?;
                out.write_all(b"\"}")?;
                written.files += 1;
            }
            Err(error @ Error::DiskFull) => return Err(error),
            Err(error) => {
                tracing::warn!(table = kind.table, id, %error, "a file is damaged and left out of an export");
                write!(out, "{{\"id\":{id},\"damaged\":true}}")?;
                written.damaged += 1;
            }
        }
    }
    Ok(out.write_all(b"]")?)
}

fn encode(content: &mut dyn Read, out: &mut dyn Write) -> Result<(), Error> {
    let mut piece = Vec::with_capacity(PIECE);
    loop {
        piece.clear();
        Read::take(&mut *content, PIECE as u64).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(());
        }
        out.write_all(data_encoding::BASE64.encode(&piece).as_bytes())?;
    }
}

/// True for what an export leaves out: it opens something here, and nothing anywhere else.
pub(super) fn is_secret(column: &Column) -> bool {
    column.holds == Holds::Credential || column.name == "key_version"
}
