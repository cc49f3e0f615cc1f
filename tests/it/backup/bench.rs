//! One file that is shipped to a backup folder, without a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use holdfast::backup::segments::{self, Goal, Merging, Point, Reached, Shipments, Shipping, Target};
use holdfast::backup::{Watch, base};
use holdfast::clock::{Clock, Timestamp};
use holdfast::crypto::derive::WorkspaceKeys;
use holdfast::crypto::{Key, random_key};
use holdfast::db::{Actor, DbFile, Origin, digest};
use holdfast::error::Error;
use holdfast::id::WorkspaceId;
use tempfile::TempDir;

use super::copy_folder;

/// What happens to a file while nobody has it open.
pub type Harm = dyn Fn(&Path, &Bench);

/// A base with its object.
pub struct Base {
    pub point: Point,
    object: String,
    sha256: String,
}

/// One file that is shipped, in a folder of its own.
pub struct Bench {
    pub folder: TempDir,
    /// `None` while it is closed.
    file: Option<DbFile>,
    shipments: Shipments,
    root: Key,
    head_key: Key,
    pub bases: Vec<Base>,
}

impl Bench {
    pub fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("backup/data")).unwrap();
        std::fs::create_dir(folder.path().join("live")).unwrap();
        std::fs::write(folder.path().join("backup/INSTALLATION"), "{}").unwrap();
        let (root, head_key) = (random_key(), random_key());
        let mut bench =
            Bench { folder, file: None, shipments: Shipments::default(), root, head_key, bases: Vec::new() };
        bench.open();
        for sql in
            ["CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB) STRICT", "CREATE VIRTUAL TABLE f USING fts5(words)"]
        {
            bench.write(sql);
        }
        bench
    }

    pub fn keys(&self) -> WorkspaceKeys {
        WorkspaceKeys::derive(WorkspaceId([7; 16]), 1, &self.root)
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("live/data.db")
    }

    pub fn backup(&self) -> PathBuf {
        self.folder.path().join("backup")
    }

    pub fn file(&self) -> &DbFile {
        self.file.as_ref().expect("it is open")
    }

    pub fn open(&mut self) {
        let keys = self.keys();
        let file = DbFile::open(&self.data(), keys.database_key(), Arc::new(AtomicI64::new(512))).unwrap();
        segments::watch_in(&self.shipments, &self.backup(), &self.head_key, &file, &keys);
        self.file = Some(file);
    }

    pub fn close(&mut self) {
        self.file = None;
    }

    pub fn shipping(&self) -> Arc<Shipping> {
        self.shipments.of(self.keys().workspace).expect("it is open")
    }

    pub fn write(&self, sql: &str) {
        self.file().write_unaudited(Timestamp(0), &origin(), |tx| tx.execute(sql, &[])).unwrap();
    }

    pub fn rows(&self) -> i64 {
        rows(self.file())
    }

    pub fn digest(&self) -> [u8; 32] {
        self.file().read(Timestamp(0), digest::content).unwrap()
    }

    pub fn take_base(&mut self) {
        let (shipping, keys) = (self.shipping(), self.keys());
        let data = self.backup().join("data").join(keys.workspace.to_string());
        let mut point = None;
        let mut begun = || {
            point = Some(shipping.base_begins()?);
            Ok(())
        };
        let mut watch = Watch { tell: &mut |_, _, _| {}, is_stopping: &|| false };
        let made = base::make(self.file(), &keys, &data, &mut begun, &mut watch).unwrap();
        self.bases.push(Base { point: point.unwrap(), object: made.object, sha256: made.sha256 });
    }

    /// The state of the disk as a `kill -9` would leave it now, opened again.
    pub fn crash(self) -> Bench {
        self.crash_with(&|_, _| {})
    }

    pub fn target(&self) -> Target {
        Target::new(&self.backup(), &self.keys(), &self.head_key)
    }

    /// The newest base brought forward to a goal, under a new name.
    pub fn restore(&self, goal: &Goal) -> Result<(PathBuf, Reached), Error> {
        self.restore_from(self.bases.last().expect("a base"), goal)
    }

    pub fn restore_from(&self, base: &Base, goal: &Goal) -> Result<(PathBuf, Reached), Error> {
        let keys = self.keys();
        let to = self.folder.path().join(format!("restored-{}", data_encoding::HEXLOWER.encode(&random_key()[..6])));
        let object = self.backup().join("data").join(keys.workspace.to_string()).join(format!("{}.base", base.object));
        base::unpack(&object, &base.sha256, |_| Ok((keys.workspace, keys.base.clone())), &to)?;
        let reached = segments::apply(&self.target(), &base.point, goal, &to)?;
        Ok((to, reached))
    }

    pub fn restored(&self, goal: &Goal) -> (DbFile, Reached) {
        let (path, reached) = self.restore(goal).unwrap();
        (DbFile::open(&path, self.keys().database_key(), Arc::new(AtomicI64::new(512))).unwrap(), reached)
    }

    /// Merges everything that is committed before `before`, as if two days had passed.
    pub fn merge(&self, before: Timestamp) -> Result<Merging, Error> {
        let points: Vec<Point> = self.bases.iter().map(|base| base.point.clone()).collect();
        let mut watch = Watch { tell: &mut |_, _, _| {}, is_stopping: &|| false };
        segments::merge_in(&self.target(), &points, before, &mut watch)
    }

    /// Merges all but the end of the line.
    pub fn merge_all(&self) -> Merging {
        self.merge(Clock.now().plus(2 * Timestamp::HOUR)).unwrap()
    }

    /// The segments that lie there, in order.
    pub fn segments(&self) -> Vec<PathBuf> {
        super::files_below(&self.backup(), ".seg")
    }
}

pub fn rows(file: &DbFile) -> i64 {
    file.read(Timestamp(0), |db| db.count("SELECT count(*) FROM t", &[])).unwrap()
}

pub fn origin() -> Origin {
    Origin::local(Actor::CommandLine)
}

impl Bench {
    /// A crash, then something happens to what it left.
    pub fn crash_with(mut self, harm: &Harm) -> Bench {
        self.crash_here(harm);
        self
    }

    pub fn crash_here(&mut self, harm: &Harm) {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(&self.folder.path().join("live"), &folder.path().join("live"));
        copy_folder(&self.backup(), &folder.path().join("backup"));
        let _ = std::fs::remove_file(folder.path().join("live/data.db-shm"));
        self.close();
        self.folder = folder;
        harm(&self.data(), self);
        self.open();
    }
}
