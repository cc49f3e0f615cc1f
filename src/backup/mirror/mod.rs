//! The mirror: the backup folder once more, in another folder or in a storage that speaks S3.
//!
//! What goes there is sealed and signed already, so the mirror is the same files under the same names, and each state
//! of it can be restored from: objects first, then manifests, then what says which there are, and only then does go
//! what the backup folder no longer has. So an erasure, a rotation or the end of a workspace reaches the mirror too.
//!
//! A run remembers in the data folder what it has copied ([`index`]); after a crash it goes on there. What was copied
//! is compared by SHA-256 when it is written, and all of it whenever somebody asks ([`verify`]).
//!
//! The storage is spoken to by [`s3`] over the one client of [`crate::outbound`], not by a library that opens
//! connections of its own. Its requests are signed in their head: a signature in the address would stand in the logs
//! of every proxy, and what is sent would not be signed with it.

pub mod api;
mod bucket;
pub mod fetch;
mod folder;
mod index;
pub mod jobs;
pub mod pages;
pub mod run;
mod s3;
mod signing;
mod source;
pub mod state;
pub mod verify;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::error::Error;
use crate::outbound::Outbound;

/// Says whose mirror it is, before anything else is there.
const MARK: &str = "MIRROR";
/// A larger object goes to a storage in parts of this size.
const PART: u64 = 8 * 1024 * 1024;

/// Where the mirror lies, as the settings have it.
#[derive(Debug, Clone)]
pub enum Place {
    Folder(PathBuf),
    Bucket(Box<Account>),
}

/// A bucket, and who may write to it.
#[derive(Clone)]
pub struct Account {
    /// `https://s3.example.org`, without a slash at the end.
    pub endpoint: String,
    pub bucket: String,
    /// What every name begins with, without a slash at the end; may be empty.
    pub prefix: String,
    pub region: String,
    pub access_key: String,
    pub secret_key: Zeroizing<String>,
    pub ca_file: Option<PathBuf>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl Place {
    /// As pages and messages name it.
    pub fn shown(&self) -> String {
        match self {
            Place::Folder(path) => path.display().to_string(),
            Place::Bucket(account) => {
                let host = account.endpoint.split_once("://").map_or(account.endpoint.as_str(), |(_, host)| host);
                let slash = if account.prefix.is_empty() { "" } else { "/" };
                format!("{host}/{}{slash}{}", account.bucket, account.prefix)
            }
        }
    }

    /// Fails with [`Error::Refused`] for a folder that holds the data or the backups, or lies in them.
    pub fn refuse_ours(&self, config: &Config) -> Result<(), Error> {
        let Place::Folder(mirror) = self else { return Ok(()) };
        let mirror = real(mirror)?;
        for (ours, what) in [(&config.backup.folder, "backup folder"), (&config.data, "data folder")] {
            let ours = real(ours)?;
            if mirror.starts_with(&ours) || ours.starts_with(&mirror) {
                return Err(Error::Refused(format!(
                    "{}: the mirror cannot lie in the {what} or around it; name a folder on another disk",
                    mirror.display()
                )));
            }
        }
        Ok(())
    }

    /// `data` is where copies of large objects that were cut short are written down.
    fn open(&self, outbound: &Outbound, data: Option<&Path>) -> Result<Box<dyn Store>, Error> {
        let notes = data.map(|data| index::Index::beside(data, &self.shown()));
        Ok(match self {
            Place::Folder(path) => Box::new(folder::FolderStore::new(path)),
            Place::Bucket(account) => Box::new(bucket::Bucket::new(account, outbound, notes)?),
        })
    }
}

/// A path without links. What is not there yet lies below the part that is.
fn real(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    Ok(match there {
        Some((above, real)) => real.join(path.strip_prefix(above).unwrap_or(Path::new(""))),
        None => path,
    })
}

/// A file as it lies in the mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    size: u64,
    /// Changes whenever the file is written.
    tag: String,
}

/// What was put there.
struct Put {
    size: u64,
    sha256: String,
    tag: String,
}

/// Bytes on their way to the mirror.
enum From<'a> {
    /// A file of no more than [`PART`] bytes, or one that is copied as it was at one moment.
    Bytes(&'a [u8]),
    /// A large file, and what tells one state of it from another.
    File(&'a Path, &'a str),
}

/// Where a mirror lies. Names are those of the backup folder: `data/<workspace>/<object>.base`.
trait Store {
    /// As messages name it.
    fn shown(&self) -> &str;

    /// Every file of the mirror. An empty or missing place has none.
    fn list(&self) -> Result<BTreeMap<String, Seen>, Error>;

    /// Lets go of what runs that were cut short have left, except what the next [`Store::put`] can go on with.
    fn tidy(&self) -> Result<(), Error>;

    /// The bytes of a small file; `None` when it is not there.
    fn small(&self, name: &str) -> Result<Option<Vec<u8>>, Error>;

    /// Puts bytes under a name, all of them or nothing, and holds the hash of what arrived against what was sent.
    ///
    /// Fails with [`Error::NotFound`] when the file to copy is gone.
    fn put(&self, name: &str, from: From, is_stopping: &dyn Fn() -> bool) -> Result<Put, Error>;

    /// Whether the file there is the one at `path`, without carrying it over once more where the place can tell.
    fn has(&self, name: &str, path: &Path, sha256: &str) -> Result<bool, Error>;

    /// Reads a file to its end; gives its size and SHA-256.
    fn read(&self, name: &str, into: &mut dyn Write) -> Result<(u64, String), Error>;

    /// Takes a file away; one that is not there is fine.
    fn delete(&self, name: &str) -> Result<(), Error>;

    /// What an operator should know of the place though the mirror works.
    fn remark(&self) -> Result<Option<String>, Error>;
}

/// Whose mirror it is.
#[derive(Serialize, Deserialize)]
struct Mark {
    format: u32,
    installation: String,
}

/// The installation that a place belongs to, by its own mark or by that of a backup folder; `None` when it has none.
fn owner(store: &dyn Store) -> Result<Option<String>, Error> {
    for name in [MARK, "INSTALLATION"] {
        if let Some(bytes) = store.small(name)? {
            let mark: Mark = serde_json::from_slice(&bytes)
                .map_err(|_| Error::Refused(format!("{}: its file {name} is damaged", store.shown())))?;
            return Ok(Some(mark.installation));
        }
    }
    Ok(None)
}
