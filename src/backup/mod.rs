//! Sealed copies of every file of the installation, made each day, read back before they count, and let go by one rule
//! (keys-and-backups 2.6, 2.7, 3.6).
//!
//! ```text
//! INSTALLATION                      whose folder this is, and in which format
//! HEAD                              which backups there are, signed
//! manifests/<day>-<number>.json     what one backup holds, signed, chained to the one before
//! data/<workspace>/<object>.base    a database, sealed        data/<workspace>/<object>.files    its sealed files
//! data/<workspace>/blobs/ab/…       those files, once each, for all backups
//! data/<workspace>/segments/        what was committed between two bases, see [`segments`]
//! keys/                             copies of the keyring and its slots: what opens the rest
//! ledger/                           who was erased: a restore erases them again
//! settings.aobj                     `holdfast.toml`, sealed
//! ```
//!
//! All of it can lie somewhere else once more: see [`mirror`].
//! What waits to be imported, and files that were made to be taken away, are not in it: they are gone within days, and
//! a restore asks for them again.
//!
//! Nothing in `data/` holds a key, and no name in the folder tells more than a day.

pub mod alerts;
pub mod api;
pub mod base;
pub mod chain;
pub mod drill;
pub mod files;
pub mod folder;
pub mod health;
pub mod jobs;
pub mod manifest;
pub mod mirror;
mod pages;
pub mod prune;
pub mod restore;
pub mod rotation;
#[cfg(test)]
mod rotation_tests;
pub mod run;
pub mod scrub;
pub mod segments;
mod settings;
pub mod verify;
pub mod workspace;

use crate::error::Error;
use crate::jobs::JobContext;
use crate::module::Module;

pub const MODULE: Module = Module {
    name: "backup",
    routes: &[
        pages::ROUTES,
        scrub::pages::ROUTES,
        api::ROUTES,
        workspace::pages::ROUTES,
        workspace::api::ROUTES,
        drill::api::ROUTES,
        mirror::pages::ROUTES,
        mirror::api::ROUTES,
    ],
    tables: &[
        &workspace::data_map::WORKSPACE_RESTORES,
        &workspace::data_map::OUTBOUND_HOLDS,
        &drill::data_map::BACKUP_DRILLS,
    ],
    jobs: &[
        &jobs::RUN,
        &jobs::RUN_NOW,
        &jobs::RUN_WORKSPACE,
        &scrub::jobs::SCRUB,
        &scrub::jobs::SCRUB_NOW,
        &jobs::MERGE,
        &alerts::ALERT,
        &drill::jobs::DRILL,
        &mirror::jobs::MIRROR,
        &mirror::jobs::MIRROR_NOW,
        &workspace::jobs::RESTORE,
        &workspace::jobs::DESTROY,
    ],
    console: &[("Backups", "archive-restore", "/operator/backups")],
    ..Module::EMPTY
};

/// Who watches a long work, and may end it.
pub struct Watch<'a> {
    /// Hears what is being done, how much is through, and of how much.
    pub tell: &'a mut dyn FnMut(&str, u64, u64),
    /// Asked between steps.
    pub is_stopping: &'a dyn Fn() -> bool,
}

impl Watch<'_> {
    fn step(&mut self, words: &str, done: usize, of: usize) -> Result<(), Error> {
        if (self.is_stopping)() {
            return Err(Error::Unavailable(STOPPED.into()));
        }
        (self.tell)(words, done as u64, of as u64);
        Ok(())
    }
}

/// Does a long work in a job, which shows how far it is. `None` when the job was stopped.
fn watched<T>(cx: &JobContext, work: impl FnOnce(&mut Watch) -> Result<T, Error>) -> Result<Option<T>, Error> {
    let mut told = String::new();
    let mut tell = |words: &str, done: u64, of: u64| {
        let words = match of {
            0 => words.to_owned(),
            // Each one is written down, so of many only the hundredths are told.
            of if of > 100 => format!("{words}, {} %", done * 100 / of),
            of => format!("{words}, {} of {of}", done + 1),
        };
        // Shown, never part of the result.
        if words != told && cx.progress(&words).is_ok() {
            told = words;
        }
    };
    match work(&mut Watch { tell: &mut tell, is_stopping: &|| cx.is_stopping() }) {
        Err(Error::Unavailable(_)) if cx.is_stopping() => Ok(None),
        done => done.map(Some),
    }
}

/// Why a run ended that nothing was wrong with.
pub const STOPPED: &str = "the backup was stopped; what is done stays, and the next run goes on from there";

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// What an error says to whoever hosts.
fn words(error: &Error) -> String {
    match error {
        Error::Internal(source) => source.to_string(),
        error => error.to_string(),
    }
}

/// Lets the words of an error through and adds where it happened.
fn at(place: impl std::fmt::Display) -> impl FnOnce(Error) -> Error {
    move |error| match error {
        Error::Refused(words) => Error::Refused(format!("{place}: {words}")),
        Error::Internal(source) => Error::Refused(format!("{place}: {source}")),
        other => other,
    }
}
