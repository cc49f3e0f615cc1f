//! `/operator/health`: what an operator would be asked about, looked at now. `/healthz` says only yes or no.

use askama::Template;

use crate::app::App;
use crate::backup::{self, drill};
use crate::clock::Timestamp;
use crate::db::{Schema, latest_version};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::jobs;
use crate::mail::queue;
use crate::members::lifecycle;
use crate::privacy::audit::{self, Verdict};
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] =
    &[Route::get("/operator/health", Access::Operator, show), Route::get("/healthz", Access::Public, healthz)];

/// Below this much free disk the console warns; below a tenth of it, it is broken.
const LITTLE_ROOM: u64 = 1024 * 1024 * 1024;
/// Mail that waits longer than this is not just waiting.
const SLOW_MAIL_MS: i64 = Timestamp::HOUR;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    Well,
    Warning,
    Broken,
}

/// One thing that was looked at.
pub struct Check {
    pub name: &'static str,
    pub grade: Grade,
    /// What was seen.
    pub seen: String,
    /// What to do when it is not well; empty otherwise.
    pub advice: &'static str,
}

impl Check {
    fn new(name: &'static str, grade: Grade, seen: impl Into<String>, advice: &'static str) -> Check {
        Check { name, grade, seen: seen.into(), advice: if grade == Grade::Well { "" } else { advice } }
    }

    fn status(&self) -> (&'static str, &'static str) {
        match self.grade {
            Grade::Well => ("kept", "Well"),
            Grade::Warning => ("risk", "Look at this"),
            Grade::Broken => ("broken", "Broken"),
        }
    }
}

/// Looks at the running installation. Opens no workspace.
pub fn checks(app: &App) -> Result<Vec<Check>, Error> {
    let mut checks = vec![disk(app)?];
    let journal = audit::checkpoint::journal(&app.config.data, WorkspaceId::CONTROL, &app.control_keys.manifest)?;
    let (backlog, states, verdict) =
        app.read(|db| Ok((queue::backlog(db)?, jobs::list(db)?, audit::verify(db, &journal.checkpoints)?)))?;
    checks.push(match verdict {
        Verdict::Intact { entries, head, .. } => Check::new(
            "Log of the installation",
            Grade::Well,
            format!("{entries} entries hold; head {}", &head[..16]),
            "",
        ),
        Verdict::Broken { sequence, reason } => Check::new(
            "Log of the installation",
            Grade::Broken,
            format!("entry {sequence}: {reason}"),
            "Somebody changed the file from outside. Keep a copy of it and compare with a backup.",
        ),
    });
    let oldest = backlog.oldest_waiting.map_or(0, |oldest| app.now().since(oldest));
    let grade = match (backlog.failed, oldest > SLOW_MAIL_MS) {
        (0, false) => Grade::Well,
        _ => Grade::Warning,
    };
    let seen = format!("{} waiting, {} given up", backlog.waiting, backlog.failed);
    checks.push(Check::new("Mail", grade, seen, "See what the mail server said, on the Mail page."));
    let failing: Vec<&str> = states.iter().filter(|job| job.failures > 0).map(|job| job.name.as_str()).collect();
    checks.push(if failing.is_empty() {
        Check::new("Jobs", Grade::Well, format!("{} scheduled, none failing", states.len()), "")
    } else {
        Check::new(
            "Jobs",
            Grade::Broken,
            failing.join(", "),
            "See why, on the Jobs page. They are tried again by themselves.",
        )
    });
    checks.push(backups(app)?);
    checks.push(drills(app)?);
    checks.push(upgrades(app));
    checks.push(deletions(app)?);
    let versions = format!(
        "SQLite {}, schema {} and {}",
        rusqlite::version(),
        latest_version(Schema::Control),
        latest_version(Schema::Workspace)
    );
    checks.push(Check::new("Database engine", Grade::Well, versions, ""));
    let open = format!("{} open, one file and one key each", app.workspaces.open_count());
    checks.push(Check::new("Workspaces", Grade::Well, open, ""));
    Ok(checks)
}

/// Files that this program cannot open because of their schema. Each was tried once since the start.
fn upgrades(app: &App) -> Check {
    let troubled = app.workspaces.troubled();
    if troubled.is_empty() {
        return Check::new("Upgrades", Grade::Well, "every file opened so far has the newest schema", "");
    }
    let words: Vec<&str> = troubled.iter().map(|(_, words)| words.as_str()).collect();
    let advice = "These workspaces are out of service until the right program runs; the others go on.";
    Check::new("Upgrades", Grade::Broken, words.join("; "), advice)
}

