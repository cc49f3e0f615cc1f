//! What runs by itself: one in-process scheduler, its state in `control.db`, so that it survives a restart.

pub mod data_map;
mod runner;
mod store;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin, Workspace};
use crate::error::Error;
use crate::id::WorkspaceId;

pub use runner::{Runner, cancel, run_now};
pub use store::{JobState, RunRecord, count_runs, find, last_runs, last_successes, list, recent_runs, runs_of};

/// A job: a constant and a function. Idempotent, in small steps; stopping it anywhere loses nothing.
pub struct Job {
    /// `module.area.verb`.
    pub name: &'static str,
    /// What it does, for the console, in one sentence.
    pub purpose: &'static str,
    pub schedule: Schedule,
    pub work: Work,
}

/// When a job is due.
#[derive(Debug, Clone, Copy)]
pub enum Schedule {
    EveryMinutes(i64),
    /// Five fields, in UTC: `15 3 * * *`.
    Cron(&'static str),
    /// Only when asked for, by [`Wake::ask`].
    OnDemand,
}

/// What a job does, once for the installation or once in each workspace.
#[derive(Clone, Copy)]
pub enum Work {
    Installation(fn(&JobContext) -> Result<(), Error>),
    Workspace(fn(&JobContext, &Workspace) -> Result<(), Error>),
}

/// What a running job may use.
pub struct JobContext {
    pub app: Arc<App>,
    pub(crate) job: &'static Job,
    pub(crate) row: i64,
    /// The work asked whether to stop, and was told that its run is cancelled.
    pub(crate) cut_short: AtomicBool,
    pub(crate) follower: OnceLock<&'static Job>,
}

impl JobContext {
    pub fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// The audit origin of what the job changes.
    pub fn origin(&self) -> Origin {
        Origin::local(Actor::Job(self.job.name))
    }

    /// Says how far it is, for the console. Counts and words of ours only, never personal data.
    pub fn progress(&self, words: &str) -> Result<(), Error> {
        store::set_progress(&self.app, &self.origin(), self.row, words)
    }

    /// Has a job of the installation run as soon as this run has ended. Unlike one that is asked for, it never finds
    /// this one under way.
    pub fn followed_by(&self, job: &'static Job) {
        let _ = self.follower.set(job);
    }

    /// True when the process is stopping or the operator cancelled this run: finish the step at hand and return.
    pub fn is_stopping(&self) -> bool {
        if self.app.wake.is_cancelled(self.row) {
            self.cut_short.store(true, Ordering::Relaxed);
            return true;
        }
        self.app.wake.is_stopping()
    }
}

/// Asks for a run of `job` as soon as possible. The wish is on disk when this returns.
pub fn ask(app: &App, job: &'static Job, workspace: Option<WorkspaceId>) -> Result<(), Error> {
    store::make_due(app, job.name, workspace)?;
    app.wake.ring();
    Ok(())
}

/// Rings the runner, and tells it to stop.
#[derive(Default)]
pub struct Wake {
    bell: std::sync::Condvar,
    state: std::sync::Mutex<Bell>,
}

#[derive(Default)]
struct Bell {
    rung: bool,
    stopping: bool,
    /// Rows of `jobs` whose run under way is to end.
    cancelled: HashSet<i64>,
    /// Runs that somebody wants who may hold a file, and so cannot write the wish down.
    wanted: Vec<(&'static Job, WorkspaceId)>,
}

impl Wake {
    fn ring(&self) {
        self.lock().rung = true;
        self.bell.notify_all();
    }

    /// Tells running jobs and the runner to come to an end.
    pub fn stop(&self) {
        self.lock().stopping = true;
        self.bell.notify_all();
    }

    pub fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// Asks for a run of `job` in a workspace, from where [`ask`] cannot be called. The wish is gone with the process, so
    /// the job must have a schedule too.
    pub fn want(&self, job: &'static Job, workspace: WorkspaceId) {
        let mut state = self.lock();
        if !state.wanted.iter().any(|(known, place)| known.name == job.name && *place == workspace) {
            state.wanted.push((job, workspace));
        }
        state.rung = true;
        drop(state);
        self.bell.notify_all();
    }

    fn take_wanted(&self) -> Vec<(&'static Job, WorkspaceId)> {
        std::mem::take(&mut self.lock().wanted)
    }

    fn cancel(&self, row: i64) {
        self.lock().cancelled.insert(row);
    }

    /// The next run of this row is another one.
    fn forget_cancelled(&self, row: i64) {
        self.lock().cancelled.remove(&row);
    }

    fn is_cancelled(&self, row: i64) -> bool {
        self.lock().cancelled.contains(&row)
    }

    /// Waits for a ring, the stop, or the time to pass.
    fn wait(&self, at_most: std::time::Duration) {
        let state = self.lock();
        if state.rung || state.stopping {
            drop(state);
        } else {
            drop(self.bell.wait_timeout(state, at_most));
        }
        self.lock().rung = false;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Bell> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
