//! Backups beside people who work: what a run costs them, how fast a copy comes back, how long erased people take to
//! leave the copies.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use holdfast::app::App;
use holdfast::backup::run::{self, Asked};
use holdfast::backup::{Watch, scrub};
use holdfast::gate;
use holdfast::members::workspaces;
use holdfast::people::contacts::NewContact;
use holdfast::people::contacts::inserter::Inserter;
use holdfast::people::identities::NewIdentity;
use holdfast::people::person::CONTACT;
use holdfast::privacy::audit::{self, Event};
use holdfast::privacy::erasure;
use holdfast::privacy::subject::Person;
use holdfast::visitor::Reach;

use crate::client::program;
use crate::fill::fill;
use crate::installation::{self, Place, origin};
use crate::report::{Aim, Report};
use crate::server::Server;
use crate::timing::Samples;
use crate::{Options, Outcome};

const SECTION: &str = "Backups";
const MIB: f64 = 1024.0 * 1024.0;
/// Workspaces that are backed up while people work in them.
const WORKSPACES: usize = 50;
/// How long the server is asked before a run.
const BEFORE: Duration = Duration::from_secs(15);
/// Requests come so far apart: what is measured is waiting for the backup, not for one another.
const PAUSE: Duration = Duration::from_millis(5);

/// The run beside people who work, over 50 workspaces.
pub fn measure_run(options: &Options, folder: &Path, report: &mut Report) -> Outcome<()> {
    let data = folder.join("backed-up");
    let _ = fs::remove_dir_all(&data);
    let app = installation::open(&data)?;
    let owner = installation::owner(&app)?;
    // Some 700 bytes each: 2 GB in all.
    let people = if options.quick { 5_000 } else { 56_000 };
    let mut tokens = Vec::new();
    eprintln!("filling {WORKSPACES} workspaces with {people} people each");
    for number in 0..WORKSPACES {
        let (name, slug) = (format!("Workspace {number}"), format!("room-{number}"));
        let id = workspaces::create(&app, &origin(), &name, &slug, owner)?;
        let member = installation::members(&app, id)?[0];
        fill(&app, id, &[member], people)?;
        tokens.extend(installation::programs(&app, id, member, 1)?);
    }
    installation::close(app)?;
    let bytes = size_below(&data.join("workspaces"))?;
    let server = Server::product(&data)?;
    let (mut before, mut during) = (Samples::default(), Samples::default());
    ask(&server, &tokens, BEFORE, &mut before)?;
    let resident = server.resident()?;
    let is_over = AtomicBool::new(false);
    let (begun, mut most) = (Instant::now(), resident);
    let seconds = std::thread::scope(|scope| -> Outcome<f64> {
        let running = scope.spawn(|| -> Result<f64, String> {
            let done = Command::new(env!("CARGO_BIN_EXE_holdfast"))
                .args(["--data", &data.display().to_string(), "backup", "run"])
                .output()
                .map_err(|error| error.to_string())?;
            is_over.store(true, Ordering::Relaxed);
            match done.status.success() {
                true => Ok(begun.elapsed().as_secs_f64()),
                false => Err(String::from_utf8_lossy(&done.stderr).into_owned()),
            }
        });
        while !is_over.load(Ordering::Relaxed) {
            ask(&server, &tokens, Duration::from_millis(200), &mut during)?;
            most = most.max(server.resident()?);
        }
        Ok(running.join().map_err(|_| "the run panicked")??)
    })?;
    let what = format!("{WORKSPACES} workspaces, {:.1} GB, {seconds:.0} s", bytes / 1e9);
    let detail = format!("{what}; before: {}; during: {}", before.text(), during.text());
    let ratio = during.p99() / before.p99();
    report.add(SECTION, "p99 of a list while a backup runs", ratio, "of the p99 before", Aim::AtMost(2.0), detail);
    report.add(SECTION, "memory for a backup", most - resident, "MiB", Aim::AtMost(150.0), what);
    drop(server);
    Ok(fs::remove_dir_all(&data)?)
}

