//! The part of `/operator/backups` on people who were erased.

use crate::app::App;
use crate::backup::chain::Chain;
use crate::backup::pages::PAGE;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[Route::post("/operator/backups/scrub", Access::Operator, scrub_now)];

/// Who was erased and may still be in a copy.
pub struct Section {
    /// Backups that are to be looked through.
    pub waiting: i64,
    /// When the last of them is without them.
    pub by: Option<Timestamp>,
    /// When the last pass was, and how many copies it sealed anew.
    pub last: Option<(Timestamp, i64)>,
    pub held: i64,
    pub failed: Vec<String>,
    pub is_late: bool,
}

impl Section {
    /// As it is now.
    pub fn of(app: &App, chain: &Chain) -> Result<Section, Error> {
        let (due, last) = (super::due(app, chain)?, super::last(app)?.unwrap_or_default());
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let deadline = |due: &super::Due| due.since.plus(super::DEADLINE_DAYS * Timestamp::DAY);
        Ok(Section {
            is_late: super::overdue(&due, app.now()).is_some(),
            waiting: count(due.len()),
            by: due.iter().map(deadline).max(),
            last: last.ended_at.map(|at| (at, count(last.copies))),
            held: count(last.held),
            failed: last.failed.into_iter().map(|one| format!("{}: {}", one.place, one.reason)).collect(),
        })
    }

    /// How it stands: the look of it, and a word.
    pub fn state(&self) -> (&'static str, &'static str) {
        if self.is_late { ("broken", "Late") } else { ("kept", "In time") }
    }
}

fn scrub_now(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    request.write_control(|tx| audit::record(tx, Event::new("backup.scrub.asked")))?;
    crate::jobs::ask(&request.app, &super::jobs::SCRUB_NOW, None)?;
    Ok(Reply::see_other(PAGE).toast("scrub-asked"))
}
