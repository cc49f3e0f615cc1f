//! Files as the privacy core opens them: for the copy that a person gets of their data, and for whole workspaces.

use std::io::Read;

use rusqlite::types::Value;

use super::data_map::ATTACHMENTS;
use super::{service, store, taking};
use crate::app::App;
use crate::crypto::Key;
use crate::db::Workspace;
use crate::error::Error;
use crate::id::AttachmentId;
use crate::module::FileKind;

pub const FILES: FileKind =
    FileKind { table: "attachments", open, open_row, take: taking::take, take_row: taking::take_row };

/// Asks for no permission: whoever may take out all that is held of a person was asked for that before.
fn open(app: &App, workspace: &Workspace, id: i64) -> Result<Box<dyn Read>, Error> {
    let found = workspace.file.read(app.now(), |db| store::find(db, AttachmentId(id)))?;
    let attachment = found.ok_or(Error::NotFound("attachment"))?;
    let key = service::key(&attachment, |version| app.keys.workspace_version(workspace.id, version))?;
    Ok(Box::new(workspace.blobs().open(&attachment.object.0, &key)?))
}

/// A file stays on the disk while an image holds its row, and its key is in there.
fn open_row(app: &App, workspace: &Workspace, row: &[Value]) -> Result<Box<dyn Read>, Error> {
    let of = |name: &str| ATTACHMENTS.columns.iter().position(|column| column.name == name).and_then(|at| row.get(at));
    let (Some(Value::Integer(id)), Some(Value::Integer(version)), Some(Value::Blob(object)), Some(Value::Blob(sealed))) =
        (of("id"), of("key_version"), of("object"), of("sealed_key"))
    else {
        return Err(Error::NotFound("attachment"));
    };
    let version = u32::try_from(*version).map_err(|_| Error::NotFound("attachment"))?;
    let object = <[u8; 16]>::try_from(object.as_slice()).map_err(|_| Error::NotFound("attachment"))?;
    let keys = app.keys.workspace_version(workspace.id, version)?;
    let key: Key = service::unseal(&keys, AttachmentId(*id), version, sealed)?;
    Ok(Box::new(workspace.blobs().open(&object, &key)?))
}
