//! Hands letters to the mail queue: once each, whatever happens in between.

use super::{Letter, Way, store};
use crate::app::App;
use crate::db::Workspace;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::mail;
use crate::mail::queue;
use crate::privacy::post::{self, Outgoing};

/// Asked for when a letter is sent; runs by itself for those whose asking was lost.
pub const POST: Job = Job {
    name: "privacy.requests.post",
    purpose: "Hands letters to people who asked about their data to the mail queue.",
    schedule: Schedule::EveryMinutes(10),
    work: Work::Workspace(post),
};

const BATCH: i64 = 100;

fn post(cx: &JobContext, workspace: &Workspace) -> Result<(), Error> {
    let waiting = workspace.file.read(cx.now(), |db| store::waiting(db, BATCH))?;
    post::hand_over(cx, workspace, &waiting, outgoing, |tx, letter, mail| store::mark_queued(tx, letter.id, mail))
}

fn outgoing(letter: &Letter) -> Outgoing<'_> {
    Outgoing { title: &letter.title, body: &letter.body, address: &letter.address, message_id: &letter.message_id }
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
