//! From sealed bytes to files that a row can name: what each is, and a small picture of it.

use std::io::Write;

use super::media::{self, Media};
use super::{name, preview};
use crate::crypto::derive::WorkspaceKeys;
use crate::db::Workspace;
use crate::db::blobs::{Blobs, NewBlob};
use crate::error::Error;

/// A file that lies in its place, and goes again unless [`Taken::keep`] is called after the commit.
pub struct Taken<'a> {
    pub name: String,
    pub media: &'static Media,
    pub content: &'a NewBlob,
    pub preview: Option<NewBlob>,
}

impl Taken<'_> {
    pub fn keep(&self) {
        self.content.keep();
        if let Some(preview) = &self.preview {
            preview.keep();
        }
    }
}

/// Moves a sealed file to its place and looks what it is. Takes as long as decoding a picture.
///
/// Fails on the field `file` when there is nothing in it.
pub fn take<'a>(
    workspace: &Workspace,
    keys: &WorkspaceKeys,
    called: &str,
    content: &'a NewBlob,
) -> Result<Taken<'a>, Error> {
    let name = name::clean(called).unwrap_or_else(|| "File".to_owned());
    if content.size == 0 {
        return Err(Error::field("file", "empty", format!("{name} is empty. Choose another file.")));
    }
    let blobs = workspace.blobs();
    blobs.place(content)?;
    let media = media::of(&content.beginning, content.beginning.len() as u64 == content.size, &name);
    let preview = if media.is_picture() { small_picture(&blobs, keys, content, media)? } else { None };
    Ok(Taken { name, media, content, preview })
}

/// Sealed under the key of the file it is of, so that both go with one row.
fn small_picture(
    blobs: &Blobs,
    keys: &WorkspaceKeys,
    content: &NewBlob,
    media: &Media,
) -> Result<Option<NewBlob>, Error> {
    if content.size > preview::MOST_BYTES {
        return Ok(None);
    }
    let limit = usize::try_from(content.size).unwrap_or(usize::MAX);
    let bytes = blobs.open(&content.object, &content.key)?.read_all(limit)?;
    let Some(small) = preview::make(&bytes, media.media_type()) else { return Ok(None) };
    let mut writer = blobs.create(&content.key, keys.version)?;
    writer.write_all(&small)?;
    let small = writer.finish()?;
    blobs.place(&small)?;
    Ok(Some(small))
}
