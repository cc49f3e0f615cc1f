//! What happens to sign-ins by themselves: they end, and unfinished ones are told.

use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::members::sessions;
use crate::privacy::audit::{self, Event};

pub const END: Job = Job {
    name: "members.sessions.end",
    purpose: "Ends sessions that ran out.",
    schedule: Schedule::EveryMinutes(60),
    work: Work::Installation(end),
};

pub const UNFINISHED: Job = Job {
    name: "members.sessions.tell_unfinished",
    purpose: "Tells people when somebody showed their password but not the second step.",
    schedule: Schedule::EveryMinutes(10),
    work: Work::Installation(tell_unfinished),
};

fn end(cx: &JobContext) -> Result<(), Error> {
    cx.app.write(&cx.origin(), |tx| match sessions::end_run_out(tx, &cx.app)? {
        0 => Ok(()),
        ended => audit::record(tx, Event::new("members.sessions.run_out").detail("ended", ended)),
    })
}

fn tell_unfinished(cx: &JobContext) -> Result<(), Error> {
    let app = &cx.app;
    // The mark of how far it came is machinery; each mail has its audit entry.
    let told =
        app.control.write_unaudited(cx.now(), &cx.origin(), |tx| sessions::service::tell_of_unfinished(tx, app))?;
    if told > 0 {
        crate::jobs::ask(app, &crate::mail::jobs::DELIVER, None)?;
    }
    Ok(())
}
