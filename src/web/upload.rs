//! One file of a multipart body, streamed to disk sealed: it never stands in memory whole (LIM-2), nor in plain (DUR-8).

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use actix_multipart::Multipart;
use actix_web::http::header::HeaderMap;
use actix_web::web::Payload;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use crate::crypto::Key;
use crate::crypto::derive::WorkspaceKeys;
use crate::crypto::object::{self, Kind};
use crate::error::Error;
use crate::id::WorkspaceId;

/// Largest text field beside the file.
const TEXT_LIMIT: usize = 64 * 1024;

/// An uploaded file, sealed under the workspace's export key. Removed when dropped, unless kept.
pub struct Upload {
    path: PathBuf,
    /// What the sender called it: for display only.
    pub file_name: String,
    /// Plain bytes.
    pub size: u64,
    kept: AtomicBool,
}

/// Where an upload goes and under which key.
pub struct Spool {
    folder: PathBuf,
    workspace: WorkspaceId,
    key: Key,
    key_version: u32,
}

impl Spool {
    pub fn new(folder: PathBuf, keys: &WorkspaceKeys) -> Spool {
        Spool { folder, workspace: keys.workspace, key: keys.export.clone(), key_version: keys.version }
    }
}

impl Upload {
    /// Keeps the file after the request.
    pub fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's name in the folder `uploads`: 32 hex digits, nothing of the sender's.
    pub fn stored_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Reads a kept upload as plain bytes.
pub fn open(path: &Path, keys: &WorkspaceKeys) -> Result<impl Read + use<>, Error> {
    object::open(path, Kind::Attachment, keys.workspace, |_| Ok(keys.export.clone()))
}

/// The text fields and the file of a multipart body.
pub async fn receive(
    headers: &HeaderMap,
    payload: Payload,
    limit: u64,
    spool: Spool,
) -> Result<(Vec<(String, String)>, Option<Upload>), Error> {
    let mut fields = HashMap::new();
    let mut order = Vec::new();
    let mut upload = None;
    let mut spool = Some(spool);
    let mut parts = Multipart::new(headers, payload);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(|error| Error::BadRequest(format!("the form could not be read: {error}")))?;
        let disposition = part.content_disposition().cloned();
        let name = disposition.as_ref().and_then(|d| d.get_name()).unwrap_or_default().to_owned();
        let file_name = disposition.as_ref().and_then(|d| d.get_filename()).map(str::to_owned);
        match file_name {
            Some(file_name) if name == "file" => {
                let Some(spool) = spool.take() else {
                    return Err(Error::field("file", "doubled", "Choose one file."));
                };
                let (send, receive) = mpsc::channel(8);
                let writing = tokio::task::spawn_blocking(move || write(receive, spool));
                let mut size: u64 = 0;
                let mut failed = None;
                while let Some(chunk) = part.next().await {
                    match chunk {
                        Ok(chunk) => {
                            size += chunk.len() as u64;
                            if size > limit {
                                failed = Some(Error::TooLarge(limit));
                                break;
                            }
                            if send.send(Ok(chunk)).await.is_err() {
                                break; // The writer failed; it says why below.
                            }
                        }
                        Err(error) => {
                            failed = Some(Error::BadRequest(format!("the upload broke off: {error}")));
                            break;
                        }
                    }
                }
                if failed.is_some() {
                    let _ = send.send(Err(())).await;
                }
                drop(send);
                let written = writing.await.map_err(|gone| Error::Internal(Box::new(gone)))?;
                if let Some(error) = failed {
                    return Err(error);
                }
                let file_name = file_name.chars().filter(|c| !c.is_control()).take(200).collect();
                upload = Some(Upload { path: written?, file_name, size, kept: AtomicBool::new(false) });
            }
            _ => {
                let mut text = Vec::new();
                while let Some(chunk) = part.next().await {
                    let chunk =
                        chunk.map_err(|error| Error::BadRequest(format!("the form could not be read: {error}")))?;
                    text.extend_from_slice(&chunk);
                    if text.len() > TEXT_LIMIT {
                        return Err(Error::TooLarge(TEXT_LIMIT as u64));
                    }
                }
                let text = String::from_utf8(text).map_err(|_| Error::BadRequest(format!("{name} is not UTF-8")))?;
                if fields.insert(name.clone(), ()).is_some() {
                    return Err(Error::field(name.clone(), "doubled", format!("The field {name} stands twice.")));
                }
                order.push((name, text));
            }
        }
    }
    Ok((order, upload))
}

/// Seals what comes until the channel closes. A broken upload leaves no file.
fn write(mut receive: mpsc::Receiver<Result<actix_web::web::Bytes, ()>>, spool: Spool) -> Result<PathBuf, Error> {
    std::fs::create_dir_all(&spool.folder)?;
    let name = data_encoding::HEXLOWER.encode(&crate::crypto::random::<16>());
    let path = spool.folder.join(name);
    let result = (|| {
        let id = object::new_id();
        let mut writer = object::create(&path, &spool.key, Kind::Attachment, spool.workspace, id, spool.key_version)?;
        while let Some(chunk) = receive.blocking_recv() {
            let Ok(chunk) = chunk else { return Err(Error::BadRequest("the upload broke off".into())) };
            writer.write_all(&chunk)?;
        }
        writer.finish()?.sync_all()?;
        Ok(())
    })();
    match result {
        Ok(()) => Ok(path),
        Err(error) => {
            let _ = std::fs::remove_file(&path);
            Err(error)
        }
    }
}
