//! One drill of one place.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use super::{Drill, Verdict, attached, store};
use crate::app::App;
use crate::backup::base::Scratch;
use crate::backup::folder::Folder;
use crate::backup::jobs::RUN;
use crate::backup::manifest::Place;
use crate::backup::restore::{Copies, bring_back, copy_until};
use crate::backup::run::clear_scratch;
use crate::backup::segments::{Goal, Shipping};
use crate::backup::{Watch, health, hex, words};
use crate::clock::{Stopwatch, Timestamp};
use crate::db::digest::{self, Content};
use crate::db::{DbFile, Origin, Workspace};
use crate::error::Error;
use crate::failpoint;
use crate::gate;
use crate::id::WorkspaceId;
use crate::jobs;
use crate::members::workspaces;
use crate::privacy::audit::{self, Event};

/// Steps that a drill tells of.
const STEPS: usize = 3;
/// Page cache of the scratch file: every page is read once.
const CACHE_KIB: i64 = 2 * 1024;

/// A place, held open for the length of a drill.
enum Open<'a> {
    Installation(&'a DbFile),
    Workspace(Arc<Workspace>),
}

impl Open<'_> {
    fn of(app: &App, place: WorkspaceId) -> Result<Open<'_>, Error> {
        Ok(match place {
            WorkspaceId::CONTROL => Open::Installation(&app.control),
            id => Open::Workspace(gate::for_job(app, id)?),
        })
    }

    fn file(&self) -> &DbFile {
        match self {
            Open::Installation(file) => file,
            Open::Workspace(workspace) => &workspace.file,
        }
    }
}

/// What is live at the moment up to which the backups are brought forward.
struct Live {
    line: String,
    segment: u64,
    content: Content,
}

/// Restores the newest verified backup of a place into a scratch file and compares it with what is live; writes down
/// what was found. `name` is what progress calls the place.
///
/// Fails when it cannot be drilled now, and then nothing is written down: [`Error::Conflict`] before the first backup,
/// [`Error::Refused`] when the folder cannot be used, [`Error::Unavailable`] when it was stopped.
pub fn drill(app: &App, origin: &Origin, place: WorkspaceId, name: &str, watch: &mut Watch) -> Result<Drill, Error> {
    let open = Open::of(app, place)?;
    let mut drill = Drill {
        id: 0,
        place,
        started_at: app.now(),
        finished_at: app.now(),
        restore_ms: 0,
        backup: 0,
        line: String::new(),
        segment: 0,
        moment: None,
        bytes: 0,
        rows: 0,
        files: 0,
        verdict: Verdict::Ok,
        words: String::new(),
    };
    let folder = Folder::of(app)?;
    let lock = folder.lock_in_turn(watch)?;
    clear_scratch(app)?;
    let chain = health::read(app)?;
    let Some((backup, copy)) = copy_until(&chain, place, None, app.now()) else {
        return Err(Error::Conflict(format!(
            "there is no verified backup of {name} yet; holdfast backup run makes one"
        )));
    };
    drill.backup = i64::try_from(backup).unwrap_or(i64::MAX);
    watch.step(&format!("reading {name} as it is"), 0, STEPS)?;
    let live = live(app, place, open.file(), copy, watch)?;
    watch.step(&format!("restoring {name}"), 1, STEPS)?;
    let copies = Copies { folder: &folder, chain: &chain, head_key: &app.control_keys.manifest };
    let wrong = restore(app, &copies, live.as_ref(), &mut drill)?;
    if let Some(words) = &wrong {
        tracing::error!(%place, words, "a drill failed: what was restored is not what is live");
        begin_anew(app, place)?;
    }
    // Reading files may take hours, and keeps nobody waiting for the folder or for the workspace.
    let wanted = attached::wanted(app, &folder, copy, place);
    drop((lock, open));
    watch.step(&format!("reading the files of {name}"), 2, STEPS)?;
    let seen = attached::look(app, &folder, wanted, place, watch)?;
    drill.files = seen.read;
    let wrong: Vec<String> = wrong.into_iter().chain(seen.faults).collect();
    drill.verdict = match (wrong.is_empty(), &live) {
        (false, _) => Verdict::Failed,
        (true, Some(_)) => Verdict::Ok,
        (true, None) => Verdict::BaseOnly,
    };
    drill.words = wrong.join("; ");
    drill.finished_at = app.now();
    record(app, origin, &mut drill)?;
    Ok(drill)
}

