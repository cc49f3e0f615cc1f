//! The copies from before upgrades go when their time is over.

use crate::db::upgrade;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::members::workspaces;

pub const PRUNE: Job = Job {
    name: "operator.upgrades.prune",
    purpose: "Removes the copies of files from before an upgrade, seven days after it.",
    schedule: Schedule::Cron("40 3 * * *"),
    work: Work::Installation(prune),
};

fn prune(cx: &JobContext) -> Result<(), Error> {
    let mut removed = upgrade::prune(cx.app.control.path(), cx.now())?;
    for workspace in cx.app.read(workspaces::list)? {
        let folder = cx.app.workspaces.folder_of(workspace.id);
        if folder.is_dir() {
            removed += upgrade::prune(&folder.join("data.db"), cx.now())?;
        }
    }
    cx.progress(&format!("{removed} copies removed"))
}
