//! What the spine does by itself.

use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::web::idempotency;

/// Answers kept for programs that repeat themselves may hold personal data, so they go on time even
/// when no program asks again.
pub const FORGET_ANSWERS: Job = Job {
    name: "people.answers.forget",
    purpose: "Takes away answers to programs that are older than a day.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Workspace(forget_answers),
};

fn forget_answers(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    // The answers are copies that nobody reads any more; the records they show are audited by themselves.
    workspace.file.write_unaudited(cx.now(), &cx.origin(), idempotency::forget_old)
}
