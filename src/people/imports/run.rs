//! A pass over a file: batch after batch, each with its counts in one transaction.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::Read;

use super::consents::Remarks;
use super::deciding::{self, Census, Likeness};
use super::fields::Fields;
use super::record::{Judge, Outcome};
use super::rows::{Row, Rows};
use super::writer::{Decided, Writer};
use super::{Counts, Import, ImportError, Mode, Object, State, service, store};
use crate::db::{Db, Tx, Workspace};
use crate::error::Error;
use crate::id::ChangeId;
use crate::jobs::JobContext;
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

/// From the first row that is not done yet to the last. A check writes nothing, so one that was cut short begins anew.
fn pass(cx: &JobContext, workspace: &Workspace, import: &Import) -> Result<(), Error> {
    let keys = cx.app.keys.workspace(workspace.id)?;
    let input = upload::open(&service::path(workspace, import)?, &keys)?;
    let mut rows = Rows::new(input, &import.format)?;
    let directory = crate::members::directory::directory(&cx.app, workspace.id)?;
    let fields = workspace.file.read(cx.now(), |db| Fields::of(db, import))?;
    if import.state == State::Checking {
        if import.counts.read > 0 {
            workspace
                .file
                .write_unaudited(cx.now(), &cx.origin(), |tx| store::begin(tx, import.id, State::Checking))?;
        }
        let fields = deciding::service::with_added_choices(import, fields);
        return check_all(cx, workspace, Judge::new(import, directory, fields), &mut rows);
    }
    for _ in 0..import.counts.read {
        rows.next()?;
    }
    let judge = Judge::new(import, directory, fields);
    let resembled = workspace.file.read(cx.now(), |db| deciding::service::resembled(db, import))?;
    let mut change = import.change;
    let mut read = import.counts.read;
    while let Some(batch) = next_batch(cx, &mut rows)? {
        let (counts, begun) = write(cx, workspace, &judge, &batch, &resembled, change)?;
        change = Some(begun);
        read += counts.read;
        if is_to_stop(cx, workspace, import, read)? {
            return Ok(());
        }
    }
    if cx.is_stopping() { Ok(()) } else { end(cx, workspace, import, State::Done, "") }
}

/// A whole check, with what is to be decided before the run.
fn check_all<R: Read>(
    cx: &JobContext,
    workspace: &Workspace,
    mut judge: Judge,
    rows: &mut Rows<R>,
) -> Result<(), Error> {
    let import = judge.import;
    let mut census = Census::new(&judge.fields, &judge.plan);
    if import.object == Object::Contact && import.mode != Mode::Update {
        judge.likeness = Some(workspace.file.read(cx.now(), Likeness::new)?);
    }
    let mut read = 0;
    while let Some(batch) = next_batch(cx, rows)? {
        read += check(cx, workspace, &mut judge, &mut census, &batch)?.read;
        if is_to_stop(cx, workspace, import, read)? {
            return Ok(());
        }
    }
    if cx.is_stopping() {
        return Ok(());
    }
    let values = census.found();
    workspace
        .file
        .write_unaudited(cx.now(), &cx.origin(), |tx| deciding::service::set_values(tx, import.id, &values))?;
    end(cx, workspace, import, State::Checked, "")
}

/// Tells how far it is; ends the import when somebody asked for that.
fn is_to_stop(cx: &JobContext, workspace: &Workspace, import: &Import, read: i64) -> Result<bool, Error> {
    cx.progress(&format!("import {}: {read} rows", import.id))?;
    let is_cancelled = workspace.file.read(cx.now(), |db| store::is_cancelled(db, import.id))?;
    if is_cancelled {
        end(cx, workspace, import, State::Cancelled, "")?;
    }
    Ok(is_cancelled)
}

/// The next rows; `None` at the end, and when the program stops: the next start goes on from here.
fn next_batch<R: Read>(cx: &JobContext, rows: &mut Rows<R>) -> Result<Option<Vec<Row>>, Error> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH && !cx.is_stopping() {
        match rows.next()? {
            Some(row) => batch.push(row),
            None => break,
        }
    }
    Ok(Some(batch).filter(|batch| !batch.is_empty() && !cx.is_stopping()))
}

/// Judges a batch and writes down only what was found.
fn check(
    cx: &JobContext,
    workspace: &Workspace,
    judge: &mut Judge,
    census: &mut Census,
    batch: &[Row],
) -> Result<Counts, Error> {
    let import = judge.import;
    let mut tally = Tally::default();
    workspace.file.read(cx.now(), |db| {
        batch.iter().try_for_each(|row| {
            let outcome = match fitting(judge, row) {
                Ok(row) => {
                    census.take(&row.fields);
                    judge.check(db, &row)?
                }
                Err(outcome) => outcome,
            };
            tally.add(row, outcome);
            Ok(())
        })
    })?;
    tally.remark(std::mem::take(&mut judge.remarks));
    let likely = std::mem::take(&mut judge.resembling);
    tally.counts.resembling = i64::try_from(likely.len()).unwrap_or(i64::MAX);
    workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| {
        deciding::service::keep(tx, import.id, &likely)?;
        note(tx, import, &tally, batch)
    })?;
    Ok(tally.counts)
}

