//! What restores a workspace in the background, and what destroys the states that were put aside.

use super::{Into, Restore, State, as_new, in_place, settle, store};
use crate::backup::{STOPPED, Watch};
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const RESTORE: Job = Job {
    name: "backup.workspace.restore",
    purpose: "Brings a workspace back to an earlier moment, because its owner asked for it.",
    schedule: Schedule::OnDemand,
    work: Work::Installation(restore_all),
};

pub const DESTROY: Job = Job {
    name: "backup.quarantine.destroy",
    purpose: "Destroys the state from before a restore, seven days after it.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Installation(|cx| cx.progress(&format!("{} destroyed", settle::destroy_old(&cx.app, &cx.origin())?))),
};

/// One after the other, the oldest first.
fn restore_all(cx: &JobContext) -> Result<(), Error> {
    loop {
        let asked = cx.app.read(store::open)?.into_iter().find(|restore| restore.state == State::Asked);
        let Some(restore) = asked else { return Ok(()) };
        if cx.is_stopping() {
            return Ok(());
        }
        one(cx, &restore)?;
    }
}

/// How it ended stands with the restore: a failure is for its owner, and not tried again by itself.
fn one(cx: &JobContext, restore: &Restore) -> Result<(), Error> {
    let app = &cx.app;
    let machinery = |work: &dyn Fn(&crate::db::Tx) -> Result<(), Error>| {
        app.control.write_unaudited(app.now(), &cx.origin(), |tx| work(tx))
    };
    machinery(&|tx| store::set_state(tx, restore.id, State::Working))?;
    let is_cancelled = || {
        let found = app.read(|db| store::find(db, restore.id));
        found.is_ok_and(|found| found.is_none_or(|found| found.cancel_asked))
    };
    let origin = Origin::local(Actor::Member(restore.asked_by));
    let mut watch = Watch {
        tell: &mut |words, done, of| {
            // Shown, never part of the result.
            let words = format!("{words}, step {} of {of}", done + 1);
            let _ = machinery(&|tx| store::set_progress(tx, restore.id, &words));
        },
        is_stopping: &|| cx.is_stopping() || is_cancelled(),
    };
    let outcome = match restore.into {
        Into::New => as_new::run(app, &origin, restore, &mut watch),
        Into::InPlace => in_place::run(app, &origin, restore, &mut watch),
    };
    let (state, words) = match outcome {
        Ok(()) => return Ok(()),
        Err(Error::Unavailable(words)) if words == STOPPED && is_cancelled() => (State::Cancelled, String::new()),
        Err(Error::Unavailable(words)) if words == STOPPED => {
            (State::Failed, "The program was stopped before the switch. Nothing was changed; ask for it again.".into())
        }
        Err(Error::Internal(source)) => {
            tracing::error!(error = %source, "a restore of a workspace failed; what is served did not change");
            (State::Failed, "Something went wrong that whoever hosts this installation has to look at.".into())
        }
        Err(error) => (State::Failed, error.to_string()),
    };
    settle::fail(app, &origin, restore, state, &words)
}
