//! Files that come with an imported workspace: sealed under new keys, beneath the names that their rows have.

use std::io::{Read, Write};

use super::{preview, service, store};
use crate::app::App;
use crate::crypto::{envelope, random_key};
use crate::db::blobs::NewBlob;
use crate::db::{Tx, Workspace};
use crate::error::Error;
use crate::id::AttachmentId;

/// See `FileKind::take`. Without content the row gets a key and no file: it stays listed as one that cannot be read.
pub fn take(
    app: &App,
    workspace: &Workspace,
    tx: &Tx,
    id: i64,
    content: Option<&mut dyn Read>,
) -> Result<Vec<NewBlob>, Error> {
    let id = AttachmentId(id);
    let wrong = |words: &str| Error::field("file", "rule", format!("Table attachments, number {}: {words}.", id.0));
    let row = store::find(tx, id)?.ok_or_else(|| wrong("it has a file and no row"))?;
    let keys = app.keys.workspace(workspace.id)?;
    let key = random_key();
    let place = service::place(workspace.id, id, keys.version);
    store::set_keys(tx, id, &envelope::seal(&keys.field, &place, key.as_slice()), keys.version)?;
    let Some(content) = content else { return Ok(Vec::new()) };
    let blobs = workspace.blobs();
    let mut writer = blobs.create_as(row.object.0, &key, keys.version)?;
    std::io::copy(content, &mut writer)?;
    let mut blob = writer.finish()?;
    if i64::try_from(blob.size).ok() != Some(row.size) || blob.sha256.as_slice() != row.sha256.as_slice() {
        return Err(wrong("its file is not the one that was written"));
    }
    blobs.place(&blob)?;
    // Very many are held until the end.
    blob.beginning = Vec::new();
    let mut made = vec![blob];
    if let Some(object) = row.preview {
        let small = if made[0].size <= preview::MOST_BYTES {
            let limit = usize::try_from(made[0].size).unwrap_or(usize::MAX);
            preview::make(&blobs.open(&row.object.0, &key)?.read_all(limit)?, &row.media_type)
        } else {
            None
        };
        match small {
            Some(small) => {
                let mut writer = blobs.create_as(object.0, &key, keys.version)?;
                writer.write_all(&small)?;
                let mut small = writer.finish()?;
                blobs.place(&small)?;
                small.beginning = Vec::new();
                made.push(small);
            }
            None => store::forget_preview(tx, id)?,
        }
    }
    Ok(made)
}
