//! What happens by itself: mails to those who asked for them, and forgetting.

use super::{mails, service};
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const MAIL: Job = Job {
    name: "people.notifications.mail",
    purpose: "Mails members what they asked to hear of: counts and a link, no names.",
    schedule: Schedule::EveryMinutes(5),
    work: Work::Workspace(mails::send),
};

pub const FORGET: Job = Job {
    name: "people.notifications.forget",
    purpose: "Forgets notifications: read ones after 90 days, unread ones after a year.",
    schedule: Schedule::Cron("25 2 * * *"),
    work: Work::Workspace(forget),
};

fn forget(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    // What they were about is audited by itself; they hold no names.
    while workspace.file.write_unaudited(cx.now(), &cx.origin(), service::forget_old)? {
        if cx.is_stopping() {
            break;
        }
    }
    Ok(())
}
