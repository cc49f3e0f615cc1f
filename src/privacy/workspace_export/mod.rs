//! A whole workspace as one JSON file: every row, the rows about it in the installation's file, and its files (P-086).
//!
//! The tables come from the data map. Secrets stay out: hashes of tokens and keys of files open nothing elsewhere.
//! Files come decrypted, as base64. Each table carries the number of its rows and their fingerprint.
//!
//! Owners ask for such a file ([`service::ask`]); a job makes it, sealed, and it is taken once, by an owner or by a
//! link, within seven days. The command line writes it directly.

pub mod api;
pub mod data_map;
pub mod jobs;
pub mod link;
pub mod pages;
mod schema;
pub mod service;
mod store;
mod telling;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use rusqlite::types::Value as Stored;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Db, Origin, Schema, Workspace, latest_version};
use crate::error::Error;
use crate::id::{MemberId, WorkspaceExportId, WorkspaceId};
use crate::members::workspaces;
use crate::module::{FileKind, Module};
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map::{Column, File, Holds, Reading, Table, inventory};
use crate::privacy::images::{self, Image};
use crate::privacy::parcel::{self, Sealed, Standing, State};

pub use schema::schema;
pub(super) use store::each_row;

/// The format of the file; grows when something in it changes its meaning.
pub(super) const VERSION: u32 = 2;
/// What the file says that it is.
pub(super) const FORMAT: &str = "holdfast-workspace";
/// Bytes of a file that become base64 at a time: a multiple of three, so that the parts join without padding.
const PIECE: usize = 48 * 1024;
/// Whoever watches hears of every so many rows.
const ROWS_A_STEP: u64 = 1_024;

/// Its place among the sealed files that are handed out once.
pub(super) const KIND: parcel::Kind = parcel::Kind { table: "workspace_exports", word: "this export" };

/// A file with everything in the workspace that was asked for, as its row says.
#[derive(Debug, Clone)]
pub struct WorkspaceExport {
    pub id: WorkspaceExportId,
    pub state: State,
    /// Tables that are written, and how many there are; both 0 before it began.
    pub step: i64,
    pub steps: i64,
    pub rows: i64,
    pub files: i64,
    /// Files that could not be read. They are listed in it.
    pub damaged: i64,
    pub size: i64,
    pub sha256: Vec<u8>,
    pub has_link: bool,
    pub created_by: Option<MemberId>,
    pub created_at: Timestamp,
    pub ready_at: Option<Timestamp>,
    pub taken_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    /// What was gathered for an earlier one may not be kept.
    attempt: i64,
    sealed: Sealed,
}

impl WorkspaceExport {
    pub fn standing(&self, now: Timestamp) -> Standing {
        Standing::of(self.state, true, self.expires_at, now)
    }

    /// Made, and its time is not over.
    pub fn is_here(&self, now: Timestamp) -> bool {
        matches!(self.standing(now), Standing::Here | Standing::Used)
    }
}

/// How far [`write`] is.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Tables of the workspace's file that are written, of `tables`.
    pub table: usize,
    pub tables: usize,
    pub written: Written,
}

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

