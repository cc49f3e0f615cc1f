//! What happens to sign-ins by themselves: they end, they are forgotten, and unfinished ones are told.

use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};
use crate::members::sign_in::secrets;
use crate::members::{sessions, throttle};
use crate::privacy::audit::{self, Event};

pub const FORGET: Job = Job {
    name: "members.sessions.forget",
    purpose: "Ends sessions that ran out, forgets where old ones were, deletes used links and old counters.",
    schedule: Schedule::Cron("20 3 * * *"),
    work: Work::Installation(forget),
};

pub const UNFINISHED: Job = Job {
    name: "members.sessions.tell_unfinished",
    purpose: "Tells people when somebody showed their password but not the second step.",
    schedule: Schedule::EveryMinutes(10),
    work: Work::Installation(tell_unfinished),
};

fn forget(cx: &JobContext) -> Result<(), Error> {
    let app = &cx.app;
    app.write(&cx.origin(), |tx| {
        let sessions = sessions::forget_old(tx, app)?;
        let secrets = secrets::forget_old(tx)?;
        let counters = throttle::forget_old(tx)?;
        if sessions.ended + sessions.places + sessions.rows + secrets + counters == 0 {
            return Ok(());
        }
        let event =
            Event::new("members.sessions.forgotten").detail("ended", sessions.ended).detail("rows", sessions.rows);
        let event = event.detail("addresses", sessions.places).detail("links_and_codes", secrets);
        audit::record(tx, event.detail("counters", counters))
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
