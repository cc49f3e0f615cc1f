//! Segments of an installation that is served: one moment brought back by the command, a full and an absent backup disk,
//! a clock that jumps, a workspace that is new.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use holdfast::backup::chain::Chain;
use holdfast::backup::folder::Folder;
use holdfast::backup::restore::{Brought, Copies, bring_back};
use holdfast::backup::segments::Goal;
use holdfast::clock::Timestamp;
use holdfast::error::Error;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::{facts, files_below, words_of};
use crate::durability::disk::SmallDisk;
use crate::durability::{add, assert_sound, contact};
use crate::support::{Ask, Start, TestApp, fixture, open, server, shown};

pub const OWNER: &str = "owner@alpha.example";

/// The newest state of a workspace, or that of a moment, out of a backup folder.
pub fn brought(app: &TestApp, backup: &std::path::Path, goal: &Goal) -> (Connection, Brought, tempfile::TempDir) {
    brought_from(&app.data(), backup, goal).unwrap_or_else(|error| panic!("{error}"))
}

/// The same without a server, or why nothing comes back.
pub fn brought_from(
    data: &std::path::Path,
    backup: &std::path::Path,
    goal: &Goal,
) -> Result<(Connection, Brought, tempfile::TempDir), Error> {
    let keys = crate::support::keys(data);
    let control = keys.control()?;
    let (head_key, folder) = (control.manifest, Folder::at(backup));
    let chain = Chain::read(&folder, &head_key)?;
    let alpha = fixture::workspace_id(&open(&data.join("control.db"), &control.workspace.database_key()), "alpha");
    let copies = Copies { folder: &folder, chain: &chain, head_key: &head_key };
    let place = tempfile::tempdir()?;
    let to = place.path().join("data.db");
    let keys_of = |version| keys.workspace_version(alpha, version);
    // A copy is never of the future, and the clock of a test may be anywhere.
    let now = Timestamp(i64::MAX);
    let brought = bring_back(&copies, alpha, &keys_of, goal, &to, now)?.ok_or(Error::NotFound("copy"))?;
    Ok((open(&to, &keys.workspace(alpha)?.database_key()), brought, place))
}

pub fn contacts(conn: &Connection) -> i64 {
    conn.query_row("SELECT count(*) FROM contacts", [], |row| row.get(0)).unwrap()
}

/// Waits until a contact can be restored.
pub fn until_shipped(app: &TestApp, backup: &std::path::Path, id: i64) {
    let waiting = Instant::now();
    loop {
        let (conn, _, _place) = brought(app, backup, &Goal::default());
        let sql = "SELECT count(*) FROM contacts WHERE id = ?1";
        if conn.query_row(sql, [id], |row| row.get::<_, i64>(0)).unwrap() == 1 {
            return;
        }
        assert!(waiting.elapsed() < Duration::from_secs(20), "it was never shipped\n{}", app.server.log());
        std::thread::sleep(Duration::from_millis(30));
    }
}

