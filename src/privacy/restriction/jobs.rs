//! Hands the notices to the mail queue, and ends restrictions whose people were told and had their days.

use super::{Restriction, notice, service, store};
use crate::app::App;
use crate::db::{Db, Workspace};
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::mail;
use crate::mail::queue;
use crate::privacy::post::{self, Outgoing};
use crate::privacy::subject;

/// Asked for when a notice is sent; runs by itself for the days that pass.
pub const SETTLE: Job = Job {
    name: "privacy.restriction.settle",
    purpose: "Mails people that a restriction ends, and ends it when their days are over.",
    schedule: Schedule::EveryMinutes(10),
    work: Work::Workspace(settle),
};

const BATCH: i64 = 100;

fn settle(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    post(cx, workspace)?;
    let told = workspace.file.read(cx.now(), store::told)?;
    for restriction in told {
        if cx.is_stopping() {
            return Ok(());
        }
        let is_over = restriction.ends_at().is_some_and(|end| end <= cx.now());
        let Some(kind) = subject::kind(cx.app.modules, &restriction.on.0).filter(|_| is_over) else { continue };
        if workspace.file.read(cx.now(), |db| has_left(&cx.app, db, &restriction))? {
            workspace.file.write(cx.now(), &cx.origin(), |tx| service::lift(tx, kind, restriction.id))?;
        }
    }
    Ok(())
}

fn post(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let waiting = workspace.file.read(cx.now(), |db| notice::waiting(db, BATCH))?;
    post::hand_over(cx, workspace, &waiting, outgoing, |tx, letter, mail| notice::mark_queued(tx, letter.id, mail))
}

fn outgoing(letter: &notice::Letter) -> Outgoing<'_> {
    Outgoing { title: &letter.title, body: &letter.body, address: &letter.address, message_id: &letter.message_id }
}

/// Whether the person really was told: what went by mail must have been taken by a mail server.
fn has_left(app: &App, db: &Db, restriction: &Restriction) -> Result<bool, Error> {
    if !service::waits_for_mail(db, restriction)? {
        return Ok(true);
    }
    let Some(mail) = notice::newest(db, restriction.id)?.and_then(|letter| letter.mail) else { return Ok(false) };
    match app.read(|db| queue::find(db, mail)) {
        Ok(entry) => Ok(entry.state == mail::State::Sent),
        // Its row goes a year after it was sent.
        Err(Error::NotFound(_)) => Ok(true),
        Err(error) => Err(error),
    }
}
