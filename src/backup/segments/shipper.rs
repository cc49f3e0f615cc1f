//! The thread that ships: about every second what was committed, of every file that is open.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use super::fallback::base_every;
use crate::app::App;
use crate::backup::folder::HEAD_FACT;
use crate::backup::{files, jobs as backup_jobs};
use crate::clock::Stopwatch;
use crate::db::installation;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs;
use crate::members::workspaces;

/// What was committed waits at most this long.
#[cfg(not(feature = "test-clock"))]
const EVERY: Duration = Duration::from_secs(1);
/// A test does not wait.
#[cfg(feature = "test-clock")]
const EVERY: Duration = Duration::from_millis(100);
/// The first backup waits for so long after there is a workspace, so that a set-up is done with.
#[cfg(not(feature = "test-clock"))]
const FIRST_AFTER: Duration = Duration::from_secs(30);
#[cfg(feature = "test-clock")]
const FIRST_AFTER: Duration = Duration::from_secs(1);
/// New attached files are taken over this often, while their workspace is changed.
#[cfg(not(feature = "test-clock"))]
const FILES_EVERY: Duration = Duration::from_secs(60);
#[cfg(feature = "test-clock")]
const FILES_EVERY: Duration = Duration::from_secs(1);

/// The thread, until it is told to stop.
pub struct Shipper {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Shipper {
    pub fn start(app: Arc<App>) -> Result<Shipper, Error> {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::Builder::new().name("shipper".into()).spawn(move || {
            let mut rounds = Rounds::default();
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                if let Err(error) = rounds.go(&app) {
                    tracing::warn!(%error, "the shipper could not look at everything; it tries again");
                }
            }
        })?;
        Ok(Shipper { stop, thread })
    }

    /// Ends the thread; what is not shipped yet is shipped when its file is closed.
    pub fn stop(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}

#[derive(Default)]
struct Rounds {
    /// Places on no line, and when a base of each was asked for last.
    asked: HashMap<WorkspaceId, Stopwatch>,
    took_files: Option<Stopwatch>,
    /// Shipped since files were taken over.
    changed: HashSet<WorkspaceId>,
    /// Since there is a workspace and no backup.
    waits_for_first: Option<Stopwatch>,
}

impl Rounds {
    fn go(&mut self, app: &App) -> Result<(), Error> {
        let open = app.shipments.open();
        let takes_files = self.took_files.is_none_or(|watch| watch.elapsed() >= FILES_EVERY);
        for shipping in &open {
            // What went wrong is kept there, for the health page.
            if let Ok(true) = shipping.ship() {
                self.changed.insert(shipping.place());
            }
            if takes_files && self.changed.remove(&shipping.place()) {
                files::add_new(&app.workspaces.folder_of(shipping.place()), &shipping.data_folder())?;
            }
        }
        if takes_files {
            self.took_files = Some(Stopwatch::start());
        }
        let is_due = |place: &WorkspaceId| self.asked.get(place).is_none_or(|watch| watch.elapsed() >= base_every());
        let wanting = open.iter().filter(|shipping| shipping.wants_base()).map(|shipping| shipping.place());
        let due: Vec<WorkspaceId> = wanting.filter(is_due).collect();
        // Before the first backup nothing is shipped.
        if !due.is_empty() && (app.read(|db| installation::fact(db, HEAD_FACT))?.is_some() || self.begins(app)?) {
            jobs::ask(app, &backup_jobs::RUN, None)?;
            self.asked.extend(due.into_iter().map(|place| (place, Stopwatch::start())));
        }
        Ok(())
    }

    /// Whether it is time for the very first backup.
    fn begins(&mut self, app: &App) -> Result<bool, Error> {
        if !app.config.backup.begins_at_once || app.read(workspaces::list)?.is_empty() {
            return Ok(false);
        }
        Ok(self.waits_for_first.get_or_insert_with(Stopwatch::start).elapsed() >= FIRST_AFTER)
    }
}