#[test]
fn pit_3_the_command_brings_back_the_moment_before_a_mistake() {
    let mut app = TestApp::start();
    let program = app.program_of(OWNER, "alpha");
    facts(&app, &["backup", "run"], 0);
    let kept = add(&program, 1).unwrap();
    let file = ("file", "plan.txt", b"quay plan".as_slice());
    program.upload("/api/v1/attachments", &[("on", "contact:1")], (file.0, file.1, file.2)).expect(201);
    // A test's clock and this machine's run alike; the mistake comes a minute later.
    let before = app.now();
    app.advance(60);
    let mistake = add(&program, 2).unwrap();
    let backup = app.data().join("backup");
    until_shipped(&app, &backup, mistake);
    let waiting = Instant::now();
    while files_below(&backup.join("data"), "").iter().all(|path| path.extension().is_some()) {
        assert!(waiting.elapsed() < Duration::from_secs(20), "the attached file was never taken over");
        std::thread::sleep(Duration::from_millis(30));
    }
    app.server.stop();
    let elsewhere = tempfile::tempdir().unwrap();
    let key = app.data().join("keys/master.key").display().to_string();
    let restore = |name: &str, more: &[&str]| -> (PathBuf, std::process::Output) {
        let target = elsewhere.path().join(name);
        let from = backup.display().to_string();
        let arguments = ["--json", "restore", "--from", &from, "--master-key-file", &key];
        let mut command = server::command(&target, &[&arguments, more].concat());
        let output = command.env("HOLDFAST_TEST_CLOCK", app.data().with_file_name("clock")).output().unwrap();
        (target, output)
    };
    let alpha = fixture::workspace_id(&app.control(), "alpha");
    let look = |target: &std::path::Path, id: i64| -> i64 {
        let key = app.keys().workspace(alpha).unwrap().database_key();
        let conn = open(&target.join("workspaces").join(alpha.to_string()).join("data.db"), &key);
        assert_sound(&conn);
        conn.query_row("SELECT count(*) FROM contacts WHERE id = ?1", [id], |row| row.get(0)).unwrap()
    };
    let (target, output) = restore("moment", &["--at", &before.rfc3339()]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert_eq!((look(&target, kept), look(&target, mistake)), (1, 0));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let place = report["places"].as_array().unwrap().iter().find(|one| one["place"] == "alpha").unwrap();
    assert_eq!(place["files"], 1, "{report}");
    let next = Timestamp::parse(place["reached"]["next"].as_str().unwrap()).unwrap();
    assert!(next > before.plus(50 * Timestamp::SECOND), "{report}");
    let (target, output) = restore("newest", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    assert_eq!((look(&target, kept), look(&target, mistake)), (1, 1));
    // The clean end sealed everything: taking the last segment away is noticed, and nothing is written.
    let segments = files_below(&backup.join("data").join(alpha.to_string()), ".seg");
    let last = segments.last().unwrap();
    std::fs::remove_file(last).unwrap();
    let (target, output) = restore("cut", &[]);
    let words = words_of(&output, 3);
    assert!(words.contains(last.file_name().unwrap().to_str().unwrap()) && words.contains("--accept-stale"), "{words}");
    assert!(!target.exists() && !elsewhere.path().join(".cut.restoring").exists());
}

#[test]
fn pit_8_a_full_backup_disk_holds_nobody_up_until_the_log_is_full() {
    let elsewhere = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(&elsewhere.path().join("backup"), 48);
    let backup = elsewhere.path().join("backup");
    let environment = vec![
        ("HOLDFAST_BACKUP__FOLDER".to_owned(), backup.display().to_string()),
        ("HOLDFAST_TEST_LOG_LIMIT".to_owned(), (5 * 1024 * 1024).to_string()),
    ];
    let mut app = TestApp::start_with(Start { environment, ..Start::default() });
    facts(&app, &["backup", "run"], 0);
    let program = app.program_of(OWNER, "alpha");
    let ballast = disk.fill_but(0);
    // One change of many bytes each, so that the log fills quickly.
    let large = |number: usize| {
        let mut body = contact(number);
        body["notes"] = json!("quay ".repeat(1_000));
        body
    };
    let is_taken = program.send(Ask::new("POST", "/api/v1/contacts").json(&large(0))).status == 201;
    let (mut number, mut acknowledged) = (1, Vec::new());
    let refused = loop {
        let body = if is_taken { large(number) } else { contact(number) };
        let answer = program.send(Ask::new("POST", "/api/v1/contacts").json(&body));
        match answer.status {
            201 => acknowledged.push(answer.json()["id"].as_i64().unwrap()),
            _ => break answer,
        }
        number += 1;
        assert!(number < 3_000, "the log never filled up");
    };
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.text().contains("waits to be backed up") && refused.text().contains("disk is full"));
    assert!(acknowledged.len() > 50, "{}", acknowledged.len());
    program.get("/api/v1/contacts").expect(200);
    // Room returns: so do changes and the shipping, and nothing is missing.
    std::fs::remove_file(ballast).unwrap();
    let after = add(&program, 9_999).expect("changes are taken again");
    until_shipped(&app, &backup, after);
    assert!(!app.server.log().contains("a line of segments ends"), "{}", app.server.log());
    let (conn, _, _place) = brought(&app, &backup, &Goal::default());
    assert_eq!(contacts(&conn), contacts(&app.workspace("alpha")));
    drop((conn, _place));
    // Unmounted: changes are taken, and a clean end leaves them in the log.
    drop(program);
    app.server.stop();
    drop((app, disk));
}

/// T-J: whatever the clock does, the order of changes is kept and an earlier moment stays reachable.
#[test]
fn a_clock_that_jumps_keeps_the_order_of_changes() {
    let app = TestApp::start();
    facts(&app, &["backup", "run"], 0);
    let backup = app.data().join("backup");
    let mut last = add(&app.program_of(OWNER, "alpha"), 1).unwrap();
    let before = app.now();
    app.advance(2);
    let mut total = 1;
    let year = 365 * 86_400;
    for jump in [7_200, -7_200, 70 * year, -70 * year, -50 * year, 50 * year, -1, 1] {
        app.advance(jump);
        total += 1;
        last = add(&app.program_of(OWNER, "alpha"), total).unwrap_or(last);
    }
    until_shipped(&app, &backup, last);
    let (conn, newest, _place) = brought(&app, &backup, &Goal::default());
    assert_eq!(contacts(&conn), contacts(&app.workspace("alpha")));
    assert_sound(&conn);
    // The newest moment is the latest that the clock ever showed.
    assert!(newest.reached.unwrap().moment > before.plus(60 * year * Timestamp::SECOND));
    let goal = Goal { until: Some(before), ..Goal::default() };
    let (then, reached, _place) = brought(&app, &backup, &goal);
    assert_eq!(contacts(&conn) - contacts(&then), i64::try_from(total).unwrap() - 1);
    assert!(reached.reached.unwrap().next.is_some());
    assert!(!app.server.log().contains("a line of segments ends"), "{}", app.server.log());
}