/// Writes a batch: its records, its counts, its errors, its way back and its audit entry, all or nothing.
fn write(
    cx: &JobContext,
    workspace: &Workspace,
    judge: &Judge,
    batch: &[Row],
    resembled: &HashSet<i64>,
    change: Option<ChangeId>,
) -> Result<(Counts, ChangeId), Error> {
    let import = judge.import;
    workspace.file.write(cx.now(), &cx.origin(), |tx| {
        let change = service::go_on(tx, import, change)?;
        let rows = match (import.counts.resembling, batch.first(), batch.last()) {
            (1.., Some(first), Some(last)) => {
                deciding::service::of_lines(tx, import.id, line_of(first), line_of(last))?
            }
            _ => HashMap::new(),
        };
        let lines: HashSet<i64> = rows.keys().copied().collect();
        let decided = Decided { rows, resembled: Some(resembled).filter(|lines| !lines.is_empty()) };
        let mut writer = Writer::new(judge, tx, change, decided)?;
        let mut tally = Tally::default();
        for row in batch {
            let outcome = match fitting(judge, row) {
                Ok(row) => writer.write(&row)?,
                Err(outcome) => outcome,
            };
            match outcome {
                _ if !lines.contains(&line_of(row)) => {}
                Outcome::Created => tally.counts.resembling_created += 1,
                Outcome::Updated | Outcome::Unchanged => tally.counts.resembling_updated += 1,
                Outcome::Skipped | Outcome::LeftOut { .. } => {}
            }
            tally.add(row, outcome);
        }
        let (companies, remarks) = writer.end()?;
        tally.counts = tally.counts.plus(companies);
        tally.remark(remarks);
        note(tx, import, &tally, batch)?;
        let event = Event::new("people.import.batch_written").on("import", import.id);
        let event = event.detail("created", tally.counts.created).detail("updated", tally.counts.updated);
        let companies = tally.counts.companies_created + tally.counts.companies_updated;
        let event = event.detail("skipped", tally.counts.skipped).detail("companies", companies);
        let event = event.detail("consents", tally.counts.consents_taken);
        audit::record(tx, event.detail("left_out", tally.counts.failed))?;
        Ok((tally.counts, change.id))
    })
}

/// The row as it is to be read, unless it is too long or a rule of a column leaves it out.
fn fitting<'r>(judge: &Judge, row: &'r Row) -> Result<Cow<'r, Row>, Outcome> {
    let width = judge.import.columns.len();
    if row.fields.len() > width {
        let message = format!("The row has {} fields, the heading has {width}.", row.fields.len());
        return Err(Outcome::left_out("", message));
    }
    judge.plan.treated(row)
}

fn line_of(row: &Row) -> i64 {
    i64::try_from(row.line).unwrap_or(i64::MAX)
}

/// What became of the rows of a batch.
#[derive(Default)]
struct Tally {
    counts: Counts,
    errors: Vec<ImportError>,
}

impl Tally {
    fn add(&mut self, row: &Row, outcome: Outcome) {
        self.counts.read += 1;
        match outcome {
            Outcome::Created => self.counts.created += 1,
            Outcome::Updated => self.counts.updated += 1,
            Outcome::Unchanged => self.counts.unchanged += 1,
            Outcome::Skipped => self.counts.skipped += 1,
            Outcome::LeftOut { field, message } => {
                self.counts.failed += 1;
                self.errors.push(ImportError { line: line_of(row), field, message, is_remark: false });
            }
        }
    }

    /// Adds what became of what the rows say about consents.
    fn remark(&mut self, remarks: Remarks) {
        self.counts.consents_taken += remarks.taken;
        self.counts.consents_refused += remarks.refused;
        self.errors.extend(remarks.list);
    }
}

fn note(tx: &Tx, import: &Import, tally: &Tally, batch: &[Row]) -> Result<(), Error> {
    let kept = store::count_errors(tx, import.id)?;
    let room = usize::try_from(store::ERRORS_KEPT - kept).unwrap_or(0);
    for error in tally.errors.iter().take(room) {
        store::add_error(tx, import.id, error)?;
    }
    let end = batch.last().map_or(0, |row| row.end);
    store::advance(tx, import.id, &tally.counts, i64::try_from(end).unwrap_or(i64::MAX))
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
