//! A retired key goes when no backup is left that needs it.

use std::path::Path;

use super::{Kind, service, store};
use crate::backup::folder::Folder;
use crate::backup::workspace;
use crate::crypto::object::Header;
use crate::db::Db;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::keys::keyring::State;

pub const DESTROY: Job = Job {
    name: "key_rotation.retired.destroy",
    purpose: "Destroys keys that were exchanged, once no backup is left that opens with them.",
    schedule: Schedule::Cron("20 4 * * *"),
    work: Work::Installation(destroy),
};

fn destroy(cx: &JobContext) -> Result<(), Error> {
    let app = &cx.app;
    // Fails while the folder is away: then nobody knows which keys its copies need.
    let backup = Folder::of(app)?.root;
    let mut destroyed = 0;
    for key in app.keys.versions() {
        let needs = |db: &Db| workspace::needs_key(db, key.workspace, key.version);
        if key.state != State::Retired || is_needed(&backup, key.workspace, key.version)? || app.read(needs)? {
            continue;
        }
        let begin = |tx: &crate::db::Tx| store::begin(tx, Kind::Destroyed, Some(key.workspace), key.version);
        let row = app.control.write_unaudited(cx.now(), &cx.origin(), begin)?;
        app.keys.forget(key.workspace, key.version, cx.now())?;
        app.remember_keyring()?;
        service::end(app, &cx.origin(), row, Kind::Destroyed, Some(key.workspace), key.version)?;
        destroyed += 1;
    }
    cx.progress(&format!("{destroyed} keys destroyed"))
}

/// Whether something in the backup of a workspace opens with this version. What cannot be read counts as needing it.
fn is_needed(backup: &Path, workspace: WorkspaceId, version: u32) -> Result<bool, Error> {
    is_needed_in(&backup.join("data").join(workspace.to_string()), version)
}

fn is_needed_in(folder: &Path, version: u32) -> Result<bool, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let entry = entry?;
        let needs = match entry.file_type()?.is_dir() {
            true => is_needed_in(&entry.path(), version)?,
            false => Header::read(&mut std::fs::File::open(entry.path())?)
                .map_or(true, |header| header.key_version == version),
        };
        if needs {
            return Ok(true);
        }
    }
    Ok(false)
}
