//! What one can do with files on records, and the rules that hold when one does.

use super::{Attachment, ObjectId, history, name, store};
use crate::clock::Timestamp;
use crate::config::Attachments as Limits;
use crate::crypto::Key;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::envelope::{self, Place};
use crate::db::{Db, Origin, Tx, Workspace};
use crate::error::Error;
use crate::id::{AttachmentId, WorkspaceId};
use crate::people::contacts;
use crate::people::notes::service::owner;
use crate::people::record::{Access, Record, acting_member};
use crate::people::timeline::{self, NewEntry};
use crate::privacy::audit::{self, Event};
use crate::privacy::holds;

pub use super::intake::{Taken, take};
pub use super::store::{count_of, of, visible};

/// Files that are removed in one step.
const STEP: i64 = 200;

/// A file on a record within `access.view`; fails with [`Error::NotFound`] for any other.
pub fn get(db: &Db, id: AttachmentId, access: impl Fn(Record) -> Access) -> Result<Attachment, Error> {
    seen(db, store::find(db, id)?, access)
}

/// The same by its random name.
pub fn get_by_object(db: &Db, object: ObjectId, access: impl Fn(Record) -> Access) -> Result<Attachment, Error> {
    seen(db, store::find_by_object(db, object)?, access)
}

fn seen(db: &Db, found: Option<Attachment>, access: impl Fn(Record) -> Access) -> Result<Attachment, Error> {
    let attachment = found.ok_or(Error::NotFound("attachment"))?;
    access(attachment.on).demand_view(owner(db, attachment.on)?, "attachment")?;
    Ok(attachment)
}

/// Room that is left for files, in bytes.
pub fn room(db: &Db, limits: &Limits) -> Result<u64, Error> {
    Ok(limits.quota.saturating_sub(store::bytes(db)?))
}

/// Fails when the record is out of sight, may not be changed, or carries all the files that it can.
pub fn demand_place(db: &Db, on: Record, more: usize, limits: &Limits, access: &Access) -> Result<(), Error> {
    access.demand_edit(owner(db, on)?, on.kind())?;
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    if store::count_of(db, on)?.saturating_add(more) > limits.per_record {
        let message =
            format!("A record carries {} files at most. Delete some that nobody needs first.", limits.per_record);
        return Err(Error::field("file", "too_many", message));
    }
    Ok(())
}

/// Attaches files. Whoever may change the record may. Keep the files once this is committed.
///
/// Fails with [`Error::QuotaReached`] when the workspace has no room for them.
pub fn add(
    tx: &Tx,
    on: Record,
    files: &[Taken],
    keys: &WorkspaceKeys,
    limits: &Limits,
    access: &Access,
) -> Result<Vec<AttachmentId>, Error> {
    demand_place(tx, on, files.len(), limits, access)?;
    let size = files.iter().map(|file| file.content.size).fold(0, u64::saturating_add);
    if size > room(tx, limits)? {
        return Err(Error::QuotaReached(limits.quota));
    }
    let mut ids = Vec::with_capacity(files.len());
    for file in files {
        let id = store::insert(tx, on, file, keys.version, acting_member(tx.origin))?;
        let place = place(keys.workspace, id, keys.version);
        store::set_key(tx, id, &envelope::seal(&keys.field, &place, file.content.key.as_slice()))?;
        timeline::add(tx, on, &NewEntry::new(&history::ATTACHED).about(history::word(on), id.0))?;
        let event = Event::new("people.attachment.added").on(on.kind(), on.id()).detail("attachment", id.0);
        let event = event.detail("media_type", file.media.media_type()).detail("bytes", file.content.size);
        audit::record(tx, event.personal("name", file.name.as_str()))?;
        ids.push(id);
    }
    if let Record::Contact(contact) = on {
        contacts::service::touch(tx, contact)?;
    }
    Ok(ids)
}

