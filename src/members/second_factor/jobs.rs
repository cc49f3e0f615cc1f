//! Reminds people who have not set up the second step that they began, or that their role asks for.

use super::service;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const REMIND: Job = Job {
    name: "members.second_factor.remind",
    purpose: "Reminds people to finish setting up two-step sign-in, at most once a week.",
    schedule: Schedule::Cron("10 8 * * *"),
    work: Work::Installation(remind),
};

fn remind(cx: &JobContext) -> Result<(), Error> {
    let app = &cx.app;
    let reminded = app.write(&cx.origin(), |tx| service::remind(tx, app))?;
    cx.progress(&format!("{reminded} reminded"))?;
    if reminded > 0 {
        crate::jobs::ask(app, &crate::mail::jobs::DELIVER, None)?;
    }
    Ok(())
}
