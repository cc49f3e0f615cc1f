//! The files of a multipart body, streamed to disk sealed: they never stand in memory whole (LIM-2), nor in plain (DUR-8).

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use actix_multipart::{Field, Multipart};
use actix_web::http::header::HeaderMap;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use super::incoming;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::object::{self, Kind, Reader};
use crate::crypto::random_key;
use crate::db::Workspace;
use crate::db::blobs::{BlobWriter, NewBlob};
use crate::error::Error;

/// Largest text field beside the files.
const TEXT_LIMIT: usize = 64 * 1024;
/// Text fields a form with files may have; more is somebody probing.
const FIELDS: usize = 100;
/// Characters of a file's name that are kept.
const NAME: usize = 200;

/// What a multipart body may carry, decided before the first byte of a file is taken.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// Plain bytes of each file.
    pub each: u64,
    pub files: usize,
    /// Plain bytes of all of them together, and the size of the quota that they would use up.
    pub room: u64,
    pub quota: u64,
}

impl Allowance {
    /// One file of up to `bytes`.
    pub fn one(bytes: u64) -> Allowance {
        Allowance { each: bytes, files: 1, room: u64::MAX, quota: u64::MAX }
    }
}

/// An uploaded file, sealed. Removed when dropped, unless kept.
pub struct Upload {
    /// What the sender called it: for display only.
    pub file_name: String,
    pub blob: NewBlob,
}

impl Upload {
    /// Plain bytes.
    pub fn size(&self) -> u64 {
        self.blob.size
    }

    /// Keeps the file after the request.
    pub fn keep(&self) {
        self.blob.keep();
    }

    pub fn path(&self) -> &Path {
        self.blob.path()
    }

    /// The file's name in its folder: 32 hex digits, nothing of the sender's.
    pub fn stored_name(&self) -> String {
        self.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// A browser whose reader chose nothing sends a nameless file without content.
    pub fn is_nothing(&self) -> bool {
        self.size() == 0 && self.file_name.is_empty()
    }
}

/// Begins a sealed file for each upload.
pub type Spool = Box<dyn Fn() -> Result<BlobWriter, Error> + Send + Sync>;

/// Files for jobs to read: in the folder `uploads`, under the workspace's export key.
pub fn spool_for_jobs(workspace: &Workspace, keys: &WorkspaceKeys) -> Spool {
    let (folder, id) = (workspace.folder.join("uploads"), workspace.id);
    let (key, version) = (keys.export.clone(), keys.version);
    Box::new(move || {
        let object = object::new_id();
        let path = folder.join(data_encoding::HEXLOWER.encode(&object));
        BlobWriter::create(path, object, &key, id, version)
    })
}

/// Files that stay, each under a key of its own.
pub fn spool_apart(workspace: &Workspace, keys: &WorkspaceKeys) -> Spool {
    let (blobs, version) = (workspace.blobs(), keys.version);
    Box::new(move || blobs.create(&random_key(), version))
}

/// Reads an upload kept for jobs as plain bytes.
pub fn open(path: &Path, keys: &WorkspaceKeys) -> Result<Reader<File>, Error> {
    object::open(path, Kind::Attachment, keys.workspace, |_| Ok(keys.export.clone()))
}

/// The text fields and the files of a multipart body; files stand in the field `file`.
pub async fn receive(
    headers: &HeaderMap,
    payload: Payload,
    allowance: Allowance,
    spool: Spool,
) -> Result<(Vec<(String, String)>, Vec<Upload>), Error> {
    let mut seen = HashSet::new();
    let mut fields = Vec::new();
    let mut uploads: Vec<Upload> = Vec::new();
    let mut room = allowance.room;
    let mut parts = Multipart::new(headers, incoming::patient(payload));
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| Error::BadRequest(format!("the form could not be read: {error}")))?;
        let disposition = part.content_disposition().cloned();
        let name = disposition.as_ref().and_then(|d| d.get_name()).unwrap_or_default().to_owned();
        let file_name = disposition.as_ref().and_then(|disposition| {
            let extended = disposition.get_filename_ext().and_then(|ext| String::from_utf8(ext.value.clone()).ok());
            extended.or_else(|| disposition.get_filename().map(as_typed))
        });
        match file_name {
            Some(file_name) if name == "file" => {
                if uploads.len() == allowance.files {
                    return Err(match allowance.files {
                        1 => Error::field("file", "doubled", "Choose one file."),
                        files => Error::field("file", "too_many", format!("Choose up to {files} files.")),
                    });
                }
                let blob = take(part, allowance, room, spool()?).await?;
                room = room.saturating_sub(blob.size);
                uploads.push(Upload { file_name: shortened(&file_name), blob });
            }
            _ => {
                let text = text(part, &name).await?;
                if !seen.insert(name.clone()) {
                    return Err(Error::field(name.clone(), "doubled", format!("The field {name} stands twice.")));
                }
                if seen.len() > FIELDS {
                    return Err(Error::BadRequest("the form has too many fields".into()));
                }
                fields.push((name, text));
            }
        }
    }
    Ok((fields, uploads))
}

