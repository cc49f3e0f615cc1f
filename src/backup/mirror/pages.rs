//! The part of `/operator/backups` about the mirror, and what its buttons do.

use super::jobs;
use super::state::{self, State};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::jobs::list as job_states;
use crate::privacy::audit::{self, Event};
use crate::web::{Access, Reply, Request, Route};

pub const ROUTES: &[Route] = &[
    Route::post("/operator/backups/mirror/run", Access::Operator, run),
    Route::post("/operator/backups/mirror/let-go", Access::Operator, let_go),
];

const PAGE: &str = "/operator/backups";

/// What the page shows of the mirror.
pub struct Section {
    /// `None` when the settings name no mirror.
    pub state: Option<State>,
    pub is_running: bool,
    /// The newest backup of the folder.
    newest: u64,
}

impl Section {
    pub fn of(request: &Request, newest: u64) -> Result<Section, Error> {
        let running = request.read_control(job_states)?;
        Ok(Section {
            state: state::read(&request.app)?,
            is_running: running
                .iter()
                .any(|job| job.is_running && [jobs::MIRROR.name, jobs::MIRROR_NOW.name].contains(&job.name.as_str())),
            newest,
        })
    }

    /// The grade and the word of the mark beside the title.
    pub fn status(&self) -> (&'static str, &'static str) {
        match &self.state {
            Some(state) if !state.trouble.is_empty() => ("broken", "Not up to date"),
            Some(State { faults: 1.., .. }) => ("risk", "Not whole"),
            Some(State { complete: None, .. }) => ("risk", "Not made yet"),
            Some(_) => ("kept", "Complete"),
            None => ("off", "Off"),
        }
    }

    /// How far it is behind the folder.
    pub fn behind(&self) -> String {
        let Some(state) = self.state.as_ref().filter(|state| state.complete.is_some()) else { return "all".into() };
        match self.newest.saturating_sub(state.backup) {
            0 => "no backup".into(),
            1 => "1 backup".into(),
            behind => format!("{behind} backups"),
        }
    }
}

impl State {
    /// Numbers as templates take them.
    pub fn files(&self) -> i64 {
        i64::try_from(self.objects).unwrap_or(i64::MAX)
    }

    pub fn size(&self) -> i64 {
        i64::try_from(self.bytes).unwrap_or(i64::MAX)
    }

    pub fn broken(&self) -> i64 {
        i64::try_from(self.faults).unwrap_or(i64::MAX)
    }

    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The last run, when it was after the last complete one.
    pub fn tried_since(&self) -> Option<Timestamp> {
        self.tried.filter(|tried| self.complete.is_none_or(|complete| *tried > complete))
    }
}

fn refuse_none(request: &Request) -> Result<(), Error> {
    match request.app.config.mirror.is_set() {
        true => Ok(()),
        false => Err(Error::Conflict("The settings name no mirror.".into())),
    }
}

fn run(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    refuse_none(request)?;
    request.write_control(|tx| audit::record(tx, Event::new("backup.mirror.asked")))?;
    jobs::ask(&request.app)?;
    Ok(Reply::see_other(PAGE).toast("mirror-asked"))
}

/// Somebody looked: more than a fifth may go.
fn let_go(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    refuse_none(request)?;
    request.write_control(|tx| {
        state::agree(tx)?;
        audit::record(tx, Event::new("backup.mirror.agreed"))
    })?;
    jobs::ask(&request.app)?;
    Ok(Reply::see_other(PAGE).toast("mirror-asked"))
}
