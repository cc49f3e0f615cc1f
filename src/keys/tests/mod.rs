//! Tests of keys at rest, one file for each part.

mod keyring;
mod master;
mod slots;

use std::path::{Path, PathBuf};

use super::*;
use crate::clock::Timestamp;
use crate::crypto::random;

const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// A folder with `data`, `backup` and `outside` in it; goes when dropped.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        let place =
            Place(std::env::temp_dir().join(format!("keys-{}", data_encoding::HEXLOWER.encode(&random::<8>()))));
        for folder in ["data/keys", "backup", "outside"] {
            std::fs::create_dir_all(place.0.join(folder)).unwrap();
        }
        place
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    fn file(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    fn with<T>(&self, use_folders: impl FnOnce(Folders<'_>) -> T) -> T {
        let (data, backup) = (self.data(), self.0.join("backup"));
        use_folders(Folders { data: &data, backup: Some(&backup) })
    }

    fn source(&self) -> Source {
        Source::File { path: self.file("outside/master.key"), may_lie_in_data: false }
    }

    /// A new installation with its master key in `outside/master.key`.
    fn create(&self) -> (Keys, RecoveryCode) {
        let recovery = RecoveryCode::generate();
        let keys = self.with(|folders| Keys::create(folders, &self.source(), &recovery, SlotCost::FLOOR, NOW)).unwrap();
        (keys, recovery)
    }

    fn open(&self) -> Result<Keys, crate::error::Error> {
        self.with(|folders| Keys::open(folders, &self.source()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The words of a refusal; panics on anything else.
fn refusal<T>(result: Result<T, crate::error::Error>) -> String {
    match result {
        Err(crate::error::Error::Refused(reason)) => reason,
        Err(other) => panic!("not a refusal: {other:?}"),
        Ok(_) => panic!("not refused"),
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
