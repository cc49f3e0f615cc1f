//! The files: `control.db`, and one for each workspace, opened on first use and closed when idle.
//!
//! Nothing here asks whether somebody may see a workspace. That is `gate.rs`, and a tidy test makes
//! sure that only the gate calls [`Workspaces::open`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use lru::LruCache;

use super::open::RawKey;
use super::upgrade::{self, Trouble};
use super::{DbFile, Schema, latest_version, migrate};
use crate::error::Error;
use crate::id::WorkspaceId;

/// Each reader keeps at least this much page cache, however many workspaces are open.
const CACHE_FLOOR_KIB: i64 = 512;
/// Four readers share a workspace's part of the budget, but rarely all are busy: count two.
const BUSY_READERS: i64 = 2;

/// How long a workspace that is to be paused may still be in use.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// One tenant's file, open.
pub struct Workspace {
    pub id: WorkspaceId,
    pub file: DbFile,
    /// The workspace's own folder: `data.db`, `blobs/`, `uploads/`.
    pub folder: PathBuf,
}

/// The open workspaces of the installation.
pub struct Workspaces {
    folder: PathBuf,
    limit: usize,
    cache_budget_kib: i64,
    cache_kib: Arc<AtomicI64>,
    open: Mutex<Open>,
    /// Workspaces that this program cannot open because of their schema, and why. Tried once: a start tries again.
    troubled: Mutex<BTreeMap<WorkspaceId, String>>,
}

struct Open {
    recent: LruCache<WorkspaceId, Arc<Slot>>,
    /// Every open file, also one that left `recent` while somebody still works in it: it is found
    /// again here, so that one file never has two writers.
    alive: HashMap<WorkspaceId, Weak<Workspace>>,
    /// Being opened right now.
    loading: HashSet<WorkspaceId>,
    /// Not to be opened: see [`Workspaces::pause`].
    paused: HashSet<WorkspaceId>,
}

/// Filled by whoever asks first, while others wait for this workspace only.
#[derive(Default)]
struct Slot(Mutex<Option<Arc<Workspace>>>);

impl Workspaces {
    /// Keeps at most `limit` workspaces open; their readers share `cache_mib` of page cache.
    pub fn new(folder: PathBuf, limit: usize, cache_mib: i64) -> Workspaces {
        Workspaces {
            folder,
            limit: limit.max(1),
            cache_budget_kib: cache_mib * 1024,
            cache_kib: Arc::new(AtomicI64::new(cache_mib * 1024 / BUSY_READERS)),
            open: Mutex::new(Open {
                recent: LruCache::unbounded(),
                alive: HashMap::new(),
                loading: HashSet::new(),
                paused: HashSet::new(),
            }),
            troubled: Mutex::default(),
        }
    }

    /// The file of `id`, from the open ones or from disk, migrated. `key` is asked only when it must be opened.
    ///
    /// Call it through the gate (`gate.rs`), which has checked who asks.
    pub fn open(&self, id: WorkspaceId, key: &dyn Fn() -> Result<RawKey, Error>) -> Result<Arc<Workspace>, Error> {
        let slot = self.slot(id);
        let mut filled = slot.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(workspace) = filled.as_ref() {
            return Ok(workspace.clone());
        }
        let alive = {
            let mut open = self.lock();
            if open.paused.contains(&id) {
                return Err(Error::Unavailable("This workspace is being worked on. It is back in a moment.".into()));
            }
            let alive = open.alive.get(&id).and_then(Weak::upgrade);
            if alive.is_none() {
                open.loading.insert(id);
            }
            alive
        };
        let workspace = match alive {
            Some(workspace) => workspace,
            None => {
                let _loading = Loading { workspaces: self, id };
                refuse_without(&self.folder_of(id).join("data.db"))?;
                let workspace = Arc::new(self.load(id, key()?)?);
                self.lock().alive.insert(id, Arc::downgrade(&workspace));
                workspace
            }
        };
        *filled = Some(workspace.clone());
        Ok(workspace)
    }

