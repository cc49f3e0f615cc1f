//! Hands the notices to the mail queue, and ends restrictions whose people were told and had their days.

use super::{Restriction, notice, service, store};
use crate::app::App;
use crate::db::{Db, Workspace};
use crate::error::Error;
use crate::jobs::{self, Job, JobContext, Schedule, Work};
use crate::mail;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates;
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

/// A letter carries its Message-ID from the start, and the queue takes each once: a crash between the two files sends
/// nothing twice and loses nothing.
fn post(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let waiting = workspace.file.read(cx.now(), |db| notice::waiting(db, BATCH))?;
    let is_any = !waiting.is_empty();
    for letter in waiting {
        if cx.is_stopping() {
            return Ok(());
        }
        let content = templates::letter(&letter.title, &letter.body)?;
        // The law demands it (Art. 18(3)), and the restriction itself would stop everything else.
        let recipient = Recipient { address: &letter.address, whom: Whom::Requester, workspace: Some(workspace.id) };
        let queued = cx.app.control.write_unaudited(cx.now(), &cx.origin(), |tx| {
            queue::add_once(tx, &cx.app.mailer, recipient, &content, &letter.message_id)
        })?;
        // That the person is told has its entry since somebody sent it.
        workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| notice::mark_queued(tx, letter.id, queued))?;
    }
    if is_any { jobs::ask(&cx.app, &mail::jobs::DELIVER, None) } else { Ok(()) }
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