/// Workspaces on their way out. One that is late breaks a promise, so nothing here is called well until it is done.
fn deletions(app: &App) -> Result<Check, Error> {
    let ends = app.read(lifecycle::all)?;
    let late: Vec<String> =
        ends.iter().filter_map(|end| Some(format!("{}: {}", end.workspace, end.overdue(app.now())?))).collect();
    if late.is_empty() {
        let under_way = ends.iter().filter(|end| end.certificate.is_none()).count();
        let seen = format!("{under_way} under way, all on time; {} certified", ends.len() - under_way);
        return Ok(Check::new("Ends of workspaces", Grade::Well, seen, ""));
    }
    let advice = "See why the job members.lifecycle.end fails, on the Jobs page, and run it again.";
    Ok(Check::new("Ends of workspaces", Grade::Broken, late.join("; "), advice))
}

/// Whether the end of some workspace is later than promised.
pub(super) fn late_ends(app: &App) -> Result<usize, Error> {
    Ok(app.read(lifecycle::all)?.iter().filter(|end| end.overdue(app.now()).is_some()).count())
}

fn disk(app: &App) -> Result<Check, Error> {
    let stat = rustix::fs::statvfs(&app.config.data).map_err(std::io::Error::from)?;
    let free = stat.f_bavail * stat.f_frsize;
    let grade = match free {
        free if app.control.is_full() || free < LITTLE_ROOM / 10 => Grade::Broken,
        free if free < LITTLE_ROOM => Grade::Warning,
        _ => Grade::Well,
    };
    let seen = format!("{} free", crate::web::format::size(free));
    Ok(Check::new("Disk", grade, seen, "Make room: when the disk is full, reading goes on and writing is refused."))
}

fn backups(app: &App) -> Result<Check, Error> {
    let seen = backup::health::look(app)?;
    let grade = match (seen.is_broken, seen.is_warning) {
        (true, _) => Grade::Broken,
        (false, true) => Grade::Warning,
        (false, false) => Grade::Well,
    };
    Ok(Check::new("Backups", grade, seen.words, "See the Backups page. What is served is not touched by this."))
}

/// Whether every place came back from its backups, lately and whole.
fn drills(app: &App) -> Result<Check, Error> {
    const NAME: &str = "Restore drills";
    let chain = match backup::health::read(app) {
        Ok(chain) => chain,
        Err(Error::Refused(_)) => {
            return Ok(Check::new(NAME, Grade::Warning, "the backups cannot be read", "Mend the backups first."));
        }
        Err(error) => return Err(error),
    };
    let places = drill::standing(app, &chain)?;
    let troubled = places.iter().filter_map(|place| Some(place.trouble(app.now())?.words(&place.name)));
    let troubled: Vec<String> = troubled.collect();
    if !troubled.is_empty() {
        let advice = "A new backup is made by itself; a damaged attached file has to be put back from another copy. \
                      holdfast backup drill tries again at once.";
        return Ok(Check::new(NAME, Grade::Broken, troubled.join("; "), advice));
    }
    let seen = match places.iter().filter_map(|place| Some(place.last()?.finished_at)).min() {
        None => "none yet; the first is made within a week of the first backup".into(),
        Some(oldest) => {
            let drilled = places.iter().filter(|place| place.last().is_some()).count();
            format!("{drilled} of {} places came back whole; the longest ago at {}", places.len(), oldest.rfc3339())
        }
    };
    Ok(Check::new(NAME, Grade::Well, seen, ""))
}

#[derive(Template)]
#[template(path = "operator/health/show.html")]
struct Show {
    checks: Vec<Check>,
    worst: Grade,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let checks = checks(&request.app)?;
    let worst = checks.iter().map(|check| check.grade).max().unwrap_or(Grade::Well);
    request.page("Health", &Show { checks, worst })
}

/// Says ok or not, and nothing else (OPS-1).
fn healthz(request: &Request) -> Result<Reply, Error> {
    let is_well = request.app.read(|db| db.count("SELECT count(*) FROM workspaces", &[])).is_ok()
        && !request.app.control.is_full()
        && late_ends(&request.app).is_ok_and(|late| late == 0);
    let (status, word) = if is_well { (200, "ok\n") } else { (503, "not ok\n") };
    Ok(Reply::bytes(status, "text/plain; charset=utf-8", word.as_bytes().to_vec()))
}
