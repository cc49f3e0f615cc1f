//! What ends by itself, on time.

use super::{End, GRACE_DAYS, purge, service, store};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::Origin;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const END: Job = Job {
    name: "members.lifecycle.end",
    purpose: "Deletes workspaces whose time has come: key, files and rows, then backups, then copies of the key.",
    schedule: Schedule::EveryMinutes(10),
    work: Work::Installation(end),
};

fn end(cx: &JobContext) -> Result<(), Error> {
    let (app, now, origin) = (&cx.app, cx.now(), cx.origin());
    let mut failed = None;
    for end in app.read(store::all)? {
        if cx.is_stopping() {
            return Ok(());
        }
        // One that cannot go on now, such as while a backup is under way, holds up none of the others.
        if let Err(error) = step(app, now, &origin, &end) {
            failed.get_or_insert(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// What is due of one end, if anything.
fn step(app: &App, now: Timestamp, origin: &Origin, end: &End) -> Result<(), Error> {
    let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= now);
    if end.requested_at.is_none() && is_due(end.closed_until) {
        let head = service::head_of(app, end.workspace)?;
        app.write(origin, |tx| {
            service::begin_deletion(app, tx, end.workspace, GRACE_DAYS, head.as_deref())?;
            // Nobody asked in haste: the closing was announced for weeks.
            store::confirm(tx, end.workspace)
        })?;
        app.workspaces.close(end.workspace);
    } else if end.purged_at.is_none() && is_due(end.purge_due()) {
        purge::purge(app, origin, end)?;
    } else if end.backups_gone_at.is_none() && is_due(end.backups_due()) {
        purge::remove_backups(app, origin, end)?;
    } else if end.certificate.is_none() && end.backups_gone_at.is_some() && is_due(end.key_copies_due()) {
        purge::finish(app, origin, end)?;
    }
    Ok(())
}
