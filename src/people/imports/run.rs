//! A pass over a file: batch after batch, each with its counts in one transaction.

use std::io::Read;

use super::record::{Judge, Outcome, Writer};
use super::rows::{Row, Rows};
use super::{Counts, Import, ImportError, State, service, store};
use crate::db::{Db, Tx, Workspace};
use crate::error::Error;
use crate::id::ChangeId;
use crate::jobs::JobContext;
use crate::people::custom_fields::Definitions;
use crate::people::notifications::kinds::{IMPORT_FAILED, IMPORT_FINISHED};
use crate::people::notifications::{self, Notice};
use crate::people::undo;
use crate::privacy::audit::{self, Event};
use crate::web::upload;

/// Rows of one transaction: about a tenth of a second, so that members hardly notice.
const BATCH: usize = 1_000;

/// Works on every import that is under way, oldest first.
pub fn run_all(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    for import in workspace.file.read(cx.now(), store::under_way)? {
        match workspace.file.write_much(|| pass(cx, workspace, &import)) {
            Ok(()) => {}
            // The file itself is at fault: no later try can help.
            Err(Error::Invalid(errors)) => {
                let fault = errors.first().map_or("", |error| error.message.as_str());
                end(cx, workspace, &import, State::Failed, fault)?;
            }
            Err(error) => return Err(error),
        }
        if cx.is_stopping() {
            break;
        }
    }
    Ok(())
}

/// From the first row that is not done yet to the last.
fn pass(cx: &JobContext, workspace: &Workspace, import: &Import) -> Result<(), Error> {
    let keys = cx.app.keys.workspace(workspace.id)?;
    let input = upload::open(&service::path(workspace, import)?, &keys)?;
    let mut rows = Rows::new(input, &import.format)?;
    let mut total = import.counts;
    for _ in 0..total.read {
        rows.next()?;
    }
    let directory = crate::members::directory::directory(&cx.app, workspace.id)?;
    let definitions = workspace.file.read(cx.now(), |db| Definitions::load(db, import.object))?;
    let mut judge = Judge::new(import, directory, definitions);
    let mut change = import.change;
    loop {
        if cx.is_stopping() {
            return Ok(()); // The next start goes on from here.
        }
        let batch = next_batch(&mut rows)?;
        let Some(last) = batch.last() else { break };
        let counts = match import.state {
            State::Checking => check(cx, workspace, import, &mut judge, &batch, last.end)?,
            _ => {
                let (counts, begun) = write(cx, workspace, import, &judge, &batch, last.end, change)?;
                change = Some(begun);
                counts
            }
        };
        total = total.plus(counts);
        cx.progress(&format!("import {}: {} rows", import.id, total.read))?;
        if workspace.file.read(cx.now(), |db| store::is_cancelled(db, import.id))? {
            return end(cx, workspace, import, State::Cancelled, "");
        }
    }
    let state = if import.state == State::Checking { State::Checked } else { State::Done };
    end(cx, workspace, import, state, "")
}

fn next_batch<R: Read>(rows: &mut Rows<R>) -> Result<Vec<Row>, Error> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH {
        match rows.next()? {
            Some(row) => batch.push(row),
            None => break,
        }
    }
    Ok(batch)
}

/// Judges a batch and writes down only what was found.
fn check(
    cx: &JobContext,
    workspace: &Workspace,
    import: &Import,
    judge: &mut Judge,
    batch: &[Row],
    end: u64,
) -> Result<Counts, Error> {
    let (counts, errors) = workspace.file.read(cx.now(), |db| tally(import, batch, &mut |row| judge.check(db, row)))?;
    workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| note(tx, import, &counts, &errors, end))?;
    Ok(counts)
}

/// Writes a batch: its records, its counts, its errors, its way back and its audit entry, all or nothing.
fn write(
    cx: &JobContext,
    workspace: &Workspace,
    import: &Import,
    judge: &Judge,
    batch: &[Row],
    end: u64,
    change: Option<ChangeId>,
) -> Result<(Counts, ChangeId), Error> {
    workspace.file.write(cx.now(), &cx.origin(), |tx| {
        let change = service::go_on(tx, import, change)?;
        let mut writer = Writer::new(judge, tx, change)?;
        let (counts, errors) = tally(import, batch, &mut |row| writer.write(row))?;
        note(tx, import, &counts, &errors, end)?;
        let event = Event::new("people.import.batch_written").on("import", import.id);
        let event = event.detail("created", counts.created).detail("updated", counts.updated);
        audit::record(tx, event.detail("left_out", counts.failed))?;
        Ok((counts, change.id))
    })
}

fn tally(
    import: &Import,
    batch: &[Row],
    take: &mut dyn FnMut(&Row) -> Result<Outcome, Error>,
) -> Result<(Counts, Vec<ImportError>), Error> {
    let mut counts = Counts::default();
    let mut errors = Vec::new();
    let width = import.columns.len();
    for row in batch {
        counts.read += 1;
        let outcome = if row.fields.len() > width {
            let message = format!("The row has {} fields, the heading has {width}.", row.fields.len());
            Outcome::LeftOut { field: String::new(), message }
        } else {
            take(row)?
        };
        match outcome {
            Outcome::Created => counts.created += 1,
            Outcome::Updated => counts.updated += 1,
            Outcome::Unchanged => counts.unchanged += 1,
            Outcome::LeftOut { field, message } => {
                counts.failed += 1;
                errors.push(ImportError { line: i64::try_from(row.line).unwrap_or(i64::MAX), field, message });
            }
        }
    }
    Ok((counts, errors))
}

fn note(tx: &Tx, import: &Import, counts: &Counts, errors: &[ImportError], end: u64) -> Result<(), Error> {
    let kept = store::count_errors(tx, import.id)?;
    let room = usize::try_from(store::ERRORS_KEPT - kept).unwrap_or(0);
    for error in errors.iter().take(room) {
        store::add_error(tx, import.id, error)?;
    }
    store::advance(tx, import.id, counts, i64::try_from(end).unwrap_or(i64::MAX))
}

fn end(cx: &JobContext, workspace: &Workspace, import: &Import, state: State, fault: &str) -> Result<(), Error> {
    workspace.file.write(cx.now(), &cx.origin(), |tx| {
        store::finish(tx, import.id, state, fault)?;
        if let Some(id) = service::get(tx, import.id)?.change {
            undo::Change { id }.count(tx)?;
        }
        let counts = found(tx, import)?;
        tell(tx, import, state)?;
        let event = Event::new("people.import.ended").on("import", import.id).detail("state", state.word());
        let event = event.detail("read", counts.read).detail("created", counts.created);
        audit::record(tx, event.detail("updated", counts.updated).detail("left_out", counts.failed))
    })
}

/// Tells whoever started the import that it is done, or cannot go on.
fn tell(tx: &Tx, import: &Import, state: State) -> Result<(), Error> {
    let kind = match state {
        State::Done => &IMPORT_FINISHED,
        State::Failed => &IMPORT_FAILED,
        _ => return Ok(()),
    };
    let Some(member) = import.created_by else { return Ok(()) };
    notifications::tell(tx, &Notice::new(member, kind, super::target(import.id)))
}

fn found(db: &Db, import: &Import) -> Result<Counts, Error> {
    Ok(service::get(db, import.id)?.counts)
}