/// Asks for lists, each in another workspace, for so long.
fn ask(server: &Server, tokens: &[String], long: Duration, samples: &mut Samples) -> Outcome<()> {
    let mut connection = server.connect()?;
    let watch = Instant::now();
    let mut number = 0;
    while watch.elapsed() < long {
        let request = program("GET", "/api/v1/contacts?limit=50", &tokens[number % tokens.len()], "");
        let begun = Instant::now();
        let status = connection.send(&request)?;
        samples.push(begun.elapsed());
        if status != 200 {
            return Err(format!("a list answers {status}").into());
        }
        number += 1;
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// One large workspace: back from its backup beside a copy of its file, and a person out of its copy.
pub fn measure_restore(place: &Place, folder: &Path, report: &mut Report) -> Outcome<()> {
    let app = installation::open(&place.data)?;
    let _ = fs::remove_dir_all(place.data.join("backup"));
    let asked = Asked { new_folder: true, ..Asked::default() };
    let workspace = gate::for_job(&app, place.workspace)?;
    let person = workspace.file.write(app.now(), &origin(), |tx| {
        let contact = NewContact {
            given_name: "Quillon".into(),
            family_name: "Vexworth".into(),
            emails: vec![NewIdentity::new("quillon.vexworth@bench.example")],
            came_back: true,
            ..NewContact::default()
        };
        let id = Inserter::new(tx, Reach::Everything)?.insert(&contact)?;
        audit::record(tx, Event::new("people.contact.created").on("contact", id))?;
        Ok(id)
    })?;
    let begun = Instant::now();
    quietly(|watch| run::run(&app, &origin(), asked, watch))?;
    let made = begun.elapsed().as_secs_f64();
    let megabytes = workspace.file.size() as f64 / MIB;
    let detail = format!("{megabytes:.0} MiB sealed, read back and examined in {made:.1} s");
    report.add(SECTION, "a verified copy of a large workspace", megabytes / made, "MiB/s", Aim::None, detail);
    let file = place.file();
    workspace.file.fold()?;
    drop(workspace);
    installation::close(app)?;

    let (target, copy) = (folder.join("restored"), folder.join("copied.db"));
    let (mut back, mut copied) = (Samples::default(), Samples::default());
    for _ in 0..3 {
        let _ = fs::remove_dir_all(&target);
        let begun = Instant::now();
        let done = Command::new(env!("CARGO_BIN_EXE_holdfast"))
            .args(["--data", &target.display().to_string(), "restore"])
            .args(["--from", &place.data.join("backup").display().to_string()])
            .args(["--master-key-file", &place.data.join("keys/master.key").display().to_string()])
            .output()?;
        back.push(begun.elapsed());
        if !done.status.success() {
            return Err(String::from_utf8_lossy(&done.stderr).into());
        }
        let begun = Instant::now();
        fs::copy(&file, &copy)?;
        fs::File::open(&copy)?.sync_all()?;
        copied.push(begun.elapsed());
        fs::remove_file(&copy)?;
    }
    fs::remove_dir_all(&target)?;
    let ratio = back.median() / copied.median();
    let detail = format!(
        "{megabytes:.0} MiB: restored and examined in {:.1} s, copied and on the disk in {:.2} s",
        back.median() / 1e3,
        copied.median() / 1e3
    );
    report.add(SECTION, "restore of a large workspace", ratio, "times a copy of the file", Aim::None, detail);
    scrubbed(&installation::open(&place.data)?, place, person.0, report)
}

fn scrubbed(app: &std::sync::Arc<App>, place: &Place, person: i64, report: &mut Report) -> Outcome<()> {
    let workspace = gate::for_job(app, place.workspace)?;
    let asked = workspace
        .file
        .write(app.now(), &origin(), |tx| erasure::service::begin(tx, &Person::of(tx, &CONTACT, person)?, None))?;
    erasure::service::execute(app, &workspace, &origin(), asked)?;
    let gigabytes = workspace.file.size() as f64 / MIB / 1024.0;
    drop(workspace);
    let begun = Instant::now();
    let outcome = quietly(|watch| scrub::scrub(app, &origin(), true, watch))?;
    let seconds = begun.elapsed().as_secs_f64();
    if outcome.people != 1 || !outcome.failed.is_empty() {
        return Err(format!("the pass did not find them: {outcome:?}").into());
    }
    let detail =
        format!("{gigabytes:.2} GiB opened, one person out, looked through, sealed and examined in {seconds:.1} s");
    report.add(SECTION, "an erased person out of a copy", seconds / gigabytes, "s/GiB", Aim::None, detail);
    installation::close(app.clone())?;
    Ok(fs::remove_dir_all(place.data.join("backup"))?)
}

fn quietly<T>(work: impl FnOnce(&mut Watch) -> Result<T, holdfast::error::Error>) -> Outcome<T> {
    Ok(work(&mut Watch { tell: &mut |_, _, _| {}, is_stopping: &|| false })?)
}

fn size_below(folder: &Path) -> Outcome<f64> {
    let mut bytes = 0.0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size_below(&entry.path())? } else { entry.metadata()?.len() as f64 };
    }
    Ok(bytes)
}
