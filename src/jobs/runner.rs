//! The clockwork: what is due, run it, write it down, back off when it failed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use croner::Cron;

use super::store::{self, Ending, JobState};
use super::{Job, JobContext, Schedule, Work};
use crate::app::App;
use crate::clock::{Stopwatch, Timestamp};
use crate::db::{Actor, Origin, Tx};
use crate::error::Error;
use crate::gate;
use crate::id::WorkspaceId;

/// Jobs that may run at the same time: of two cores one is for people, and one job may wait for its turn at the backups.
const AT_ONCE: usize = 3;
/// The runner looks at the clock at least this often.
#[cfg(not(feature = "test-clock"))]
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// A test moves the clock, and waits for what must follow.
#[cfg(feature = "test-clock")]
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Back-off after failures: one minute, doubled each time, at most six hours.
const FIRST_RETRY_MS: i64 = Timestamp::MINUTE;
const LAST_RETRY_MS: i64 = 6 * Timestamp::HOUR;

/// The scheduler's thread. Stops when told, after the runs under way came to their next step.
pub struct Runner(JoinHandle<()>);

impl Runner {
    /// Marks runs that the last process left as interrupted, then starts.
    pub fn start(app: Arc<App>) -> Result<Runner, Error> {
        app.control.write_unaudited(app.now(), &origin(), store::recover)?;
        let thread = std::thread::Builder::new().name("jobs".into()).spawn(move || run_until_stopped(&app))?;
        Ok(Runner(thread))
    }

    /// Waits for the thread to end; call `app.wake.stop()` first.
    pub fn join(self) {
        let _ = self.0.join();
    }
}

fn origin() -> Origin {
    Origin::local(Actor::Job("jobs.runner"))
}

fn run_until_stopped(app: &Arc<App>) {
    let mut running: Vec<JoinHandle<()>> = Vec::new();
    while !app.wake.is_stopping() {
        if let Err(error) = start_due(app, &mut running) {
            tracing::error!(%error, "the job runner could not look for work; it tries again");
        }
        app.wake.wait(until_next(app));
    }
    for thread in running {
        let _ = thread.join();
    }
}

fn until_next(app: &App) -> Duration {
    let next = app.read(store::next_due).ok().flatten();
    let wait = next.map_or(i64::MAX, |next| next.since(app.now()).max(200));
    LOOK_EVERY.min(Duration::from_millis(u64::try_from(wait).unwrap_or(u64::MAX)))
}

fn start_due(app: &Arc<App>, running: &mut Vec<JoinHandle<()>>) -> Result<(), Error> {
    register(app)?;
    for (job, workspace) in app.wake.take_wanted() {
        store::make_due(app, job.name, Some(workspace))?;
    }
    for state in app.read(store::due)? {
        running.retain(|thread| !thread.is_finished());
        if running.len() >= AT_ONCE || app.wake.is_stopping() {
            break;
        }
        let Some(job) = find(app, &state.name) else { continue };
        let app = app.clone();
        if let Some(started) = take(&app, job, &state)? {
            let thread = std::thread::Builder::new().name(format!("job {}", job.name));
            running.push(thread.spawn(move || {
                if let Err(error) = run_taken(&app, job, &state, started) {
                    tracing::error!(job = job.name, %error, "the end of a run could not be written down");
                }
                app.wake.ring();
            })?);
        }
    }
    Ok(())
}

