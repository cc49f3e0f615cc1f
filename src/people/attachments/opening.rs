//! Files as the privacy core opens them: for the copy that a person gets of their data, and for whole workspaces.

use std::io::Read;

use super::{service, store, taking};
use crate::app::App;
use crate::db::Workspace;
use crate::error::Error;
use crate::id::AttachmentId;
use crate::module::FileKind;

pub const FILES: FileKind = FileKind { table: "attachments", open, take: taking::take };

/// Asks for no permission: whoever may take out all that is held of a person was asked for that before.
fn open(app: &App, workspace: &Workspace, id: i64) -> Result<Box<dyn Read>, Error> {
    let found = workspace.file.read(app.now(), |db| store::find(db, AttachmentId(id)))?;
    let attachment = found.ok_or(Error::NotFound("attachment"))?;
    let key = service::key(&attachment, |version| app.keys.workspace_version(workspace.id, version))?;
    Ok(Box::new(workspace.blobs().open(&attachment.object.0, &key)?))
}