/// One file. A broken upload leaves nothing behind.
async fn take(mut part: Field, allowance: Allowance, room: u64, writer: BlobWriter) -> Result<NewBlob, Error> {
    let (send, receive) = mpsc::channel(8);
    let writing = tokio::task::spawn_blocking(move || write(receive, writer));
    let mut size: u64 = 0;
    let mut failed = None;
    while let Some(chunk) = part.next().await {
        match chunk {
            Ok(chunk) => {
                size += chunk.len() as u64;
                if size > allowance.each {
                    failed = Some(Error::TooLarge(allowance.each));
                } else if size > room {
                    failed = Some(Error::QuotaReached(allowance.quota));
                } else if send.send(Ok(chunk)).await.is_ok() {
                    continue;
                }
            }
            Err(error) => failed = Some(Error::BadRequest(format!("the upload broke off: {error}"))),
        }
        // It failed here, or the writer did and says why below.
        break;
    }
    if failed.is_some() {
        let _ = send.send(Err(())).await;
    }
    drop(send);
    let written = writing.await.map_err(|gone| Error::Internal(Box::new(gone)))?;
    failed.map_or(written, Err)
}

/// Seals what comes until the channel closes.
fn write(mut receive: mpsc::Receiver<Result<Bytes, ()>>, mut writer: BlobWriter) -> Result<NewBlob, Error> {
    while let Some(chunk) = receive.blocking_recv() {
        let Ok(chunk) = chunk else { return Err(Error::BadRequest("the upload broke off".into())) };
        writer.write_all(&chunk)?;
    }
    writer.finish()
}

async fn text(mut part: Field, name: &str) -> Result<String, Error> {
    let mut text = Vec::new();
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(|error| Error::BadRequest(format!("the form could not be read: {error}")))?;
        text.extend_from_slice(&chunk);
        if text.len() > TEXT_LIMIT {
            return Err(Error::TooLarge(TEXT_LIMIT as u64));
        }
    }
    String::from_utf8(text).map_err(|_| Error::BadRequest(format!("{name} is not UTF-8")))
}

/// Browsers write three characters of a name in another way, and only these (HTML, section 4.10.21.8).
fn as_typed(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// Without control characters, and cut in the middle when it is long, so that the ending stays.
fn shortened(name: &str) -> String {
    let name: Vec<char> = name.chars().filter(|c| !c.is_control()).collect();
    let Some(excess) = name.len().checked_sub(NAME + 1) else { return name.into_iter().collect() };
    let ending = name.iter().rposition(|c| *c == '.').map_or(0, |dot| name.len() - dot).min(20);
    let stem = name.len() - ending - excess - 1;
    name[..stem].iter().chain(&name[name.len() - ending..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_ending() {
        assert_eq!(shortened("letter.pdf"), "letter.pdf");
        assert_eq!(shortened("a\r\nb\0.pdf"), "ab.pdf");
        let long = shortened(&format!("{}.pdf", "ö".repeat(500)));
        assert_eq!(long.chars().count(), NAME);
        assert!(long.ends_with("ö.pdf"));
        assert_eq!(shortened(&"x".repeat(NAME)), "x".repeat(NAME));
        assert_eq!(shortened(&format!(".{}", "x".repeat(500))).chars().count(), NAME);
    }

    #[test]
    fn names_come_as_they_were_typed() {
        assert_eq!(as_typed("50%25 \u{201c}off%22.txt"), "50%25 \u{201c}off\".txt");
    }
}
