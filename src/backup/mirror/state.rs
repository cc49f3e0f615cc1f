//! What is remembered of the mirror, for the console, for monitoring and for who is mailed.

use serde::{Deserialize, Serialize};

use super::run::Outcome;
use super::verify::Verdict;
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Origin, Tx, installation};
use crate::error::Error;

/// The fact in `control.db` that holds it.
const FACT: &str = "backup_mirror";
/// The fact in `control.db` that somebody lets more than a fifth go, once.
const AGREED_FACT: &str = "backup_mirror_agreed";
/// A mirror that was not complete for so long is late, whatever its schedule.
const LATE_MS: i64 = 6 * Timestamp::HOUR;

/// How the mirror of the settings stands. Another place begins with none of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Where to.
    pub to: String,
    /// When it was first tried.
    pub since: Option<Timestamp>,
    pub tried: Option<Timestamp>,
    /// When a run last ended with a mirror that is the backup folder, and what it held then.
    pub complete: Option<Timestamp>,
    pub objects: usize,
    pub bytes: u64,
    /// The newest backup in it.
    pub backup: u64,
    /// What the last run said went wrong; empty after a good one.
    pub trouble: String,
    /// Waiting does not help: somebody has to do something.
    pub needs_somebody: bool,
    /// More than a fifth would go: how many of how many. Empty otherwise.
    pub waiting: String,
    pub remark: String,
    pub verified: Option<Timestamp>,
    /// Files that the last verification found broken.
    pub faults: usize,
}

/// How the mirror of the settings stands; `None` when the settings name none.
pub fn read(app: &App) -> Result<Option<State>, Error> {
    let Some(place) = app.config.mirror_place()? else { return Ok(None) };
    let fact = app.read(|db| installation::fact(db, FACT))?;
    let state = fact.and_then(|fact| serde_json::from_str::<State>(&fact).ok()).unwrap_or_default();
    let to = place.shown();
    Ok(Some(if state.to == to { state } else { State { to, ..State::default() } }))
}

/// What is wrong with the mirror, for who looks after it; `None` when it is well, or when there is none.
pub fn trouble(app: &App) -> Result<Option<String>, Error> {
    let Some(state) = read(app)? else { return Ok(None) };
    if state.needs_somebody {
        return Ok(Some(format!("the mirror is not brought up to date: {}", state.trouble)));
    }
    let patience = LATE_MS.max(3 * app.config.mirror.every_minutes * Timestamp::MINUTE);
    let late = state.complete.or(state.since).is_some_and(|at| app.now().since(at) > patience);
    let words = match (state.complete, state.trouble.as_str()) {
        (None, "") => "it was never complete".to_owned(),
        (None, words) => format!("it was never complete: {words}"),
        (Some(at), "") => format!("it was last complete at {}", at.rfc3339()),
        (Some(at), words) => format!("it was last complete at {}: {words}", at.rfc3339()),
    };
    Ok(late.then(|| format!("the mirror is late: {words}")))
}

fn change(app: &App, origin: &Origin, to: &str, change: impl FnOnce(&mut State)) -> Result<(), Error> {
    // A folder that somebody named once on the command line is not the mirror of the settings.
    let Some(mut state) = read(app)?.filter(|state| state.to == to) else { return Ok(()) };
    change(&mut state);
    let text = serde_json::to_string(&state)?;
    app.control.write_unaudited(app.now(), origin, |tx| installation::set_fact(tx, FACT, &text))
}

/// Writes down how a run went.
pub(super) fn ran(app: &App, origin: &Origin, to: &str, outcome: &Result<Outcome, Error>) -> Result<(), Error> {
    let now = app.now();
    let (trouble, needs_somebody) = match outcome {
        Ok(outcome) => (outcome.waits_words().unwrap_or_default(), outcome.waits),
        Err(Error::Internal(source)) => (source.to_string(), false),
        Err(error) => (error.to_string(), matches!(error, Error::Refused(_) | Error::Invalid(_))),
    };
    change(app, origin, to, |state| {
        state.since = state.since.or(Some(now));
        state.tried = Some(now);
        (state.trouble, state.needs_somebody) = (trouble, needs_somebody);
        if let Ok(outcome) = outcome {
            state.waiting = outcome.waiting();
            state.remark = outcome.remark.clone().unwrap_or_default();
            (state.objects, state.bytes, state.backup) = (outcome.objects, outcome.bytes, outcome.backup);
            if !outcome.waits {
                state.complete = Some(now);
            }
        }
    })
}

pub(super) fn verified(app: &App, origin: &Origin, verdict: &Verdict) -> Result<(), Error> {
    let now = app.now();
    change(app, origin, &verdict.to, |state| {
        state.verified = Some(now);
        state.faults = verdict.faults.len();
    })
}

/// Somebody looked: the next run may let more than a fifth go.
pub(super) fn agree(tx: &Tx) -> Result<(), Error> {
    installation::set_fact(tx, AGREED_FACT, "yes")
}

/// Whether somebody has said so of the mirror of the settings; said once, it holds for one run that comes to its end.
pub(super) fn is_agreed(app: &App, to: &str) -> Result<bool, Error> {
    let is_ours = read(app)?.is_some_and(|state| state.to == to);
    Ok(is_ours && app.read(|db| installation::fact(db, AGREED_FACT))?.is_some())
}

/// That run was.
pub(super) fn forget_agreement(app: &App, origin: &Origin) -> Result<(), Error> {
    app.control.write_unaudited(app.now(), origin, |tx| installation::forget_fact(tx, AGREED_FACT))
}