    /// Closes a workspace and keeps it closed until what this returns is dropped, so that its file may be exchanged or
    /// taken away. Waits for the work under way; fails with [`Error::Conflict`] when that takes too long.
    pub fn pause(&self, id: WorkspaceId) -> Result<Paused<'_>, Error> {
        if !self.lock().paused.insert(id) {
            return Err(Error::Conflict("this workspace is being worked on already; try again in a minute".into()));
        }
        let paused = Paused { workspaces: self, id };
        let waiting = crate::clock::Stopwatch::start();
        loop {
            let slot = self.lock().recent.pop(&id);
            drop(slot);
            let in_use = {
                let open = self.lock();
                open.loading.contains(&id) || open.alive.get(&id).is_some_and(|weak| weak.strong_count() > 0)
            };
            if !in_use {
                return Ok(paused);
            }
            if waiting.elapsed() > PATIENCE {
                return Err(Error::Conflict("this workspace is in use without a break; try again later".into()));
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Creates the folder and the file of a new workspace.
    pub fn create(&self, id: WorkspaceId, key: RawKey) -> Result<(), Error> {
        self.create_at(id, key, latest_version(Schema::Workspace)).map(drop)
    }

    /// The same with the tables of an older version, open: for whoever fills it before it is served. The next
    /// opening brings the tables to the newest version.
    pub fn create_at(&self, id: WorkspaceId, key: RawKey, schema: i64) -> Result<Workspace, Error> {
        let folder = self.folder_of(id);
        std::fs::create_dir_all(&folder)?;
        restrict(&folder)?;
        let file = DbFile::open(&folder.join("data.db"), key, self.cache_kib.clone())?;
        migrate::run_to(&file, Schema::Workspace, schema)?;
        Ok(Workspace { id, file, folder })
    }

    /// Opens a file of a workspace that nobody is served from, in its newest schema: a copy that lies elsewhere, or the
    /// file itself while the workspace is paused. It is not among the open ones.
    pub fn open_apart(&self, id: WorkspaceId, folder: &Path, key: RawKey) -> Result<Workspace, Error> {
        let path = folder.join("data.db");
        refuse_without(&path)?;
        let open = || DbFile::open(&path, key.clone(), self.cache_kib.clone());
        let file = upgrade::open_at_newest(&path, Schema::Workspace, &open)?;
        Ok(Workspace { id, file, folder: folder.to_owned() })
    }

    /// Closes a workspace for this process. Work under way finishes first.
    pub fn close(&self, id: WorkspaceId) {
        let slot = self.lock().recent.pop(&id);
        drop(slot);
        self.share_cache();
    }

    /// Closes all, each with a checkpoint: the clean end of the process.
    pub fn close_all(&self) {
        let slots: Vec<Arc<Slot>> = {
            let mut open = self.lock();
            let ids: Vec<WorkspaceId> = open.recent.iter().map(|(id, _)| *id).collect();
            ids.iter().filter_map(|id| open.recent.pop(id)).collect()
        };
        drop(slots);
    }

    /// How many workspaces are open now.
    pub fn open_count(&self) -> usize {
        self.lock().recent.len()
    }

    pub fn folder_of(&self, id: WorkspaceId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    /// Bytes of a workspace on disk, everything in its folder; does not open it.
    pub fn size_of(&self, id: WorkspaceId) -> u64 {
        folder_size(&self.folder_of(id))
    }

    /// Workspaces that do not open because of their schema, each with what the operator is to know.
    pub fn troubled(&self) -> Vec<(WorkspaceId, String)> {
        self.lock_troubled().iter().map(|(id, words)| (*id, words.clone())).collect()
    }

    fn load(&self, id: WorkspaceId, key: RawKey) -> Result<Workspace, Error> {
        if self.lock_troubled().contains_key(&id) {
            return Err(out_of_service());
        }
        let folder = self.folder_of(id);
        let path = folder.join("data.db");
        let open = || DbFile::open(&path, key.clone(), self.cache_kib.clone());
        match upgrade::open_at_newest(&path, Schema::Workspace, &open) {
            Ok(file) => Ok(Workspace { id, file, folder }),
            Err(Trouble::Schema(words)) => {
                self.lock_troubled().insert(id, words);
                Err(out_of_service())
            }
            Err(Trouble::Other(error)) => Err(error),
        }
    }

    fn lock_troubled(&self) -> MutexGuard<'_, BTreeMap<WorkspaceId, String>> {
        self.troubled.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn slot(&self, id: WorkspaceId) -> Arc<Slot> {
        let mut open = self.lock();
        if let Some(slot) = open.recent.get(&id) {
            return slot.clone();
        }
        let mut evicted = Vec::new();
        while open.recent.len() >= self.limit {
            let Some((_, slot)) = open.recent.pop_lru() else { break };
            evicted.push(slot);
        }
        open.alive.retain(|_, weak| weak.strong_count() > 0);
        let slot = Arc::new(Slot::default());
        open.recent.put(id, slot.clone());
        drop(open);
        // The last holder closes the file with a checkpoint; not under the lock that all requests need.
        drop(evicted);
        self.share_cache();
        slot
    }

    /// Gives each open workspace its share of the page-cache budget. Shares change where the number of open
    /// workspaces doubles or halves, so that opening one rarely touches the others.
    fn share_cache(&self) {
        let open = i64::try_from(self.open_count().next_power_of_two()).unwrap_or(i64::MAX);
        let share = (self.cache_budget_kib / open / BUSY_READERS).max(CACHE_FLOOR_KIB);
        if self.cache_kib.swap(share, Ordering::Relaxed) <= share {
            return;
        }
        let slots: Vec<Arc<Slot>> = self.lock().recent.iter().map(|(_, slot)| slot.clone()).collect();
        for slot in slots {
            // One that is being opened right now takes the new share by itself.
            if let Ok(filled) = slot.0.try_lock()
                && let Some(workspace) = filled.as_ref()
            {
                workspace.file.fit_cache();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Nothing opens the workspace while this lives.
pub struct Paused<'a> {
    workspaces: &'a Workspaces,
    id: WorkspaceId,
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.workspaces.lock().paused.remove(&self.id);
    }
}

/// Says that a workspace is being opened, until it is or has failed.
struct Loading<'a> {
    workspaces: &'a Workspaces,
    id: WorkspaceId,
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        self.workspaces.lock().loading.remove(&self.id);
    }
}

/// Opens `control.db` and brings it to the newest schema.
pub fn open_control(path: &Path, key: RawKey) -> Result<DbFile, Error> {
    let open = || DbFile::open(path, key.clone(), Arc::new(AtomicI64::new(2 * 1024)));
    Ok(upgrade::open_at_newest(path, Schema::Control, &open)?)
}

/// What members of a workspace read whose file this program cannot open. Paths and numbers are for the operator.
fn out_of_service() -> Error {
    Error::Unavailable(
        "This workspace does not fit the program that runs: its upgrade failed and was undone, or a newer program wrote \
         it. Nothing is lost, and the operator sees what to do."
            .into(),
    )
}

/// A file that ought to be there is never made anew: an empty one in its place would look like lost data, or hide it.
///
/// Fails with [`Error::Refused`] when it is missing.
pub fn refuse_without(path: &Path) -> Result<(), Error> {
    if path.exists() {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "{} is missing: put it back from a copy or mount the disk it lies on; nothing was made in its place",
        path.display()
    )))
}

fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => folder_size(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Only the service's own user may look inside.
fn restrict(folder: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?)
}
