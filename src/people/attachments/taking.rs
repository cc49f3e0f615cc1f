//! Files that come with an imported workspace: sealed under new keys, beneath the names that their rows have.

use std::io::{Read, Write};

use rusqlite::types::Value;

use super::data_map::ATTACHMENTS;
use super::{ObjectId, preview, service, store};
use crate::app::App;
use crate::crypto::{envelope, random_key};
use crate::db::blobs::NewBlob;
use crate::db::{Tx, Workspace};
use crate::error::Error;
use crate::id::AttachmentId;
use crate::module::TakenRow;

/// What a row says of its file.
struct Named {
    id: AttachmentId,
    object: ObjectId,
    preview: Option<ObjectId>,
    media_type: String,
    size: i64,
    sha256: Vec<u8>,
}

/// A file under its new key.
struct Brought {
    sealed_key: Vec<u8>,
    key_version: u32,
    /// The row names a preview, and it could not be made anew.
    lost_preview: bool,
    files: Vec<NewBlob>,
}

/// See `FileKind::take`. Without content the row gets a key and no file: it stays listed as one that cannot be read.
pub fn take(
    app: &App,
    workspace: &Workspace,
    tx: &Tx,
    id: i64,
    content: Option<&mut dyn Read>,
) -> Result<Vec<NewBlob>, Error> {
    let id = AttachmentId(id);
    let row = store::find(tx, id)?.ok_or_else(|| wrong(id, "it has a file and no row"))?;
    let named = Named {
        id,
        object: row.object,
        preview: row.preview,
        media_type: row.media_type,
        size: row.size,
        sha256: row.sha256,
    };
    let brought = bring(app, workspace, &named, content)?;
    store::set_keys(tx, id, &brought.sealed_key, brought.key_version)?;
    if brought.lost_preview {
        store::forget_preview(tx, id)?;
    }
    Ok(brought.files)
}

/// See `FileKind::take_row`.
pub fn take_row(
    app: &App,
    workspace: &Workspace,
    row: &[Value],
    content: Option<&mut dyn Read>,
) -> Result<TakenRow, Error> {
    let named =
        Named::of(row).ok_or_else(|| Error::field("file", "rule", "A deleted file has an image that is none."))?;
    let brought = bring(app, workspace, &named, content)?;
    let mut columns = vec![
        ("sealed_key", Value::Blob(brought.sealed_key)),
        ("key_version", Value::Integer(i64::from(brought.key_version))),
    ];
    if brought.lost_preview {
        columns.push(("preview", Value::Null));
    }
    Ok(TakenRow { columns, files: brought.files })
}

impl Named {
    /// From the values of a row, in the order of the declaration.
    fn of(row: &[Value]) -> Option<Named> {
        let of = |name: &str| ATTACHMENTS.columns.iter().position(|c| c.name == name).and_then(|at| row.get(at));
        let object = |name: &str| match of(name) {
            Some(Value::Blob(bytes)) => <[u8; 16]>::try_from(bytes.as_slice()).ok().map(ObjectId),
            _ => None,
        };
        let (Value::Integer(id), Value::Integer(size), Value::Blob(sha256), Value::Text(media_type)) =
            (of("id")?, of("size")?, of("sha256")?, of("media_type")?)
        else {
            return None;
        };
        Some(Named {
            id: AttachmentId(*id),
            object: object("object")?,
            preview: object("preview"),
            media_type: media_type.clone(),
            size: *size,
            sha256: sha256.clone(),
        })
    }
}

fn wrong(id: AttachmentId, words: &str) -> Error {
    Error::field("file", "rule", format!("Table attachments, number {id}: {words}."))
}

fn bring(app: &App, workspace: &Workspace, named: &Named, content: Option<&mut dyn Read>) -> Result<Brought, Error> {
    let keys = app.keys.workspace(workspace.id)?;
    let key = random_key();
    let place = service::place(workspace.id, named.id, keys.version);
    let mut brought = Brought {
        sealed_key: envelope::seal(&keys.field, &place, key.as_slice()),
        key_version: keys.version,
        lost_preview: false,
        files: Vec::new(),
    };
    let Some(content) = content else { return Ok(brought) };
    let blobs = workspace.blobs();
    let mut writer = blobs.create_as(named.object.0, &key, keys.version)?;
    std::io::copy(content, &mut writer)?;
    let mut blob = writer.finish()?;
    if i64::try_from(blob.size).ok() != Some(named.size) || blob.sha256.as_slice() != named.sha256.as_slice() {
        return Err(wrong(named.id, "its file is not the one that was written"));
    }
    blobs.place(&blob)?;
    // Very many are held until the end.
    blob.beginning = Vec::new();
    let size = blob.size;
    brought.files.push(blob);
    let Some(object) = named.preview else { return Ok(brought) };
    let small = if size <= preview::MOST_BYTES {
        let limit = usize::try_from(size).unwrap_or(usize::MAX);
        preview::make(&blobs.open(&named.object.0, &key)?.read_all(limit)?, &named.media_type)
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
            brought.files.push(small);
        }
        None => brought.lost_preview = true,
    }
    Ok(brought)
}
