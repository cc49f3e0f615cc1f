//! What happens by itself: the mirror follows the backup folder by its schedule, and after each backup.

use super::run::{self, Asked};
use super::state;
use crate::app::App;
use crate::backup::folder::HEAD_FACT;
use crate::backup::watched;
use crate::clock::Timestamp;
use crate::db::installation;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const MIRROR: Job = Job {
    name: "backup.mirror.run",
    purpose: "Copies what is new in the backup folder to the mirror of the settings, and lets old files go there.",
    schedule: Schedule::EveryMinutes(5),
    work: Work::Installation(|cx| if is_due(cx)? { work(cx) } else { Ok(()) }),
};

pub const MIRROR_NOW: Job = Job {
    name: "backup.mirror.now",
    purpose: "Brings the mirror up to date at once: after a backup, or because somebody asked for it.",
    schedule: Schedule::OnDemand,
    work: Work::Installation(work),
};

/// Asks for a run, where the settings name a mirror.
pub fn ask(app: &App) -> Result<(), Error> {
    if app.config.mirror.is_set() { crate::jobs::ask(app, &MIRROR_NOW, None) } else { Ok(()) }
}

/// Whether the last run is as long ago as the settings say. A mirror that was never tried is due.
fn is_due(cx: &JobContext) -> Result<bool, Error> {
    let Some(state) = state::read(&cx.app)? else { return Ok(false) };
    let every = cx.app.config.mirror.every_minutes * Timestamp::MINUTE;
    Ok(state.tried.is_none_or(|at| !(0..every).contains(&cx.now().since(at))))
}

fn work(cx: &JobContext) -> Result<(), Error> {
    let Some(place) = cx.app.config.mirror_place()? else { return Ok(()) };
    // Before the first backup there is nothing to copy.
    if cx.app.read(|db| installation::fact(db, HEAD_FACT))?.is_none() {
        return Ok(());
    }
    match watched(cx, |watch| run::run(&cx.app, &cx.origin(), &place, Asked::default(), watch)) {
        // Somebody brings it up to date on the command line.
        Err(Error::Conflict(_)) => Ok(()),
        done => done.map(drop),
    }
}
