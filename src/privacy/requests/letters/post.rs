//! Hands letters to the mail queue: once each, whatever happens in between.

use super::{Letter, Way, store};
use crate::app::App;
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{self, Job, JobContext, Schedule, Work};
use crate::mail;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates;

/// Asked for when a letter is sent; runs by itself for those whose asking was lost.
pub const POST: Job = Job {
    name: "privacy.requests.post",
    purpose: "Hands letters to people who asked about their data to the mail queue.",
    schedule: Schedule::EveryMinutes(10),
    work: Work::Workspace(post),
};

const BATCH: i64 = 100;

/// The queue lies in another file. A letter carries its Message-ID from the start, and the queue takes each
/// Message-ID once: a crash between the two files sends nothing twice and loses nothing.
fn post(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let waiting = workspace.file.read(cx.now(), |db| store::waiting(db, BATCH))?;
    let is_any = !waiting.is_empty();
    for letter in waiting {
        if cx.is_stopping() {
            return Ok(());
        }
        let content = templates::letter(&letter.title, &letter.body)?;
        // An answer to somebody who asked for it: whom nobody may write to otherwise gets it all the same.
        let recipient = Recipient { address: &letter.address, whom: Whom::Requester, workspace: Some(workspace.id) };
        let queued = cx.app.control.write_unaudited(cx.now(), &cx.origin(), |tx| {
            queue::add_once(tx, &cx.app.mailer, recipient, &content, &letter.message_id)
        })?;
        // That it was sent has its entry since somebody sent it.
        workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| store::mark_queued(tx, letter.id, queued))?;
    }
    if is_any {
        jobs::ask(&cx.app, &mail::jobs::DELIVER, None)?;
    }
    Ok(())
}

/// True once nothing holds up a letter any more: on paper, or out of the mail queue, or given up there.
pub fn is_out(app: &App, letter: &Letter) -> Result<bool, Error> {
    match (letter.way, letter.mail) {
        (Way::Print, _) => Ok(true),
        (Way::Mail, None) => Ok(false),
        (Way::Mail, Some(mail)) => match app.read(|db| queue::find(db, mail)) {
            Ok(entry) => Ok(!matches!(entry.state, mail::State::Queued | mail::State::Sending)),
            Err(Error::NotFound(_)) => Ok(true),
            Err(error) => Err(error),
        },
    }
}