/// Writes everything as it is at one moment; `watch` is told how far it is, often, and an error of it ends the work.
pub fn write(
    app: &App,
    workspace: &Workspace,
    out: &mut dyn Write,
    watch: &mut dyn FnMut(Step) -> Result<(), Error>,
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
            rows(app, db, table, Some((&condition, workspace.id)), out, &mut written, &mut |_| Ok(()))?;
        }
        Ok(())
    })?;
    workspace.file.read(app.now(), |db| {
        write!(out, "}},\"sequences\":{},\"tables\":{{", Json::Object(store::sequences(db)?))?;
        let tables: Vec<&Table> = tables(app.modules).collect();
        let all = tables.len();
        for (place, table) in tables.into_iter().enumerate() {
            separate(out, place)?;
            rows(app, db, table, None, out, &mut written, &mut |written| {
                watch(Step { table: place, tables: all, written })
            })?;
            watch(Step { table: place + 1, tables: all, written })?;
        }
        out.write_all(b"},\"files\":{")?;
        for (place, kind) in app.modules.iter().flat_map(|module| module.files).enumerate() {
            separate(out, place)?;
            files(app, workspace, db, kind, out, &mut written, &mut |written| {
                watch(Step { table: all, tables: all, written })
            })?;
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
    app: &App,
    db: &Db,
    table: &Table,
    of: Option<(&str, WorkspaceId)>,
    out: &mut dyn Write,
    written: &mut Written,
    watch: &mut dyn FnMut(Written) -> Result<(), Error>,
) -> Result<(), Error> {
    let columns: Vec<&str> = store::columns(table).collect();
    write!(out, "{}:{{\"columns\":{},\"rows\":[", json!(table.name), json!(columns))?;
    let mut fingerprint = Fingerprint::default();
    let mut line = Vec::new();
    let images: Vec<bool> = columns.iter().map(|name| is_image(table, name)).collect();
    store::each_row(db, table.name, &columns, of, &mut |row| {
        line.clear();
        let cells = row.into_iter().zip(&images).map(|(stored, is_image)| match stored {
            Stored::Text(text) if *is_image => Json::from(without_secrets(app, text)),
            stored => cell(stored),
        });
        serde_json::to_writer(&mut line, &cells.collect::<Vec<Json>>())?;
        out.write_all(if fingerprint.rows > 0 { b",\n" } else { b"\n" })?;
        out.write_all(&line)?;
        fingerprint.add(&line);
        if fingerprint.rows.is_multiple_of(ROWS_A_STEP) {
            watch(Written { rows: written.rows + fingerprint.rows, ..*written })?;
        }
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

fn is_image(table: &Table, name: &str) -> bool {
    table.columns.iter().any(|column| column.name == name && column.reading == Reading::Image)
}

/// An image without the keys of files in it, which stay out of tables too.
fn without_secrets(app: &App, text: String) -> String {
    let Some(mut image) = Image::parse(&text) else { return text };
    image.leave_out(&|name, column| {
        let mut declared = inventory::tables(app.modules).filter(|table| table.name == name);
        declared.any(|table| table.columns.iter().any(|known| known.name == column && is_secret(known)))
    });
    image.text().unwrap_or(text)
}

/// The files that a table names, also those of deleted records, whose rows lie in images. A damaged one is listed and
/// does not stop the rest.
fn files(
    app: &App,
    workspace: &Workspace,
    db: &Db,
    kind: &FileKind,
    out: &mut dyn Write,
    written: &mut Written,
    watch: &mut dyn FnMut(Written) -> Result<(), Error>,
) -> Result<(), Error> {
    write!(out, "{}:[", json!(kind.table))?;
    let declared = inventory::tables(app.modules).find(|table| table.name == kind.table);
    let table = declared.ok_or_else(|| Error::internal("files of a table that no module declares"))?;
    let mut images: BTreeMap<i64, Option<images::Place>> = images::places(db, app.modules, kind.table)?
        .into_iter()
        .map(|(id, places)| (id, places.first().copied()))
        .collect();
    images.extend(store::ids(db, kind.table)?.into_iter().map(|id| (id, None)));
    for (place, (id, image)) in images.into_iter().enumerate() {
        separate(out, place)?;
        watch(*written)?;
        let row = match image {
            Some(image) => image.image(db)?.and_then(|image| image.row(table, id)),
            None => None,
        };
        let open = || match &row {
            Some(row) => (kind.open_row)(app, workspace, row),
            None => (kind.open)(app, workspace, id),
        };
        // To its end before the first byte is written: half a file would spoil the whole.
        let read = open().and_then(|mut content| Ok(io::copy(&mut content, &mut io::sink())?));
        match read {
            Ok(bytes) => {
                write!(out, "{{\"id\":{id},\"bytes\":{bytes},\"base64\":\"")?;
                encode(&mut open()?, out)?;
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
