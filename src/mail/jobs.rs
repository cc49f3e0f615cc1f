//! What the queue does by itself: send what is due.

use super::queue;
use crate::db::installation;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const DELIVER: Job = Job {
    name: "mail.outgoing.deliver",
    purpose: "Sends the installation's own mail: sign-in links, invitations, notices.",
    schedule: Schedule::EveryMinutes(1),
    work: Work::Installation(deliver),
};

fn deliver(cx: &JobContext) -> Result<(), Error> {
    // Restored mails may have been sent before; somebody looks at them first.
    if cx.app.read(installation::outbound_hold)?.is_some() {
        return cx.progress("on hold since a restore");
    }
    let delivered = queue::deliver_due(&cx.app.control, &cx.app.mailer, cx.app.clock, &cx.origin())?;
    cx.progress(&format!("{} sent, {} to try again, {} given up", delivered.sent, delivered.put_back, delivered.failed))
}
