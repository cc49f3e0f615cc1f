//! The one transaction in which a person goes: their rows, their mentions, what would bring them back.

use std::io::{BufRead, BufReader, Read};

use serde_json::json;

use super::faults::{Step, is_left_out};
use super::keeping::Keeping;
use super::needles::Needles;
use super::values::Values;
use super::{Erasure, elsewhere, mentions, plan, store};
use crate::app::App;
use crate::crypto::envelope::{self, Place};
use crate::db::{Origin, Tx, Workspace};
use crate::error::Error;
use crate::module::{KnownIdentity, PassingFiles};
use crate::privacy::audit::{self, Event};
use crate::privacy::data_map;
use crate::privacy::subject::{self, Person};
use crate::privacy::suppression::{self, Reason};
use crate::privacy::workspace_export;

/// Looks a file through so much at a time.
const PART: u64 = 256 * 1024;

/// Files that wait to be read and name the person.
pub fn files_naming(
    app: &App,
    workspace: &Workspace,
    needles: &Needles,
) -> Result<Vec<(&'static PassingFiles, i64)>, Error> {
    let mut naming = Vec::new();
    for files in app.modules.iter().flat_map(|module| module.passing_files).copied() {
        for id in workspace.file.read(app.now(), files.list)? {
            // What cannot be read any more is sealed noise; it goes with the next sweep.
            let Ok(content) = (files.open)(app, workspace, id) else { continue };
            if names(content, needles)? {
                naming.push((files, id));
            }
        }
    }
    Ok(naming)
}

/// Line by line, a very long line in parts, so that a large file needs no memory.
pub(super) fn names(content: Box<dyn Read>, needles: &Needles) -> Result<bool, Error> {
    let mut reader = BufReader::new(content);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(PART).read_until(b'\n', &mut line)? == 0 {
            return Ok(false);
        }
        let (text, _, _) = encoding_rs::UTF_8.decode(&line);
        if needles.is_in(&text) || needles.is_in(&encoding_rs::WINDOWS_1252.decode(&line).0) {
            return Ok(true);
        }
    }
}

/// Does everything that happens in the workspace's file, and leaves the erasure as `erased`. What a legal hold covers
/// stays, and is written down. `earlier` is what was known of the person when a hold kept some of it the last time.
pub fn destroy(
    app: &App,
    workspace: &Workspace,
    origin: &Origin,
    erasure: &Erasure,
    person: &Person,
    earlier: &Values,
) -> Result<(), Error> {
    let keys = app.keys.workspace(workspace.id)?;
    // Reading everything takes a while in a large workspace: others write meanwhile, and only when somebody did is
    // it done again while they wait.
    let generation = workspace.file.generation();
    let (before, values) = workspace.file.read(app.now(), |db| {
        let (mut values, _) = Values::of(db, person)?;
        values.join(earlier.clone());
        let keeping = Keeping::of(db, app.modules)?;
        Ok((mentions::search(db, app.modules, &Needles::new(&values)?, Some(person), &keeping)?, values))
    })?;
    let needles = Needles::new(&values)?;
    let files = files_naming(app, workspace, &needles)?;
    let others_files = serde_json::to_string(&elsewhere::naming(app, workspace, person, &needles)?)?;
    workspace.file.write(app.now(), origin, |tx| {
        let (mut values, identities) = Values::of(tx, person)?;
        values.join(earlier.clone());
        let needles = Needles::new(&values)?;
        let keeping = Keeping::of(tx, app.modules)?;
        let found = match workspace.file.generation() == generation {
            true => before,
            false => mentions::search(tx, app.modules, &needles, Some(person), &keeping)?,
        };
        let kept = keeping.kept(tx, person, &found, files.len())?;
        let mut counts = own_rows(tx, app, person, &keeping)?;
        if !is_left_out(Step::Mentions) {
            mentions::redact(tx, app.modules, &found)?;
        }
        for (table, rows) in mentions::by_table(&found) {
            counts.push(json!({ "table": table.name, "rows": rows, "done": "mentions_redacted" }));
        }
        if keeping.files().is_none() && !files.is_empty() {
            if !is_left_out(Step::ImportFiles) {
                for (kind, id) in &files {
                    (kind.discard)(tx, workspace, &[*id])?;
                }
            }
            counts.push(json!({ "table": "files", "rows": files.len(), "done": "deleted" }));
        }
        let exports = workspace_export::service::forget_everybody(tx)?;
        if exports > 0 {
            counts.push(json!({ "table": "workspace_exports", "rows": exports, "done": "destroyed" }));
        }
        suppress(tx, &identities)?;
        let place = place(workspace, erasure, keys.version);
        let sealed = envelope::seal(&keys.field, &place, &serde_json::to_vec(&values)?);
        let (counts, kept) = (serde_json::to_string(&counts)?, serde_json::to_string(&kept)?);
        store::set_erased(tx, erasure.id, &counts, (&kept, &others_files), &sealed, keys.version)?;
        let event = Event::new("privacy.erasure.executed").on(person.kind.word, person.id());
        audit::record(tx, event.detail("erasure", erasure.id.0).detail("suppressed", identities.len()))
    })
}

