//! Hands letters that the law demands to the mail queue, which lies in another file.

use crate::db::{Tx, Workspace};
use crate::error::Error;
use crate::jobs::{self, JobContext};
use crate::mail;
use crate::mail::queue::{self, Recipient, Whom};
use crate::mail::templates;

/// A letter as it goes out.
pub struct Outgoing<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub address: &'a str,
    /// Known before it is queued, and queued once: a crash between the two files sends nothing twice and loses nothing.
    pub message_id: &'a str,
}

/// Queues each letter and has it noted with the number of its mail. That it is sent has its audit entry since somebody
/// sent it. Ends early when the program stops; what is left waits for the next run.
pub fn hand_over<L>(
    cx: &JobContext,
    workspace: &Workspace,
    waiting: &[L],
    outgoing: impl Fn(&L) -> Outgoing<'_>,
    note: impl Fn(&Tx, &L, i64) -> Result<(), Error>,
) -> Result<(), Error> {
    for letter in waiting {
        if cx.is_stopping() {
            return Ok(());
        }
        let going = outgoing(letter);
        let content = templates::letter(going.title, going.body)?;
        // An answer, or a notice that the law asks for: whom nobody may write to otherwise gets it all the same.
        let recipient = Recipient { address: going.address, whom: Whom::Requester, workspace: Some(workspace.id) };
        let queued = cx.app.control.write_unaudited(cx.now(), &cx.origin(), |tx| {
            queue::add_once(tx, &cx.app.mailer, recipient, &content, going.message_id)
        })?;
        workspace.file.write_unaudited(cx.now(), &cx.origin(), |tx| note(tx, letter, queued))?;
    }
    if waiting.is_empty() { Ok(()) } else { jobs::ask(&cx.app, &mail::jobs::DELIVER, None) }
}