/// Gives every job its row, in every workspace that is in service.
fn register(app: &App) -> Result<(), Error> {
    let workspaces = app.read(store::workspaces)?;
    let (states, now) = (app.read(store::list)?, app.now());
    bring_back(app, &states, now)?;
    let known: std::collections::HashSet<(String, Option<WorkspaceId>)> =
        states.into_iter().map(|job| (job.name, job.workspace)).collect();
    let mut missing: Vec<(&'static Job, Option<WorkspaceId>)> = Vec::new();
    for job in jobs(app) {
        let places: Vec<Option<WorkspaceId>> = match (job.schedule, job.work) {
            (Schedule::OnDemand, _) => continue,
            (_, Work::Installation(_)) => vec![None],
            (_, Work::Workspace(_)) => workspaces.iter().copied().map(Some).collect(),
        };
        missing.extend(
            places
                .into_iter()
                .filter(|place| !known.contains(&(job.name.to_owned(), *place)))
                .map(|place| (job, place)),
        );
    }
    if missing.is_empty() {
        return Ok(());
    }
    app.control.write_unaudited(now, &origin(), |tx| {
        missing.iter().try_for_each(|(job, place)| store::ensure(tx, job.name, *place, next_run(job, now)))
    })
}

/// A clock that was ahead for a while leaves moments later than any schedule says: a year off, nothing would
/// run for a year. Such a job gets its next moment anew.
fn bring_back(app: &App, states: &[JobState], now: Timestamp) -> Result<(), Error> {
    let lost: Vec<(i64, Option<Timestamp>)> = states
        .iter()
        .filter_map(|state| {
            let next = next_run(find(app, &state.name)?, now);
            (!state.is_running && is_out_of_reach(state, next, now)).then_some((state.id, next))
        })
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    app.control.write_unaudited(now, &origin(), |tx| {
        lost.iter().try_for_each(|(id, next)| store::put_off(tx, *id, next.or(Some(now))).map(drop))
    })
}

fn is_out_of_reach(state: &JobState, next: Option<Timestamp>, now: Timestamp) -> bool {
    let retry = (state.failures > 0).then(|| now.plus(LAST_RETRY_MS));
    let latest = next.max(retry).unwrap_or(now);
    state.next_run_at.is_some_and(|due| due > latest)
}

fn jobs(app: &App) -> impl Iterator<Item = &'static Job> + use<> {
    app.modules.iter().flat_map(|module| module.jobs).copied()
}

fn find(app: &App, name: &str) -> Option<&'static Job> {
    jobs(app).find(|job| job.name == name)
}

/// The next moment of a schedule after `now`.
fn next_run(job: &Job, now: Timestamp) -> Option<Timestamp> {
    match job.schedule {
        Schedule::EveryMinutes(minutes) => Some(now.plus(minutes * Timestamp::MINUTE)),
        Schedule::Cron(pattern) => next_cron(pattern, now),
        Schedule::OnDemand => None,
    }
}

fn take(app: &App, job: &'static Job, state: &JobState) -> Result<Option<Timestamp>, Error> {
    let now = app.now();
    let next = next_run(job, now);
    let taken = app.control.write_unaudited(now, &origin(), |tx| store::take(tx, state.id, next))?;
    Ok(taken.then_some(now))
}

/// Runs a job that was taken and writes down how it ended. A panic is a failure like any other.
fn run_taken(app: &Arc<App>, job: &'static Job, state: &JobState, started: Timestamp) -> Result<(), Error> {
    let cx = JobContext {
        app: app.clone(),
        job,
        row: state.id,
        cut_short: AtomicBool::new(false),
        follower: OnceLock::new(),
    };
    let watch = Stopwatch::start();
    app.wake.forget_cancelled(state.id);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&cx, state.workspace)))
        .unwrap_or_else(|_| Err(Error::internal("the job panicked")));
    app.wake.forget_cancelled(state.id);
    let ended = app.now();
    let error = outcome.as_ref().err().map(describe);
    let ending = match &error {
        Some(error) => {
            tracing::warn!(job = job.name, failures = state.failures + 1, error, "a job failed; it is tried again");
            Ending::Failed { error, retry: ended.plus(back_off(state.failures)) }
        }
        None if cx.cut_short.load(Ordering::Relaxed) => Ending::Cancelled,
        None => Ending::Done,
    };
    app.meter.ran(job.name, ending.outcome(), watch.elapsed());
    app.control.write_unaudited(ended, &origin(), |tx| {
        store::finish(tx, state, started, ending)?;
        cx.follower.get().map_or(Ok(()), |next| store::make_due_in(tx, next.name, None))
    })
}

/// Ends the run under way after the step at hand, or puts a run off that is due and has not begun. What a run
/// leaves undone its next run finds. Fails with [`Error::Conflict`] when there is neither.
///
/// The caller records the audit entry in the same transaction.
pub fn cancel(app: &App, tx: &Tx, state: &JobState) -> Result<(), Error> {
    if state.is_running {
        app.wake.cancel(state.id);
        return Ok(());
    }
    let next = find(app, &state.name).and_then(|job| next_run(job, tx.now));
    if state.next_run_at.is_some_and(|due| due <= tx.now) && store::put_off(tx, state.id, next)? {
        return Ok(());
    }
    Err(Error::Conflict("This job is not running, and no run of it is due.".to_owned()))
}

