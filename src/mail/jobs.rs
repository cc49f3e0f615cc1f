//! What the queue does by itself: send what is due, forget what is old.

use super::queue;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::privacy::audit::{self, Event};

pub const DELIVER: Job = Job {
    name: "mail.outgoing.deliver",
    purpose: "Sends the installation's own mail: sign-in links, invitations, notices.",
    schedule: Schedule::EveryMinutes(1),
    work: Work::Installation(deliver),
};

pub const DISCARD: Job = Job {
    name: "mail.outgoing.discard",
    purpose: "Forgets the words of old mail, then its address, then the mail.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Installation(discard),
};

fn deliver(cx: &JobContext) -> Result<(), Error> {
    let delivered = queue::deliver_due(&cx.app.control, &cx.app.mailer, cx.app.clock, &cx.origin())?;
    cx.progress(&format!("{} sent, {} to try again, {} given up", delivered.sent, delivered.put_back, delivered.failed))
}

fn discard(cx: &JobContext) -> Result<(), Error> {
    cx.app.write(&cx.origin(), |tx| {
        let discarded = queue::discard_old(tx)?;
        if discarded > 0 {
            audit::record(tx, Event::new("mail.outgoing.discarded").detail("count", discarded))?;
        }
        Ok(())
    })
}
