//! The logs of the databases, carried to the backup folder as they grow, so that a restore reaches any moment
//! (keys-and-backups 3).
//!
//! ```text
//! data/<workspace>/segments/head.json               which lines there are, and how long each is, signed
//! data/<workspace>/segments/g<line>-<number>.seg    what was committed in about a second, sealed
//! data/<workspace>/segments/g<line>-<first>-<last>.seg    an hour of them merged: the newest version of each page
//! ```
//!
//! A *line* is one unbroken history of a file: it begins with a base, its segments are numbered from 1 without a gap,
//! and each names the hash of the one before it. On any doubt the line ends, and the next base begins another with a
//! random name, so that two histories of one file can never be put together.
//!
//! The file is only changed by folding its log in, and nothing is folded before all of it lies in a segment that says
//! so ([`Shipping`]). What was shipped last stands in a mark beside the file too: a file that was put back from
//! elsewhere has another.

mod apply;
mod check;
mod fallback;
mod head;
mod mark;
mod merge;
mod merged;
mod names;
mod position;
mod prune;
mod resume;
mod segment;
mod shipper;
mod shipping;
mod tip;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use serde::{Deserialize, Serialize};

pub use apply::{Goal, Reached, apply, begins_at, reach};
pub use check::check;
pub use merge::{Merging, RAW_HOURS, merge, merge_in};
pub use prune::{prune, window_begins};
pub use shipper::Shipper;
pub use shipping::Shipping;

use self::names::Name;
use super::folder::Folder;
use crate::app::App;
use crate::clock::{Clock, Timestamp};
use crate::crypto::Key;
use crate::crypto::derive::WorkspaceKeys;
use crate::db::{DbFile, Keeper, Workspace};
use crate::error::Error;
use crate::id::WorkspaceId;

/// Where on a line a base stands: everything up to there is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The line's name, 16 hex digits.
    pub line: String,
    /// The last segment that the base holds; 0 when the line begins with it.
    pub number: u64,
    /// How often the log had begun anew; the segment that follows begins it once more.
    pub epoch: u64,
    /// Of that segment.
    pub hash: String,
    /// The newest commit that the base holds, in milliseconds.
    pub moment: i64,
}

/// Where the segments of one database go, and what seals and signs them.
#[derive(Clone)]
pub struct Target {
    pub folder: Folder,
    pub place: WorkspaceId,
    segment_key: Key,
    key_version: u32,
    head_key: Key,
}

impl Target {
    /// `head_key` signs what says how many segments there are.
    pub fn new(folder: &Path, keys: &WorkspaceKeys, head_key: &Key) -> Target {
        Target {
            folder: Folder::at(folder),
            place: keys.workspace,
            segment_key: keys.segment.clone(),
            key_version: keys.version,
            head_key: head_key.clone(),
        }
    }

    fn segments(&self) -> PathBuf {
        self.folder.segments(self.place)
    }

    fn segment(&self, line: u64, number: u64) -> PathBuf {
        self.object(&Name::segment(line, number))
    }

    fn object(&self, name: &Name) -> PathBuf {
        self.segments().join(name.file())
    }
}

/// The files of this process whose logs are shipped, as long as they are open.
#[derive(Default)]
pub struct Shipments {
    files: Mutex<Vec<Weak<Shipping>>>,
    ended: Arc<AtomicU64>,
}

/// How the shipping of all open files stands.
#[derive(Debug, Default, Clone)]
pub struct Standing {
    /// Files that are shipped.
    pub lines: usize,
    /// Milliseconds since the oldest commit that is in no segment yet.
    pub behind_ms: i64,
    /// What keeps a file from being shipped.
    pub trouble: Option<String>,
    /// Files on no line that should be on one: only whole copies are made of them.
    pub on_none: usize,
    /// Why the first of these is on none.
    pub reason: Option<String>,
}

impl Shipments {
    fn open(&self) -> Vec<Arc<Shipping>> {
        let mut known = self.lock();
        known.retain(|shipping| shipping.strong_count() > 0);
        known.iter().filter_map(Weak::upgrade).collect()
    }

    /// The shipping of one file that is open.
    pub fn of(&self, place: WorkspaceId) -> Option<Arc<Shipping>> {
        self.open().into_iter().find(|shipping| shipping.place() == place)
    }

    /// Lines that have ended in doubt since the process began.
    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub fn standing(&self) -> Standing {
        let mut standing = Standing::default();
        for shipping in self.open() {
            let behind = shipping.behind_since().map_or(0, |since| Clock.now().since(since).max(0));
            standing.lines += usize::from(shipping.is_on());
            standing.behind_ms = standing.behind_ms.max(behind);
            standing.trouble = standing.trouble.or_else(|| shipping.trouble());
            if let Some(reason) = shipping.reason().filter(|_| !shipping.is_on()) {
                standing.on_none += 1;
                standing.reason.get_or_insert(reason);
            }
        }
        standing
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Shipping>>> {
        self.files.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Ships the log of a workspace's file from now on, if it is on a line; a base puts it on one. Only the first call for
/// an open file does something.
pub fn watch(app: &App, workspace: &Workspace) -> Result<(), Error> {
    if workspace.file.is_kept() {
        return Ok(());
    }
    let keys = app.keys.workspace(workspace.id)?;
    watch_in(&app.shipments, &app.config.backup.folder, &app.control_keys.manifest, &workspace.file, &keys);
    Ok(())
}

/// The same for any file, while the installation is being opened.
pub fn watch_in(shipments: &Shipments, folder: &Path, head_key: &Key, file: &DbFile, keys: &WorkspaceKeys) {
    file.keep_log(|wal| -> Keeper {
        let shipping = Arc::new(Shipping::attach(Target::new(folder, keys, head_key), wal, &shipments.ended));
        shipments.lock().push(Arc::downgrade(&shipping));
        Box::new(move || shipping.before_fold())
    });
}

/// Whether a file that is open cannot be brought forward from any backup: the next run makes a base of it.
pub fn wants_base(app: &App, place: WorkspaceId) -> bool {
    app.shipments.of(place).is_some_and(|shipping| shipping.wants_base())
}

/// A moment in the words of a refusal.
fn shown(moment: i64) -> String {
    Timestamp(moment).rfc3339()
}