fn work(cx: &JobContext, workspace: Option<WorkspaceId>) -> Result<(), Error> {
    match (cx.job.work, workspace) {
        (Work::Installation(run), _) => run(cx),
        (Work::Workspace(run), Some(id)) => run(cx, &*gate::for_job(&cx.app, id)?),
        (Work::Workspace(_), None) => Err(Error::internal("a workspace job without a workspace")),
    }
}

/// What the console may show: the kind of failure, and the machine's words when it was the machine.
fn describe(error: &Error) -> String {
    match error {
        Error::Internal(source) => source.to_string(),
        error => error.to_string(),
    }
}

fn back_off(failures: i64) -> i64 {
    FIRST_RETRY_MS.saturating_mul(1 << failures.clamp(0, 20)).min(LAST_RETRY_MS)
}

/// Runs one job now, in this thread, whatever its schedule: for the command line and the tests.
pub fn run_now(app: &Arc<App>, name: &str, workspace: Option<WorkspaceId>) -> Result<(), Error> {
    let job = find(app, name).ok_or(Error::NotFound("job"))?;
    store::make_due(app, name, workspace)?;
    let state = app
        .read(store::list)?
        .into_iter()
        .find(|state| state.name == name && state.workspace == workspace)
        .ok_or(Error::NotFound("job"))?;
    let started = take(app, job, &state)?.ok_or_else(|| Error::Conflict(format!("{name} is running already")))?;
    run_taken(app, job, &state, started)?;
    let failed = app.read(|db| store::recent_runs(db, 1))?.into_iter().find(|run| run.outcome == "failed");
    match failed {
        Some(run) => Err(Error::Conflict(format!("{name} failed: {}", run.error))),
        None => Ok(()),
    }
}

fn next_cron(pattern: &str, now: Timestamp) -> Option<Timestamp> {
    use std::str::FromStr;
    let cron = Cron::from_str(pattern).ok()?;
    let from = chrono::DateTime::from_timestamp_millis(now.0)?;
    cron.find_next_occurrence(&from, false).ok().map(|next| Timestamp(next.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cron_schedule_is_read_in_utc() {
        let now = Timestamp::parse("2026-03-29T01:30:00Z").unwrap();
        assert_eq!(next_cron("15 3 * * *", now).unwrap().rfc3339(), "2026-03-29T03:15:00.000Z");
        assert_eq!(next_cron("15 1 * * *", now).unwrap().rfc3339(), "2026-03-30T01:15:00.000Z");
        assert_eq!(next_cron("nonsense", now), None);
    }

    #[test]
    fn a_run_later_than_any_schedule_says_is_brought_back() {
        let now = Timestamp::parse("2026-03-29T01:30:00Z").unwrap();
        let state = |due: i64, failures: i64| JobState {
            id: 1,
            name: "a".into(),
            workspace: None,
            is_running: false,
            next_run_at: Some(now.plus(due)),
            started_at: None,
            progress: String::new(),
            failures,
        };
        let next = Some(now.plus(Timestamp::HOUR));
        assert!(!is_out_of_reach(&state(-5, 0), next, now) && !is_out_of_reach(&state(Timestamp::HOUR, 0), next, now));
        assert!(is_out_of_reach(&state(Timestamp::HOUR + 1, 0), next, now));
        // A retry may lie behind the schedule, but no further than the longest back-off.
        assert!(!is_out_of_reach(&state(LAST_RETRY_MS, 9), next, now));
        assert!(is_out_of_reach(&state(LAST_RETRY_MS + 1, 9), next, now) && is_out_of_reach(&state(5, 0), None, now));
    }

    #[test]
    fn the_back_off_grows_and_ends() {
        assert_eq!(back_off(0), Timestamp::MINUTE);
        assert_eq!(back_off(3), 8 * Timestamp::MINUTE);
        assert_eq!(back_off(60), LAST_RETRY_MS);
    }
}
