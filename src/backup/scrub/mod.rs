//! Erased people leave the backups, too: every copy that is older than an erasure is opened, the erasure is done in it,
//! the result is looked through and sealed as a new object, and the old one is deleted (keys-and-backups, decision 3).
//!
//! It runs each week. Copies that segments of the last days build upon wait until those are let go, so that any moment
//! can still be restored; a restore erases again in any case. When an erasure comes near its [`DEADLINE_DAYS`], its
//! copies are no longer waited for.

mod copy;
mod due;
pub mod jobs;
pub mod pages;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::chain::Chain;
use super::folder::Folder;
use super::run::{self, Asked, Trouble, clear_scratch};
use super::{Watch, health, prune, words};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Origin, installation};
use crate::error::Error;
use crate::failpoint;
use crate::id::WorkspaceId;
use crate::privacy::audit::{self, Event};

pub use due::{Due, due};

/// Nobody who was erased is in any copy so many days later.
pub const DEADLINE_DAYS: i64 = 30;
/// From so many days on, copies are not waited for any longer: the weekly run still comes in time.
const PRESSING_DAYS: i64 = 22;
/// A week but for half a day: each night somebody looks whether it is over.
const WEEK_MS: i64 = 7 * Timestamp::DAY - 12 * Timestamp::HOUR;
/// The fact in `control.db` with what the last pass did.
const PASSED_FACT: &str = "backup_scrub";

/// What one pass did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    pub ended_at: Option<Timestamp>,
    /// Backups that were looked through.
    pub backups: usize,
    /// Copies that were sealed anew without somebody.
    pub copies: usize,
    /// How often somebody was taken out: once for each person and copy.
    pub people: usize,
    /// Copies in which a legal hold keeps somebody.
    pub held: usize,
    /// Backups that wait, because moments of the last days are restored from them.
    pub waiting: usize,
    /// Backups that could not be looked through, and why.
    pub failed: Vec<Trouble>,
}

/// What the last pass did; `None` before the first.
pub fn last(app: &App) -> Result<Option<Outcome>, Error> {
    let fact = app.read(|db| installation::fact(db, PASSED_FACT))?;
    Ok(fact.and_then(|fact| serde_json::from_str(&fact).ok()))
}

/// Whether it is time for the weekly pass: the last one was a week ago or failed, or somebody's deadline comes near.
fn is_time(app: &App) -> Result<bool, Error> {
    let Some(last) = last(app)? else { return Ok(true) };
    let is_recent = last.ended_at.is_some_and(|at| (0..WEEK_MS).contains(&app.now().since(at)));
    if !is_recent || !last.failed.is_empty() {
        return Ok(true);
    }
    let pressing = app.now().plus(-PRESSING_DAYS * Timestamp::DAY);
    Ok(due(app, &health::read(app)?)?.iter().any(|due| due.since < pressing))
}

/// What to say when somebody is in a copy for longer than they may be.
pub fn overdue(due: &[Due], now: Timestamp) -> Option<String> {
    let late = now.plus(-DEADLINE_DAYS * Timestamp::DAY);
    let late: Vec<&Due> = due.iter().filter(|due| due.since < late).collect();
    let first = late.first()?;
    Some(format!(
        "somebody who was erased on {} may still be in {} of the backups, the oldest of which is number {}: more than \
         {DEADLINE_DAYS} days. holdfast backup scrub says why",
        &first.since.rfc3339()[..10],
        late.len(),
        first.number
    ))
}