/// Where the values lie sealed.
pub fn place(workspace: &Workspace, erasure: &Erasure, key_version: u32) -> Place<'static> {
    Place { workspace: workspace.id, table: "erasures", column: "sealed_values", row: erasure.id.0, key_version }
}

pub(super) fn suppress(tx: &Tx, identities: &[KnownIdentity]) -> Result<(), Error> {
    if is_left_out(Step::Suppression) {
        return Ok(());
    }
    for identity in identities {
        suppression::add(tx, tx.blind_index()?, identity.kind, &identity.normalised, Reason::Erased)?;
    }
    Ok(())
}

/// The rows about the person, as their tables say, without those that are held. Children go before their parents.
pub(super) fn own_rows(
    tx: &Tx,
    app: &App,
    person: &Person,
    keeping: &Keeping,
) -> Result<Vec<serde_json::Value>, Error> {
    let mut counts = Vec::new();
    if is_left_out(Step::OwnRows) {
        return Ok(counts);
    }
    let tables: Vec<_> = subject::tables(app.modules, person.kind)
        .map(|(table, about)| (table, keeping.free(table, &about), format!("({about}) AND {}", keeping.held(table))))
        .collect();
    let is_bearing = plan::is_bearing(tx, app.modules, person, keeping)?;
    let stays_empty = |table: &data_map::Table| is_bearing && table.name == person.kind.table;
    // Counted first: what hangs on a row goes with it, and would not be seen afterwards.
    for (table, free, _) in tables.iter().filter(|(table, ..)| table.erasure == data_map::Erasure::DeleteRow) {
        let rows = store::count(tx, table, free, person)?;
        let what = if stays_empty(table) { "emptied" } else { "deleted" };
        if rows > 0 {
            counts.push(json!({ "table": table.name, "rows": rows, "done": what }));
        }
    }
    let held = store::Saved::take(tx, &tables, person)?;
    for (table, free, _) in &tables {
        if is_left_out(Step::Table(table.name)) {
            continue;
        }
        if stays_empty(table) {
            for id in store::ids(tx, table, free, person)? {
                (person.kind.empty)(tx, id)?;
            }
            continue;
        }
        if table.erasure == data_map::Erasure::DeleteRow {
            store::delete(tx, table, free, person)?;
            continue;
        }
        let mut columns = plan::emptied(table);
        if is_left_out(Step::Redaction) {
            continue;
        }
        if table.name == "audit" {
            columns.retain(|column| {
                !(column.name == "personal" && is_left_out(Step::AuditPersonal)
                    || column.name == "salt" && is_left_out(Step::AuditSalt))
            });
        }
        let rows = store::empty(tx, table, &columns, free, person)?;
        if rows > 0 {
            counts.push(json!({ "table": table.name, "rows": rows, "done": "emptied" }));
        }
    }
    held.put_back(tx)?;
    Ok(counts)
}
