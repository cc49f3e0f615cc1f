//! The signed word on how long each line of a database is, so that segments cannot be taken away from its end.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Target;
use crate::backup::at;
use crate::backup::folder::Folder;
use crate::backup::manifest::Signed;
use crate::crypto::Key;
use crate::crypto::file::{read_if_there, replace};
use crate::error::Error;
use crate::id::WorkspaceId;

/// What the folder of segments of one database holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub place: String,
    pub key_version: u32,
    /// The oldest first; only the last one still grows.
    pub lines: Vec<LineHead>,
}

/// One line, as long as it was when the head was written; it may be a little longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineHead {
    pub line: String,
    /// Segments before this one were let go.
    pub first: u64,
    /// The last segment.
    pub number: u64,
    pub hash: String,
    /// Its newest commit, in milliseconds.
    pub moment: i64,
}

impl Signed for Head {
    const DOMAIN: &'static str = "holdfast/segments/v1\n";
    const NAME: &'static str = "list of segments";
}

impl Head {
    fn path(folder: &Folder, place: WorkspaceId) -> PathBuf {
        folder.segments(place).join("head.json")
    }

    /// The head of a place; `None` when there is none.
    ///
    /// Fails with [`Error::Refused`] when it was changed or belongs elsewhere.
    pub fn read(folder: &Folder, place: WorkspaceId, key: &Key) -> Result<Option<Head>, Error> {
        let path = Head::path(folder, place);
        let Some(bytes) = read_if_there(&path).map_err(|source| folder.refused(&source))? else { return Ok(None) };
        let head = Head::parse(&bytes, key).map_err(at(path.display()))?;
        if head.place != place.to_string() {
            return Err(Error::Refused(format!("{}: it belongs to another workspace", path.display())));
        }
        Ok(Some(head))
    }

    pub fn write(&self, target: &Target) -> Result<(), Error> {
        let bytes = self.sign(&target.head_key)?;
        let written = replace(&Head::path(&target.folder, target.place), &bytes, 0o600);
        written.map_err(|source| target.folder.refused(&source))
    }

    pub fn line(&self, line: &str) -> Option<&LineHead> {
        self.lines.iter().find(|one| one.line == line)
    }
}
