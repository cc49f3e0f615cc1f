//! The passes over a file, and forgetting files after seven days.

use super::{run, service};
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

/// Asked for when somebody starts a check or a run; picks up whatever is under way.
pub const RUN: Job = Job {
    name: "people.imports.run",
    purpose: "Reads uploaded files into contacts and companies.",
    schedule: Schedule::OnDemand,
    work: Work::Workspace(run::run_all),
};

pub const DISCARD: Job = Job {
    name: "people.imports.discard",
    purpose: "Deletes uploaded files after seven days.",
    schedule: Schedule::Cron("40 2 * * *"),
    work: Work::Workspace(discard),
};

fn discard(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    service::discard_old(workspace, cx.now(), &cx.origin())
}
