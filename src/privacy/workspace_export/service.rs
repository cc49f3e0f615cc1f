//! What one can do with an export of the whole workspace: ask for it, stop it, give out its link, take it once, let it go.

use std::io::{self, BufWriter};
use std::time::Duration;

use super::store::{self, Made};
use super::{KIND, WorkspaceExport, write};
use crate::app::App;
use crate::clock::Stopwatch;
use crate::crypto::object::Reader;
use crate::crypto::random_key;
use crate::crypto::token::NewToken;
use crate::db::{Actor, Db, Origin, Tx, Workspace};
use crate::error::Error;
use crate::failpoint;
use crate::id::WorkspaceExportId;
use crate::privacy::audit::{self, Event};
use crate::privacy::parcel::{LASTS_MS, State};

/// How far it is gets written down this often, and whether somebody stopped it is looked up.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// Asks for a file with everything; the job [`super::jobs::BUILD`] makes it. The caller rings the job after the commit.
///
/// Fails with [`Error::Conflict`] while another one is being made: each takes as much room as the whole workspace.
pub fn ask(tx: &Tx) -> Result<WorkspaceExportId, Error> {
    if store::building(tx)?.is_some() {
        return Err(Error::Conflict("an export is being made already: wait for it, or stop it".into()));
    }
    let by = match tx.origin.actor {
        Actor::Member(id) | Actor::Token(_, id) => Some(id),
        _ => None,
    };
    let id = store::insert(tx, by, tx.now.plus(LASTS_MS))?;
    record(tx, "privacy.workspace_export.asked_for", id)?;
    Ok(id)
}

pub fn get(db: &Db, id: WorkspaceExportId) -> Result<WorkspaceExport, Error> {
    store::find(db, id)?.ok_or(Error::NotFound("export"))
}

/// Newest first; `before` is the id at which the part before ended.
pub fn list(db: &Db, before: Option<i64>, limit: usize) -> Result<Vec<WorkspaceExport>, Error> {
    store::list(db, before, limit)
}

/// The one that is being made.
pub fn building(db: &Db) -> Result<Option<WorkspaceExport>, Error> {
    store::building(db)
}

/// Stops one that is being made, or destroys one that is made before its time. What is gone already is fine.
pub fn remove(tx: &Tx, id: WorkspaceExportId) -> Result<(), Error> {
    let export = get(tx, id)?;
    match export.state {
        State::Building if store::set_cancelled(tx, id)? => record(tx, "privacy.workspace_export.cancelled", id),
        State::Ready | State::Taken => {
            store::set_removed(tx, id)?;
            record(tx, "privacy.workspace_export.removed", id)
        }
        _ => Err(Error::Conflict("this export is gone already".into())),
    }
}

/// The one link that opens an export without an account: the text of it, which is shown once. The link of before opens
/// nothing any more, and an export that was taken can be taken once more.
pub fn link(tx: &Tx, id: WorkspaceExportId) -> Result<NewToken, Error> {
    let export = get(tx, id)?;
    KIND.demand_here(export.state, true, export.expires_at, tx.now)?;
    let token = KIND.link(tx, id.0)?;
    record(tx, "privacy.workspace_export.linked", id)?;
    Ok(token)
}

/// The export that a link opens; the text is what stands in its address.
pub fn of_link(db: &Db, text: &str) -> Result<Option<WorkspaceExport>, Error> {
    KIND.of_link(db, text)?.map(|id| get(db, WorkspaceExportId(id))).transpose()
}

/// Notes that the export leaves; nobody takes it twice. Call it before the first byte.
///
/// Fails with [`Error::Conflict`], in words, when it was taken, is not made yet, or its time is over.
pub fn take(tx: &Tx, id: WorkspaceExportId) -> Result<WorkspaceExport, Error> {
    let export = get(tx, id)?;
    KIND.demand_here(export.state, true, export.expires_at, tx.now)?;
    KIND.take(tx, id.0)?;
    record(tx, "privacy.workspace_export.taken", id)?;
    Ok(export)
}

/// Opens what was sealed. Whether it may be taken was asked before.
pub fn open(app: &App, workspace: &Workspace, export: &WorkspaceExport) -> Result<Reader<std::fs::File>, Error> {
    KIND.open(app, workspace, export.id.0, &export.sealed)
}

/// Writes and seals one export. Stopped anywhere, by `is_stopping`, by an owner or by the end of the process, it leaves
/// nothing but a file that nobody can open, which goes with the next sweep.
pub fn make(
    app: &App,
    workspace: &Workspace,
    origin: &Origin,
    export: &WorkspaceExport,
    is_stopping: &dyn Fn() -> bool,
) -> Result<(), Error> {
    let keys = app.keys.workspace(workspace.id)?;
    let (key, blobs) = (random_key(), workspace.packages());
    let mut out = BufWriter::new(blobs.create(&key, keys.version)?);
    let (mut last, mut was_stopped): (Option<Stopwatch>, bool) = (None, false);
    let written = write(app, workspace, &mut out, &mut |step| {
        if last.is_some_and(|last| last.elapsed() < BETWEEN_LOOKS) {
            return Ok(());
        }
        last = Some(Stopwatch::start());
        let is_wanted = || workspace.file.write_unaudited(app.now(), origin, |tx| store::set_step(tx, export, &step));
        if is_stopping() || !is_wanted()? {
            was_stopped = true;
            return Err(Error::Conflict("the export was stopped".into()));
        }
        Ok(())
    });
    let written = match written {
        Err(_) if was_stopped => return Ok(()),
        written => written?,
    };
    let blob = out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
    blobs.place(&blob)?;
    failpoint::reach("export.placed");
    let sealed_key = KIND.seal(&keys, export.id.0, &key);
    let is_kept = workspace.file.write(app.now(), origin, |tx| {
        let expires_at = tx.now.plus(LASTS_MS);
        let made = Made { blob: &blob, sealed_key: &sealed_key, key_version: keys.version, written, expires_at };
        let is_kept = store::set_ready(tx, export, &made)?;
        if is_kept {
            let event = Event::new("privacy.workspace_export.made").on("workspace_export", export.id);
            let event = event.detail("rows", written.rows).detail("files", written.files);
            audit::record(tx, event.detail("damaged", written.damaged).detail("bytes", blob.size))?;
        }
        Ok(is_kept)
    })?;
    if is_kept {
        blob.keep();
    }
    Ok(())
}

/// Destroys the keys of exports whose time is over. The files go by the sweep, the rows by the rule of their table.
pub fn expire(tx: &Tx) -> Result<(), Error> {
    match KIND.expire(tx)? {
        0 => Ok(()),
        expired => audit::record(tx, Event::new("privacy.workspace_export.expired").detail("expired", expired)),
    }
}

/// Somebody is erased: every export that is made holds them, so its key is destroyed, and what is under way is gathered
/// anew. Says how many; the erasure audits.
pub fn forget_everybody(tx: &Tx) -> Result<usize, Error> {
    Ok(KIND.expire_made(tx)? + store::begin_anew(tx)?)
}

fn record(tx: &Tx, action: &'static str, id: WorkspaceExportId) -> Result<(), Error> {
    audit::record(tx, Event::new(action).on("workspace_export", id))
}