/// Takes erased people out of every copy that can be spared; with `at_once` out of every copy, after which moments
/// between those are no longer restored. The newest copy of a place, which its changes are added to, is never touched:
/// `at_once` makes a backup first when it has to.
///
/// Each backup is on the disk before the next is begun, and what is done is not done again. One that fails does not keep
/// the others from it. Fails with [`Error::Refused`] when the folder cannot be used, [`Error::Conflict`] while a run is
/// under way, [`Error::Unavailable`] when it was stopped.
pub fn scrub(app: &App, origin: &Origin, at_once: bool, watch: &mut Watch) -> Result<Outcome, Error> {
    let folder = Folder::of(app)?;
    let mut chain = Chain::of(app, &folder)?;
    let mut all = due(app, &chain)?;
    // Changes are added to the newest copy: there has to be one from after the erasure before that one is touched.
    if at_once && all.iter().any(|due| copy::is_newest(&chain, due)) {
        run::run(app, origin, Asked::default(), watch)?;
        chain = Chain::of(app, &folder)?;
        all = due(app, &chain)?;
    }
    let pressing = app.now().plus(-PRESSING_DAYS * Timestamp::DAY);
    let mut outcome = Outcome::default();
    for (done, due) in all.iter().enumerate() {
        watch.step(&format!("looking through backup {}", due.number), done, all.len())?;
        let waits = match copy::is_newest(&chain, due) {
            true => Ok(true),
            false if at_once || due.since < pressing => Ok(false),
            false => copy::is_built_upon(app, &folder, &chain, due),
        };
        let done = waits.and_then(|waits| match waits {
            true => Ok(false),
            false => one(app, origin, &folder, due, &mut outcome, watch).map(|()| true),
        });
        match done {
            Ok(true) => outcome.backups += 1,
            Ok(false) => outcome.waiting += 1,
            Err(error @ (Error::Unavailable(_) | Error::DiskFull | Error::Conflict(_))) => return Err(error),
            Err(error) => {
                tracing::error!(backup = due.number, %error, "a backup could not be rid of those who were erased");
                outcome.failed.push(Trouble { place: format!("backup {}", due.number), reason: words(&error) });
            }
        }
    }
    outcome.ended_at = Some(app.now());
    let fact = serde_json::to_string(&outcome)?;
    app.control.write_unaudited(app.now(), origin, |tx| installation::set_fact(tx, PASSED_FACT, &fact))?;
    Ok(outcome)
}

/// All copies of one backup together: what its workspaces say of somebody tells what to look for in that of the
/// installation.
fn one(
    app: &App,
    origin: &Origin,
    folder: &Folder,
    due: &Due,
    outcome: &mut Outcome,
    watch: &mut Watch,
) -> Result<(), Error> {
    let _lock = folder.lock()?;
    clear_scratch(app)?;
    let mut chain = Chain::of(app, folder)?;
    let mut work = copy::Work { app, origin, folder, places: Vec::new(), people: 0, held: 0 };
    let mut found = Vec::new();
    for wanted in &due.workspaces {
        let copy = copy_of(&chain, due.number, wanted.id);
        let removed = copy.map(|copy| work.workspace(wanted, &copy, watch)).transpose()?;
        found.push((wanted.id, removed));
    }
    if let Some(copy) = copy_of(&chain, due.number, WorkspaceId::CONTROL) {
        work.control(&copy, &found, watch)?;
    }
    let (places, people, held) = (work.places, work.people, work.held);
    failpoint::reach("scrub.sealed");
    let through: BTreeMap<String, i64> =
        due.workspaces.iter().map(|wanted| (wanted.id.to_string(), wanted.through)).collect();
    let changed: Vec<WorkspaceId> = places.iter().filter_map(|place| place.workspace()).collect();
    chain.replace(folder, &app.control_keys.manifest, due.number, through, places)?;
    failpoint::reach("scrub.listed");
    for place in &changed {
        prune::sweep_place(app, folder, &chain, *place, true)?;
    }
    if !changed.is_empty() {
        app.write(origin, |tx| {
            let event = Event::new("backup.copies.scrubbed").detail("number", due.number);
            audit::record(tx, event.detail("copies", changed.len()).detail("people", people))
        })?;
    }
    outcome.copies += changed.len();
    outcome.people += people;
    outcome.held += held;
    Ok(())
}

fn copy_of(chain: &Chain, number: u64, place: WorkspaceId) -> Option<super::manifest::Place> {
    chain.copies_of(place).find(|(manifest, _)| manifest.number == number).map(|(_, copy)| copy.clone())
}