/// The rows of the live file, at the end of the line that its newest base is on. `None` when the file is on no line,
/// or the base is on another: then nothing leads from the one to the other.
fn live(app: &App, place: WorkspaceId, file: &DbFile, copy: &Place, watch: &Watch) -> Result<Option<Live>, Error> {
    let of_base = copy.segments.as_ref().map(|point| &point.line);
    let Some(shipping) = app.shipments.of(place) else { return Ok(None) };
    // A file that was just opened takes up its line now; and little is left to ship while the writer waits.
    shipping.ship()?;
    if of_base.is_none() || shipping.line().as_ref() != of_base {
        return Ok(None);
    }
    let mut stands = None;
    let mut begun = || {
        stands = shipping.stand()?;
        Ok(())
    };
    let goes_on = || !(watch.is_stopping)();
    let content = file.read_apart(app.now(), &mut begun, |db| digest::detailed(db, &goes_on))?;
    Ok(stands.filter(|(line, _)| Some(line) == of_base).map(|(line, segment)| Live { line, segment, content }))
}

/// Brings the place back beside what is live; gives what is wrong with it.
fn restore(app: &App, copies: &Copies, live: Option<&Live>, drill: &mut Drill) -> Result<Option<String>, Error> {
    let keys = |version| app.keys.workspace_version(drill.place, version);
    let goal = match live {
        Some(live) => Goal { known: live.segment, upto: Some(live.segment), ..Goal::default() },
        // The base itself, against its own manifest.
        None => Goal { accepts_stale: true, upto: Some(0), ..Goal::default() },
    };
    let scratch = Scratch::new(&app.config.data.join("scratch"))?;
    let watch = Stopwatch::start();
    let brought = bring_back(copies, drill.place, &keys, &goal, &scratch.file(), app.now());
    let restore_ms = i64::try_from(watch.elapsed().as_millis()).unwrap_or(i64::MAX);
    failpoint::reach("drill.restored");
    let brought = match brought {
        Err(error @ (Error::DiskFull | Error::Unavailable(_))) => return Err(error),
        Err(error) => return Ok(Some(words(&error))),
        Ok(None) => return Err(Error::internal("a copy that was there a moment ago")),
        Ok(Some(brought)) => brought,
    };
    let key = keys(brought.key_version)?.database_key();
    drill.restore_ms = restore_ms;
    drill.moment = Some(brought.at);
    drill.bytes = i64::try_from(fs::metadata(scratch.file())?.len()).unwrap_or(i64::MAX);
    let Some(live) = live else { return Ok(None) };
    drill.line.clone_from(&live.line);
    drill.segment = i64::try_from(live.segment).unwrap_or(i64::MAX);
    drill.rows = i64::try_from(live.content.rows).unwrap_or(i64::MAX);
    if brought.digest == hex(&live.content.digest) {
        return Ok(None);
    }
    let file = DbFile::open(&scratch.file(), key, Arc::new(AtomicI64::new(CACHE_KIB)))?;
    let came_back = file.read(app.now(), |db| digest::detailed(db, &|| true))?;
    Ok(Some(difference(&live.content, &came_back, drill)))
}

/// Which tables differ, in words.
fn difference(live: &Content, came_back: &Content, drill: &Drill) -> String {
    let names: std::collections::BTreeSet<&String> = live.tables.keys().chain(came_back.tables.keys()).collect();
    let differ = names.into_iter().filter(|name| live.tables.get(*name) != came_back.tables.get(*name));
    let differ: Vec<&str> = differ.map(String::as_str).collect();
    format!(
        "backup {} brought forward to segment {} is not what is live: the rows of {} differ",
        drill.backup,
        drill.segment,
        differ.join(", ")
    )
}

/// No backup may stand on what was found wrong: the line ends, and the next run makes the base of another.
fn begin_anew(app: &App, place: WorkspaceId) -> Result<(), Error> {
    let shipping = app.shipments.of(place).filter(|shipping: &Arc<Shipping>| shipping.is_on());
    if let Some(shipping) = shipping {
        shipping.end_line("a drill could not bring it back")?;
    }
    jobs::ask(app, &RUN, None)
}

fn record(app: &App, origin: &Origin, drill: &mut Drill) -> Result<(), Error> {
    drill.id = app.write(origin, |tx| {
        if drill.place != WorkspaceId::CONTROL {
            // It may have come to its end while its files were read.
            workspaces::find(tx, drill.place)?;
        }
        let id = store::insert(tx, drill)?;
        let event = Event::new("backup.drill.finished");
        let event = match drill.place {
            WorkspaceId::CONTROL => event,
            workspace => event.in_workspace(workspace),
        };
        let event = event.detail("verdict", drill.verdict.word()).detail("backup", drill.backup);
        let event = event.detail("segment", drill.segment).detail("rows", drill.rows).detail("files", drill.files);
        audit::record(tx, event.detail("restore_ms", drill.restore_ms))?;
        Ok(id)
    })?;
    tracing::info!(
        place = %drill.place,
        verdict = drill.verdict.word(),
        seconds = drill.finished_at.since(drill.started_at) / Timestamp::SECOND,
        "a place was restored as a drill"
    );
    Ok(())
}
