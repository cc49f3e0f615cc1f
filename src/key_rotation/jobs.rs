//! A retired key goes when no backup is left that needs it.

use super::{Kind, service, store};
use crate::backup::chain::Chain;
use crate::backup::health;
use crate::backup::workspace;
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
    // As long as the folder cannot be read, every key counts as needed: this fails, and is tried again tomorrow.
    let chain = health::read(app)?;
    let mut destroyed = 0;
    for key in app.keys.versions() {
        let needs = |db: &Db| workspace::needs_key(db, key.workspace, key.version);
        if key.state != State::Retired || is_needed(&chain, key.workspace, key.version) || app.read(needs)? {
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

/// Whether a backup that is kept opens with this version.
fn is_needed(chain: &Chain, workspace: WorkspaceId, version: u32) -> bool {
    chain.copies_of(workspace).any(|(_, copy)| copy.key_version == version)
}
