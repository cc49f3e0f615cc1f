//! The whole installation: its start, its memory, a thousand workspaces, and opening one that was closed.

use std::path::Path;
use std::time::{Duration, Instant};

use holdfast::gate;
use holdfast::id::WorkspaceId;
use holdfast::members::workspaces;

use crate::client::{escape, program};
use crate::fill::fill;
use crate::installation;
use crate::people::{self, Person};
use crate::report::{Aim, Report};
use crate::server::Server;
use crate::timing::Samples;
use crate::{Options, Outcome};

const SECTION: &str = "The installation";
/// Workspaces that are in use at the same time.
const IN_USE: usize = 50;
/// People in each of them.
const PEOPLE: u64 = 1_000;
/// Closed workspaces that are opened for the figure.
const OPENED: usize = 100;

pub fn measure(options: &Options, folder: &Path, report: &mut Report) -> Outcome<()> {
    let data = folder.join("few");
    let app = installation::open(&data)?;
    let _ = make(&app, 2)?;
    installation::close(app)?;
    let cold = starts(&data, if options.quick { 10 } else { 30 })?;
    report.add(SECTION, "cold start to the first answer", cold.median(), "ms median", Aim::AtMost(150.0), cold.text());
    let server = Server::product(&data)?;
    std::thread::sleep(Duration::from_secs(3));
    let detail = "2 workspaces, nothing asked but /healthz";
    report.add(SECTION, "resident memory, idle", server.resident()?, "MiB", Aim::AtMost(40.0), detail);
    drop(server);
    let data = folder.join("demo");
    let _ = std::fs::remove_dir_all(&data);
    let server = Server::demo(&data)?;
    std::thread::sleep(Duration::from_secs(3));
    let name = "resident memory, idle, after holdfast demo has filled its folder";
    report.add(
        SECTION,
        name,
        server.resident()?,
        "MiB",
        Aim::AtMost(40.0),
        "thousands of people were written by the same process",
    );
    drop(server);
    std::fs::remove_dir_all(&data)?;

    let count = if options.quick { 200 } else { 1_000 };
    eprintln!("making {count} workspaces");
    let data = folder.join("many");
    let app = installation::open(&data)?;
    let ids = make(&app, count)?;
    let mut tokens = Vec::new();
    for id in &ids[..IN_USE] {
        let member = installation::members(&app, *id)?[0];
        let workspace = gate::for_job(&app, *id)?;
        if workspace.file.read(app.now(), |db| db.count("SELECT count(*) FROM contacts", &[]))? == 0 {
            fill(&app, *id, &[member], PEOPLE)?;
        }
        tokens.extend(installation::programs(&app, *id, member, 1)?);
    }
    app.workspaces.close_all();
    let mut opened = Samples::default();
    for id in ids.iter().rev().take(OPENED.min(count - IN_USE)) {
        let watch = Instant::now();
        let workspace = gate::for_job(&app, *id)?;
        workspace.file.read(app.now(), |db| db.count("SELECT live FROM record_counts WHERE kind = 'contact'", &[]))?;
        opened.push(watch.elapsed());
    }
    installation::close(app)?;
    let detail = format!("{}; the file, its migrations looked at, a reader, a first read", opened.text());
    report.add(SECTION, "opening a cold workspace", opened.median(), "ms median", Aim::AtMost(5.0), detail);

    let full = starts(&data, 5)?;
    report.add(
        SECTION,
        format!("cold start with {count} workspaces"),
        full.median(),
        "ms median",
        Aim::None,
        full.text(),
    );
    let server = Server::product(&data)?;
    let first = use_all(&server, &tokens, 1)?;
    use_all(&server, &tokens, 10)?;
    let name = format!("resident memory, {count} workspaces, {IN_USE} in use");
    let detail = format!(
        "after lists of 50, reads, searches and additions in {IN_USE} workspaces of {PEOPLE} people, 8 connections"
    );
    report.add(SECTION, name, server.resident()?, "MiB", Aim::AtMost(200.0), detail);
    report.add(SECTION, "first request in a cold workspace", first.median(), "ms median", Aim::None, first.text());
    Ok(())
}

/// Workspaces of one owner. What is there already is not made again, but brought to the tables of today, so
/// that no opening that is measured does it.
fn make(app: &holdfast::app::App, count: usize) -> Outcome<Vec<WorkspaceId>> {
    let owner = installation::owner(app)?;
    let mut ids: Vec<WorkspaceId> = app.read(workspaces::list)?.into_iter().map(|workspace| workspace.id).collect();
    for id in &ids {
        gate::for_job(app, *id)?;
    }
    for number in ids.len()..count {
        ids.push(workspaces::create(
            app,
            &installation::origin(),
            &format!("Workspace {number}"),
            &format!("room-{number}"),
            owner,
        )?);
    }
    ids.truncate(count);
    Ok(ids)
}

/// Starts and stops the server; the time from its start to its first answer.
fn starts(data: &Path, count: usize) -> Outcome<Samples> {
    // The very first start makes the certificate.
    drop(Server::product(data)?);
    let mut starts = Samples::default();
    for _ in 0..count {
        starts.push(Server::product(data)?.started_in);
    }
    Ok(starts)
}

/// Looks at lists and contacts of every workspace, searches and adds, on 8 connections; returns the server's times.
fn use_all(server: &Server, tokens: &[String], times: usize) -> Outcome<Samples> {
    let since = server.log_length()?;
    // People nobody has, whom an earlier run has not added either.
    let first = 100_000_000 + u64::from(std::process::id()) * 100;
    std::thread::scope(|scope| {
        let threads: Vec<_> = tokens
            .chunks(tokens.len().div_ceil(8))
            .map(|tokens| {
                scope.spawn(move || -> Outcome<()> {
                    let mut connection = server.connect()?;
                    for number in 0..times {
                        for token in tokens {
                            connection.send(&program("GET", "/api/v1/contacts?limit=50", token, ""))?;
                            if times == 1 {
                                continue;
                            }
                            let read = format!("/api/v1/contacts/{}", number + 1);
                            let search =
                                format!("/api/v1/contacts?q={}", escape(&people::search(number as u64, PEOPLE)));
                            for path in [read, search] {
                                connection.send(&program("GET", &path, token, ""))?;
                            }
                            let person = Person::new(first + number as u64);
                            connection.send(&program("POST", "/api/v1/contacts", token, &person.json()))?;
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a client panicked")?)
    })?;
    let mut samples = Samples::default();
    server.times(since)?.into_iter().for_each(|ms| samples.push_ms(ms));
    Ok(samples)
}
