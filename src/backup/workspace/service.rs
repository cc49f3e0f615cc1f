//! Asking for a restore, ending one that has not switched yet, and letting a restored workspace's mail go again.

use super::{Into, QUARANTINE_MS, Restore, State, store};
use crate::clock::Timestamp;
use crate::db::{Db, Tx, installation};
use crate::error::Error;
use crate::id::{MemberId, WorkspaceId};
use crate::mail::queue;
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NewRestore {
    pub into: Into,
    /// The moment that is wanted back; the state of then or just before comes.
    pub until: Timestamp,
    /// The restore whose put-aside state is wanted, instead of a backup.
    pub from_restore: Option<i64>,
    /// Of the new workspace. In place: the name of this one, typed so that no wrong one is replaced.
    pub name: String,
    /// Of the new workspace.
    pub slug: String,
}

/// Asks for a restore; gives its id. `oldest` is the moment of the oldest copy that can be brought back.
///
/// Fails with [`Error::Invalid`] on `until`, `name` or `slug`, and with [`Error::Conflict`] while another one of the
/// workspace is under way. The caller asks for [`super::jobs::RESTORE`] after the commit.
pub fn ask(
    tx: &Tx,
    workspace: WorkspaceId,
    by: MemberId,
    new: &NewRestore,
    oldest: Option<Timestamp>,
) -> Result<i64, Error> {
    let place = workspaces::find(tx, workspace)?;
    if place.state != "active" {
        return Err(Error::Conflict("put this workspace back in service before you restore it".into()));
    }
    if store::has_open(tx, workspace)? {
        return Err(Error::Conflict("another restore of this workspace is under way; wait for its end".into()));
    }
    let mut new = new.clone();
    match new.from_restore {
        Some(id) => new.until = put_aside_at(tx, workspace, id, new.into)?,
        None => refuse_moment(tx, &new, oldest)?,
    }
    match new.into {
        Into::New => workspaces::refuse_unusable(tx, &new.name, &new.slug)?,
        Into::InPlace if new.name.trim() != place.name => {
            let message = format!("Type the name as it stands: {}", place.name);
            return Err(Error::field("name", "mismatch", message));
        }
        Into::InPlace => (new.name, new.slug) = (String::new(), String::new()),
    }
    let id = store::insert(tx, workspace, by, &new)?;
    let event = Event::new("backup.workspace_restore.asked").on("workspace_restore", id).in_workspace(workspace);
    audit::record(tx, event.detail("into", new.into.word()).detail("until", new.until.rfc3339()))?;
    Ok(id)
}

/// The moment of the state that an earlier restore put aside.
fn put_aside_at(db: &Db, workspace: WorkspaceId, id: i64, into: Into) -> Result<Timestamp, Error> {
    let earlier = find(db, workspace, id)?;
    let until = earlier.quarantine_until.filter(|_| earlier.has_quarantine(db.now) && into == Into::InPlace);
    let until = until.ok_or_else(|| Error::Conflict("the state from before that restore is gone".into()))?;
    Ok(until.plus(-QUARANTINE_MS))
}

fn refuse_moment(db: &Db, new: &NewRestore, oldest: Option<Timestamp>) -> Result<(), Error> {
    if new.until > db.now {
        return Err(Error::field("until", "in_the_future", "Choose a moment that has passed."));
    }
    match oldest {
        None => Err(Error::field("until", "no_backup", "There is no verified backup of this workspace yet.")),
        Some(oldest) if new.until < oldest => {
            let message = format!("The oldest backup is of {}. Choose a later moment.", oldest.rfc3339());
            Err(Error::field("until", "too_early", message))
        }
        Some(_) => Ok(()),
    }
}

/// Ends a restore that has not switched; what is served stays as it is.
///
/// Fails with [`Error::Conflict`] when it is over, or the switch has begun.
pub fn cancel(tx: &Tx, workspace: WorkspaceId, id: i64) -> Result<(), Error> {
    let restore = find(tx, workspace, id)?;
    match restore.state {
        // The job has not seen it yet.
        State::Asked => store::end(tx, id, State::Cancelled, "", None, None)?,
        State::Working => store::ask_to_cancel(tx, id)?,
        State::Switching => return Err(Error::Conflict("the switch is under way and can no longer be stopped".into())),
        State::Done | State::Failed | State::Cancelled => {
            return Err(Error::Conflict("this restore is over already".into()));
        }
    }
    let event = Event::new("backup.workspace_restore.cancelled").on("workspace_restore", id);
    audit::record(tx, event.in_workspace(workspace))
}

/// One restore of a workspace.
pub fn find(db: &Db, workspace: WorkspaceId, id: i64) -> Result<Restore, Error> {
    let found = store::find(db, id)?.filter(|restore| restore.workspace == workspace);
    found.ok_or(Error::NotFound("restore"))
}

/// The restores of a workspace, the newest first, from below the id `before` on.
pub fn list(db: &Db, workspace: WorkspaceId, before: Option<i64>, limit: i64) -> Result<Vec<Restore>, Error> {
    store::list(db, workspace, before, limit)
}

/// Somebody looked at what waits: mail goes out again, and retention runs. False when nothing was held. The caller asks
/// for the delivery after the commit.
pub fn release(tx: &Tx, workspace: WorkspaceId) -> Result<bool, Error> {
    if !installation::release_outbound_of(tx, workspace)? {
        return Ok(false);
    }
    let waiting = queue::waiting_of(tx, workspace)?.len();
    let event = Event::new("backup.workspace_hold.released").in_workspace(workspace).detail("mails", waiting);
    audit::record(tx, event)?;
    Ok(true)
}

/// Whether a state that was put aside opens with this version of a workspace's key.
pub fn needs_key(db: &Db, workspace: WorkspaceId, version: u32) -> Result<bool, Error> {
    let kept = store::with_quarantine(db)?;
    Ok(kept.iter().any(|restore| restore.workspace == workspace && restore.quarantine_key == Some(version)))
}
