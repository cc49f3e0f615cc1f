//! The passes over a file.

use super::run;
use crate::jobs::{Job, Schedule, Work};

/// Asked for when somebody starts a check or a run; picks up whatever is under way.
pub const RUN: Job = Job {
    name: "people.imports.run",
    purpose: "Reads uploaded files into contacts and companies.",
    schedule: Schedule::OnDemand,
    work: Work::Workspace(run::run_all),
};