/// Gives a file another name. Whoever may change the record may.
///
/// Fails with [`Error::Stale`] when it has another version by now.
pub fn rename(
    tx: &Tx,
    id: AttachmentId,
    version: i64,
    called: &str,
    access: impl Fn(Record) -> Access,
) -> Result<Attachment, Error> {
    let before = get(tx, id, &access)?;
    access(before.on).demand_edit(owner(tx, before.on)?, "attachment")?;
    demand_version(&before, Some(version))?;
    if called.chars().count() > name::MOST {
        let message = format!("A name has {} characters at most.", name::MOST);
        return Err(Error::field("name", "too_long", message));
    }
    let name = name::clean(called).ok_or_else(|| Error::field("name", "required", "Enter a name, like offer.pdf."))?;
    if name == before.name {
        return Ok(before);
    }
    store::rename(tx, id, &name)?;
    let entry = NewEntry::new(&history::RENAMED).about(history::word(before.on), id.0);
    timeline::add(tx, before.on, &entry)?;
    let event = Event::new("people.attachment.renamed").on(before.on.kind(), before.on.id()).detail("attachment", id.0);
    audit::record(tx, event.personal("before", before.name))?;
    get(tx, id, access)
}

/// Destroys a file's key with its row. Whoever may delete the record may.
///
/// The file itself goes by [`clear`], after the commit.
pub fn delete(
    tx: &Tx,
    id: AttachmentId,
    version: Option<i64>,
    access: impl Fn(Record) -> Access,
) -> Result<Attachment, Error> {
    let attachment = get(tx, id, &access)?;
    access(attachment.on).demand_delete(owner(tx, attachment.on)?, "attachment")?;
    demand_version(&attachment, version)?;
    attachment.on.demand_free(tx)?;
    holds::demand_free(tx, "attachments", "attachments", id.0)?;
    store::delete(tx, id)?;
    timeline::add(tx, attachment.on, &NewEntry::new(&history::DELETED))?;
    let event = Event::new("people.attachment.deleted").on(attachment.on.kind(), attachment.on.id());
    audit::record(tx, event.detail("attachment", id.0).personal("name", attachment.name.as_str()))?;
    Ok(attachment)
}

/// The key of a file's content and preview. `keys` gives the workspace's keys of a version.
pub fn key(attachment: &Attachment, keys: impl FnOnce(u32) -> Result<WorkspaceKeys, Error>) -> Result<Key, Error> {
    unseal(&keys(attachment.key_version)?, attachment.id, attachment.key_version, &attachment.sealed_key)
}

/// The same for a row that is known by its values.
pub(super) fn unseal(keys: &WorkspaceKeys, id: AttachmentId, key_version: u32, sealed: &[u8]) -> Result<Key, Error> {
    let opened = envelope::open(&keys.field, &place(keys.workspace, id, key_version), sealed)?;
    let mut key = Key::default();
    if opened.len() != key.len() {
        return Err(Error::internal("the key of a file has another length"));
    }
    key.copy_from_slice(&opened);
    Ok(key)
}

/// Removes files whose rows are gone. Called after every delete; what a crash leaves, the job removes.
pub fn clear(workspace: &Workspace, now: Timestamp, origin: &Origin) -> Result<(), Error> {
    let blobs = workspace.blobs();
    loop {
        let objects = workspace.file.read(now, |db| store::remains(db, STEP))?;
        if objects.is_empty() {
            return Ok(());
        }
        objects.iter().try_for_each(|object| blobs.remove(&object.0))?;
        // Which files lay on the disk is machinery; that their records went is audited.
        workspace.file.write_unaudited(now, origin, |tx| store::forget_remains(tx, &objects))?;
    }
}

/// Removes files that no row ever named: their upload was cut off. Nobody could open them.
pub fn sweep(workspace: &Workspace, now: Timestamp) -> Result<usize, Error> {
    workspace.blobs().sweep(&|object| workspace.file.read(now, |db| store::is_named(db, ObjectId(*object))))
}

pub(super) fn place(workspace: WorkspaceId, id: AttachmentId, key_version: u32) -> Place<'static> {
    Place { workspace, table: "attachments", column: "sealed_key", row: id.0, key_version }
}

fn demand_version(attachment: &Attachment, version: Option<i64>) -> Result<(), Error> {
    match version {
        Some(version) if version != attachment.version => Err(Error::Stale(attachment.version)),
        _ => Ok(()),
    }
}
